package aci_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pacific-aci/pacific/aci"
)

// refusals are answers that deny the view of a group, and how long each must last to end a watch.
var refusals = map[string]time.Duration{
	`{"status":401,"code":"InvalidAuthenticationToken"}`: 15 * time.Minute,
	`{"status":403,"code":"AuthorizationFailed"}`:        15 * time.Minute,
	`{"status":400,"code":"InvalidApiVersionParameter"}`: 5 * time.Minute,
	`{"status":409,"code":"Conflict"}`:                   5 * time.Minute,
	`{"status":501,"code":"NotImplemented"}`:             5 * time.Minute,
	`{"status":404,"code":"ResourceGroupNotFound"}`:      5 * time.Minute,
}

func TestRefusalThatPassesEndsNothing(t *testing.T) {
	t.Parallel()
	for _, effect := range some(slices.Sorted(maps.Keys(refusals))) {
		t.Run(effect, func(t *testing.T) {
			bubble(t, `{}`, container(720, 0), func(t *testing.T, w *world) {
				time.AfterFunc(5*time.Minute, func() {
					for _, operation := range []string{"ContainerGroups_Get", "Containers_ListLogs", "Containers_Attach"} {
						w.fault(`{"match":{"operation":%q},"times":0,"effect":%s}`, operation, effect)
					}
				})
				time.AfterFunc(9*time.Minute, w.server.ClearFaults)
				res, err := w.client.Run(t.Context(), aci.Job{Command: []string{"x"}, Output: &buffer{}, PollInterval: 10 * time.Second})
				if err != nil || !res.Success() {
					t.Fatalf("got %+v %v", res, err)
				}
				if said, back := len(w.events.of(aci.EventViewRefused)), len(w.events.of(aci.EventViewBack)); said != 1 || back != 1 {
					t.Errorf("said %d times that the view is refused, %d times that it is back; want once each", said, back)
				}
				w.gone(res.Name)
			})
		})
	}
}

func TestRefusalThatLastsLeavesTheJob(t *testing.T) {
	t.Parallel()
	for _, effect := range some(slices.Sorted(maps.Keys(refusals))) {
		patience := refusals[effect]
		t.Run(effect, func(t *testing.T) {
			bubble(t, `{}`, container(2400, 0), func(t *testing.T, w *world) {
				time.AfterFunc(5*time.Minute, func() {
					w.fault(`{"match":{"operation":"ContainerGroups_Get"},"times":0,"effect":%s}`, effect)
				})
				began := time.Now()
				res, err := w.client.Run(t.Context(), aci.Job{Name: "job-1", Command: []string{"x"}, PollInterval: 10 * time.Second})
				failure, ok := errors.AsType[*aci.WatchError](err)
				if !ok || failure.Name != "job-1" || failure.ResourceGroup != resourceGroup {
					t.Fatalf("got %+v %v, want a WatchError", res, err)
				}
				if res.Outcome != aci.OutcomeUnknown || !res.Kept || res.CleanupError != nil || res.Reason == "" {
					t.Errorf("got %+v", res)
				}
				if took := time.Since(began); took < 5*time.Minute+patience || took > 6*time.Minute+patience {
					t.Errorf("given up after %v, want %v after minute 5", took, patience)
				}
				if w.calls("ContainerGroups_Delete")+w.calls("ContainerGroups_Stop") > 0 || len(w.events.of(aci.EventLeft)) != 1 {
					t.Error("the group was touched, or nothing says that it was left")
				}
				w.server.ClearFaults()
				if res, err := w.client.Wait(t.Context(), "job-1", aci.WaitOptions{}); err != nil || !res.Success() {
					t.Errorf("taking the job up again: got %+v %v", res, err)
				}
			})
		})
	}
}

