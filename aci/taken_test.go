package aci_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pacific-aci/pacific/aci"
)

// TestNamedJobStartsAtOnce: two reads come before its request, and no wait.
func TestNamedJobStartsAtOnce(t *testing.T) {
	bubble(t, `{}`, quiet(time.Hour, 0), func(t *testing.T, w *world) {
		began, reads := time.Now(), w.calls("ContainerGroups_Get")
		if _, err := w.client.Create(t.Context(), aci.Job{Name: "job-1", Command: []string{"x"}}); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took > 100*time.Millisecond {
			t.Errorf("it took %v", took)
		}
		if n := w.calls("ContainerGroups_Get") - reads; n != 2 {
			t.Errorf("%d reads came before it, want 2", n)
		}
	})
}

// TestNamedJobStartsWithinASecond: a timeout that is shorter than the wait between two reads is no reason not to start.
func TestNamedJobStartsWithinASecond(t *testing.T) {
	starts := &atomic.Int64{}
	bubble(t, `{}`, counting(starts, seconder(100, 0)), func(t *testing.T, w *world) {
		res, err := w.client.Run(t.Context(), aci.Job{Name: "job-1", Command: []string{"x"}, Timeout: time.Second})
		if err != nil || res.Outcome != aci.OutcomeTimedOut {
			t.Errorf("got %+v %v", res, err)
		}
		one(w, starts)
		w.gone("job-1")
	})
}

// TestFalselyFreeName: the first read does not know the group of somebody else.
func TestFalselyFreeName(t *testing.T) {
	bubble(t, `{}`, quiet(time.Hour, 0), func(t *testing.T, w *world) {
		w.foreign("theirs")
		before := w.calls(put)
		w.fault(`{"match":{"operation":"ContainerGroups_Get"},"times":1,"effect":{"status":404,"code":"ResourceNotFound"}}`)
		_, err := w.client.Run(t.Context(), aci.Job{Name: "theirs", Command: []string{"x"}})
		if _, ok := errors.AsType[*aci.ExistsError](err); !ok {
			t.Errorf("got %v", err)
		}
		w.untouched("theirs", before)
	})
}

// TestNameOfAGroupThatHasJustGone: a read still shows a group that the read before it knew to be gone.
func TestNameOfAGroupThatHasJustGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var w *world
		reads := 0
		w = newWorldVia(t, `{}`, quiet(time.Minute, 0), func(rt http.RoundTripper) http.RoundTripper {
			return roundTrip(func(r *http.Request) (*http.Response, error) {
				if r.Method != http.MethodGet || r.URL.Path != groupPath+"job-1" {
					return rt.RoundTrip(r)
				}
				reads++
				if reads == 1 {
					return &http.Response{StatusCode: http.StatusNotFound, Request: r, Header: http.Header{"Content-Type": {"application/json"}},
						Body: io.NopCloser(strings.NewReader(`{"error":{"code":"ResourceNotFound","message":"it is not here"}}`))}, nil
				}
				resp, err := rt.RoundTrip(r)
				if reads == 2 {
					if err := w.through(plain).Delete(t.Context(), "job-1"); err != nil {
						t.Error(err)
					}
				}
				return resp, err
			})
		})
		if _, err := w.through(plain).Create(t.Context(), aci.Job{Name: "job-1", Command: []string{"x"}}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Second)
		res, err := w.client.Run(t.Context(), aci.Job{Name: "job-1", Command: []string{"x"}})
		if err != nil || !res.Success() {
			t.Errorf("got %+v %v", res, err)
		}
	})
}
