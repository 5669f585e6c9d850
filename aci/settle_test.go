package aci_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pacific-aci/pacific/aci"
)

// interrupted runs job-1, interrupts it after two seconds, and fails the test if a group is there then or later.
func (w *world) interrupted() (took time.Duration) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), 2*time.Second)
	defer cancel()
	began := time.Now()
	res, err := w.client.Run(ctx, aci.Job{Name: "job-1", Command: []string{"x"}, Events: w.events.add})
	if !errors.Is(err, context.DeadlineExceeded) || res.Outcome != aci.OutcomeInterrupted || res.CleanupError != nil {
		w.t.Errorf("got %+v %v", res, err)
	}
	took = time.Since(began)
	w.gone("job-1")
	time.Sleep(10 * time.Minute)
	w.gone("job-1")
	return took
}

// TestInterruptWhileAzureIsSlow interrupts a job whose PUT is under way. However it ends, no group is left.
func TestInterruptWhileAzureIsSlow(t *testing.T) {
	for _, delay := range []string{"4s", "10s", "45s", "100s"} {
		for _, effect := range []string{
			``, `,"status":503,"applyFirst":true`, `,"status":500`, `,"drop":true,"applyFirst":true`, `,"drop":true`,
			`,"status":403,"code":"RequestDisallowedByPolicy"`,
		} {
			t.Run(delay+effect, func(t *testing.T) {
				starts := &atomic.Int64{}
				bubble(t, `{}`, counting(starts, seconder(1e6, 0)), func(t *testing.T, w *world) {
					w.fault(`{"match":{"operation":%q},"times":1,"effect":{"delay":%q%s}}`, put, delay, effect)
					took := w.interrupted()
					if most := 4 * time.Minute; took > most {
						t.Errorf("took %v, want at most %v", took, most)
					}
					if len(w.events.of(aci.EventSettling)) != 1 {
						t.Errorf("said %d times that a request is waited for, want once", len(w.events.of(aci.EventSettling)))
					}
					if w.calls(put) != 1 {
						t.Errorf("%d PUTs after an interrupt, want one", w.calls(put))
					}
				})
			})
		}
	}
}

// TestInterruptWhileTheAnswerIsLost has a PUT that takes effect late and is never answered.
func TestInterruptWhileTheAnswerIsLost(t *testing.T) {
	for _, delay := range []time.Duration{4 * time.Second, 10 * time.Second, 45 * time.Second, 2*time.Minute + 50*time.Second} {
		t.Run(delay.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorldVia(t, `{}`, container(1e6, 0), func(rt http.RoundTripper) http.RoundTripper {
					return &late{RoundTripper: rt, delay: delay}
				})
				// It is found soon after it is there, and not only when the request is given up.
				if took := w.interrupted(); took > delay+30*time.Second {
					t.Errorf("took %v, though the group was there after %v", took, delay)
				}
			})
		})
	}
}

// TestInterruptBeforeThePutIsSent waits for nothing: there is nothing that could take effect.
func TestInterruptBeforeThePutIsSent(t *testing.T) {
	bubble(t, `{}`, container(1000, 0), func(t *testing.T, w *world) {
		w.fault(`{"match":{"operation":"ContainerGroups_Get"},"times":1,"effect":{"status":503,"delay":"10s"}}`)
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		began := time.Now()
		_, err := w.client.Run(ctx, aci.Job{Command: []string{"x"}, Events: w.events.add})
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(began) > 4*time.Second || w.calls(put) > 0 {
			t.Errorf("got %v after %v and %d PUTs", err, time.Since(began), w.calls(put))
		}
	})
}

// TestLostPutAfterTheEnd has a PUT that was answered with 503 take effect when the job, made by the next, has ended.
func TestLostPutAfterTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorldVia(t, `{}`, container(5, 0), func(rt http.RoundTripper) http.RoundTripper { return tardy(rt, 50*time.Second) })
		res, err := w.client.Run(t.Context(), aci.Job{Command: []string{"x"}})
		if err != nil || !res.Success() || res.CleanupError != nil {
			t.Errorf("got %+v %v", res, err)
		}
		time.Sleep(10 * time.Minute)
		w.gone(res.Name)
	})
}

