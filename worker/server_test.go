package worker_test

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pacific-aci/pacific/jobtemplate"
	"github.com/pacific-aci/pacific/prefect"
	"github.com/pacific-aci/pacific/worker"
)

// TestNothingIsClaimedBeforeTheFirstHeartbeat: the pool can be read and heartbeats fail. The worker is not ready, asks for no
// runs, and serves the pool as soon as a heartbeat arrives.
func TestNothingIsClaimedBeforeTheFirstHeartbeat(t *testing.T) {
	inWorld(t, "", func(t *world) {
		var deaf atomic.Bool
		deaf.Store(true)
		m := t.worker("one", nil)
		m.wire.fault = func(_ int, r *http.Request) fault {
			if deaf.Load() && strings.HasSuffix(r.URL.Path, "/workers/heartbeat") {
				return fault{status: http.StatusServiceUnavailable}
			}
			return fault{}
		}
		run := t.run()
		t.begin(m)
		time.Sleep(10 * time.Minute)
		if s := m.Status(); s.Ready || s.Claimed != 0 || !s.LastPoll.IsZero() {
			t.Errorf("got status %+v without a heartbeat", s)
		}
		deaf.Store(false)
		t.untilState(run.ID, prefect.StateCompleted)
		t.untilClean()
		m.join(t)
	})
}

// A maintained server answers 503 with the header that makes clients wait for ever, while it is on.
type maintained struct {
	inner http.RoundTripper
	on    *atomic.Bool
	asked *atomic.Int32
}

func (s maintained) RoundTrip(r *http.Request) (*http.Response, error) {
	if !s.on.Load() {
		return s.inner.RoundTrip(r)
	}
	s.asked.Add(1)
	return &http.Response{StatusCode: http.StatusServiceUnavailable, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{"Prefect-Maintenance": {"true"}, "Retry-After": {"30"}}, Body: io.NopCloser(strings.NewReader("{}")), Request: r}, nil
}

// TestMaintenanceIsWaitedOut: a server under maintenance for two hours, at the start or in the middle, costs nothing but
// time: no error is counted, no run is lost, and what ended meanwhile is cleaned up afterwards.
func TestMaintenanceIsWaitedOut(t *testing.T) {
	for name, fromStart := range map[string]bool{"at the start": true, "while a run is under way": false} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, "", func(t *world) {
				t.program = flowFor(20 * time.Minute)
				var on atomic.Bool
				var asked atomic.Int32
				on.Store(fromStart)
				m := t.start("one", func(c *worker.Config) { c.Prefect = t.prefectVia(maintained{t.api.Transport(), &on, &asked}) })
				run := t.run()
				if !fromStart {
					t.untilState(run.ID, prefect.StateRunning)
					on.Store(true)
				}
				time.Sleep(2 * time.Hour)
				s := m.Status()
				if s.Ready == fromStart || s.PollErrors != 0 || s.HeartbeatErrors != 0 {
					t.Errorf("got status %+v after two hours of maintenance", s)
				}
				if asked.Load() == 0 {
					t.Error("nobody asked the server that was under maintenance")
				}
				select {
				case err := <-m.done:
					t.Fatalf("the worker ended with %v", err)
				default:
				}
				on.Store(false)
				t.untilState(run.ID, prefect.StateCompleted)
				t.untilClean()
				m.join(t)
				if n := len(t.containersOf(run.ID)); n != 1 {
					t.Errorf("got %d containers, want 1", n)
				}
			})
		})
	}
}

// TestStopUnderMaintenance: a worker that waits for a server under maintenance ends when it is told to.
func TestStopUnderMaintenance(t *testing.T) {
	inWorld(t, "", func(t *world) {
		var on atomic.Bool
		var asked atomic.Int32
		on.Store(true)
		m := t.start("one", func(c *worker.Config) { c.Prefect = t.prefectVia(maintained{t.api.Transport(), &on, &asked}) })
		time.Sleep(time.Hour)
		began := time.Now()
		m.join(t)
		if took := time.Since(began); took > time.Minute {
			t.Errorf("the end took %v", took)
		}
	})
}

// TestPrefetchOfZeroStartsNothingEarly: without a prefetch, no container begins before its run is due.
func TestPrefetchOfZeroStartsNothingEarly(t *testing.T) {
	inWorld(t, "", func(t *world) {
		due := time.Now().Add(10 * time.Minute)
		run := must(t.prefect.CreateDeploymentFlowRun(t.Context(), t.deployment.ID, prefect.DeploymentFlowRunCreate{
			State: &prefect.State{Type: prefect.StateScheduled, Details: prefect.StateDetails{ScheduledTime: prefect.At(due)}}}))(t)
		m := t.start("one", nil)
		t.untilState(run.ID, prefect.StateCompleted)
		if late := t.containersOf(run.ID)[0].began.Sub(due); late < 0 || late > time.Minute {
			t.Errorf("the container began %v after its run was due", late)
		}
		t.untilClean()
		m.join(t)
	})
}

