package group

import (
	"context"
	"fmt"
	"time"

	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/spf13/cobra"
)

func newRm(a *cmdutil.App) *cobra.Command {
	var yes bool
	cmd := &cobra.Command{
		Use:     "rm NAME [--yes]",
		Aliases: []string{"delete", "remove"},
		Short:   "Delete a resource group and everything in it",
		Long: `Rm deletes a resource group with everything in it, after asking, and waits until
Azure has deleted it. Without a terminal, --yes is needed. Ctrl-C ends the
waiting, not the deletion.`,
		Example:           cmdutil.Lines("pacific group rm jobs --yes"),
		Args:              oneGroup,
		ValidArgsFunction: cmdutil.CompleteArgs(a.GroupNames, 1),
		RunE:              func(cmd *cobra.Command, args []string) error { return runRm(a, cmd, args[0], yes) },
	}
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	cmdutil.AddSettings(cmd, settingNames...)
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
	t, err := open(ctx, a, cmd)
	if err != nil {
		return err
	}
	v, err := t.find(ctx, name)
	switch {
	case notFound(err):
		return cmdutil.WithHint(fmt.Errorf("no resource group %q in subscription %s", name, t.subscription), "{} lists them", cmdutil.ListGroups())
	case err != nil:
		return fmt.Errorf("reading resource group %s: %w", name, err)
	}
	inside, err := t.count(ctx, v.Name)
	if err != nil {
		return err
	}
	content := ", which is empty"
	if inside > 0 {
		content = " with " + cmdutil.Counted(inside, "resource", "resources") + " in it"
	}
	if err := a.Confirm(ctx, cmd, fmt.Sprintf("delete resource group %s in %s%s", v.Name, v.Location, content), yes); err != nil {
		return err
	}
	poller, err := t.groups.BeginDelete(ctx, v.Name, nil)
	if err != nil {
		return fmt.Errorf("deleting resource group %s: %w", v.Name, err)
	}
	a.Say.Status(fmt.Sprintf("waiting for Azure to delete resource group %s%s", v.Name, content))
	begin := time.Now()
	shown := a.Show(cmdutil.WaitFor("waiting for Azure to delete resource group " + v.Name))
	_, err = poller.PollUntilDone(ctx, nil)
	shown()
	switch {
	case ctx.Err() != nil:
		a.Say.Status("Azure goes on deleting resource group " + v.Name)
		return context.Cause(ctx)
	case err != nil:
		return fmt.Errorf("deleting resource group %s: %w", v.Name, err)
	}
	a.Say.Status(fmt.Sprintf("deleted resource group %s (%s)", v.Name, time.Since(begin).Round(time.Second)))
	if t.wantsJSON() {
		return a.Out.JSON(deletedView{v.Name, v.ID, true})
	}
	return nil
}

// count is how many resources are in a group.
func (t *account) count(ctx context.Context, name string) (int, error) {
	count := 0
	err := t.repeat(ctx, func(ctx context.Context) error {
		count = 0
		for pager := t.resources.NewListByResourceGroupPager(name, nil); pager.More(); {
			page, err := pager.NextPage(ctx)
			if err != nil {
				return err
			}
			count += len(page.Value)
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("listing what is in resource group %s: %w", name, err)
	}
	return count, nil
}
