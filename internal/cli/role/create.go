package role

import (
	"fmt"

	"github.com/pacific-aci/pacific/access"
	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/pacific-aci/pacific/provision"
	"github.com/spf13/cobra"
)

func newCreate(a *cmdutil.App) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "create ROLE [flags]",
		Short: "Create a role for a resource group",
		Long: `Create makes a role that can be assigned in one resource group. Names of roles
are unique in a tenant, so the group is part of the name. A role that exists
gets the actions that it lacks; that is not an error. The name is printed alone
on standard output, for az role assignment create --role.`,
		Example:   cmdutil.Lines("pacific role create aci-job-creator --resource-group jobs"),
		Args:      oneRole,
		ValidArgs: cmdutil.RoleNames,
		RunE:      func(cmd *cobra.Command, args []string) error { return runCreate(a, cmd, args[0]) },
	}
	cmdutil.AddSettings(cmd, cmdutil.AzureSettings()...)
	return cmd
}

// createdView is what create did, in JSON.
type createdView struct {
	Name string `json:"name"`
	ID   string `json:"id"`
	// Changed is false for a role that had all actions.
	Changed bool `json:"changed"`
}

func runCreate(a *cmdutil.App, cmd *cobra.Command, name string) error {
	ctx := cmd.Context()
	role, err := cmdutil.OwnRole("role", name)
	if err != nil {
		return err
	}
	group, err := a.OpenGroup(ctx, cmd)
	if err != nil {
		return err
	}
	client, err := access.NewClient(group.Cloud, access.Options{Waiting: a.WaitsForAzure})
	if err != nil {
		return err
	}
	role = role.At(group.ID)
	there, _, err := client.FindRole(ctx, group.ID, role)
	var id string
	var changed bool
	if err == nil {
		id, changed, err = client.EnsureRole(ctx, group.ID, role)
	}
	if provision.Forbidden(err) {
		return cmdutil.WithHint(err, provision.RightsHint(provision.KindRole))
	}
	if err != nil {
		return err
	}
	did := "already exists; nothing was changed"
	switch {
	case changed && there != "":
		did = "got the actions that it lacked"
	case changed:
		did = "created"
	}
	a.Say.Status(fmt.Sprintf("role %s: %s", role.Name, did))
	if group.Settings.Get("output") == "json" {
		return a.Out.JSON(createdView{role.Name, id, changed})
	}
	a.Out.Line("%s", role.Name) // alone on standard output, for az role assignment create
	return nil
}
