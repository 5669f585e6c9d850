package aci_test

import (
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pacific-aci/pacific/aci"
)

// firstPut does something with the first request for a group, after Azure has carried it out.
func firstPut(rt http.RoundTripper, then func(*http.Response) (*http.Response, error)) http.RoundTripper {
	done := false
	return roundTrip(func(r *http.Request) (*http.Response, error) {
		resp, err := rt.RoundTrip(r)
		if err != nil || r.Method != http.MethodPut || !isGroup(r) || done {
			return resp, err
		}
		done = true
		return then(resp)
	})
}

// TestAcceptedThoughTheAnswerBreaksOff: Azure has taken the request once the header says so. The group that it made is
// deleted by somebody else meanwhile, and the job is not begun anew.
func TestAcceptedThoughTheAnswerBreaksOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		starts := &atomic.Int64{}
		var w *world
		w = newWorldVia(t, `{}`, counting(starts, seconder(600, 0)), func(rt http.RoundTripper) http.RoundTripper {
			return firstPut(rt, func(resp *http.Response) (*http.Response, error) {
				time.Sleep(10 * time.Second)
				if err := w.through(plain).Delete(t.Context(), "job-1"); err != nil {
					t.Error(err)
				}
				resp.Body.Close()
				resp.Body = io.NopCloser(io.MultiReader(strings.NewReader(`{"id":`), broken{}))
				return resp, nil
			})
		})
		res, err := w.client.Run(t.Context(), aci.Job{Name: "job-1", Command: []string{"x"}, Output: &buffer{}})
		if err != nil || res.Outcome != aci.OutcomeVanished || len(res.Gaps) != 1 {
			t.Errorf("got %+v %v", res, err)
		}
		one(w, starts)
		w.gone("job-1")
	})
}

// broken is a body that breaks off.
type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// TestStartThatWasNotSeen: a request for the group is not answered, and nobody knows whether its container ran until
// somebody deleted it. The job is begun anew, and that output may be missing is said.
func TestStartThatWasNotSeen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		starts := &atomic.Int64{}
		var w *world
		w = newWorldVia(t, `{}`, counting(starts, seconder(3, 0)), func(rt http.RoundTripper) http.RoundTripper {
			return firstPut(rt, func(resp *http.Response) (*http.Response, error) {
				time.Sleep(10 * time.Second)
				if err := w.through(plain).Delete(t.Context(), "job-1"); err != nil {
					t.Error(err)
				}
				resp.Body.Close()
				return nil, io.ErrUnexpectedEOF
			})
		})
		out := &buffer{}
		res, err := w.client.Run(t.Context(), aci.Job{Name: "job-1", Command: []string{"x"}, Output: out})
		if err != nil || !res.Success() || len(res.Gaps) != 1 {
			t.Errorf("got %+v %v", res, err)
		}
		if n := starts.Load(); n != 2 {
			t.Errorf("%d containers were started, want two", n)
		}
		differ(t, out.String(), "second 0\nsecond 1\nsecond 2\n")
	})
}
