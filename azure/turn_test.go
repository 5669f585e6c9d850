package azure_test

import (
	"net/http"
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