// TestTwo404sBeforeAPut has a read that does not know a group which is there.
func TestTwo404sBeforeAPut(t *testing.T) {
	bubble(t, `{}`, container(1000, 0), func(t *testing.T, w *world) {
		w.foreign("job-1")
		w.fault(`{"match":{"operation":"ContainerGroups_Get"},"times":1,"effect":{"status":404,"code":"ResourceNotFound"}}`)
		before := w.calls(put)
		res, err := w.client.Run(t.Context(), aci.Job{Name: "job-1", Command: []string{"x"}})
		if _, ok := errors.AsType[*aci.ExistsError](err); !ok || res != nil {
			t.Errorf("got %+v %v", res, err)
		}
		w.untouched("job-1", before)
	})
}

// untouched fails the test if the group of somebody else was replaced, stopped or deleted.
func (w *world) untouched(name string, puts int) {
	w.t.Helper()
	g, err := w.client.Get(w.t.Context(), name)
	if err != nil || g.Managed || g.State != aci.GroupRunning {
		w.t.Errorf("somebody else's group: got %+v %v", g, err)
	}
	if n := w.calls(put); n != puts {
		w.t.Errorf("%d PUTs, want %d", n, puts)
	}
	if stops, deletes := w.calls("ContainerGroups_Stop"), w.calls("ContainerGroups_Delete"); stops+deletes > 0 {
		w.t.Errorf("%d stops and %d deletes of somebody else's group", stops, deletes)
	}
}

// TestNameTakenMeanwhile has somebody else make a group of that name while our PUT is lost, one by tags that are not
// ours at all and one by another run of Pacific's.
func TestNameTakenMeanwhile(t *testing.T) {
	for _, byPacific := range []bool{false, true} {
		for _, interrupt := range []time.Duration{0, 5 * time.Second} {
			t.Run(fmt.Sprint(byPacific, interrupt), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					var w *world
					var taken atomic.Bool
					w = newWorldVia(t, `{}`, container(1000, 0), func(rt http.RoundTripper) http.RoundTripper {
						return roundTrip(func(r *http.Request) (*http.Response, error) {
							if r.Method == http.MethodPut && strings.Contains(r.URL.Path, "containerGroups") && taken.CompareAndSwap(false, true) {
								if byPacific {
									w.start(aci.Job{Name: "job-1", Keep: aci.KeepAlways})
								} else {
									w.foreign("job-1")
								}
								time.Sleep(5 * time.Second)
								return nil, errors.New("connection reset")
							}
							return rt.RoundTrip(r)
						})
					})
					ctx := t.Context()
					if interrupt > 0 {
						var cancel context.CancelFunc
						ctx, cancel = context.WithTimeout(ctx, interrupt)
						defer cancel()
					}
					res, err := w.client.Run(ctx, aci.Job{Name: "job-1", Command: []string{"x"}})
					exists, ok := errors.AsType[*aci.ExistsError](err)
					if interrupt == 0 && (!ok || res != nil || exists.Group.Managed != byPacific) {
						t.Errorf("got %+v %v", res, err)
					}
					if interrupt > 0 && (!errors.Is(err, context.DeadlineExceeded) || res.CleanupError != nil) {
						t.Errorf("got %+v %v", res, err)
					}
					g, err := w.client.Get(t.Context(), "job-1")
					if err != nil || g.State != aci.GroupRunning {
						t.Errorf("somebody else's group: got %+v %v", g, err)
					}
					if n := w.calls("ContainerGroups_Stop") + w.calls("ContainerGroups_Delete"); n > 0 {
						t.Errorf("%d stops and deletes of somebody else's group", n)
					}
				})
			})
		}
	}
}
