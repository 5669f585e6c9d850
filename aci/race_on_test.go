//go:build race

package aci_test

// oneOf is how many cases of a long table there are for each one that runs. The race detector makes all of this some six
// times as slow, so only a part runs under it, of each kind of case some; make e2e runs all of them without it.
const oneOf = 3
