package flowrun_test

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pacific-aci/pacific/internal/cli/clitest"
	"github.com/pacific-aci/pacific/prefect"
)

// steered is a Prefect of which a test can switch off some answers.
type steered struct {
	http.RoundTripper
	// status is what requests of runs get; 0: the server's own answer.
	status atomic.Int32
	// noEvents refuses websockets, reads counts the reads of single runs.
	noEvents atomic.Bool
	reads    atomic.Int32
}

func (s *steered) RoundTrip(r *http.Request) (*http.Response, error) {
	if s.noEvents.Load() && strings.HasSuffix(r.URL.Path, "/events/out") {
		return clitest.Says(404, "application/json", `{"detail":"Not Found"}`).RoundTrip(r)
	}
	if r.Method == http.MethodGet && strings.Contains(r.URL.Path, "/flow_runs/") {
		s.reads.Add(1)
		if status := s.status.Load(); status != 0 {
			return clitest.Says(int(status), "application/json", `{"detail":"no"}`).RoundTrip(r)
		}
	}
	return s.RoundTripper.RoundTrip(r)
}

func steer(w *world) *steered {
	s := &steered{RoundTripper: w.Prefect}
	w.Prefect = s
	return s
}

func TestWait(t *testing.T) {
	for end, code := range map[prefect.StateType]int{prefect.StateCompleted: 0, prefect.StateFailed: 1, prefect.StateCrashed: 1, prefect.StateCancelled: 1} {
		t.Run(string(end), func(t *testing.T) {
			inBubble(t, func(t *testing.T, w world) {
				run := w.run("fox", nil)
				r := w.Start("flow-run", "wait", "--output", "json", "fox")
				time.Sleep(10 * time.Second)
				w.put(run, prefect.StatePending)
				time.Sleep(time.Minute)
				w.put(run, prefect.StateRunning)
				time.Sleep(time.Hour)
				w.put(run, end)
				r.Ends(t, code)
				said := r.Err.String()
				if want := "pacific: fox: Scheduled\npacific: fox: Pending\npacific: fox: Running\npacific: fox: " + end.Name() + "\n"; said != want {
					t.Errorf("got\n%swant\n%s", said, want)
				}
				if out := r.Out.String(); !strings.Contains(out, `"stateType":"`+string(end)+`"`) || strings.Count(out, "\n") != 1 {
					t.Errorf("got %s", out)
				}
			})
		})
	}
}

// TestWaitReadsSeldom: a server with events is asked every half minute, and the end is seen at once.
func TestWaitReadsSeldom(t *testing.T) {
	for _, test := range []struct {
		name     string
		noEvents bool
		most     int32
		delay    time.Duration
	}{{"events", false, 200, time.Second}, {"no events", true, 600, 11 * time.Second}} {
		t.Run(test.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, w world) {
				s := steer(&w)
				s.noEvents.Store(test.noEvents)
				run := w.run("fox", nil)
				r := w.Start("flow-run", "wait", "fox")
				time.Sleep(time.Minute)
				w.put(run, prefect.StatePending, prefect.StateRunning)
				time.Sleep(time.Hour)
				ended := time.Now()
				w.put(run, prefect.StateCompleted)
				r.Ends(t, 0)
				if took := time.Since(ended); took > test.delay {
					t.Errorf("the end was seen after %s, want at most %s", took, test.delay)
				}
				if n := s.reads.Load(); n > test.most {
					t.Errorf("got %d reads in an hour, want at most %d", n, test.most)
				}
			})
		})
	}
}

// TestWaitBearsARestart: the server is away for an hour.
func TestWaitBearsARestart(t *testing.T) {
	inBubble(t, func(t *testing.T, w world) {
		s := steer(&w)
		run := w.run("fox", nil)
		r := w.Start("flow-run", "wait", "fox")
		time.Sleep(time.Minute)
		s.status.Store(http.StatusServiceUnavailable)
		time.Sleep(time.Hour)
		w.put(run, prefect.StatePending, prefect.StateRunning, prefect.StateCompleted)
		s.status.Store(0)
		r.Ends(t, 0)
		said := r.Err.String()
		if strings.Count(said, "Prefect does not answer, waiting for it") != 1 || strings.Count(said, "Prefect answers again") != 1 {
			t.Errorf("got\n%s", said)
		}
	})
}

func TestWaitEndsOnAnErrorThatStays(t *testing.T) {
	inBubble(t, func(t *testing.T, w world) {
		s := steer(&w)
		w.run("fox", nil)
		r := w.Start("flow-run", "wait", "fox")
		time.Sleep(time.Minute)
		s.status.Store(http.StatusForbidden)
		r.Ends(t, 125)
		if !strings.Contains(r.Err.String(), "Prefect answers 403") {
			t.Errorf("got\n%s", r.Err)
		}
	})
}

func TestWaitForADeletedRun(t *testing.T) {
	inBubble(t, func(t *testing.T, w world) {
		run := w.run("fox", nil)
		r := w.Start("flow-run", "wait", "fox")
		time.Sleep(time.Minute)
		if err := w.DeleteFlowRun(t.Context(), run.ID); err != nil {
			t.Fatal(err)
		}
		r.Ends(t, 125)
		if !strings.Contains(r.Err.String(), "error: fox: the flow run was deleted\n") {
			t.Errorf("got\n%s", r.Err)
		}
		w.Run("flow-run", "wait", "fox").Wants(t, 125, "", "there is no flow run fox")
	})
}

func TestWaitTimeout(t *testing.T) {
	inBubble(t, func(t *testing.T, w world) {
		w.run("fox", nil)
		began := time.Now()
		w.RunLong("flow-run", "wait", "--timeout", "90s", "fox").
			Wants(t, 124, "", "error: the flow run has not ended within --timeout; it goes on\npacific: hint: wait for it again with: pacific flow-run wait fox\n")
		if took := time.Since(began); took < 90*time.Second || took > 91*time.Second {
			t.Errorf("it took %s", took)
		}
		w.Run("flow-run", "wait", "--timeout", "0s", "fox").Wants(t, 125, "", "--timeout is 0s")
	})
}

func TestWaitQuiet(t *testing.T) {
	inBubble(t, func(t *testing.T, w world) {
		run := w.run("fox", nil)
		must(w.ForceFlowRunState(t.Context(), run.ID, prefect.State{Type: prefect.StateCrashed, Message: "out of memory"}))(t)
		if r := w.Run("flow-run", "wait", "-q", "fox"); r.Code != 1 || r.Stderr != "pacific: error: fox: Crashed: out of memory\n" || r.Stdout != "" {
			t.Errorf("got %+v", r)
		}
	})
}
