package cmdutil

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestKeepMemorySmall(t *testing.T) {
	percent := 100
	set := func(to int) int {
		before := percent
		percent = to
		return before
	}
	for name, test := range map[string]struct {
		gogc string
		set  func(int) int
		want int
	}{
		"by itself":                    {"", set, serviceHeapPercent},
		"as the user says":             {"200", set, 100},
		"off":                          {"off", set, 100},
		"a process of somebody else's": {"", nil, 100},
	} {
		a := &App{Env: Env{SetGCPercent: test.set, LookupEnv: func(name string) (string, bool) { return test.gogc, name == "GOGC" && test.gogc != "" }}}
		restore := a.KeepMemorySmall()
		if percent != test.want {
			t.Errorf("%s: the collector runs at %d percent, want %d", name, percent, test.want)
		}
		restore()
		if percent != 100 {
			t.Errorf("%s: after the command it runs at %d percent, want 100 as before", name, percent)
		}
	}
}

// TestReleasePages releases pages soon after the start and then again and again, until the command ends.
func TestReleasePages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var released atomic.Int32
		a := &App{Env: Env{LookupEnv: func(string) (string, bool) { return "", false }, ReleasePages: func() { released.Add(1) }}}
		end := a.KeepMemorySmall()
		began := time.Now()
		for want := range int32(4) {
			synctest.Wait()
			if got := released.Load(); got != want {
				t.Errorf("pages were released %d times within %v, want %d", got, time.Since(began), want)
			}
			if want == 0 {
				time.Sleep(releaseFirst)
			} else {
				time.Sleep(releaseEvery)
			}
		}
		end()
		before := released.Load()
		time.Sleep(time.Hour)
		if after := released.Load() - before; after > 0 {
			t.Errorf("pages were released %d times after the end", after)
		}
	})
}
