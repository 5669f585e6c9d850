package aci_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pacific-aci/pacific/aci"
)

// notAzures are answers 404 of what stands between us and Azure.
var notAzures = map[string]string{
	"a page":          "<html><title>404 Not Found</title></html>",
	"nothing":         "",
	"words":           "404 page not found",
	"a gateway's own": `{"message":"no Route matched with those values"}`,
	"a server's own":  `{"status":404,"error":"Not Found","path":"/"}`,
}

// strange answers 404 with body to reads of groups and of their output while on is set.
func strange(rt http.RoundTripper, on *atomic.Bool, body string) http.RoundTripper {
	return roundTrip(func(r *http.Request) (*http.Response, error) {
		if on.Load() && r.Method == http.MethodGet && strings.Contains(r.URL.Path, "/containerGroups/") {
			return response(r, http.StatusNotFound, http.Header{"Content-Type": {"text/html"}}, body), nil
		}
		return rt.RoundTrip(r)
	})
}

// TestGatewaysNotFoundEndsNothing: only Azure knows that a group is gone.
func TestGatewaysNotFoundEndsNothing(t *testing.T) {
	for name, body := range notAzures {
		t.Run(name, func(t *testing.T) {
			bubble(t, `{}`, container(600, 3), func(t *testing.T, w *world) {
				on := &atomic.Bool{}
				time.AfterFunc(2*time.Minute, func() { on.Store(true) })
				time.AfterFunc(5*time.Minute, func() { on.Store(false) })
				client := w.through(func(rt http.RoundTripper) http.RoundTripper { return strange(rt, on, body) })
				out := &buffer{}
				res, err := client.Run(t.Context(), aci.Job{Command: []string{"x"}, Output: out, PollInterval: 10 * time.Second})
				if err != nil || res.Outcome != aci.OutcomeFailed || *res.ExitCode != 3 || len(res.Gaps) > 0 {
					t.Fatalf("got %+v %v", res, err)
				}
				var want strings.Builder
				for i := range 600 {
					fmt.Fprintf(&want, "second %d\n", i)
				}
				differ(t, out.String(), want.String())
				w.gone(res.Name)
			})
		})
	}
}

// TestGatewaysNotFoundIsNoOutput: what is not Azure's answer does not say that there is nothing to print.
func TestGatewaysNotFoundIsNoOutput(t *testing.T) {
	for name, body := range notAzures {
		t.Run(name, func(t *testing.T) {
			bubble(t, `{}`, container(600, 0), func(t *testing.T, w *world) {
				if _, err := w.client.Create(t.Context(), aci.Job{Name: "job-1", Command: []string{"x"}}); err != nil {
					t.Fatal(err)
				}
				time.Sleep(time.Minute)
				on := &atomic.Bool{}
				client := w.through(func(rt http.RoundTripper) http.RoundTripper {
					return roundTrip(func(r *http.Request) (*http.Response, error) {
						on.Store(strings.HasSuffix(r.URL.Path, "/logs"))
						return strange(rt, on, body).RoundTrip(r)
					})
				})
				if err := client.Logs(t.Context(), "job-1", aci.LogOptions{Output: &buffer{}}); err == nil {
					t.Error("got no error, and no output")
				}
			})
		})
	}
}

// TestHangingLogReadHoldsUpNoInterrupt: the log read that is under way counts for the patience with the last one.
func TestHangingLogReadHoldsUpNoInterrupt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorldVia(t, `{}`, container(600, 0), func(rt http.RoundTripper) http.RoundTripper {
			return roundTrip(func(r *http.Request) (*http.Response, error) {
				if strings.HasSuffix(r.URL.Path, "/logs") {
					<-r.Context().Done()
					return nil, r.Context().Err()
				}
				return rt.RoundTrip(r)
			})
		})
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		began := time.Now()
		res, err := w.client.Run(ctx, aci.Job{Command: []string{"x"}, Output: &buffer{}})
		if err == nil || res.Outcome != aci.OutcomeInterrupted || len(res.Gaps) == 0 {
			t.Errorf("got %+v %v", res, err)
		}
		if took := time.Since(began); took > time.Minute+30*time.Second {
			t.Errorf("it took %v", took)
		}
		w.gone(res.Name)
	})
}

// TestListInACircleEnds: a next page that is the same page again fills no memory.
func TestListInACircleEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, `{}`, container(1, 0))
		client := w.through(func(rt http.RoundTripper) http.RoundTripper {
			return roundTrip(func(r *http.Request) (*http.Response, error) {
				if !strings.HasSuffix(r.URL.Path, "/containerGroups") {
					return rt.RoundTrip(r)
				}
				header := http.Header{"Content-Type": {"application/json"}}
				return response(r, http.StatusOK, header, fmt.Sprintf(`{"value":[],"nextLink":%q}`, r.URL)), nil
			})
		})
		if _, err := client.List(t.Context(), aci.ListOptions{}); err == nil || !strings.Contains(err.Error(), "pages") {
			t.Errorf("got %v", err)
		}
	})
}
