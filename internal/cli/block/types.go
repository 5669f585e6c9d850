package block

import (
	"slices"
	"strings"

	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/pacific-aci/pacific/prefect"
	"github.com/spf13/cobra"
)

func newTypes(a *cmdutil.App) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "types",
		Short: "List the types of blocks",
		Long: `Types lists the block types that the server knows, and those that Pacific
registers when it creates the first block of the type.`,
		Example: cmdutil.Lines(
			"pacific block types",
			"pacific block types --output json | jq -r '.[] | select(.registered) | .slug'",
		),
		Args: cmdutil.NoArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return runTypes(a, cmd) },
	}
	a.AddPrefectFlags(cmd)
	return cmd
}

// typeView is one type in JSON.
type typeView struct {
	Slug        string `json:"slug"`
	Name        string `json:"name"`
	Description string `json:"description"`
	// Registered reports whether the server knows the type, Pacific whether there is a command of its own for it.
	Registered bool `json:"registered"`
	Pacific    bool `json:"pacific"`
}

func runTypes(a *cmdutil.App, cmd *cobra.Command) error {
	ctx := cmd.Context()
	p, err := a.OpenPrefect(cmd)
	if err != nil {
		return err
	}
	version, err := p.Client.ServerVersion(ctx)
	if err != nil {
		return err
	}
	types := map[string]typeView{}
	for _, d := range prefect.BlockDefinitions(version.Major) {
		types[d.Slug] = typeView{Slug: d.Slug, Name: d.Name, Description: d.Description, Pacific: true}
	}
	for t, err := range p.Client.BlockTypes(ctx, prefect.BlockTypeQuery{}) {
		if err != nil {
			return err
		}
		types[t.Slug] = typeView{Slug: t.Slug, Name: t.Name, Description: t.Description, Registered: true, Pacific: types[t.Slug].Pacific}
	}
	views := make([]typeView, 0, len(types))
	for _, v := range types {
		views = append(views, v)
	}
	slices.SortFunc(views, func(a, b typeView) int { return strings.Compare(a.Slug, b.Slug) })
	if p.WantsJSON() {
		return a.Out.JSON(views)
	}
	rows := make([][]string, len(views))
	for i, v := range views {
		where := "yes"
		if !v.Registered {
			where = "with the first block"
		}
		rows[i] = []string{v.Slug, v.Name, where}
	}
	a.Out.List([]string{"SLUG", "NAME", "REGISTERED"}, rows)
	return nil
}
