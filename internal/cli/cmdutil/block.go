package cmdutil

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/pacific-aci/pacific/prefect"
)

// Slugs of the block types that commands name.
const (
	SlugACICredentials = "azure-container-instance-credentials"
	SlugACIJob         = "azure-container-instance-job"
	SlugDockerRegistry = "docker-registry"
)

// BlockPath names a block as Prefect's own command line does: SLUG/NAME.
type BlockPath struct{ Slug, Name string }

func (p BlockPath) String() string { return p.Slug + "/" + p.Name }

// blockNameRule is the servers' own. They answer with a status 422 that names only a pattern.
var blockNameRule = regexp.MustCompile(`^[a-z0-9-]+$`)

// ParseBlockPath reads SLUG/NAME. of is the only type that is meant, and may then be left out; empty: any.
func ParseBlockPath(what, given, of string) (BlockPath, error) {
	slug, name, found := strings.Cut(given, "/")
	if !found && of != "" {
		slug, name = of, given
	}
	path := BlockPath{slug, name}
	switch {
	case name == "" || slug == "" || strings.Contains(name, "/"):
		example := "azure-container-instance-job/aci"
		if of != "" {
			example = of + "/NAME"
		}
		return path, Usage(fmt.Sprintf("%s %q is not a block", what, given), "give its type and name, such as "+example+"; {} lists them", ListBlocks())
	case of != "" && slug != of:
		return path, Usage(fmt.Sprintf("%s %s: must be a block of type %s", what, given, of), "{} lists them", ListBlocksOf(of))
	}
	return path, CheckBlockName(what, name)
}

// CheckBlockName refuses names that no server takes. what begins the error: the command or the flag.
func CheckBlockName(what, name string) error {
	if blockNameRule.MatchString(name) {
		return nil
	}
	return Usage(fmt.Sprintf("%s: %q cannot be a block's name", what, name), "Prefect takes lower-case letters, digits and dashes")
}

// IsMissing tells an object that is not there from an address that is not Prefect's.
func IsMissing(err error) bool {
	e, ok := errors.AsType[*prefect.Error](err)
	return ok && errors.Is(e, prefect.ErrNotFound) && !e.NoSuchRoute()
}

// BlockError says what to do about a block that is not there.
func BlockError(err error, path BlockPath) error {
	if IsMissing(err) {
		return WithHint(fmt.Errorf("there is no block %s", path), "{} lists them", ListBlocks())
	}
	return err
}

// PathOf is where a block is found again.
func PathOf(d prefect.BlockDocument) BlockPath { return BlockPath{SlugOf(d.BlockType), d.Name} }

// SlugOf is the slug of a block type, "" for nil.
func SlugOf(t *prefect.BlockType) string {
	if t == nil {
		return ""
	}
	return t.Slug
}
