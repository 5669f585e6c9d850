package block

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/pacific-aci/pacific/prefect"
	"github.com/spf13/cobra"
)

func newLs(a *cmdutil.App) *cobra.Command {
	var kind string
	cmd := &cobra.Command{
		Use:     "ls [--type SLUG]",
		Aliases: []string{"list"},
		Short:   "List the blocks",
		Long: `Ls lists the blocks by type and name; with --output wide their ids too, which
--output json has in any case.`,
		Example: cmdutil.Lines(
			"pacific block ls",
			`pacific block ls --type secret --output json | jq -r '.[].name'`,
		),
		Args: cmdutil.NoArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return runLs(a, cmd, kind) },
	}
	cmd.Flags().StringVar(&kind, "type", "", "only blocks of the type with this `slug`")
	cmdutil.CompleteFlag(cmd, "type", a.BlockTypeNames())
	a.AddPrefectFlags(cmd)
	return cmd
}

func runLs(a *cmdutil.App, cmd *cobra.Command, kind string) error {
	ctx := cmd.Context()
	wide := cmdutil.IsWide(cmd)
	if cmd.Flags().Changed("type") && kind == "" {
		return cmdutil.Usage("--type is empty", "{} lists the types", cmdutil.ListBlockTypes())
	}
	p, err := a.OpenPrefect(cmd)
	if err != nil {
		return err
	}
	var filter prefect.BlockDocumentFilter
	if kind != "" {
		t, err := p.Client.BlockType(ctx, kind)
		if cmdutil.IsMissing(err) {
			return cmdutil.WithHint(fmt.Errorf("the server has no block type %s", kind), "{} lists the types", cmdutil.ListBlockTypes())
		}
		if err != nil {
			return err
		}
		filter.BlockTypeID.Any = []string{string(t.ID)}
	}
	views := []blockView{}
	for d, err := range p.Client.BlockDocuments(ctx, filter, prefect.MaskSecrets) {
		if err != nil {
			return err
		}
		views = append(views, viewOfBlock(d))
	}
	slices.SortFunc(views, func(a, b blockView) int {
		return cmp.Or(strings.Compare(a.Type, b.Type), strings.Compare(a.Name, b.Name))
	})
	if p.WantsJSON() {
		return a.Out.JSON(views)
	}
	if len(views) == 0 && a.Out.Terminal() {
		of := ""
		if kind != "" {
			of = " of type " + kind
		}
		a.Say.Status("no blocks" + of)
		a.Hint(cmd, "see {}", cmdutil.CreateAnyBlockHelp())
		return nil
	}
	header, rows := []string{"TYPE", "NAME", "UPDATED"}, make([][]string, len(views))
	for i, v := range views {
		rows[i] = []string{v.Type, v.Name, cmdutil.AgeOf(v.Updated)}
		if wide {
			rows[i] = append(rows[i], v.ID)
		}
	}
	if wide { // whoever asks for ids wants to copy them
		a.Out.Table(append(header, "ID"), rows)
		return nil
	}
	a.Out.List(header, rows)
	return nil
}
