package aci_test

import "testing"

// knownSchedules are schedules that have failed once, shrunk. A change of the generator gives their numbers another
// meaning, so each fault has a test of its own too.
var knownSchedules = []struct{ name, replay string }{
	{"a stream whose place was guessed begins where the last read has more", "schedule 2380 0,1,5"},
	{"a stream whose place was guessed begins within a line", "schedule 3506 1,2"},
}

func TestKnownSchedules(t *testing.T) {
	for _, k := range knownSchedules {
		t.Run(k.name, func(t *testing.T) {
			s, ok := parseReplay(t, k.replay)
			if !ok {
				t.Fatalf("%q is no schedule", k.replay)
			}
			for _, v := range s.run(t) {
				t.Errorf("%s: %s: %s", k.replay, v.kind, v.detail)
			}
		})
	}
}
