package role

import (
	"encoding/json"
	"fmt"

	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/spf13/cobra"
)

func newShow(a *cmdutil.App) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "show ROLE [flags]",
		Short: "Show what a role allows, and why",
		Long: `Show prints each action of a role with the reason for it. It sends nothing.

With --output json it prints the role definition of a resource group, in the
form that az role definition create takes. That needs --resource-group and the
subscription.`,
		Example: cmdutil.Lines(
			"pacific role show aci-job-creator",
			"pacific role show worker --resource-group jobs --output json > role.json",
			"az role definition create --role-definition @role.json",
		),
		Args:      oneRole,
		ValidArgs: cmdutil.RoleNames,
		RunE:      func(cmd *cobra.Command, args []string) error { return runShow(a, cmd, args[0]) },
	}
	cmdutil.AddSettings(cmd, cmdutil.AzureSettings()...)
	return cmd
}

func runShow(a *cmdutil.App, cmd *cobra.Command, name string) error {
	ctx := cmd.Context()
	role, err := cmdutil.OwnRole("ROLE", name)
	if err != nil {
		return err
	}
	settings, err := a.Settings(cmd)
	if err != nil {
		return err
	}
	if settings.Get("output") != "json" {
		rows := make([][]string, len(role.Actions))
		for i, action := range role.Actions {
			rows[i] = []string{action.Name, action.Reason}
		}
		a.Say.Status(fmt.Sprintf("%s: %s", role.Name, role.Description))
		a.Out.Table([]string{"ACTION", "REASON"}, rows)
		return nil
	}
	group := settings.Get("resource-group")
	if group == "" {
		return cmdutil.NoResourceGroup()
	}
	subscription := settings.Get("subscription")
	if !cmdutil.IsID(subscription) {
		cloud, err := a.Cloud(ctx, settings)
		if err != nil {
			return err
		}
		if subscription, err = a.Subscription(ctx, cloud, settings); err != nil {
			return err
		}
	}
	scope := "/subscriptions/" + subscription + "/resourceGroups/" + group
	definition, err := role.At(scope).Definition(scope)
	if err != nil {
		return err
	}
	return a.Out.JSON(json.RawMessage(definition))
}
