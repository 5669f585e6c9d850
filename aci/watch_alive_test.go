package aci_test

import (
	"testing"
	"time"

	"github.com/pacific-aci/pacific/aci"
)

// TestAliveSparesReads watches a job of an hour that somebody else hears of. It is read every two minutes while that lasts, and
// every 30 seconds from then on. Its end is noticed at once if somebody tells of it.
func TestAliveSparesReads(t *testing.T) {
	for _, tt := range []struct {
		name         string
		alive        time.Duration // how long the job is heard of
		least, most  int           // reads of the group
		tell         bool
		noticeWithin time.Duration
	}{
		{"never", 0, 115, 130, false, 31 * time.Second},
		{"to its end, and nobody tells", 2 * time.Hour, 28, 42, false, 121 * time.Second},
		{"to its end, of which somebody tells", 2 * time.Hour, 28, 42, true, time.Second},
		{"for half an hour", 30 * time.Minute, 70, 85, false, 31 * time.Second},
	} {
		t.Run(tt.name, func(t *testing.T) {
			bubble(t, `{}`, container(3600, 0), func(t *testing.T, w *world) {
				g, err := w.client.Create(t.Context(), aci.Job{Name: "job-1", Command: []string{"x"}})
				if err != nil {
					t.Fatal(err)
				}
				before := w.calls("ContainerGroups_Get")
				began, ended := time.Now(), make(chan struct{})
				options := aci.WaitOptions{Seen: g, Keep: aci.KeepAlways, Alive: func() bool { return time.Since(began) < tt.alive }}
				watching := w.client.Watch(t.Context(), "job-1", options, func(res *aci.Result, err error) {
					defer close(ended)
					if err != nil || !res.Success() {
						t.Errorf("got %+v %v", res, err)
					}
				})
				if tt.tell {
					time.AfterFunc(time.Hour+time.Millisecond, watching.Look)
				}
				<-ended
				if late := time.Since(began) - time.Hour; late > tt.noticeWithin {
					t.Errorf("its end was noticed after %v, want at most %v", late, tt.noticeWithin)
				}
				if got := w.calls("ContainerGroups_Get") - before; got < tt.least || got > tt.most {
					t.Errorf("got %d reads, want %d to %d", got, tt.least, tt.most)
				}
			})
		})
	}
}
