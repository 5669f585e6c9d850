//go:build !race

package aci_test

const raceDetector = false
