package aci_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pacific-aci/pacific/aci"
	"github.com/pacific-aci/pacific/emulator/azure"
)

// TestStartBeforeASlowDelete: the job is interrupted before its container runs, and the delete takes its time to reach
// Azure. A container that starts meanwhile has printed something that is lost with the group, and that is said.
func TestStartBeforeASlowDelete(t *testing.T) {
	for _, tt := range []struct {
		name    string
		transit time.Duration // of the first DELETE
		delete  time.Duration // 0: Azure answers with the group as the delete found it
		gaps    int
	}{
		{"at once", 0, 0, 0},
		{"slow, but still before the start", 7 * time.Second, 0, 0},
		{"after the start", 15 * time.Second, 0, 1},
		{"at once, without the group", 0, 3 * time.Second, 0},
		{"after the start, without the group", 15 * time.Second, 3 * time.Second, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				first := true
				settings := fmt.Sprintf(`{"latency":{"start":"30s","delete":%q}}`, tt.delete)
				w := newWorldVia(t, settings, azureemulator.Func(seconder(600, 0)), func(rt http.RoundTripper) http.RoundTripper {
					return roundTrip(func(r *http.Request) (*http.Response, error) {
						if operationOf(r) == "delete" && first {
							first = false
							time.Sleep(tt.transit)
						}
						return rt.RoundTrip(r)
					})
				})
				ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
				defer cancel()
				res, err := w.client.Run(ctx, aci.Job{Name: "job-1", Command: []string{"x"}, Output: &buffer{}})
				if !errors.Is(err, context.DeadlineExceeded) || res == nil || res.Outcome != aci.OutcomeInterrupted || res.CleanupError != nil {
					t.Fatalf("got %+v %v", res, err)
				}
				if len(res.Gaps) != tt.gaps {
					t.Errorf("gaps %+v, want %d", res.Gaps, tt.gaps)
				}
				w.gone("job-1")
			})
		})
	}
}

// TestOneFalse404LeavesNoGroup: a cache of Azure's does not know the group, once, at each read in turn of a command that
// stops or deletes it.
func TestOneFalse404LeavesNoGroup(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(ctx context.Context, w *world) error{
		"kill": func(ctx context.Context, w *world) error {
			return w.client.Kill(ctx, "job-1", aci.KillOptions{Grace: time.Minute})
		},
		"kill at once": func(ctx context.Context, w *world) error { return w.client.Kill(ctx, "job-1", aci.KillOptions{}) },
		"gc": func(ctx context.Context, w *world) error {
			_, err := w.client.Reap(ctx, aci.ReapOptions{OlderThan: time.Minute, Delete: true})
			return err
		},
		"interrupted": func(ctx context.Context, w *world) error {
			ctx, cancel := context.WithTimeout(ctx, time.Minute)
			defer cancel()
			if _, err := w.client.Wait(ctx, "job-1", aci.WaitOptions{}); !errors.Is(err, context.DeadlineExceeded) {
				return err
			}
			return nil
		},
	} {
		for read := range 6 {
			t.Run(fmt.Sprintf("%s, read %d", name, read), func(t *testing.T) {
				bubble(t, `{}`, container(600, 0), func(t *testing.T, w *world) {
					w.start(aci.Job{Name: "job-1"})
					time.Sleep(2 * time.Minute)
					w.fault(`{"match":{"operation":"ContainerGroups_Get"},"skip":%d,"times":1,"effect":{"status":404,"code":"ResourceNotFound"}}`, read)
					if err := end(t.Context(), w); err != nil {
						t.Error(err)
					}
					w.server.ClearFaults()
					w.gone("job-1")
				})
			})
		}
	}
}
