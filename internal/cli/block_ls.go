package cli

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/pacific-aci/pacific/prefect"
	"github.com/spf13/cobra"
)

func (a *app) blockLsCommand() *cobra.Command {
	var kind string
	cmd := &cobra.Command{
		Use:   "ls [--type SLUG]",
		Short: "List the blocks",
		Example: lines(
			"pacific block ls",
			"pacific block ls --type azure-container-instance-job --output json | jq -r '.[].name'",
		),
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.blockLs(cmd, kind) },
	}
	cmd.Flags().StringVar(&kind, "type", "", "only blocks of the type with this `slug`")
	completeFlag(cmd, "type", a.blockTypeNames())
	a.addPrefectFlags(cmd)
	return cmd
}

func (a *app) blockLs(cmd *cobra.Command, kind string) error {
	ctx := cmd.Context()
	if cmd.Flags().Changed("type") && kind == "" {
		return &usageError{"--type is empty", "pacific block types lists the types"}
	}
	p, err := a.openPrefect(cmd)
	if err != nil {
		return err
	}
	var filter prefect.BlockDocumentFilter
	if kind != "" {
		t, err := p.client.BlockType(ctx, kind)
		if isMissing(err) {
			return withHint(fmt.Errorf("the server has no block type %s", kind), "pacific block types lists the types")
		}
		if err != nil {
			return err
		}
		filter.BlockTypeID.Any = []string{string(t.ID)}
	}
	views := []blockView{}
	for d, err := range p.client.BlockDocuments(ctx, filter, prefect.MaskSecrets) {
		if err != nil {
			return err
		}
		views = append(views, viewOfBlock(d))
	}
	slices.SortFunc(views, func(a, b blockView) int {
		return cmp.Or(strings.Compare(a.Type, b.Type), strings.Compare(a.Name, b.Name))
	})
	if p.wantsJSON() {
		return a.out.JSON(views)
	}
	rows := make([][]string, len(views))
	for i, v := range views {
		rows[i] = []string{v.Type, v.Name, ageOf(v.Updated), v.ID}
	}
	a.out.Table([]string{"TYPE", "NAME", "UPDATED", "ID"}, rows)
	return nil
}
