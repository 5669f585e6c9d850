package aci_test

import (
	"testing"
	"time"

	"github.com/pacific-aci/pacific/aci"
)

// eachDeath kills a client after its first request, its second (one of oneOf), and so on, until it lives to the end, each time in an
// Azure of its own; then is told after how many requests it died, and how many groups there are.
func eachDeath(t *testing.T, settings string, job aci.Job, runs time.Duration, then func(w *world, k, left int)) {
	t.Helper()
	left := 0
	for k, lived := 0, false; !lived; k += oneOf {
		if k > 200 {
			t.Fatal("no end of requests")
		}
		bubble(t, settings, quiet(runs, 0), func(t *testing.T, w *world) {
			n := w.killed(k, 0, job)
			lived = n < 0
			left += max(n, 0)
			then(w, k, max(n, 0))
		})
	}
	if left < 3 {
		t.Errorf("it left something behind %d times; this proves little", left)
	}
}

// TestKilledWatchOfALongJob: the job has no deadline and runs on for days. Its lease tells that nobody watches it, also
// where the watcher died on the way to renewing it.
func TestKilledWatchOfALongJob(t *testing.T) {
	t.Parallel()
	renewed := false
	job := aci.Job{Name: "job-1", Command: []string{"x"}, PollInterval: 10 * time.Minute}
	eachDeath(t, `{"latency":{"place":"1s","pull":"2s"}}`, job, 25*time.Minute, func(w *world, k, left int) {
		renewed = renewed || w.calls(patch) > 0 && left > 0
		groups, err := w.client.List(w.t.Context(), aci.ListOptions{All: true})
		if err != nil || len(groups) != left {
			w.t.Fatalf("dead after %d requests: %+v %v", k, groups, err)
		}
		for _, g := range groups {
			if g.WatchedUntil.IsZero() || !g.Managed || g.Created.IsZero() || g.Tags[aci.TagToken] == "" {
				w.t.Errorf("dead after %d requests: group %s has no complete tags: %v", k, g.Name, g.Tags)
			}
		}
		time.Sleep(40 * time.Minute)
		found, err := w.client.Reap(w.t.Context(), aci.ReapOptions{Ended: true, Unwatched: true, Delete: true})
		if err != nil || len(found) != left {
			w.t.Errorf("dead after %d requests: found %+v %v, want %d", k, found, err, left)
		}
		if left > 0 {
			w.gone("job-1")
		}
	})
	if !renewed {
		t.Error("no watcher died after its first renewal")
	}
}

// TestKilledAndRunAgain: the same attempt is run again by another process, which takes up what the first one left and
// leaves nothing.
func TestKilledAndRunAgain(t *testing.T) {
	t.Parallel()
	job := aci.Job{Name: "job-1", Command: []string{"x"}, PollInterval: 10 * time.Minute, Tags: map[string]string{aci.TagAttempt: "1"}}
	eachDeath(t, `{"latency":{"place":"1s","pull":"2s","delete":"8s"}}`, job, 25*time.Minute, func(w *world, k, left int) {
		// Sometimes at once, sometimes when the lease has run out.
		time.Sleep(time.Duration(k%3) * 8 * time.Minute)
		res, err := w.newClient().Run(w.t.Context(), job)
		if err != nil || !res.Success() || res.CleanupError != nil || res.Kept || res.Restarts > 0 {
			w.t.Errorf("dead after %d requests, %d left: got %+v %v", k, left, res, err)
		}
		groups, err := w.client.List(w.t.Context(), aci.ListOptions{All: true})
		if err != nil || len(groups) > 0 {
			w.t.Errorf("dead after %d requests: left after all: %+v %v", k, groups, err)
		}
	})
}
