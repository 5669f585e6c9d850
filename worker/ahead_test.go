package worker_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pacific-aci/pacific/prefect"
)

// distant is a wire on which every answer takes a while. It notes when each request was sent.
type distant struct {
	inner http.RoundTripper
	takes time.Duration

	mu   sync.Mutex
	sent []sentRequest
}

type sentRequest struct {
	at   time.Time
	call string
}

func (d *distant) RoundTrip(r *http.Request) (*http.Response, error) {
	d.mu.Lock()
	d.sent = append(d.sent, sentRequest{time.Now(), r.Method + " " + r.URL.Path})
	d.mu.Unlock()
	response, err := d.inner.RoundTrip(r)
	if !isSocket(r) {
		time.Sleep(d.takes)
	}
	return response, err
}

func (d *distant) forget() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.sent = nil
}

// of gives the requests whose calls have a text in them.
func (d *distant) of(text string) (found []sentRequest) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, s := range d.sent {
		if strings.Contains(s.call, text) {
			found = append(found, s)
		}
	}
	return found
}

// TestStartWaitsForFourAnswers: between a claim and the request for its group stand four answers of the server, one after the
// other, however much the run is made of: to the claim, the labels, Submitting and InfrastructurePending.
func TestStartWaitsForFourAnswers(t *testing.T) {
	const takes = 100 * time.Millisecond
	inWorld(t, "", func(w *world) {
		_ = must(w.prefect.SaveBlock(w.Context(), "signs-in", &prefect.AzureContainerInstanceCredentials{
			ClientID: "c", TenantID: "t", ClientSecret: prefect.SecretStr("s")}, prefect.SaveBlockOptions{}))(w)
		var server, azure *distant
		w.wrap = func(name string, wired http.RoundTripper) http.RoundTripper {
			if name == "azure" {
				azure = &distant{inner: wired}
				return azure
			}
			server = &distant{inner: wired, takes: takes}
			return server
		}
		w.start("one", nil)
		time.Sleep(time.Minute)
		variables := map[string]any{"env": map[string]any{"ID": "{{ prefect.blocks.azure-container-instance-credentials.signs-in.client_id }}"}}
		// What a run's blocks are is known from the run before.
		w.untilState(w.withVariables(variables).ID, prefect.StateCompleted)
		server.forget()
		azure.forget()
		run := w.withVariables(variables)
		w.untilState(run.ID, prefect.StateCompleted)

		claims, puts := server.of(fmt.Sprintf("/flow_runs/%s/set_state", run.ID)), azure.of("PUT ")
		if len(claims) < 3 || len(puts) != 1 {
			w.Fatalf("got %d proposals and %d groups asked for, want at least 3 and 1", len(claims), len(puts))
		}
		if took := puts[0].at.Sub(claims[0].at); took != 4*takes {
			w.Errorf("the group was asked for %v after the claim, want %v, the time of four answers; all requests: %v", took, 4*takes, server.of(""))
		}
		for _, text := range []string{"/deployments/" + string(w.deployment.ID), "/flows/" + string(w.flow.ID), "/block_documents/name/signs-in"} {
			if len(server.of(text)) != 1 {
				w.Errorf("%s was asked for %d times, want once", text, len(server.of(text)))
			}
		}
	})
}

// TestPolledRunsShareReads: of runs that one poll found, the deployment and the flow are read once, and each run still gets its
// own job.
func TestPolledRunsShareReads(t *testing.T) {
	const runs = 20
	inWorld(t, "", func(w *world) {
		var server *distant
		w.wrap = func(name string, wired http.RoundTripper) http.RoundTripper {
			if name == "azure" {
				return wired
			}
			server = &distant{inner: wired, takes: 10 * time.Millisecond}
			return server
		}
		var all []prefect.FlowRun
		for n := range runs {
			all = append(all, w.withVariables(map[string]any{"env": map[string]any{"NUMBER": fmt.Sprint(n)}}))
		}
		w.start("one", nil)
		for n, run := range all {
			w.untilState(run.ID, prefect.StateCompleted)
			if c := w.containersOf(run.ID); len(c) != 1 || !strings.Contains(strings.Join(c[0].env, " "), fmt.Sprintf("NUMBER=%d ", n)) {
				w.Errorf("run %d had %d containers, want one of its own", n, len(c))
			}
		}
		for _, text := range []string{"/deployments/" + string(w.deployment.ID), "/flows/" + string(w.flow.ID)} {
			if got := len(server.of(text)); got != 1 {
				w.Errorf("%s was asked for %d times, want once", text, got)
			}
		}
	})
}
