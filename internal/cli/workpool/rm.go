package workpool

import (
	"fmt"

	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/pacific-aci/pacific/prefect"
	"github.com/spf13/cobra"
)

func newRm(a *cmdutil.App) *cobra.Command {
	var yes bool
	cmd := &cobra.Command{
		Use:     "rm NAME [--yes]",
		Aliases: []string{"delete", "remove"},
		Short:   "Delete a work pool",
		Long: `Rm deletes a work pool and its queues after asking. Deployments that use it
stay, but no longer have a pool. Without a terminal, --yes is needed.`,
		Example:           cmdutil.Lines("pacific work-pool rm aci --yes"),
		Args:              onePool,
		ValidArgsFunction: cmdutil.CompleteArgs(a.PoolNames(), 1),
		RunE:              func(cmd *cobra.Command, args []string) error { return runRm(a, cmd, args[0], yes) },
	}
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	a.AddPrefectFlags(cmd)
	return cmd
}

// deletedView is what was deleted, in JSON.
type deletedView struct {
	Name    string `json:"name"`
	ID      string `json:"id"`
	Deleted bool   `json:"deleted"`
}

func runRm(a *cmdutil.App, cmd *cobra.Command, name string, yes bool) error {
	ctx := cmd.Context()
	p, err := a.OpenPrefect(cmd)
	if err != nil {
		return err
	}
	pool, err := p.Client.WorkPool(ctx, name)
	if err != nil {
		return cmdutil.PoolError(err, name)
	}
	users := 0
	query := prefect.Query{WorkPools: prefect.WorkPoolFilter{Name: prefect.Match{Any: []string{name}}}}
	for _, err := range p.Client.Deployments(ctx, query) {
		if err != nil {
			return err
		}
		users++
	}
	question := fmt.Sprintf("delete work pool %s (%s), which %s", name, pool.Type, cmdutil.Counted(users, "deployment uses", "deployments use"))
	if err := a.Confirm(ctx, cmd, question, yes); err != nil {
		return err
	}
	if err := p.Client.DeleteWorkPool(ctx, name); err != nil {
		return cmdutil.PoolError(err, name)
	}
	a.Say.Status("deleted work pool " + name)
	if p.Settings.Text(defaultPoolSetting) == name {
		a.Hint(cmd, "it is still the default pool; to change that: {}", cmdutil.UnsetSetting(defaultPoolSetting))
	}
	if p.WantsJSON() {
		return a.Out.JSON(deletedView{name, string(pool.ID), true})
	}
	return nil
}
