package cli

import (
	"slices"
	"strings"

	"github.com/pacific-aci/pacific/prefect"
	"github.com/spf13/cobra"
)

func (a *app) blockTypesCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "types",
		Short: "List the types that blocks can be of",
		Long: `Types lists the block types that the server knows, and those that Pacific would
register there with the first block of the type.`,
		Example: lines(
			"pacific block types",
			"pacific block types --output json | jq -r '.[] | select(.registered) | .slug'",
		),
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.blockTypes(cmd) },
	}
	a.addPrefectFlags(cmd)
	return cmd
}

// blockTypeView is one type in JSON.
type blockTypeView struct {
	Slug        string `json:"slug"`
	Name        string `json:"name"`
	Description string `json:"description"`
	// Registered tells whether the server knows the type, Pacific whether there is a command of its own for it.
	Registered bool `json:"registered"`
	Pacific    bool `json:"pacific"`
}

func (a *app) blockTypes(cmd *cobra.Command) error {
	ctx := cmd.Context()
	p, err := a.openPrefect(cmd)
	if err != nil {
		return err
	}
	version, err := p.client.ServerVersion(ctx)
	if err != nil {
		return err
	}
	types := map[string]blockTypeView{}
	for _, d := range prefect.BlockDefinitions(version.Major) {
		types[d.Slug] = blockTypeView{Slug: d.Slug, Name: d.Name, Description: d.Description, Pacific: true}
	}
	for t, err := range p.client.BlockTypes(ctx, prefect.BlockTypeQuery{}) {
		if err != nil {
			return err
		}
		types[t.Slug] = blockTypeView{Slug: t.Slug, Name: t.Name, Description: t.Description, Registered: true, Pacific: types[t.Slug].Pacific}
	}
	views := make([]blockTypeView, 0, len(types))
	for _, v := range types {
		views = append(views, v)
	}
	slices.SortFunc(views, func(a, b blockTypeView) int { return strings.Compare(a.Slug, b.Slug) })
	if p.wantsJSON() {
		return a.out.JSON(views)
	}
	rows := make([][]string, len(views))
	for i, v := range views {
		where := "yes"
		if !v.Registered {
			where = "with the first block"
		}
		rows[i] = []string{v.Slug, v.Name, where}
	}
	a.out.Table([]string{"SLUG", "NAME", "REGISTERED"}, rows)
	return nil
}
