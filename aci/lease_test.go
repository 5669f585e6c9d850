package aci_test

import (
	"context"
	"errors"
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pacific-aci/pacific/aci"
	"github.com/pacific-aci/pacific/emulator/azure"
)

const patch = "ContainerGroups_Update"

// gcOptions are those of a user who looks for what was left behind.
var gcOptions = aci.ReapOptions{Ended: true, Unwatched: true}

// finds fails the test unless exactly these leftovers are found.
func (w *world) finds(opts aci.ReapOptions, names ...string) []aci.Reaped {
	w.t.Helper()
	found, err := w.client.Reap(w.t.Context(), opts)
	if err != nil || len(found) != len(names) {
		w.t.Fatalf("found %+v %v, want %v", found, err, names)
	}
	for i, r := range found {
		if r.Group.Name != names[i] || r.Reason == "" {
			w.t.Errorf("found %+v, want %s", r, names[i])
		}
	}
	return found
}

// quiet is a container that runs so long and prints nothing.
func quiet(d time.Duration, code int) azureemulator.Engine {
	return azureemulator.Func(func(ctx context.Context, _ azureemulator.ContainerCall) int {
		select {
		case <-time.After(d):
			return code
		case <-ctx.Done():
			return 143
		}
	})
}

// kill9 makes a client that can be killed: from then on nothing of it reaches Azure.
func (w *world) kill9() (client *aci.Client, kill func()) {
	life, end := context.WithCancel(w.t.Context())
	client = w.through(func(rt http.RoundTripper) http.RoundTripper {
		return roundTrip(func(r *http.Request) (*http.Response, error) {
			if life.Err() != nil {
				return nil, errDead
			}
			return rt.RoundTrip(r)
		})
	})
	return client, end
}

// orphan leaves a job whose watcher died after a minute.
func (w *world) orphan(job aci.Job) {
	client, kill := w.kill9()
	time.AfterFunc(time.Minute, kill)
	ctx, stop := context.WithTimeout(w.t.Context(), 2*time.Minute)
	defer stop()
	_, _ = client.Run(ctx, job)
}

// TestShortJobCostsNoRenewal: neither a request nor a tag that is sent twice.
func TestShortJobCostsNoRenewal(t *testing.T) {
	bubble(t, `{}`, container(9*60, 0), func(t *testing.T, w *world) {
		res, err := w.client.Run(t.Context(), aci.Job{Name: "job-1", Command: []string{"x"}})
		if err != nil || !res.Success() || w.calls(patch) > 0 {
			t.Errorf("got %+v %v, %d renewals", res, err, w.calls(patch))
		}
	})
}

// TestLongJobIsNeverLeftBehind: as long as its watcher lives, nothing of a job is found, whatever is asked for.
func TestLongJobIsNeverLeftBehind(t *testing.T) {
	for _, output := range []bool{false, true} {
		bubble(t, `{}`, quiet(2*time.Hour, 0), func(t *testing.T, w *world) {
			job := aci.Job{Name: "job-1", Command: []string{"x"}, Tags: map[string]string{"team": "blue"}}
			if output {
				job.Output = &buffer{}
			}
			looks := &atomic.Int64{}
			for i := range 11 {
				time.AfterFunc(time.Duration(i+1)*10*time.Minute+time.Minute, func() {
					looks.Add(1)
					w.finds(gcOptions)
					w.finds(aci.ReapOptions{Ended: true, Unwatched: true, OlderThan: time.Minute})
					if g, err := w.client.Get(t.Context(), "job-1"); err != nil || g.Tags["team"] != "blue" || !g.Managed || g.Container != "job-1" || g.Created.IsZero() {
						t.Errorf("its tags are %+v %v", g, err)
					}
				})
			}
			res, err := w.client.Run(t.Context(), job)
			if err != nil || !res.Success() || res.Restarts != 0 || looks.Load() != 11 {
				t.Errorf("got %+v %v after %d looks", res, err, looks.Load())
			}
			// Every ten minutes, the first after ten.
			if n := w.calls(patch); n < 10 || n > 12 {
				t.Errorf("%d renewals in two hours", n)
			}
			w.gone("job-1")
		})
	}
}

// TestKilledWatcherIsFound: not before its lease and the clocks' difference have passed, and then by its lease alone.
func TestKilledWatcherIsFound(t *testing.T) {
	for _, lived := range []time.Duration{time.Minute, 95 * time.Minute} {
		bubble(t, `{}`, quiet(24*time.Hour, 0), func(t *testing.T, w *world) {
			client, kill := w.kill9()
			ctx, stop := context.WithCancel(t.Context())
			ended := make(chan struct{})
			go func() {
				defer close(ended)
				_, _ = client.Run(ctx, aci.Job{Name: "job-1", Command: []string{"x"}, Output: &buffer{}})
			}()
			time.Sleep(lived)
			kill()
			time.Sleep(20 * time.Minute)
			w.finds(gcOptions)
			time.Sleep(20 * time.Minute)
			w.finds(aci.ReapOptions{})
			w.finds(aci.ReapOptions{Ended: true})
			found := w.finds(gcOptions, "job-1")
			if reason := found[0].Reason; len(reason) < 10 || reason[:11] != "left behind" {
				t.Errorf("the reason is %q", reason)
			}
			if _, err := w.client.Get(t.Context(), "job-1"); err != nil {
				t.Errorf("it was deleted without being asked for: %v", err)
			}
			w.finds(aci.ReapOptions{Unwatched: true, Delete: true}, "job-1")
			w.gone("job-1")
			stop()
			<-ended
		})
	}
}

