package worker_test

import (
	"context"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pacific-aci/pacific/aci"
	"github.com/pacific-aci/pacific/jobtemplate"
	"github.com/pacific-aci/pacific/prefect"
	"github.com/pacific-aci/pacific/worker"
)

// TestReplacedCredentials: the secret of a run's credentials is replaced while its container runs, and Azure refuses the old
// one from then on. The worker goes on with the new one: it sees the container's end, or stops it, and deletes the group.
func TestReplacedCredentials(t *testing.T) {
	for name, test := range map[string]struct {
		cancel bool
		want   prefect.StateType
	}{
		"the flow completes": {false, prefect.StateCompleted},
		"it is cancelled":    {true, prefect.StateCancelled},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, "", func(t *world) {
				t.program = flowFor(30 * time.Minute)
				var replaced atomic.Bool
				renewed := t.containersVia(t.cloud(t.azure.Transport()))
				m := t.worker("one", func(c *worker.Config) {
					own := c.Containers
					c.ContainersFor = func(context.Context, *jobtemplate.Plan) (*aci.Client, error) {
						if replaced.Load() {
							return renewed, nil
						}
						return own, nil
					}
				})
				m.wire.fault = func(_ int, r *http.Request) fault {
					if replaced.Load() && toAzure(r) {
						return fault{status: http.StatusUnauthorized}
					}
					return fault{}
				}
				run := t.run()
				t.begin(m)
				t.untilState(run.ID, prefect.StateRunning)
				time.Sleep(time.Minute)
				replaced.Store(true)
				if test.cancel {
					must(t.prefect.ForceFlowRunState(t.Context(), run.ID, prefect.State{Type: prefect.StateCancelling}))(t)
				}
				t.untilState(run.ID, test.want)
				t.untilClean()
				m.join(t)
				if n := len(t.containersOf(run.ID)); n != 1 {
					t.Errorf("got %d containers, want 1", n)
				}
			})
		})
	}
}

// TestCreateWithRefusedCredentials: Azure refuses the credentials of a run that has no container yet, as their secret has expired. The
// run waits, and goes on in its first attempt when the credentials are renewed or count again.
func TestCreateWithRefusedCredentials(t *testing.T) {
	for name, replaced := range map[string]bool{"they are replaced": true, "they count again": false} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, "", func(t *world) {
				var renewed atomic.Bool
				fresh := t.containersVia(t.cloud(t.azure.Transport()))
				m, refused := t.refusing("one", toAzure, fault{status: http.StatusUnauthorized}, func(c *worker.Config) {
					rarely(c)
					own := c.Containers
					c.ContainersFor = func(context.Context, *jobtemplate.Plan) (*aci.Client, error) {
						if renewed.Load() && replaced {
							return fresh, nil
						}
						return own, nil
					}
				})
				run := t.run()
				t.begin(m)
				time.Sleep(3 * time.Hour)
				if state := t.stateOf(run.ID); state.Name != "AwaitingAzure" || !strings.Contains(state.Message, "authentication") {
					t.Errorf("after three hours the run is %s: %q", state.Name, state.Message)
				}
				renewed.Store(true)
				refused.Store(replaced)
				t.untilState(run.ID, prefect.StateCompleted)
				t.untilClean()
				m.join(t)
				if n, s := len(t.containersOf(run.ID)), m.Status(); n != 1 || s.Retries != 0 {
					t.Errorf("got %d containers and %d retries, want 1 and none", n, s.Retries)
				}
			})
		})
	}
}

// TestAdoptWithReplacedCredentials: the secret that a worker has signed in with is replaced in its pool. The worker finds and takes
// over what another one has left all the same, though nothing is submitted meanwhile.
func TestAdoptWithReplacedCredentials(t *testing.T) {
	inWorld(t, "", func(t *world) {
		t.program = flowFor(time.Hour)
		run := t.run()
		first := t.start("one", nil)
		t.untilState(run.ID, prefect.StateRunning)
		fresh := t.containersVia(t.cloud(t.azure.Transport()))
		next, _ := t.refusing("two", toAzure, fault{status: http.StatusUnauthorized}, func(c *worker.Config) {
			own := c.Containers
			c.ContainersFor = func(context.Context, *jobtemplate.Plan) (*aci.Client, error) { return own, nil }
			c.ContainersNow = func(context.Context) (*aci.Client, error) { return fresh, nil }
		})
		t.begin(next)
		time.Sleep(time.Minute)
		first.kill()
		t.untilState(run.ID, prefect.StateCompleted)
		t.untilClean()
		next.join(t)
		if s := next.Status(); s.Adopted != 1 || s.Finished["completed"] != 1 {
			t.Errorf("got %d runs adopted and %v, want one that completed", s.Adopted, s.Finished)
		}
	})
}
