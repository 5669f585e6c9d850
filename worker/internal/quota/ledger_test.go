package quota_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pacific-aci/pacific/aci"
	"github.com/pacific-aci/pacific/azure"
	"github.com/pacific-aci/pacific/worker/internal/quota"
)

// enforced is settings with limits that are enforced: one as given, and room for everything else.
func enforced(name string, limit int) string {
	limits := map[string]any{"enforced": true, "containerGroups": 1000, "standardCores": 1000, "createsPerHour": 5000, "createsPer5Minutes": 5000}
	if name != "" {
		limits[name] = limit
	}
	settings, err := json.Marshal(map[string]any{"quota": limits})
	if err != nil {
		panic(err)
	}
	return string(settings)
}

// TestQueue: three groups fit, three runs wait in order and say why, and nothing is sent that must be refused.
func TestQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, enforced("containerGroups", 3))
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		done := make(chan created, 6)
		for n := range 6 {
			w.create(ctx, n, 1, done)
			time.Sleep(time.Second) // so that they ask in this order
		}
		first := []created{<-done, <-done, <-done}
		waiting := w.ledger.Status().Waiting
		if len(waiting) != 3 {
			t.Fatalf("waiting: %v", waiting)
		}
		for i, p := range waiting {
			if want := []string{"run 3", "run 4", "run 5"}[i]; p.Name != want || p.Position != i+1 || p.Location != "westeurope" {
				t.Errorf("place %d: %+v; want %s", i, p, want)
			}
		}
		if got, want := waiting[0].Reason, "ContainerGroups: 3 of 3 used in westeurope, and 1 needed"; got != want {
			t.Errorf("reason %q; want %q", got, want)
		}
		for i, c := range first {
			w.end(c)
			if got, want := (<-done).name, []string{"run-3", "run-4", "run-5"}[i]; got != want {
				t.Errorf("%s went next; want %s", got, want)
			}
		}
		if s := w.ledger.Status(); s.Refused != 0 || s.Waits != 3 || len(s.Waiting) != 0 {
			t.Errorf("status: %+v", s)
		}
		if got := w.puts.Load(); got != 6 {
			t.Errorf("%d PUTs; want 6", got)
		}
	})
}

// TestBigIsNotStarved: small runs that come later do not take the cores that a big one waits for, but may take what it
// does not need.
func TestBigIsNotStarved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, enforced("standardCores", 4))
		done := make(chan created, 6)
		w.create(t.Context(), 1, 2, done)
		a := <-done
		w.create(t.Context(), 2, 1, done)
		b := <-done
		w.create(t.Context(), 3, 4, done) // one core is free
		time.Sleep(time.Second)
		w.create(t.Context(), 4, 1, done)
		time.Sleep(time.Second)
		if got := w.ledger.Status().Waiting; len(got) != 2 || got[1].Reason != "StandardCores: 3 of 4 used in westeurope, and 1 needed" && got[1].Reason != "runs that came before need the room" {
			t.Errorf("waiting: %+v", got)
		}
		other, err := w.ledger.Acquire(t.Context(), quota.Need{Name: "no cores", Takes: map[string]float64{aci.UsageGroups: 1}}, nil)
		if err != nil {
			t.Fatal(err)
		}
		other.Release()
		w.end(a)
		time.Sleep(time.Second)
		if len(done) != 0 {
			t.Fatal("a small run went before the big one")
		}
		w.end(b)
		big := <-done
		if big.name != "run-3" {
			t.Fatalf("%s went first", big.name)
		}
		w.end(big)
		if small := <-done; small.name != "run-4" {
			t.Errorf("then went %s", small.name)
		}
	})
}

// TestEndedGivesCoresBack: a container that has ended holds no cores, though its group still counts.
func TestEndedGivesCoresBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, enforced("standardCores", 2))
		done := make(chan created, 2)
		w.create(t.Context(), 1, 2, done)
		a := <-done
		w.create(t.Context(), 2, 2, done)
		time.Sleep(25 * time.Hour) // its container ends after a day
		a.grant.Ended()
		if b := <-done; b.name != "run-2" {
			t.Error(b.name)
		}
		a.grant.Release()
		a.grant.Release()
		for _, u := range w.ledger.Status().Regions[0].Limits {
			if u.Name == aci.UsageCores && u.Used != 2 || u.Name == aci.UsageGroups && u.Used > 2 {
				t.Errorf("%+v", u)
			}
		}
	})
}

