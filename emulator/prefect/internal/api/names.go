package api

import (
	"regexp"
	"strings"
)

// Name is a name of most things: not empty, and without characters that mean something in addresses.
type Name string

// namePattern is the server's own, which it tells whom it refuses.
const namePattern = "^[^/%&><]+$"

var nameForm = regexp.MustCompile(namePattern)

// PoolName is the name of a work pool: more than blanks and quotes.
type PoolName string

// Check refuses the latter.
func (n PoolName) Check() string {
	if strings.Trim(string(n), `' "`) == "" {
		return "name cannot be an empty string"
	}
	return ""
}

// BlockName is the name of a block document: what is in its form only.
type BlockName string

// Check refuses the rest.
func (n BlockName) Check() string {
	if !lowerForm.MatchString(string(n)) {
		return "Block document name must only contain lowercase letters, numbers, and dashes."
	}
	return ""
}

// Slug is the name of a block type in addresses.
type Slug string

// Check refuses what is not in its form.
func (s Slug) Check() string {
	if !lowerForm.MatchString(string(s)) {
		return "Block type slug must only contain lowercase letters, numbers, and dashes."
	}
	return ""
}

var lowerForm = regexp.MustCompile(`^[a-z0-9-]*$`)

// named is every kind of name that must have the form of one.
type named interface{ named() }

func (Name) named()      {}
func (PoolName) named()  {}
func (BlockName) named() {}
