package aci_test

import (
	"context"
	"testing"
	"time"

	"github.com/pacific-aci/pacific/aci"
	"github.com/pacific-aci/pacific/emulator/azure"
)

// TestA404IsNoProof: reads answer 404 after five minutes of a job of ten, as a copy of Resource Manager's index does that is
// behind. Only a group that the resource group's list does not have either is gone.
func TestA404IsNoProof(t *testing.T) {
	const (
		missing = `{"match":{"operation":"ContainerGroups_Get"},"times":%d,"effect":{"status":404,"code":"ResourceNotFound"}}`
		list    = `{"match":{"operation":"ContainerGroups_ListByResourceGroup"},"times":%d,"effect":{%s}}`
		refused = `"status":403,"code":"AuthorizationFailed"`
	)
	for name, test := range map[string]struct {
		faults  func(w *world)
		vanish  bool
		outcome aci.Outcome
		from    time.Duration // when the run ends
		to      time.Duration
	}{
		"two 404s":              {func(w *world) { w.fault(missing, 2) }, false, aci.OutcomeSucceeded, 10 * time.Minute, 11 * time.Minute},
		"404s to the end":       {func(w *world) { w.fault(missing, 0); time.AfterFunc(10*time.Minute, w.server.ClearFaults) }, false, aci.OutcomeSucceeded, 15 * time.Minute, 16 * time.Minute},
		"deleted":               {func(*world) {}, true, aci.OutcomeVanished, 5 * time.Minute, 5*time.Minute + 25*time.Second},
		"deleted, list fails":   {func(w *world) { w.fault(list, 3, `"status":503`) }, true, aci.OutcomeVanished, 5*time.Minute + 20*time.Second, 7 * time.Minute},
		"deleted, list refused": {func(w *world) { w.fault(list, 0, refused) }, true, aci.OutcomeVanished, 7 * time.Minute, 8 * time.Minute},
		"a minute, list refused": {func(w *world) {
			w.fault(list, 0, refused)
			w.fault(missing, 0)
			time.AfterFunc(time.Minute, w.server.ClearFaults)
		}, false, aci.OutcomeSucceeded, 10 * time.Minute, 11 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, `{}`, container(600, 0), func(t *testing.T, w *world) {
				began := time.Now()
				time.AfterFunc(5*time.Minute, func() {
					test.faults(w)
					if test.vanish {
						if err := w.server.Event(context.Background(), azureemulator.EventVanish, groupPath+"job-1"); err != nil {
							t.Error(err)
						}
					}
				})
				res, err := w.client.Run(t.Context(), aci.Job{Name: "job-1", Command: []string{"x"}, Output: &buffer{}, Events: w.events.add})
				if err != nil || res.Outcome != test.outcome {
					t.Fatalf("got %+v %v, want %s", res, err, test.outcome)
				}
				if took := time.Since(began); took < test.from || took > test.to {
					t.Errorf("ended after %s, want %s to %s", took, test.from, test.to)
				}
				if lost := len(w.events.of(aci.EventViewLost)); lost > 4 {
					t.Errorf("told %d times that the group cannot be seen", lost)
				}
			})
		})
	}
}