// TestOthersUseTheQuota: Azure's refusal is the truth. The run waits, and goes once somebody else has made room, of which
// nothing tells the ledger.
func TestOthersUseTheQuota(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, enforced("containerGroups", 2))
		done := make(chan created, 2)
		w.create(t.Context(), 1, 1, done)
		<-done
		if _, err := w.newClient().Create(t.Context(), job(100, 1)); err != nil {
			t.Fatal(err)
		}
		w.create(t.Context(), 2, 1, done)
		time.Sleep(10 * time.Second)
		s := w.ledger.Status()
		if s.Refused != 1 || len(s.Waiting) != 1 || !strings.HasPrefix(s.Waiting[0].Reason, "ContainerGroups: 2 of 2 used") {
			t.Fatalf("status after the refusal: %+v", s)
		}
		reads := w.usages.Load()
		time.Sleep(time.Hour)
		if got := w.usages.Load() - reads; got > 20 {
			t.Errorf("%d reads of the limits in an hour", got)
		}
		w.kill("run-100")
		gone := time.Now()
		if c := <-done; c.at.Sub(gone) > 6*time.Minute {
			t.Errorf("it went %s after there was room", c.at.Sub(gone))
		}
		if s := w.ledger.Status(); s.Refused != 1 {
			t.Errorf("refused %d times", s.Refused)
		}
	})
}

// TestAdopted: the groups of a worker that died count, whether the limits have been read or not.
func TestAdopted(t *testing.T) {
	for _, early := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, enforced("containerGroups", 2))
			done := make(chan created, 3)
			g, err := w.newClient().Create(t.Context(), job(100, 1))
			if err != nil {
				t.Fatal(err)
			}
			if !early {
				w.create(t.Context(), 1, 1, done)
				<-done
			}
			adopted := w.ledger.Adopt(quota.Need{Name: "adopted", Location: g.Location, Takes: g.Takes()})
			if early {
				w.create(t.Context(), 1, 1, done)
				<-done
			}
			w.create(t.Context(), 2, 1, done)
			time.Sleep(time.Second)
			if n := len(w.ledger.Status().Waiting); n != 1 {
				t.Fatalf("%d wait; want 1", n)
			}
			w.kill("run-100")
			adopted.Release()
			<-done
			if s := w.ledger.Status(); s.Refused != 0 {
				t.Errorf("refused %d times", s.Refused)
			}
		})
	}
}

// TestLargerThanTheLimit: what can never fit is refused by Azure, and holds nobody up. Where the limits cannot be listed,
// Azure's words tell.
func TestLargerThanTheLimit(t *testing.T) {
	for _, listed := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, enforced("standardCores", 10))
			if !listed {
				if err := w.server.AddFaults([]byte(`{"match":{"operation":"Location_ListUsage"},"effect":{"status":403,"code":"AuthorizationFailed","message":"No."}}`)); err != nil {
					t.Fatal(err)
				}
			}
			_, _, err := w.ledger.Create(t.Context(), t.Context(), quota.Pending{Job: job(1, 16), Name: "run 1"})
			if large, ok := errors.AsType[*quota.TooLargeError](err); !ok || large.Needs != 16 || large.Limit.Limit != 10 || azure.Explain(err) == nil {
				t.Fatalf("listed %t: error %v", listed, err)
			}
			done := make(chan created, 1)
			w.create(t.Context(), 2, 10, done)
			<-done
		})
	}
}

// TestOtherErrors: what is not about limits is returned, and the share given back.
func TestOtherErrors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, enforced("containerGroups", 1))
		if err := w.server.AddFaults([]byte(`{"match":{"operation":"ContainerGroups_CreateOrUpdate"},"times":1,"effect":{"status":403,"code":"RequestDisallowedByPolicy","message":"Not here."}}`)); err != nil {
			t.Fatal(err)
		}
		_, _, err := w.ledger.Create(t.Context(), t.Context(), quota.Pending{Job: job(1, 1), Name: "run 1"})
		if _, ok := errors.AsType[*aci.StartError](err); !ok {
			t.Fatalf("error %v", err)
		}
		done := make(chan created, 1)
		w.create(t.Context(), 2, 1, done)
		<-done
	})
}

// TestGivingUp: a run that is cancelled in line leaves it, the first of the line too.
func TestGivingUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, enforced("containerGroups", 1))
		done := make(chan created, 2)
		w.create(t.Context(), 1, 1, done)
		a := <-done
		ctx, cancel := context.WithCancel(t.Context())
		w.create(ctx, 2, 1, done)
		time.Sleep(time.Second)
		w.create(t.Context(), 3, 1, done)
		time.Sleep(time.Second)
		cancel()
		time.Sleep(time.Second)
		if got := w.ledger.Status().Waiting; len(got) != 1 || got[0].Name != "run 3" || got[0].Position != 1 {
			t.Errorf("waiting: %+v", got)
		}
		w.end(a)
		<-done
	})
}
