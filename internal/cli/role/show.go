package role

import (
	"encoding/json"
	"strings"

	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/spf13/cobra"
)

func newShow(a *cmdutil.App) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "show ROLE [flags]",
		Short: "Show what a role allows, and why",
		Long: `Show prints each action of a role with the reason for it.

With --output json it prints the role definition of a resource group, in the
form that az role definition create takes. That needs --resource-group and the
subscription. Only the name of a subscription makes it ask Azure, for its id.`,
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
	role, err := cmdutil.OwnRole("role", name)
	if err != nil {
		return err
	}
	settings, err := a.Settings(cmd)
	if err != nil {
		return err
	}
	if settings.Get("output") != "json" {
		a.Out.Line("%s, in Azure \"%s (GROUP, …)\"\n%s", name, role.Name, fold(role.Description, ""))
		for _, action := range role.Actions {
			a.Out.Line("\n%s\n%s", action.Name, fold(action.Reason, "    "))
		}
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

// fold breaks a text into indented lines of at most 80 columns.
func fold(text, indent string) string {
	const columns = 80
	lines := []string{}
	line := indent
	for word := range strings.FieldsSeq(text) {
		switch {
		case line == indent:
			line += word
		case len(line)+1+len(word) > columns:
			lines = append(lines, line)
			line = indent + word
		default:
			line += " " + word
		}
	}
	return strings.Join(append(lines, line), "\n")
}
