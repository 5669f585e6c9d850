//go:build !race

package aci_test

const oneOf = 1