// TestClocksMayDiffer: for five minutes a lease that has run out counts still.
func TestClocksMayDiffer(t *testing.T) {
	bubble(t, `{}`, quiet(24*time.Hour, 0), func(t *testing.T, w *world) {
		until := time.Now().Add(time.Hour).UTC()
		w.put("job-1", map[string]*string{aci.TagManaged: new("true"), aci.TagToken: new("T"), aci.TagWatchedUntil: new(until.Format(time.RFC3339))})
		time.Sleep(time.Until(until.Add(4 * time.Minute)))
		w.finds(gcOptions)
		time.Sleep(2 * time.Minute)
		w.finds(gcOptions, "job-1")
	})
}

// TestDetachedJobIsNeverLeftBehind: also after somebody has waited for it, and was killed.
func TestDetachedJobIsNeverLeftBehind(t *testing.T) {
	t.Parallel()
	bubble(t, `{}`, quiet(24*time.Hour, 0), func(t *testing.T, w *world) {
		w.start(aci.Job{Name: "job-1"})
		client, kill := w.kill9()
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			_, _ = client.Wait(ctx, "job-1", aci.WaitOptions{Detach: true})
		}()
		time.Sleep(2 * time.Hour)
		kill()
		time.Sleep(10 * time.Hour)
		w.finds(gcOptions)
		if w.calls(patch) > 0 {
			t.Errorf("%d renewals of a job that was detached", w.calls(patch))
		}
		stop()
		<-ended
	})
}

// TestKeptJobIsLeftToItsEnd: it was to be kept whatever happens, so it is no leftover while it runs.
func TestKeptJobIsLeftToItsEnd(t *testing.T) {
	bubble(t, `{}`, quiet(4*time.Hour, 0), func(t *testing.T, w *world) {
		for name, keep := range map[string]aci.Keep{"always": aci.KeepAlways, "on-failure": aci.KeepOnFailure} {
			w.orphan(aci.Job{Name: name, Command: []string{"x"}, Keep: keep})
		}
		time.Sleep(time.Hour)
		w.finds(gcOptions, "on-failure")
		w.finds(aci.ReapOptions{OlderThan: time.Hour}, "always", "on-failure")
	})
}

// TestWaitTakesTheLeaseOver: at once, since it may have run out; and a follower of its output does not.
func TestWaitTakesTheLeaseOver(t *testing.T) {
	t.Parallel()
	bubble(t, `{}`, quiet(12*time.Hour, 0), func(t *testing.T, w *world) {
		w.orphan(aci.Job{Name: "job-1", Command: []string{"x"}})
		time.Sleep(2 * time.Hour)

		following, stopFollowing := context.WithTimeout(t.Context(), time.Hour)
		defer stopFollowing()
		_ = w.client.Logs(following, "job-1", aci.LogOptions{Output: &buffer{}, Follow: true})
		w.finds(gcOptions, "job-1")

		waiting, stopWaiting := context.WithTimeout(t.Context(), 2*time.Hour)
		defer stopWaiting()
		time.AfterFunc(time.Second, func() { w.finds(gcOptions) })
		time.AfterFunc(119*time.Minute, func() { w.finds(gcOptions) })
		if _, err := w.client.Wait(waiting, "job-1", aci.WaitOptions{Detach: true}); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		if n := w.calls(patch); n < 11 || n > 13 {
			t.Errorf("%d renewals in two hours", n)
		}
		time.Sleep(time.Hour)
		w.finds(gcOptions, "job-1")
	})
}

// TestTakenUpBetweenListAndDelete: somebody waits again for a job that gc has just found.
func TestTakenUpBetweenListAndDelete(t *testing.T) {
	bubble(t, `{}`, quiet(12*time.Hour, 0), func(t *testing.T, w *world) {
		w.orphan(aci.Job{Name: "job-1", Command: []string{"x"}})
		time.Sleep(2 * time.Hour)
		waiting, stopWaiting := context.WithCancel(t.Context())
		ended := make(chan struct{})
		reads := 0
		reaper := w.through(func(rt http.RoundTripper) http.RoundTripper {
			return roundTrip(func(r *http.Request) (*http.Response, error) {
				if r.Method == http.MethodGet && r.URL.Path == groupPath+"job-1" {
					if reads++; reads == 2 { // the one before the delete
						go func() {
							defer close(ended)
							_, _ = w.client.Wait(waiting, "job-1", aci.WaitOptions{Detach: true})
						}()
						time.Sleep(time.Second)
					}
				}
				return rt.RoundTrip(r)
			})
		})
		opts := gcOptions
		opts.Delete = true
		found, err := reaper.Reap(t.Context(), opts)
		if err != nil || len(found) != 1 || found[0].Deleted || found[0].LeftAlone == "" {
			t.Errorf("got %+v %v", found, err)
		}
		w.stillRuns("job-1")
		stopWaiting()
		<-ended
	})
}

