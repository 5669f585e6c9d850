package cli

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/pacific-aci/pacific/prefect"
	"github.com/spf13/cobra"
)

const (
	slugACICredentials = "azure-container-instance-credentials"
	slugACIJob         = "azure-container-instance-job"
	slugDockerRegistry = "docker-registry"
)

func (a *app) blockCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "block COMMAND",
		GroupID: groupPrefect,
		Short:   "Make and look after Prefect's blocks",
		Long: `Blocks are what Prefect keeps under a name for flows and workers: credentials,
jobs, storage, texts and secrets. A block is named by the slug of its type and
its own name, such as azure-container-instance-job/aci.`,
		Example: lines(
			"pacific block create azure-container-instance-credentials aci-sp --from-env",
			"pacific block ls",
			"pacific block inspect azure-container-instance-credentials/aci-sp",
		),
		Args: a.onlyCommands,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(
		a.blockCreateCommand(),
		a.blockLsCommand(),
		a.blockTypesCommand(),
		a.blockInspectCommand(),
		a.blockRmCommand(),
	)
	return withoutFiles(cmd)
}

// blockPath names a block as Prefect's own command line does: SLUG/NAME.
type blockPath struct{ slug, name string }

func (p blockPath) String() string { return p.slug + "/" + p.name }

// blockNameRule is the servers' own. They answer with a status 422 that names only a pattern.
var blockNameRule = regexp.MustCompile(`^[a-z0-9-]+$`)

// parseBlockPath reads SLUG/NAME. of is the only type that is meant, and may then be left out; empty: any.
func parseBlockPath(what, given, of string) (blockPath, error) {
	slug, name, found := strings.Cut(given, "/")
	if !found && of != "" {
		slug, name = of, given
	}
	path := blockPath{slug, name}
	switch {
	case name == "" || slug == "" || strings.Contains(name, "/"):
		example := "azure-container-instance-job/aci"
		if of != "" {
			example = of + "/NAME"
		}
		return path, &usageError{fmt.Sprintf("%s %q names no block", what, given), "give the type's slug and the name, such as " + example + "; pacific block ls lists them"}
	case of != "" && slug != of:
		return path, &usageError{fmt.Sprintf("%s %s: a block of type %s is wanted here", what, given, of), "pacific block ls --type " + of + " lists them"}
	}
	return path, checkBlockName(what, name)
}

func checkBlockName(what, name string) error {
	if blockNameRule.MatchString(name) {
		return nil
	}
	return &usageError{fmt.Sprintf("%s: %q cannot be a block's name", what, name), "Prefect takes lower-case letters, digits and dashes"}
}

// blockPaths is for commands whose arguments are blocks, at least one and at most limit of them (0: any number).
func blockPaths(limit int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		see := "pacific block ls lists the blocks; see " + cmd.CommandPath() + " --help"
		if len(args) == 0 {
			return &usageError{cmd.CommandPath() + " needs a block as SLUG/NAME", see}
		}
		if limit > 0 && len(args) > limit {
			return &usageError{fmt.Sprintf("%s takes one block, got also %q", cmd.CommandPath(), args[limit]), see}
		}
		for _, arg := range args {
			if _, err := parseBlockPath(cmd.CommandPath()+":", arg, ""); err != nil {
				return err
			}
		}
		return nil
	}
}

// isMissing tells an object that is not there from an address that is not Prefect's.
func isMissing(err error) bool {
	e, ok := errors.AsType[*prefect.Error](err)
	return ok && errors.Is(e, prefect.ErrNotFound) && !e.NoSuchRoute()
}

// blockError says what to do about a block that is not there.
func blockError(err error, path blockPath) error {
	if isMissing(err) {
		return withHint(fmt.Errorf("there is no block %s", path), "pacific block ls lists those that there are")
	}
	return err
}

// blockView is one block in JSON.
type blockView struct {
	Type    string    `json:"type"`
	Name    string    `json:"name"`
	ID      string    `json:"id"`
	Created time.Time `json:"created,omitzero"`
	Updated time.Time `json:"updated,omitzero"`
	// References are the blocks that values of this one refer to, as SLUG/NAME by the value's name.
	References map[string]string `json:"references,omitempty"`
}

func viewOfBlock(d prefect.BlockDocument) blockView {
	v := blockView{Type: slugOf(d.BlockType), Name: d.Name, ID: string(d.ID), Created: d.Created.Time, Updated: d.Updated.Time}
	for field, ref := range d.References {
		if v.References == nil {
			v.References = map[string]string{}
		}
		v.References[field] = blockPath{slugOf(ref.BlockDocument.BlockType), ref.BlockDocument.Name}.String()
	}
	return v
}

// pathOf is where a block is found again.
func pathOf(d prefect.BlockDocument) blockPath { return blockPath{slugOf(d.BlockType), d.Name} }

func slugOf(t *prefect.BlockType) string {
	if t == nil {
		return ""
	}
	return t.Slug
}
