package azure_test

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pacific-aci/pacific/azure"
)

// TestTurnIsForOneRequest: a request with a turn does not wait for another, and only one such request does not.
func TestTurnIsForOneRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		throttle := true
		c := newCloud(t, &fakeAzure{arm: refusesWhile(&throttle)})
		west := azure.WithRegion(t.Context(), "West Europe")
		ctx, giveBack, err := c.AwaitTurn(west, "A", http.MethodGet)
		if err != nil {
			t.Fatal(err)
		}
		defer giveBack()
		armRequest(t, c, west, "GET", "/subscriptions/a/x")
		throttle = false
		start := time.Now()
		armRequest(t, c, ctx, "GET", "/subscriptions/a/x")
		if waited := time.Since(start); waited != 0 {
			t.Errorf("the request with a turn waited %v, want no wait", waited)
		}
		armRequest(t, c, ctx, "GET", "/subscriptions/a/x")
		if waited := time.Since(start); waited != 30*time.Second {
			t.Errorf("the second request waited %v, want 30s", waited)
		}
	})
}

// TestTurnGivenBack: a turn that no request used is the next one's.
func TestTurnGivenBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		throttle := true
		c := newCloud(t, &fakeAzure{arm: refusesWhile(&throttle)})
		armRequest(t, c, t.Context(), "GET", "/subscriptions/a/x")
		throttle = false
		_, giveBack, err := c.AwaitTurn(t.Context(), "a", http.MethodGet) // after 30 s, the only one there is
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		done := make(chan time.Duration)
		go func() {
			armRequest(t, c, t.Context(), "GET", "/subscriptions/a/x")
			done <- time.Since(start)
		}()
		synctest.Wait()
		giveBack()
		if waited := <-done; waited != 0 {
			t.Errorf("the request waited %v after the turn was given back, want no wait", waited)
		}
	})
}

// TestTurnsAtOnce: however many tokens there are, only so many requests with a turn are under way, and the next one follows the end of
// one. Who gives up waiting takes no token.
func TestTurnsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const most, all = 64, 100
		c := newCloud(t, &fakeAzure{})
		var turns atomic.Int32
		end := make(chan struct{})
		var group sync.WaitGroup
		for range all {
			group.Go(func() {
				_, giveBack, err := c.AwaitTurn(t.Context(), "a", http.MethodGet)
				if err != nil {
					t.Error(err)
					return
				}
				turns.Add(1)
				<-end
				giveBack()
			})
		}
		synctest.Wait()
		if n := turns.Load(); n != most {
			t.Errorf("%d requests are under way, want %d", n, most)
		}
		ctx, giveUp := context.WithCancel(t.Context())
		group.Go(func() {
			if _, _, err := c.AwaitTurn(ctx, "a", http.MethodGet); !errors.Is(err, context.Canceled) {
				t.Errorf("got %v from who gave up, want the end of its context", err)
			}
		})
		synctest.Wait()
		giveUp()
		end <- struct{}{}
		synctest.Wait()
		if n := turns.Load(); n != most+1 {
			t.Errorf("%d requests had a turn after the end of one, want %d", n, most+1)
		}
		close(end)
		group.Wait()
		if n := turns.Load(); n != all {
			t.Errorf("%d requests had a turn in the end, want %d", n, all)
		}
	})
}

// TestTurnsOfLogs: however many reads of logs are under way, and take their time, what decides about a job gets a turn.
func TestTurnsOfLogs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCloud(t, &fakeAzure{})
		ctx, end := context.WithCancel(t.Context())
		var group sync.WaitGroup
		for range 100 {
			group.Go(func() {
				_, giveBack, err := c.AwaitTurn(azure.WithPriority(ctx, azure.PriorityLog), "a", http.MethodGet)
				if err == nil {
					<-ctx.Done()
				}
				giveBack()
			})
		}
		synctest.Wait()
		soon, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		for range 8 {
			_, giveBack, err := c.AwaitTurn(soon, "a", http.MethodGet)
			if err != nil {
				t.Fatalf("behind the reads of logs: %v", err)
			}
			defer giveBack()
		}
		end()
		group.Wait()
	})
}

// TestTurnsOfSubscriptions: requests of one subscription that take their time hold up none of another's.
func TestTurnsOfSubscriptions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCloud(t, &fakeAzure{})
		slow, end := context.WithCancel(t.Context())
		var group sync.WaitGroup
		for range 100 {
			group.Go(func() {
				_, giveBack, err := c.AwaitTurn(slow, "slow", http.MethodGet)
				if err == nil {
					<-slow.Done()
				}
				giveBack()
			})
		}
		synctest.Wait()
		soon, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, giveBack, err := c.AwaitTurn(soon, "other", http.MethodGet)
		if err != nil {
			t.Errorf("behind the requests of another subscription: %v", err)
		}
		giveBack()
		end()
		group.Wait()
	})
}
