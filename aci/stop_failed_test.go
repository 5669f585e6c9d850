package aci_test

import (
	"cmp"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/pacific-aci/pacific/aci"
	"github.com/pacific-aci/pacific/emulator/azure"
)

// TestContainerThatTakesItsTime: a container that does not end within the grace period had that time, so no stop failed.
func TestContainerThatTakesItsTime(t *testing.T) {
	for _, grace := range []time.Duration{0, 10 * time.Second, 5 * time.Minute} { // Azure's own, less, and more
		bubble(t, `{}`, stubborn(), func(t *testing.T, w *world) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			res, err := w.client.Run(ctx, aci.Job{Name: "job-1", Command: []string{"x"}, StopGrace: grace, Events: w.events.add})
			if !errors.Is(err, context.DeadlineExceeded) || res.Outcome != aci.OutcomeInterrupted {
				t.Errorf("got %+v %v", res, err)
			}
			w.start(aci.Job{Name: "job-1"})
			if err := w.client.Kill(t.Context(), "job-1", aci.KillOptions{Grace: cmp.Or(grace, 30*time.Second), Events: w.events.add}); err != nil {
				t.Error(err)
			}
			if n := len(w.events.of(aci.EventStopping)); n != 2 {
				t.Errorf("stopped %d times, want 2", n)
			}
			for _, kind := range []aci.EventKind{aci.EventStopFailed, aci.EventRetry, aci.EventViewLost} {
				if said := w.events.of(kind); len(said) > 0 {
					t.Errorf("grace %s: told %+v", grace, said)
				}
			}
		})
	}
}

// stubborn is a container that does not heed SIGTERM.
func stubborn() azureemulator.Engine {
	return azureemulator.Func(func(context.Context, azureemulator.ContainerCall) int {
		time.Sleep(time.Hour)
		return 0
	})
}

// TestRefusedStopIsTold: a job whose stop is refused, or not accepted in time, gets no time to end by itself. Whoever asked
// for that time hears of it once.
func TestRefusedStopIsTold(t *testing.T) {
	for name, test := range map[string]struct{ effect, reason string }{
		"refused":      {`"status":403,"code":"AuthorizationFailed","message":"no right to stop"`, "no right to stop"},
		"not accepted": {`"status":503,"code":"ServiceUnavailable","message":"come back later"`, "come back later"},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, `{}`, container(6000, 0), func(t *testing.T, w *world) {
				w.fault(`{"match":{"operation":"ContainerGroups_Stop"},"times":0,"effect":{%s}}`, test.effect)
				told := func(how string) {
					t.Helper()
					said := w.events.of(aci.EventStopFailed)
					if len(said) != 1 || said[0].Group != "job-1" || !strings.Contains(said[0].Err.Error(), test.reason) || strings.Contains(said[0].Err.Error(), "context") {
						t.Errorf("%s: told %+v, want once that the stop failed: %s", how, said, test.reason)
					}
					w.gone("job-1")
					w.events = &journal{}
				}
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				res, err := w.client.Run(ctx, aci.Job{Name: "job-1", Command: []string{"x"}, StopGrace: 20 * time.Second, Events: w.events.add})
				if !errors.Is(err, context.DeadlineExceeded) || res.Outcome != aci.OutcomeInterrupted {
					t.Errorf("got %+v %v", res, err)
				}
				told("interrupted")
				res, err = w.client.Run(t.Context(), aci.Job{Name: "job-1", Command: []string{"x"}, Timeout: time.Minute, StopGrace: 20 * time.Second, Events: w.events.add})
				if err != nil || res.Outcome != aci.OutcomeTimedOut {
					t.Errorf("got %+v %v", res, err)
				}
				told("timed out")
				w.start(aci.Job{Name: "job-1"})
				if err := w.client.Kill(t.Context(), "job-1", aci.KillOptions{Grace: 20 * time.Second, Events: w.events.add}); err != nil {
					t.Error(err)
				}
				told("killed")
			})
		})
	}
}
