package aci_test

import (
	"sync"
	"testing"
	"time"

	"github.com/pacific-aci/pacific/aci"
)

func TestEventsComeOneAtATime(t *testing.T) {
	bubble(t, `{}`, container(20, 0), func(t *testing.T, w *world) {
		var busy sync.Mutex
		var told []aci.Event
		res, err := w.client.Run(t.Context(), aci.Job{Command: []string{"x"}, Output: &buffer{}, Events: func(e aci.Event) {
			if !busy.TryLock() {
				t.Errorf("%s comes while another event is handled", e.Kind)
				return
			}
			time.Sleep(100 * time.Millisecond)
			told = append(told, e)
			busy.Unlock()
		}})
		if err != nil || !res.Success() {
			t.Fatalf("got %+v %v", res, err)
		}
		if len(told) == 0 || told[0].Kind != aci.EventWarning || told[len(told)-1].Kind != aci.EventDeleted {
			t.Errorf("got %+v, want all from the warning to the delete", told)
		}
	})
}

// TestBlockedListenerHoldsUpNothing: a listener that never returns delays neither the decisions about its own job nor
// anything of another one.
func TestBlockedListenerHoldsUpNothing(t *testing.T) {
	bubble(t, `{}`, container(600, 0), func(t *testing.T, w *world) {
		release := make(chan struct{})
		defer close(release)
		var jobs sync.WaitGroup
		for _, tt := range []struct {
			events func(aci.Event)
			within time.Duration
		}{
			{func(aci.Event) { <-release }, time.Minute + 30*time.Second},
			{func(aci.Event) {}, time.Minute + 10*time.Second},
		} {
			jobs.Go(func() {
				began := time.Now()
				res, err := w.client.Run(t.Context(), aci.Job{Command: []string{"x"}, Events: tt.events, Timeout: time.Minute, Output: &buffer{}})
				if err != nil || res.Outcome != aci.OutcomeTimedOut || res.CleanupError != nil {
					t.Errorf("got %+v %v", res, err)
				}
				if took := time.Since(began); took > tt.within {
					t.Errorf("took %v, want at most %v", took, tt.within)
				}
			})
		}
		jobs.Wait()
	})
}

func TestListenerMayCallTheClient(t *testing.T) {
	bubble(t, `{}`, container(20, 0), func(t *testing.T, w *world) {
		res, err := w.client.Run(t.Context(), aci.Job{Command: []string{"x"}, Events: func(e aci.Event) {
			if e.Phase == aci.PhaseStarted {
				if _, err := w.client.Get(t.Context(), e.Group); err != nil {
					t.Error(err)
				}
			}
		}})
		if err != nil || !res.Success() {
			t.Errorf("got %+v %v", res, err)
		}
	})
}
