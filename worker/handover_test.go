package worker_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pacific-aci/pacific/prefect"
	"github.com/pacific-aci/pacific/worker"
)

// A run that is scheduled again as soon as its flow has ended may be another worker's before the first one has put the old
// container away. What the first finds then is no crash of the run's, and no reason for an attempt of its own.
func TestRunThatAnotherWorkerHasByNow(t *testing.T) {
	evicted := func(ctx context.Context, c *container) int {
		c.happen("evict", c.group)
		<-ctx.Done()
		return 137
	}
	for name, test := range map[string]struct {
		lingers time.Duration
		then    func(context.Context, *container) int
	}{
		"pending there":          {5 * time.Second, exitWith(0, 0)},
		"pending there, evicted": {5 * time.Second, evicted},
		"running there":          {80 * time.Second, exitWith(0, 0)},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, `{"latency":{"place":"2s","pull":"40s","start":"1s","stop":"2s","delete":"3s"}}`, func(t *world) {
				t.program = func(ctx context.Context, c *container) int {
					if len(c.containersOf(c.id)) > 1 {
						return flowFor(2*time.Minute)(ctx, c)
					}
					c.set(ctx, prefect.State{Type: prefect.StateRunning})
					time.Sleep(time.Minute)
					c.set(ctx, prefect.State{Type: prefect.StateFailed})
					time.Sleep(test.lingers)
					return test.then(ctx, c)
				}
				run := t.run()
				one := t.start("one", nil)
				t.untilState(run.ID, prefect.StateRunning)
				two := t.start("two", nil)
				t.untilState(run.ID, prefect.StateFailed)
				if _, err := t.prefect.SetFlowRunState(t.Context(), run.ID, prefect.State{Type: prefect.StateScheduled, Name: prefect.StateNameAwaitingRetry}); err != nil {
					t.Fatal(err)
				}
				t.until("it has ended again", func() bool { return t.stateOf(run.ID).Type.Terminal() })
				if state := t.stateOf(run.ID); state.Type != prefect.StateCompleted {
					t.Errorf("the run is %s: %s", state.Name, state.Message)
				}
				t.untilClean()
				one.join(t)
				two.join(t)
				if n := len(t.containersOf(run.ID)); n != 2 {
					t.Errorf("got %d containers, want 2", n)
				}
				if s := one.Status(); s.Finished["left to another worker"] != 1 {
					t.Errorf("got status %+v of the first worker", s)
				}
			})
		})
	}
}

// forgetful is a server whose lists lack every run, as one may whose replica lags.
type forgetful struct{ inner http.RoundTripper }

func (s forgetful) RoundTrip(r *http.Request) (*http.Response, error) {
	if !strings.HasSuffix(r.URL.Path, "/flow_runs/filter") {
		return s.inner.RoundTrip(r)
	}
	if r.Body != nil {
		_ = r.Body.Close()
	}
	return &http.Response{StatusCode: http.StatusOK, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader("[]")), Request: r}, nil
}

// A run counts as deleted by the server's word about it alone, and not because a list lacks it.
func TestAdoptTrustsNoList(t *testing.T) {
	inWorld(t, "", func(t *world) {
		t.program = flowFor(10 * time.Minute)
		run := t.run()
		first := t.start("one", nil)
		t.untilState(run.ID, prefect.StateRunning)
		first.kill()
		second := t.start("two", func(c *worker.Config) { c.Prefect = t.prefectVia(forgetful{t.api.Transport()}) })
		t.untilState(run.ID, prefect.StateCompleted)
		t.untilClean()
		second.join(t)
		first.join(t)
		if s := second.Status(); s.Adopted != 1 || s.Finished["completed"] != 1 {
			t.Errorf("got status %+v of the second worker", s)
		}
	})
}

// slowTo holds up the requests whose body has word for a time, and then lets them arrive.
type slowTo struct {
	inner http.RoundTripper
	word  string
	by    time.Duration
	held  *atomic.Bool // one was held up
}

func (s slowTo) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body == nil {
		return s.inner.RoundTrip(r)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	_ = r.Body.Close()
	if strings.Contains(string(body), s.word) {
		s.held.Store(true)
		time.Sleep(s.by)
	}
	r = r.Clone(r.Context())
	r.Body = io.NopCloser(bytes.NewReader(body))
	return s.inner.RoundTrip(r)
}

// TestWaitThatIsShownLate: what a worker says of a run that waits reaches the server when the run has ended. The server takes the run
// back to Pending; the worker gives it its end back, and starts nothing.
func TestWaitThatIsShownLate(t *testing.T) {
	for state, settings := range map[string]string{
		"AwaitingQuota": strings.Replace(fullAt2, `"containerGroups":2`, `"containerGroups":1`, 1),
		"AwaitingAzure": "",
	} {
		t.Run(state, func(t *testing.T) {
			inWorld(t, settings, func(t *world) {
				var held atomic.Bool
				t.wrap = func(server string, wired http.RoundTripper) http.RoundTripper {
					if server == "prefect" {
						return slowTo{wired, state, 50 * time.Second, &held}
					}
					return wired
				}
				if state == "AwaitingQuota" {
					must(t.containers.Create(t.Context(), handMade()))(t)
				}
				m, failing := t.refusing("one", func(r *http.Request) bool { return put(r) && state == "AwaitingAzure" }, fault{status: http.StatusServiceUnavailable},
					func(c *worker.Config) { c.CancelPoll = time.Hour }) // else it learns of the end first
				run := t.run()
				t.begin(m)
				shown := func() bool {
					for _, s := range must(t.prefect.FlowRunStates(t.Context(), run.ID))(t) {
						if s.Name == state {
							return true
						}
					}
					return false
				}
				t.until("the words about it are on their way", held.Load)
				must(t.prefect.ForceFlowRunState(t.Context(), run.ID, prefect.State{Type: prefect.StateCompleted}))(t)
				t.until("the words have arrived", shown)
				failing.Store(false)
				time.Sleep(10 * time.Minute)
				if now := t.stateOf(run.ID); now.Type != prefect.StateCompleted {
					t.Errorf("the run is %s", now.Name)
				}
				m.join(t)
				if n := len(t.containersOf(run.ID)); n != 0 {
					t.Errorf("got %d containers of a run that had ended", n)
				}
			})
		})
	}
}
