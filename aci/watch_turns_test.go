package aci_test

import (
	"bytes"
	"fmt"
	"runtime/pprof"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pacific-aci/pacific/aci"
)

// TestWatchesRestWithoutGoroutines holds what a thousand jobs in flight cost: between two reads, none of the goroutines is a
// watch's, but for that of a caller of Wait. It must not run beside tests that watch jobs.
func TestWatchesRestWithoutGoroutines(t *testing.T) {
	bubble(t, `{}`, container(3600, 3), func(t *testing.T, w *world) {
		const jobs = 5
		ended := make(chan error, jobs+1)
		check := func(res *aci.Result, err error) {
			if err == nil && (res.Outcome != aci.OutcomeFailed || *res.ExitCode != 3) {
				err = fmt.Errorf("got %+v", res)
			}
			ended <- err
		}
		for i := range jobs + 1 {
			name := fmt.Sprintf("job-%d", i)
			g, err := w.client.Create(t.Context(), aci.Job{Name: name, Command: []string{"x"}})
			if err != nil {
				t.Fatal(err)
			}
			if i == jobs {
				go func() { check(w.client.Wait(t.Context(), name, aci.WaitOptions{Seen: g})) }()
				break
			}
			w.client.Watch(t.Context(), name, aci.WaitOptions{Seen: g}, check)
		}
		time.Sleep(30*time.Minute + time.Second/3)
		synctest.Wait()
		var profile bytes.Buffer
		if err := pprof.Lookup("goroutine").WriteTo(&profile, 1); err != nil {
			t.Fatal(err)
		}
		const mine = "pacific/aci."
		if n := strings.Count(profile.String(), mine); n != 1 || !strings.Contains(profile.String(), mine+"(*Client).Wait+") {
			t.Errorf("got %d frames of this package, want Wait's alone:\n%s", n, &profile)
		}
		for range jobs + 1 {
			if err := <-ended; err != nil {
				t.Error(err)
			}
		}
	})
}
