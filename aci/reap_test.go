package aci_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pacific-aci/pacific/aci"
)

// beforeRead calls f before the first read of the named group that comes after the list of groups.
func beforeRead(rt http.RoundTripper, name string, f func()) http.RoundTripper {
	var mu sync.Mutex
	var listed, done bool
	return roundTrip(func(r *http.Request) (*http.Response, error) {
		mu.Lock()
		listed = listed || r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, "/containerGroups")
		now := listed && !done && r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, "/containerGroups/"+name)
		done = done || now
		mu.Unlock()
		if now {
			f()
		}
		return rt.RoundTrip(r)
	})
}

// TestReapSparesWhoTookTheName: between the list and the delete a leftover is deleted by somebody else, and another job
// begins under its name.
func TestReapSparesWhoTookTheName(t *testing.T) {
	for _, tt := range []struct {
		name string
		opts aci.ReapOptions
		// found: the leftover is known before its name goes to another.
		found bool
	}{
		{"by its deadline", aci.ReapOptions{Delete: true}, true},
		{"by its age", aci.ReapOptions{OlderThan: time.Hour, Delete: true}, true},
		{"by its end", aci.ReapOptions{Ended: true, Tags: map[string]string{"kind": "endless"}, Delete: true}, false},
	} {
		for _, byPacific := range []bool{true, false} {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, `{}`, container(4*3600, 0))
				tags, timeout := map[string]string{"kind": "late"}, time.Hour
				if !tt.found {
					tags["kind"], timeout = "endless", 0
				}
				w.start(aci.Job{Name: "job-1", Timeout: timeout, Tags: tags})
				time.Sleep(2 * time.Hour)
				reaper := w.through(func(rt http.RoundTripper) http.RoundTripper {
					return beforeRead(rt, "job-1", func() {
						w.replace("job-1", byPacific)
						if !tt.found {
							// Even an end of the other group is no reason.
							if err := w.client.Stop(t.Context(), "job-1"); err != nil {
								t.Error(err)
							}
							time.Sleep(20 * time.Minute)
						}
					})
				})
				found, err := reaper.Reap(t.Context(), tt.opts)
				if err != nil {
					t.Errorf("%s: got %v", tt.name, err)
				}
				if tt.found && (len(found) != 1 || found[0].Deleted || found[0].Err != nil || !strings.Contains(found[0].LeftAlone, "another group")) {
					t.Errorf("%s: got %+v", tt.name, found)
				}
				if !tt.found && len(found) != 0 {
					t.Errorf("%s: got %+v", tt.name, found)
				}
				if !tt.found {
					if _, err := w.client.Get(t.Context(), "job-1"); err != nil {
						t.Errorf("%s: the other group is gone: %v", tt.name, err)
					}
					return
				}
				w.stillRuns("job-1")
			})
		}
	}
}

// TestReapOfWhatIsGone: somebody else was quicker.
func TestReapOfWhatIsGone(t *testing.T) {
	bubble(t, `{}`, container(4*3600, 0), func(t *testing.T, w *world) {
		w.start(aci.Job{Name: "job-1", Timeout: time.Hour})
		time.Sleep(2 * time.Hour)
		reaper := w.through(func(rt http.RoundTripper) http.RoundTripper {
			return beforeRead(rt, "job-1", func() {
				if err := w.client.Delete(t.Context(), "job-1"); err != nil {
					t.Error(err)
				}
			})
		})
		found, err := reaper.Reap(t.Context(), aci.ReapOptions{Delete: true})
		if err != nil || len(found) != 1 || !found[0].Deleted || found[0].LeftAlone != "" {
			t.Errorf("got %+v %v", found, err)
		}
	})
}

// TestForcedKillSparesWhoTookTheName: a group without tags has no token, and yet the next one is another.
func TestForcedKillSparesWhoTookTheName(t *testing.T) {
	bubble(t, `{}`, container(4*3600, 0), func(t *testing.T, w *world) {
		w.foreign("theirs")
		time.Sleep(time.Minute)
		time.AfterFunc(500*time.Millisecond, func() { w.replace("theirs", true) })
		w.fault(`{"match":{"operation":"ContainerGroups_Stop"},"times":0,"effect":{"status":503}}`)
		if err := w.client.Kill(t.Context(), "theirs", aci.KillOptions{Force: true, Grace: 10 * time.Second}); err != nil {
			t.Errorf("got %v", err)
		}
		w.stillRuns("theirs")
	})
}
