// Package block has the commands for Prefect's blocks.
package block

import (
	"fmt"
	"time"

	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/pacific-aci/pacific/prefect"
	"github.com/spf13/cobra"
)

// NewCommand makes `pacific block` and the commands below it.
func NewCommand(a *cmdutil.App) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "block COMMAND",
		GroupID: cmdutil.GroupPrefect,
		Short:   "Create and manage Prefect's blocks",
		Long: `Blocks are named values that Prefect stores for flows and workers: credentials,
jobs, storage, strings and secrets. To name a block, give its type and its name,
as in azure-container-instance-job/aci.`,
		Example: cmdutil.Lines(
			"pacific block create azure-container-instance-credentials aci-sp --from-env",
			"pacific block ls",
			"pacific block inspect azure-container-instance-credentials/aci-sp",
		),
		Args: cmdutil.OnlyCommands,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(
		newCreate(a),
		newLs(a),
		newTypes(a),
		newInspect(a),
		newRm(a),
	)
	return cmdutil.WithoutFiles(cmd)
}

// blockPaths is for commands whose arguments are blocks, at least one and at most limit of them (0: any number).
func blockPaths(limit int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		const see = "{} lists the blocks; see {}"
		if len(args) == 0 {
			return cmdutil.Usage(cmd.CommandPath()+" needs a block as SLUG/NAME", see, cmdutil.ListBlocks(), cmdutil.Help(cmd))
		}
		if limit > 0 && len(args) > limit {
			return cmdutil.Usage(fmt.Sprintf("%s takes one block, got also %q", cmd.CommandPath(), args[limit]), see, cmdutil.ListBlocks(), cmdutil.Help(cmd))
		}
		for _, arg := range args {
			if _, err := cmdutil.ParseBlockPath(cmd.CommandPath()+":", arg, ""); err != nil {
				return err
			}
		}
		return nil
	}
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
	v := blockView{Type: cmdutil.SlugOf(d.BlockType), Name: d.Name, ID: string(d.ID), Created: d.Created.Time, Updated: d.Updated.Time}
	for field, ref := range d.References {
		if v.References == nil {
			v.References = map[string]string{}
		}
		v.References[field] = cmdutil.BlockPath{Slug: cmdutil.SlugOf(ref.BlockDocument.BlockType), Name: ref.BlockDocument.Name}.String()
	}
	return v
}
