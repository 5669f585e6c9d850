package role

import (
	"encoding/json"
	"strings"

	"github.com/pacific-aci/pacific/access"
	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/pacific-aci/pacific/provision"
	"github.com/spf13/cobra"
)

func newShow(a *cmdutil.App) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "show ROLE [flags]",
		Short: "Show what a role allows, and why",
		Long: `Show prints each action of a role with the reason for it. With
--resource-group it says what the role is called in that group.

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
	role, err := cmdutil.OwnRole("role", name)
	if err != nil {
		return err
	}
	settings, err := a.Settings(cmd)
	if err != nil {
		return err
	}
	asJSON, group := settings.Get("output") == "json", settings.Get("resource-group")
	if !asJSON && !cmd.Flags().Changed("resource-group") {
		showRole(a, name, role.Name+" (GROUP, …)", role)
		return nil
	}
	if group == "" {
		return cmdutil.NoResourceGroup()
	}
	if err := provision.CheckResourceGroup(group); err != nil {
		return cmdutil.Usage(err.Error(), "")
	}
	subscription := settings.Get("subscription")
	switch {
	case !asJSON && !cmdutil.IsID(subscription): // what follows depends on the id, which only Azure knows
		showRole(a, name, role.Name+" ("+group+", …)", role)
		return nil
	case !cmdutil.IsID(subscription):
		if _, _, subscription, err = a.Account(cmd.Context(), cmd); err != nil {
			return err
		}
	}
	scope := cmdutil.GroupID(subscription, group)
	there := role.At(scope)
	if !asJSON {
		showRole(a, name, there.Name, role)
		return nil
	}
	definition, err := there.Definition(scope)
	if err != nil {
		return err
	}
	return a.Out.JSON(json.RawMessage(definition))
}

// showRole prints a role's actions with their reasons. inAzure is the role's name there.
func showRole(a *cmdutil.App, name, inAzure string, role access.Role) {
	a.Out.Line("%s, in Azure %q\n%s", name, inAzure, fold(role.Description, ""))
	for _, action := range role.Actions {
		a.Out.Line("\n%s\n%s", action.Name, fold(action.Reason, "    "))
	}
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
