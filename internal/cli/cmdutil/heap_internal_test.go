package cmdutil

import "testing"

func TestKeepHeapSmall(t *testing.T) {
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
		restore := a.KeepHeapSmall()
		if percent != test.want {
			t.Errorf("%s: the collector runs at %d percent, want %d", name, percent, test.want)
		}
		restore()
		if percent != 100 {
			t.Errorf("%s: after the command it runs at %d percent, want 100 as before", name, percent)
		}
	}
}
