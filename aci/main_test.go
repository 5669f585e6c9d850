package aci_test

import (
	"os"
	"runtime/debug"
	"testing"
)

// TestMain lets garbage wait: hundreds of emulated Azures come and go, and collecting after each is a third of the time.
func TestMain(m *testing.M) {
	debug.SetGCPercent(400)
	os.Exit(m.Run())
}

// some are the cases of a long table that run: every one, or one of oneOf.
func some[T any](all []T) []T {
	var cases []T
	for i := 0; i < len(all); i += oneOf {
		cases = append(cases, all[i])
	}
	return cases
}
