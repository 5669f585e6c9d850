package cli

import (
	"fmt"

	"github.com/pacific-aci/pacific/prefect"
	"github.com/spf13/cobra"
)

func (a *app) workPoolRmCommand() *cobra.Command {
	var yes bool
	cmd := &cobra.Command{
		Use:   "rm NAME [--yes]",
		Short: "Delete a work pool",
		Long: `Rm deletes a work pool with its queues, after asking. Deployments that use it
stay, but have no pool any more. Where nobody can be asked it needs --yes.`,
		Example:           lines("pacific work-pool rm aci --yes"),
		Args:              onePool,
		ValidArgsFunction: completeArgs(a.poolNames(), 1),
		RunE:              func(cmd *cobra.Command, args []string) error { return a.workPoolRm(cmd, args[0], yes) },
	}
	cmd.Flags().BoolVar(&yes, "yes", false, "do not ask")
	a.addPrefectFlags(cmd)
	return cmd
}

// poolDeletedView is what was deleted, in JSON.
type poolDeletedView struct {
	Name    string `json:"name"`
	ID      string `json:"id"`
	Deleted bool   `json:"deleted"`
}

func (a *app) workPoolRm(cmd *cobra.Command, name string, yes bool) error {
	ctx := cmd.Context()
	p, err := a.openPrefect(cmd)
	if err != nil {
		return err
	}
	pool, err := p.client.WorkPool(ctx, name)
	if err != nil {
		return poolError(err, name)
	}
	users := 0
	query := prefect.Query{WorkPools: prefect.WorkPoolFilter{Name: prefect.Match{Any: []string{name}}}}
	for _, err := range p.client.Deployments(ctx, query) {
		if err != nil {
			return err
		}
		users++
	}
	question := fmt.Sprintf("delete work pool %s (%s), which %s", name, pool.Type, counted(users, "deployment uses", "deployments use"))
	if err := a.confirm(ctx, cmd, question, yes); err != nil {
		return err
	}
	if err := p.client.DeleteWorkPool(ctx, name); err != nil {
		return poolError(err, name)
	}
	a.say.Status("deleted work pool " + name)
	if p.settings.Text(defaultPoolSetting) == name {
		a.say.Hint("it is still the default pool: pacific profile unset " + defaultPoolSetting)
	}
	if p.wantsJSON() {
		return a.out.JSON(poolDeletedView{name, string(pool.ID), true})
	}
	return nil
}

// counted is a number with its noun.
func counted(n int, one, many string) string {
	switch n {
	case 0:
		return "no " + one
	case 1:
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
