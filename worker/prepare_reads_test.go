package worker_test

import (
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pacific-aci/pacific/prefect"
	"github.com/pacific-aci/pacific/worker"
)

// slowServer answers each request after a second, and notes when it came.
type slowServer struct {
	mu   sync.Mutex
	came map[string]time.Time // by path
}

func (s *slowServer) RoundTrip(r *http.Request) (*http.Response, error) {
	s.mu.Lock()
	s.came[r.URL.Path] = time.Now()
	s.mu.Unlock()
	time.Sleep(time.Second)
	body := `{"id": "1"}`
	if strings.HasSuffix(r.URL.Path, "/version") {
		body = `"3.9.1"`
	}
	return &http.Response{
		StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}},
		Body: io.NopCloser(strings.NewReader(body)), Request: r,
	}, nil
}

func TestLoadReadsSideBySide(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := &slowServer{came: map[string]time.Time{}}
		client := must(prefect.NewClient(prefect.Options{URL: "http://prefect.test/api", Transport: server}))(t)
		run := prefect.FlowRun{ID: "r", WorkPoolName: "aci", DeploymentID: "d", FlowID: "f"}
		work := must(worker.Load(t.Context(), client, run))(t)
		if work.Deployment == nil || work.Flow == nil {
			t.Fatalf("got the deployment %v and the flow %v, want both", work.Deployment, work.Flow)
		}
		deployment, flow := server.came["/api/deployments/d"], server.came["/api/flows/f"]
		if deployment.IsZero() || !deployment.Equal(flow) {
			t.Errorf("the deployment was asked for at %s and the flow at %s, want the same moment; all requests: %v", deployment, flow, server.came)
		}
	})
}
