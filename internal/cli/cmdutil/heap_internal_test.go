package cmdutil

import (
	"runtime/debug"
	"testing"
)

func TestKeepHeapSmall(t *testing.T) {
	percent := func() int {
		now := debug.SetGCPercent(-1)
		debug.SetGCPercent(now)
		return now
	}
	before := percent()
	for _, test := range []struct {
		gogc string
		want int
	}{
		{"", serviceHeapPercent},
		{"100", before},
		{"off", before},
	} {
		a := &App{Env: Env{LookupEnv: func(name string) (string, bool) { return test.gogc, name == "GOGC" && test.gogc != "" }}}
		restore := a.KeepHeapSmall()
		if got := percent(); got != test.want {
			t.Errorf("with GOGC=%q the collector runs at %d percent, want %d", test.gogc, got, test.want)
		}
		restore()
		if got := percent(); got != before {
			t.Errorf("after GOGC=%q it runs at %d percent, want %d as before", test.gogc, got, before)
		}
	}
}
