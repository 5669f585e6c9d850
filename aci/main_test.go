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
