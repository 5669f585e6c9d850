package worker_test

import (
	"context"
	"net/http"
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