// TestFailingRenewalHurtsNoJob: it is said once, tried again, and the job goes on.
func TestFailingRenewalHurtsNoJob(t *testing.T) {
	t.Parallel()
	for _, effect := range some([]string{
		`{"status":403,"code":"AuthorizationFailed"}`, `{"status":409,"code":"ContainerGroupTransitioning"}`,
		`{"status":429,"code":"TooManyRequests","retryAfter":"30s"}`, `{"status":503}`, `{"drop":true}`, `{"status":404,"code":"ResourceNotFound"}`,
	}) {
		bubble(t, `{}`, quiet(2*time.Hour, 7), func(t *testing.T, w *world) {
			w.fault(`{"match":{"operation":%q},"times":0,"effect":%s}`, patch, effect)
			res, err := w.client.Run(t.Context(), aci.Job{Name: "job-1", Command: []string{"x"}, Output: &buffer{}})
			if err != nil || res.Outcome != aci.OutcomeFailed || *res.ExitCode != 7 || len(res.Gaps) > 0 || res.CleanupError != nil {
				t.Errorf("%s: got %+v %v", effect, res, err)
			}
			if n := w.calls(patch); n < 10 || n > 12 {
				t.Errorf("%s: %d tries in two hours", effect, n)
			}
			if said := w.events.of(aci.EventRenewFailed); len(said) != 1 || said[0].Err == nil || said[0].Wait <= 0 {
				t.Errorf("%s: said %+v", effect, said)
			}
			w.gone("job-1")
		})
	}
}

// TestRenewalRecovers: two lost renewals are not enough to be taken for dead.
func TestRenewalRecovers(t *testing.T) {
	bubble(t, `{}`, quiet(2*time.Hour, 0), func(t *testing.T, w *world) {
		w.fault(`{"match":{"operation":%q},"times":2,"effect":{"status":503}}`, patch)
		for i := range 110 {
			time.AfterFunc(time.Duration(i+1)*time.Minute, func() { w.finds(gcOptions) })
		}
		if res, err := w.client.Run(t.Context(), aci.Job{Name: "job-1", Command: []string{"x"}}); err != nil || !res.Success() {
			t.Errorf("got %+v %v", res, err)
		}
	})
}

// TestRenewalSparesWhoTookTheName: the tags of one job are never put on another's group.
func TestRenewalSparesWhoTookTheName(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, `{}`, quiet(12*time.Hour, 0))
		// The watch sees nothing from minute 9 on; its group is replaced, and then its renewal comes.
		time.AfterFunc(9*time.Minute, func() {
			w.fault(`{"match":{"operation":"ContainerGroups_Get"},"times":1,"effect":{"status":429,"code":"TooManyRequests","retryAfter":"3m"}}`)
		})
		time.AfterFunc(9*time.Minute+55*time.Second, func() { w.replace("job-1", true) })
		res, err := w.client.Run(t.Context(), aci.Job{Name: "job-1", Command: []string{"x"}})
		if err != nil || res.Outcome != aci.OutcomeReplaced {
			t.Errorf("got %+v %v", res, err)
		}
		g, err := w.client.Get(t.Context(), "job-1")
		if err != nil || g.Tags[aci.TagToken] != "THEIRS" || !g.WatchedUntil.IsZero() || w.calls(patch) > 0 {
			t.Errorf("the other group's tags: %+v %v", g.Tags, err)
		}
		w.stillRuns("job-1")
	})
}

// TestSlowReaderKeepsTheLease: the job has ended, but its run still gives its output to a reader that pauses.
func TestSlowReaderKeepsTheLease(t *testing.T) {
	bubble(t, `{}`, container(60, 0), func(t *testing.T, w *world) {
		out := &pausing{pause: 3 * time.Hour}
		for i := range 16 {
			time.AfterFunc(time.Duration(i+1)*10*time.Minute, func() { w.finds(gcOptions) })
		}
		res, err := w.client.Run(t.Context(), aci.Job{Name: "job-1", Command: []string{"x"}, Output: out})
		if err != nil || !res.Success() || res.CleanupError != nil || res.Phases.Deleted.IsZero() {
			t.Errorf("got %+v %v", res, err)
		}
		w.gone("job-1")
	})
}

// pausing takes nothing at its first write for some time.
type pausing struct {
	buffer
	pause time.Duration
}

func (p *pausing) Write(b []byte) (int, error) {
	pause := p.pause
	p.pause = 0
	time.Sleep(pause)
	return p.buffer.Write(b)
}
