//go:build !race

package logmerge_test

// seeds is how many random days each case has; the fuzz target has more.
const seeds = 200
