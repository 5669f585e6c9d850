package worker_test

import (
	"context"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/pacific-aci/pacific/prefect"
	"github.com/pacific-aci/pacific/worker"
)

// mostReads is how many reads of its container group a run of ten minutes may cost.
const mostReads = 15

// reads counts the requests for container groups that a member has sent to Azure. Those for output and lists are left out.
func (m *member) reads() int {
	m.wire.mu.Lock()
	defer m.wire.mu.Unlock()
	n := 0
	for _, request := range m.wire.log {
		if strings.HasPrefix(request, "azure GET ") && strings.Contains(request, "/containerGroups/") && !strings.HasSuffix(request, "/logs") {
			n++
		}
	}
	return n
}

// TestReads counts what a run of ten minutes costs of Azure's limit for reads.
func TestReads(t *testing.T) {
	for _, tt := range []struct {
		name, settings string
		stream         bool
	}{
		{"without a live stream", usualLatency, false},
		{"with a live stream", usualLatency, true},
		{"half a minute to start", `{"latency":{"place":"5s","pull":"20s","start":"5s","delete":"4s"}}`, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inWorld(t, tt.settings, func(t *world) {
				t.program = flowFor(10 * time.Minute)
				run := t.withVariables(map[string]any{"stream_output": tt.stream})
				m := t.start("one", func(c *worker.Config) { c.Output = io.Discard })
				t.untilState(run.ID, prefect.StateCompleted)
				ended := time.Now()
				t.untilClean()
				if took := time.Since(ended); took > 30*time.Second {
					t.Errorf("the group was deleted %v after the end", took)
				}
				t.until("the run is left", func() bool { return len(m.Status().InFlight) == 0 })
				if got := m.reads(); got > mostReads || got == 0 {
					t.Errorf("got %d reads, want at most %d", got, mostReads)
				}
			})
		})
	}
}

// TestUnreportedEnd notices the end of a container that nobody reports: soon, as long as the server has not heard of its run;
// within two minutes, once the server says that it runs.
func TestUnreportedEnd(t *testing.T) {
	for name, tt := range map[string]struct {
		reports bool
		within  time.Duration
	}{
		"it never reported": {false, time.Minute},
		"it was Running":    {true, 2*time.Minute + 30*time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, "", func(t *world) {
				died := make(chan time.Time, 1)
				t.program = func(ctx context.Context, c *container) int {
					if tt.reports {
						c.set(ctx, prefect.State{Type: prefect.StateRunning})
					}
					code := exitWith(137, 10*time.Minute)(ctx, c)
					died <- time.Now()
					return code
				}
				run := t.run()
				t.start("one", nil)
				t.untilState(run.ID, prefect.StateCrashed)
				if took := time.Since(<-died); took > tt.within {
					t.Errorf("it was noticed after %v, want at most %v", took, tt.within)
				}
			})
		})
	}
}

// TestSearches looks through the whole subscription at the start, rarely from then on, and at once when another worker is gone.
func TestSearches(t *testing.T) {
	inWorld(t, "", func(t *world) {
		other := t.otherPlace()
		m := t.start("one", inBothPlaces(other))
		searches := func() int {
			m.wire.mu.Lock()
			defer m.wire.mu.Unlock()
			n := 0
			for _, request := range m.wire.log {
				if strings.HasPrefix(request, "azure GET ") && strings.Contains(request, t.azure.Account().SubscriptionID+"/providers/Microsoft.ContainerInstance/containerGroups") {
					n++
				}
			}
			return n
		}
		time.Sleep(time.Minute)
		if n := searches(); n != 1 {
			t.Errorf("got %d searches in the first minute, want 1", n)
		}
		time.Sleep(time.Hour)
		if n := searches(); n < 2 || n > 3 {
			t.Errorf("got %d searches in an hour and a minute, want one at the start and then one each half hour", n)
		}
		before := searches()
		second := t.start("two", inBothPlaces(other))
		time.Sleep(time.Minute)
		second.kill()
		second.join(t)
		time.Sleep(3 * time.Minute)
		if searches() == before {
			t.Errorf("no search followed the end of another worker")
		}
	})
}
