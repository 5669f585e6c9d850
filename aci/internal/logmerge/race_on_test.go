//go:build race

package logmerge_test

// Nothing runs side by side here, so the race detector needs to see few days; make e2e takes all without it.
const seeds = 40
