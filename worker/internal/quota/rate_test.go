package quota_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pacific-aci/pacific/worker/internal/quota"
)

// TestCreatesIn5Minutes: Azure allows a hundred creates in five minutes. The others wait until the first ones are old
// enough; Azure refuses none. Where Azure's support has raised the limit, its answers say so, and nobody waits.
func TestCreatesIn5Minutes(t *testing.T) {
	for limit, most := range map[int]time.Duration{100: 6 * time.Minute, 400: time.Minute} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, enforced("createsPer5Minutes", limit))
			done := make(chan created, 130)
			start := time.Now()
			for n := range 130 {
				w.create(t.Context(), n, 1, done)
			}
			if limit == 100 {
				time.Sleep(4 * time.Minute)
				s := w.ledger.Status()
				if len(done) != 100 || len(s.Waiting) != 30 || !strings.HasPrefix(s.Waiting[0].Reason, "the limit of container groups created in 5 minutes is reached") {
					t.Fatalf("%d created, waiting: %+v", len(done), s.Waiting)
				}
			}
			for range 130 {
				if c := <-done; c.at.Sub(start) > most {
					t.Errorf("limit %d: %s went after %s", limit, c.name, c.at.Sub(start))
				}
			}
			if s := w.ledger.Status(); s.Refused != 0 || s.Regions[0].Creates != 130 {
				t.Errorf("limit %d: status %+v", limit, s)
			}
		})
	}
}

// TestThrottled: a 429 of the resource provider stops the creates of all runs for as long as Azure asks.
func TestThrottled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, enforced("", 0))
		fault := `{"match":{"operation":"ContainerGroups_CreateOrUpdate"},"times":1,"effect":{"status":429,"code":"TooManyRequests","message":"Slow.","retryAfter":"20m"}}`
		if err := w.server.AddFaults([]byte(fault)); err != nil {
			t.Fatal(err)
		}
		done := make(chan created, 4)
		start := time.Now()
		w.create(t.Context(), 0, 1, done)
		time.Sleep(time.Second)
		for n := range 3 {
			w.create(t.Context(), n+1, 1, done)
		}
		time.Sleep(time.Second)
		if got := w.ledger.Status().Waiting; len(got) != 4 || got[0].Name != "run 0" || !strings.Contains(got[3].Reason, "TooManyRequests") {
			t.Errorf("waiting: %+v", got)
		}
		for range 4 {
			if c := <-done; c.at.Sub(start) < 20*time.Minute || c.at.Sub(start) > 21*time.Minute {
				t.Errorf("%s went after %s", c.name, c.at.Sub(start))
			}
		}
	})
}

// TestThrottledForAnHour: each 429 that asks for a second of patience is followed by a longer wait, up to a minute.
func TestThrottledForAnHour(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, enforced("", 0))
		fault := `{"match":{"operation":"ContainerGroups_CreateOrUpdate"},"times":0,"effect":{"status":429,"code":"TooManyRequests","message":"Slow.","retryAfter":"1s"}}`
		if err := w.server.AddFaults([]byte(fault)); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		w.create(ctx, 0, 1, nil)
		time.Sleep(time.Hour)
		if n := w.puts.Load(); n < 58 || n > 64 {
			t.Errorf("%d PUTs in an hour; want about one a minute", n)
		}
		cancel()
		synctest.Wait()
	})
}

// TestWithoutTheRightToListUsages: the ledger then knows no limits. One refusal stops the line, and a group of ours that
// goes, or some time, starts it again.
func TestWithoutTheRightToListUsages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, enforced("containerGroups", 2))
		if err := w.server.AddFaults([]byte(`{"match":{"operation":"Location_ListUsage"},"effect":{"status":403,"code":"AuthorizationFailed","message":"No."}}`)); err != nil {
			t.Fatal(err)
		}
		told := make(chan quota.Place, 100)
		done := make(chan created, 4)
		w.create(t.Context(), 1, 1, done)
		a := <-done
		w.create(t.Context(), 2, 1, done)
		<-done
		go func() {
			_, grant, err := w.ledger.Create(t.Context(), t.Context(), quota.Pending{Job: job(3, 1), Name: "run 3", Told: func(p quota.Place) { told <- p }})
			if err != nil {
				t.Errorf("creating run 3: %v", err)
			}
			done <- created{"run-3", grant, time.Now()}
		}()
		time.Sleep(10 * time.Second)
		if p := <-told; !strings.Contains(p.Reason, "Azure refused a container group (ContainerGroupQuotaReached)") || !strings.Contains(p.String(), "position 1") {
			t.Errorf("told: %v", p)
		}
		w.end(a)
		gone := time.Now()
		if c := <-done; c.name != "run-3" || c.at.Sub(gone) > time.Minute {
			t.Errorf("%s went after %s", c.name, c.at.Sub(gone))
		}
	})
}
