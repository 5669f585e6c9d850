package aci_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/pacific-aci/pacific/aci"
)

// TestReapKnows has the caller know more about groups than Azure does.
func TestReapKnows(t *testing.T) {
	bubble(t, `{}`, container(4*3600, 0), func(t *testing.T, w *world) {
		for _, name := range []string{"ended", "late", "spared", "unknown"} {
			job := aci.Job{Name: name, Tags: map[string]string{"kind": "run"}}
			if name == "late" || name == "spared" {
				job.Timeout = time.Minute
			}
			w.start(job)
		}
		w.start(aci.Job{Name: "other"})
		time.Sleep(2 * time.Hour)
		asked := 0
		opts := aci.ReapOptions{Tags: map[string]string{"kind": "run"}, Delete: true, Known: func(_ context.Context, groups []aci.Group) (map[string]aci.Knowledge, error) {
			asked += len(groups)
			return map[string]aci.Knowledge{"ended": {Leftover: "its run has ended"}, "spared": {Spare: true}}, nil
		}}
		found, err := w.client.Reap(t.Context(), opts)
		if err != nil || len(found) != 2 || asked != 4 {
			t.Fatalf("found %+v of %d, %v", found, asked, err)
		}
		if found[0].Group.Name != "ended" || found[0].Reason != "its run has ended" || !found[0].Deleted || found[1].Group.Name != "late" || !found[1].Deleted {
			t.Errorf("found %+v", found)
		}
		unknown := errors.New("cannot tell")
		opts.Known = func(context.Context, []aci.Group) (map[string]aci.Knowledge, error) { return nil, unknown }
		if found, err := w.client.Reap(t.Context(), opts); !errors.Is(err, unknown) || found != nil {
			t.Errorf("found %+v, error %v", found, err)
		}
	})
}
