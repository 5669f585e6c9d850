package role

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/pacific-aci/pacific/access"
	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/spf13/cobra"
)

func newRm(a *cmdutil.App) *cobra.Command {
	var yes bool
	cmd := &cobra.Command{
		Use:     "rm ROLE [--yes]",
		Aliases: []string{"delete", "remove"},
		Short:   "Delete a role that create made",
		Long: `Rm deletes one of Pacific's own roles of a resource group, or any custom role by
its full name, as role ls shows it. Azure keeps a role that an account has, so
that is refused.`,
		Example: cmdutil.Lines(
			"pacific role rm aci-job-creator --resource-group jobs",
			`pacific role rm "Pacific job runner (jobs, 1a2b3c4d)" --yes`,
		),
		Args:      oneName,
		ValidArgs: cmdutil.RoleNames,
		RunE:      func(cmd *cobra.Command, args []string) error { return runRm(a, cmd, args[0], yes) },
	}
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	cmdutil.AddSettings(cmd, cmdutil.AzureSettings()...)
	return cmd
}

// oneName is the argument of rm.
func oneName(cmd *cobra.Command, args []string) error {
	switch {
	case len(args) == 0 || strings.TrimSpace(args[0]) == "":
		return cmdutil.Usage(cmd.CommandPath()+" needs the name of a role", "{} lists those that Pacific made", cmdutil.ListRoles())
	case len(args) > 1:
		return cmdutil.Usage(fmt.Sprintf("%s takes one role, got also %q", cmd.CommandPath(), args[1]), "see {}", cmdutil.Help(cmd))
	}
	return nil
}

// deletedView is what was deleted, in JSON.
type deletedView struct {
	Name string `json:"name"`
	ID   string `json:"id"`
}

func runRm(a *cmdutil.App, cmd *cobra.Command, name string, yes bool) error {
	ctx := cmd.Context()
	d, err := open(ctx, a, cmd)
	if err != nil {
		return err
	}
	role, err := d.find(ctx, name)
	if err != nil {
		return err
	}
	question := fmt.Sprintf("delete role %s, which can be assigned in %s", role.Name, strings.Join(places(role.Scopes), ", "))
	if !role.Own {
		question += " and was not created by Pacific"
	}
	if err := a.Confirm(ctx, cmd, question, yes); err != nil {
		return err
	}
	if err := d.client.DeleteRole(ctx, d.scope(), role.ID); err != nil {
		return withRights(err)
	}
	a.Say.Status("deleted role " + role.Name)
	if d.json {
		return a.Out.JSON(deletedView{role.Name, role.ID})
	}
	return nil
}

// find finds a role that may be deleted: one of Pacific's own of the resource group by its short name, or any by its full
// name.
func (d *subscriptionRoles) find(ctx context.Context, name string) (access.CustomRole, error) {
	fullName, where := name, "subscription "+d.subscription
	short := slices.Contains(cmdutil.RoleNames, name)
	if short {
		if d.group == "" {
			return access.CustomRole{}, cmdutil.NoResourceGroup()
		}
		own, err := cmdutil.OwnRole("role", name)
		if err != nil {
			return access.CustomRole{}, err
		}
		fullName, where = own.At(d.scope()+"/resourceGroups/"+d.group).Name, "resource group "+d.group
	}
	roles, assignments, err := d.read(ctx)
	if err != nil {
		return access.CustomRole{}, err
	}
	i := slices.IndexFunc(roles, func(r access.CustomRole) bool { return strings.EqualFold(r.Name, fullName) })
	if i < 0 {
		return access.CustomRole{}, cmdutil.WithHint(fmt.Errorf("no role %q in %s", name, where), "{} lists those that Pacific made", cmdutil.ListRoles())
	}
	role := roles[i]
	if short && !role.Own {
		return access.CustomRole{}, cmdutil.WithHint(fmt.Errorf("the role %s was not created by Pacific, and is not deleted", role.Name),
			"if you no longer need it: {}", cmdutil.DeleteRole(role.Name))
	}
	if have := principalsOf(role, assignments); len(have) > 0 {
		return access.CustomRole{}, cmdutil.WithHint(fmt.Errorf("the role %s is still assigned to %s: %s", role.Name, cmdutil.Counted(len(have), "account", "accounts"), strings.Join(have, ", ")),
			"delete these accounts or take the role from them first; {} lists those that Pacific created", cmdutil.ListServicePrincipals())
	}
	return role, nil
}
