package serviceprincipal

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pacific-aci/pacific/access"
	"github.com/pacific-aci/pacific/azure"
	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/spf13/cobra"
)

func newRm(a *cmdutil.App) *cobra.Command {
	var yes bool
	cmd := &cobra.Command{
		Use:     "rm NAME [--yes]",
		Aliases: []string{"delete", "remove"},
		Short:   "Delete an account that create made",
		Long: `Rm deletes the app registration with its service principal and secrets, and
takes away the roles that it has in the subscription. It deletes only what
create made. Custom roles stay, because others may use them.`,
		Example: cmdutil.Lines("pacific service-principal rm prefect-aci --yes"),
		Args:    oneName,
		RunE:    func(cmd *cobra.Command, args []string) error { return runRm(a, cmd, args[0], yes) },
	}
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	cmdutil.AddSettings(cmd, "cloud", "credential", "tenant-id", "client-id", "subscription", "output")
	return cmd
}

// deletedView is what was deleted, in JSON.
type deletedView struct {
	ClientID string `json:"appId"`
	Name     string `json:"displayName"`
	// Scopes are where it had a role.
	Scopes []string `json:"scopes"`
}

func runRm(a *cmdutil.App, cmd *cobra.Command, name string, yes bool) error {
	ctx := cmd.Context()
	d, err := openDirectory(ctx, a, cmd)
	if err != nil {
		return err
	}
	client, subscription := d.client, d.subscription
	app, err := findOurs(cmd, client, name)
	if err != nil {
		return err
	}
	if err := a.Confirm(ctx, cmd, fmt.Sprintf("delete service principal %s (%s)%s", app.DisplayName, app.ClientID, others(app)), yes); err != nil {
		return err
	}
	view := deletedView{ClientID: app.ClientID, Name: app.DisplayName, Scopes: []string{}}
	// The roles go first: without the principal nobody finds them again.
	switch principal, err := client.ServicePrincipal(ctx, app.ClientID); {
	case err == nil:
		scopes, err := client.UnassignAll(ctx, subscription, principal.ObjectID)
		if err != nil {
			return withRights(err, access.PartRole)
		}
		view.Scopes = append(view.Scopes, scopes...)
	case azure.Explain(err) == nil || !azure.Explain(err).NotFound():
		return withRights(err, access.PartPrincipal)
	}
	if err := client.DeleteApplication(ctx, app.ObjectID); err != nil {
		return withRights(err, access.PartApplication)
	}
	a.Say.Status(fmt.Sprintf("deleted service principal %s (%s)", app.DisplayName, app.ClientID))
	if d.json {
		return a.Out.JSON(view)
	}
	return nil
}

// findOurs finds the app registration that create made under a name.
func findOurs(cmd *cobra.Command, client *access.Client, name string) (access.Application, error) {
	found, err := client.Applications(cmd.Context(), name)
	if err != nil {
		return access.Application{}, withRights(err, access.PartApplication)
	}
	if i := slices.IndexFunc(found, ours); i >= 0 {
		return found[i], nil
	}
	if len(found) == 0 {
		return access.Application{}, cmdutil.WithHint(fmt.Errorf("no service principal %q", name), "{} lists those that Pacific created", cmdutil.ListServicePrincipals())
	}
	return access.Application{}, cmdutil.WithHint(fmt.Errorf("the app registration %s (%s) was not created by Pacific, and is not deleted", name, found[0].ClientID),
		"if you no longer need it: az ad app delete --id "+found[0].ClientID)
}

// others says what else somebody has added to the application.
func others(app access.Application) string {
	more := slices.DeleteFunc(slices.Clone(app.Secrets), func(s access.SecretInfo) bool { return s.DisplayName == secretName })
	var parts []string
	if len(more) > 0 {
		parts = append(parts, cmdutil.Counted(len(more), "other secret", "other secrets"))
	}
	if len(app.Certificates) > 0 {
		parts = append(parts, cmdutil.Counted(len(app.Certificates), "certificate", "certificates"))
	}
	if len(parts) == 0 {
		return ""
	}
	return ", which also has " + strings.Join(parts, " and ")
}