// TestRetryAfterOfARefusalIsHonoured: Azure is not asked more often than it wants.
func TestRetryAfterOfARefusalIsHonoured(t *testing.T) {
	bubble(t, `{}`, container(7200, 0), func(t *testing.T, w *world) {
		time.AfterFunc(time.Minute, func() {
			w.fault(`{"match":{"operation":"ContainerGroups_Get"},"times":0,"effect":{"status":403,"code":"AuthorizationFailed","retryAfter":"120s"}}`)
		})
		res, err := w.client.Run(t.Context(), aci.Job{Command: []string{"x"}})
		if err == nil || res.Outcome != aci.OutcomeUnknown || res.Reads.State > 20 {
			t.Errorf("got %+v %v", res, err)
		}
	})
}

// TestAnswerThatMakesNoSenseEndsNothing: a 200 that is no container group says nothing about the job.
func TestAnswerThatMakesNoSenseEndsNothing(t *testing.T) {
	t.Parallel()
	for i, body := range []string{`<html>sign in first</html>`, `{}`, `{"tags":{},"properties":{"containers":[]}}`, `null`, ``} {
		for k, lasts := range []bool{false, true} {
			if (i+k)%oneOf > 0 {
				continue
			}
			t.Run(fmt.Sprintf("%q lasts %v", body, lasts), func(t *testing.T) {
				bubble(t, `{}`, container(1800, 0), func(t *testing.T, w *world) {
					on := &atomic.Bool{}
					time.AfterFunc(5*time.Minute, func() { on.Store(true) })
					if !lasts {
						time.AfterFunc(9*time.Minute, func() { on.Store(false) })
					}
					client := w.through(func(rt http.RoundTripper) http.RoundTripper { return portal(rt, on, body) })
					res, err := client.Run(t.Context(), aci.Job{Name: "job-1", Command: []string{"x"}, PollInterval: 10 * time.Second})
					if _, left := errors.AsType[*aci.WatchError](err); left != lasts || lasts == res.Success() {
						t.Fatalf("got %+v %v", res, err)
					}
					if g, err := w.client.Get(t.Context(), "job-1"); lasts && (err != nil || !g.Main().Current.State.Running()) {
						t.Errorf("the job was not left running: %+v %v", g, err)
					}
				})
			})
		}
	}
}

// portal answers reads of groups with body while on is set.
func portal(rt http.RoundTripper, on *atomic.Bool, body string) http.RoundTripper {
	return roundTrip(func(r *http.Request) (*http.Response, error) {
		resp, err := rt.RoundTrip(r)
		if err == nil && on.Load() && r.Method == http.MethodGet && strings.Contains(r.URL.Path, "/containerGroups/") {
			_ = resp.Body.Close()
			resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader([]byte(body))), int64(len(body))
			resp.Header.Del("Content-Length")
		}
		return resp, err
	})
}

// TestStatesInAnyCase: Azure promises no spelling of its states.
func TestStatesInAnyCase(t *testing.T) {
	for name, change := range map[string]func([]byte) []byte{"lower": bytes.ToLower, "upper": bytes.ToUpper} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, `{"latency":{"pull":"10s"}}`, container(100, 3))
				client := w.through(func(rt http.RoundTripper) http.RoundTripper { return respelling(rt, change) })
				res, err := client.Run(t.Context(), aci.Job{Command: []string{"x"}, Output: &buffer{}})
				if err != nil || res.Outcome != aci.OutcomeFailed || *res.ExitCode != 3 || res.Phases.Started.IsZero() {
					t.Errorf("got %+v %v", res, err)
				}
				w.gone(res.Name)
				w.fault(`{"match":{"operation":%q},"times":1,"effect":{"code":"InvalidContainerSettings","provisioningState":"Failed"}}`, put)
				res, err = client.Run(t.Context(), aci.Job{Command: []string{"x"}})
				if err == nil || res.Outcome != aci.OutcomeStartFailed {
					t.Errorf("a failed start: got %+v %v", res, err)
				}
				w.gone(res.Name)
			})
		})
	}
}
