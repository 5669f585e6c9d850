package quota_test

import (
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pacific-aci/pacific/aci"
)

// TestDeletesAreSpread ends 150 groups at one moment: Azure refuses no delete, and the last goes when five minutes are over.
func TestDeletesAreSpread(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, `{"quota":{"enforced":true,"containerGroups":200,"standardCores":200}}`)
		done := make(chan created, 150)
		for n := range 150 {
			w.create(t.Context(), n, 1, done)
		}
		var all []created
		for range 150 {
			all = append(all, <-done)
		}
		time.Sleep(time.Hour)
		before := w.server.Requests(0)
		began := time.Now()
		var group sync.WaitGroup
		for _, c := range all {
			group.Go(func() {
				defer c.grant.Release()
				if err := w.client.Kill(t.Context(), c.name, aci.KillOptions{Turn: c.grant.Delete}); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		if took := time.Since(began); took < 5*time.Minute || took > 6*time.Minute {
			t.Errorf("the deletes took %v, want five to six minutes", took)
		}
		for _, r := range w.server.Requests(before[len(before)-1].Seq) {
			if r.Status == http.StatusTooManyRequests {
				t.Errorf("%s was refused", r.Operation)
			}
		}
		if got := w.ledger.Status().Regions[0].Deletes; got != 150 {
			t.Errorf("got %d deletes counted, want 150", got)
		}
	})
}

// TestDeletesOfLeftovers: deletes of groups without a grant wait in the same line.
func TestDeletesOfLeftovers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "")
		began := time.Now()
		for range 101 {
			if err := w.ledger.Delete(t.Context(), "westeurope"); err != nil {
				t.Fatal(err)
			}
		}
		if took := time.Since(began); took < 5*time.Minute || took > 6*time.Minute {
			t.Errorf("the deletes took %v, want five to six minutes", took)
		}
	})
}
