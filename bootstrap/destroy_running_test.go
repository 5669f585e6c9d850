package bootstrap_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pacific-aci/pacific/bootstrap"
)

// TestDestroyAtAnyTime: whatever a killed client's deployment is making, the nested one included, a destroy ends it and leaves
// nothing.
func TestDestroyAtAnyTime(t *testing.T) {
	nested := false
	for after := 10 * time.Second; after < 4*time.Minute; after += 20 * time.Second {
		t.Run(after.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSite(t, nil)
				s.settings(`{"latency":{"operation":"30s"}}`)
				ctx, cancel := context.WithTimeout(t.Context(), after)
				defer cancel()
				if _, err := s.bootstrapper().Bootstrap(ctx); err == nil {
					return // it was done before
				}
				text := s.get(s.groupID() + "/providers/Microsoft.Resources/deployments/prefect-rights?api-version=2022-09-01")
				nested = nested || strings.Contains(text, `"Running"`) || strings.Contains(text, `"Accepted"`)
				if _, err := s.bootstrapper().Destroy(t.Context(), bootstrap.DestroyOptions{Purge: true}); err != nil {
					t.Fatal(err)
				}
				if text := s.get(s.groupID() + "?api-version=2021-04-01"); !strings.Contains(text, "ResourceGroupNotFound") {
					t.Errorf("the group is left with %q", s.inGroup())
				}
			})
		})
	}
	if !nested {
		t.Error("the nested deployment was never running")
	}
}

// TestWaitsEnd: what Azure never ends is an error that says what it is about, in the end.
func TestWaitsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, nil)
		s.settings(`{"latency":{"operation":"20m"}}`)
		_, err := s.bootstrapper().Bootstrap(t.Context())
		e, ok := errors.AsType[*bootstrap.WaitError](err)
		if !ok || e.Limit != 30*time.Minute || !strings.Contains(err.Error(), "Running, making ") || !strings.Contains(err.Error(), "virtual network prefect-network") {
			t.Errorf("got %v", err)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, nil)
		s.post("/subscriptions/" + s.request.Subscription + "/providers/Microsoft.KeyVault/unregister?api-version=2021-04-01")
		time.Sleep(10 * time.Minute)
		s.settings(`{"latency":{"operation":"1h"}}`)
		_, err := s.bootstrapper().Bootstrap(t.Context())
		if e, ok := errors.AsType[*bootstrap.WaitError](err); !ok || !strings.Contains(err.Error(), "Microsoft.KeyVault has not ended after 15m0s: Registering") {
			t.Errorf("got %v, %v", e, err)
		}
	})
}