// TestPausedQueueIsLeftAlone: the runs of a queue that is paused wait; those of the other queues do not.
func TestPausedQueueIsLeftAlone(t *testing.T) {
	inWorld(t, "", func(t *world) {
		must(t.prefect.CreateWorkQueue(t.Context(), worldPool, prefect.WorkQueueCreate{Name: "still", IsPaused: true}))(t)
		still := must(t.prefect.CreateDeploymentFlowRun(t.Context(), t.deployment.ID, prefect.DeploymentFlowRunCreate{WorkQueueName: "still"}))(t)
		run := t.run()
		m := t.start("one", nil)
		t.untilState(run.ID, prefect.StateCompleted)
		time.Sleep(5 * time.Minute)
		if state := t.stateOf(still.ID); state.Type != prefect.StateScheduled {
			t.Errorf("a run of a paused queue is %s", state.Name)
		}
		if err := t.prefect.UpdateWorkQueue(t.Context(), worldPool, "still", prefect.WorkQueueUpdate{IsPaused: prefect.Set(false)}); err != nil {
			t.Fatal(err)
		}
		t.untilState(still.ID, prefect.StateCompleted)
		t.untilClean()
		m.join(t)
	})
}

// TestAllQueuesPaused: a worker whose queues are all paused says so when it starts, and only then.
func TestAllQueuesPaused(t *testing.T) {
	for name, test := range map[string]struct {
		queues []string
		says   bool
	}{"the paused one": {[]string{"still"}, true}, "both": {[]string{"still", "default"}, false}, "all of the pool": {nil, false}} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, "", func(t *world) {
				must(t.prefect.CreateWorkQueue(t.Context(), worldPool, prefect.WorkQueueCreate{Name: "still", IsPaused: true}))(t)
				var log lockedBuffer
				m := t.start("one", func(c *worker.Config) {
					c.Queues, c.Log = test.queues, slog.New(slog.NewTextHandler(&log, nil))
				})
				time.Sleep(time.Minute)
				m.join(t)
				if said := strings.Contains(log.String(), "every queue that this worker serves is paused"); said != test.says {
					t.Errorf("said: %v, want %v: %s", said, test.says, log.String())
				}
			})
		})
	}
}

// TestNewTemplateReachesTheNextRun: a pool's template that is changed while a worker runs counts for the runs that begin after
// its next heartbeat, and for none that has begun.
func TestNewTemplateReachesTheNextRun(t *testing.T) {
	inWorld(t, "", func(t *world) {
		t.program = flowFor(10 * time.Minute)
		before := t.run()
		m := t.start("one", nil)
		t.untilState(before.ID, prefect.StateRunning)
		pool := must(t.prefect.WorkPool(t.Context(), worldPool))(t)
		template := must(jobtemplate.ReadTemplate(pool.BaseJobTemplate))(t)
		if err := template.SetDefault("name", "renamed"); err != nil {
			t.Fatal(err)
		}
		changed := prefect.WorkPoolUpdate{BaseJobTemplate: prefect.Set(json.RawMessage(must(template.MarshalJSON())(t)))}
		if err := t.prefect.UpdateWorkPool(t.Context(), worldPool, changed); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		after := t.run()
		t.untilState(before.ID, prefect.StateCompleted)
		t.untilState(after.ID, prefect.StateCompleted)
		t.untilClean()
		m.join(t)
		was, is := t.containersOf(before.ID), t.containersOf(after.ID)
		if len(was) != 1 || len(is) != 1 || strings.HasPrefix(was[0].group, "renamed") || !strings.HasPrefix(is[0].group, "renamed") {
			t.Errorf("got the groups %q before and %q after the change", was[0].group, is[0].group)
		}
	})
}

// TestPoolThatTheWorkerMadeNeedsNoPlace: in a pool of either type that a worker has created, a deployment need say neither where
// its containers run nor as whom: the worker's own place counts.
func TestPoolThatTheWorkerMadeNeedsNoPlace(t *testing.T) {
	for _, kind := range []string{jobtemplate.TypeWorker, jobtemplate.TypePush} {
		t.Run(kind, func(t *testing.T) {
			inWorld(t, "", func(t *world) {
				m := t.start("one", func(c *worker.Config) {
					c.Pool, c.CreatePool, c.Type = "made", true, kind
					c.ResourceGroupID = "/subscriptions/" + t.azure.Account().SubscriptionID + "/resourceGroups/" + worldGroup
				})
				t.until("it is ready", func() bool { return m.Status().Ready })
				bare := must(t.prefect.CreateDeployment(t.Context(), prefect.DeploymentCreate{Name: "bare", FlowID: t.flow.ID, WorkPoolName: "made"}))(t)
				run := must(t.prefect.CreateDeploymentFlowRun(t.Context(), bare.ID, prefect.DeploymentFlowRunCreate{}))(t)
				t.untilState(run.ID, prefect.StateCompleted)
				t.untilClean()
				m.join(t)
			})
		})
	}
}
