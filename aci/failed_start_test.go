package aci_test

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pacific-aci/pacific/aci"
)

// failedFor shows the group as one that Azure gave up on, in so many reads of it.
func failedFor(rt http.RoundTripper, reads int) http.RoundTripper {
	return rewritingGroup(rt, func(properties map[string]any) {
		if reads > 0 {
			reads--
			properties["provisioningState"] = "Failed"
		}
	})
}

// TestFailedForAMoment: a group that is moved while it is made is Failed until it is made anew.
func TestFailedForAMoment(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		starts, out := &atomic.Int64{}, &buffer{}
		w := newWorldVia(t, `{"latency":{"start":"4s"}}`, counting(starts, seconder(3, 0)), func(rt http.RoundTripper) http.RoundTripper {
			return failedFor(rt, 1)
		})
		res, err := w.client.Run(t.Context(), aci.Job{Command: []string{"x"}, Output: out})
		if err != nil || !res.Success() || len(res.Gaps) > 0 {
			t.Errorf("got %+v %v", res, err)
		}
		one(w, starts)
		differ(t, out.String(), "second 0\nsecond 1\nsecond 2\n")
	})
}

// TestStartedAfterAll: Azure says twice that it gave up, and has started the container by the time its group is deleted.
func TestStartedAfterAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorldVia(t, `{"latency":{"start":"4s"}}`, container(600, 0), func(rt http.RoundTripper) http.RoundTripper {
			return slowOperations(failedFor(rt, 2))
		})
		res, err := w.client.Run(t.Context(), aci.Job{Command: []string{"x"}, Output: &buffer{}})
		if err == nil || res.Outcome != aci.OutcomeStartFailed || len(res.Gaps) != 1 {
			t.Errorf("got %+v %v", res, err)
		}
		w.gone(res.Name)
	})
}

// slowOperations takes ten seconds for each read of an operation.
func slowOperations(rt http.RoundTripper) http.RoundTripper {
	return roundTrip(func(r *http.Request) (*http.Response, error) {
		if strings.Contains(r.URL.Path, "/operations/") {
			time.Sleep(10 * time.Second)
		}
		return rt.RoundTrip(r)
	})
}

// TestCleanupOutlastsRefusals: Azure refuses for minutes to tell of a group that is to be deleted.
func TestCleanupOutlastsRefusals(t *testing.T) {
	for effect, times := range map[string]int{ // a new token is tried twice at each read
		`{"status":409,"code":"Conflict"}`: 8, `{"status":403,"code":"AuthorizationFailed"}`: 8,
		`{"status":401,"code":"InvalidAuthenticationToken"}`: 20,
	} {
		synctest.Test(t, func(t *testing.T) {
			var w *world
			deleting := false
			w = newWorldVia(t, `{}`, container(5, 0), func(rt http.RoundTripper) http.RoundTripper {
				return roundTrip(func(r *http.Request) (*http.Response, error) {
					resp, err := rt.RoundTrip(r)
					if r.Method == http.MethodDelete && !deleting {
						deleting = true
						w.fault(`{"match":{"operation":"ContainerGroups_Get"},"times":%d,"effect":%s}`, times, effect)
					}
					return resp, err
				})
			})
			res, err := w.client.Run(t.Context(), aci.Job{Command: []string{"x"}})
			if err != nil || !res.Success() || res.CleanupError != nil {
				t.Errorf("%s: got %+v %v", effect, res, err)
			}
			w.gone(res.Name)
		})
	}
}

// TestDeleteAnsweredByAGateway: a web page that comes in Azure's stead is no word of a delete, which is sent again soon.
func TestDeleteAnsweredByAGateway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pages := 3
		w := newWorldVia(t, `{}`, container(5, 0), func(rt http.RoundTripper) http.RoundTripper {
			return roundTrip(func(r *http.Request) (*http.Response, error) {
				if r.Method == http.MethodDelete && pages > 0 {
					pages--
					return response(r, http.StatusOK, http.Header{"Content-Type": {"text/html"}}, "<html>sign in</html>"), nil
				}
				return rt.RoundTrip(r)
			})
		})
		began := time.Now()
		res, err := w.client.Run(t.Context(), aci.Job{Command: []string{"x"}})
		if err != nil || !res.Success() || res.CleanupError != nil || time.Since(began) > 2*time.Minute {
			t.Errorf("got %+v %v after %v", res, err, time.Since(began))
		}
		w.gone(res.Name)
	})
}
