//go:build race

package aci_test

// raceDetector reports that the race detector is on. It makes all of this some six times as slow, so the harness then takes
// a part of its cases; make e2e runs all of them without it.
const raceDetector = true
