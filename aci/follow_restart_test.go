package aci_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/pacific-aci/pacific/aci"
	"github.com/pacific-aci/pacific/emulator/azure"
)

// TestRestartKeepsTimestamps: live output has no times, so a follower that was asked for times stays without a live
// stream after a restart too.
func TestRestartKeepsTimestamps(t *testing.T) {
	bubble(t, `{}`, container(100, 0), func(t *testing.T, w *world) {
		w.start(aci.Job{Name: "job-1"})
		time.AfterFunc(30*time.Second, func() {
			if err := w.server.Event(context.Background(), azureemulator.EventRestart, groupPath+"job-1"); err != nil {
				t.Error(err)
			}
		})
		out := &buffer{}
		if err := w.client.Logs(t.Context(), "job-1", aci.LogOptions{Output: out, Follow: true, Timestamps: true, Events: w.events.add}); err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
		for _, line := range lines {
			if !strings.HasPrefix(line, "2000-01-01T00:") {
				t.Fatalf("line %q has no time", line)
			}
		}
		if len(lines) < 100 || len(w.events.of(aci.EventAttached)) > 0 {
			t.Errorf("got %d lines and %d live streams; want 100 lines at least and no stream", len(lines), len(w.events.of(aci.EventAttached)))
		}
	})
}
