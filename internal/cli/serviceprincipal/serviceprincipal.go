// Package serviceprincipal has the commands for the accounts that programs sign
// in with to run jobs.
package serviceprincipal

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/pacific-aci/pacific/access"
	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/pacific-aci/pacific/provision"
	"github.com/spf13/cobra"
)

const (
	// tag marks the app registrations that create has made; rm deletes no others.
	tag = "pacific-service-principal"
	// secretName is the name of the secrets that create makes, so that a second run replaces the first one's.
	secretName = "pacific service-principal"
)

// NewCommand makes `pacific service-principal` and the commands below it.
func NewCommand(a *cmdutil.App) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "service-principal COMMAND",
		Aliases: []string{"sp"},
		GroupID: cmdutil.GroupSetup,
		Short:   "Create, list and delete accounts that programs run jobs with",
		Long: `A service principal is an account for a program. The commands here make one that
may run container jobs in a resource group, list those that were made, and
delete them again.`,
		Example: cmdutil.Lines(
			"pacific service-principal create prefect-aci --resource-group aci-rg",
			"pacific service-principal ls",
			"pacific service-principal rm prefect-aci",
		),
		Args: cmdutil.OnlyCommands,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newCreate(a), newLs(a), newRm(a))
	return cmdutil.WithoutFiles(cmd)
}

// oneName is the argument of create and rm.
func oneName(cmd *cobra.Command, args []string) error {
	switch {
	case len(args) == 0 || strings.TrimSpace(args[0]) == "":
		return cmdutil.Usage(cmd.CommandPath()+" needs the name of a service principal", "see {}", cmdutil.Help(cmd))
	case len(args) > 1:
		return cmdutil.Usage(fmt.Sprintf("%s takes one name, got also %q", cmd.CommandPath(), args[1]), "see {}", cmdutil.Help(cmd))
	}
	if err := provision.CheckApplication(args[0]); err != nil {
		return cmdutil.Usage(err.Error(), "")
	}
	return nil
}

// ours reports whether create has made an app registration.
func ours(app access.Application) bool { return slices.Contains(app.Tags, tag) }

// withRights adds to a refusal which right it takes to make a part of an account.
func withRights(err error, part access.AccountPart) error {
	if !provision.Forbidden(err) {
		return err
	}
	kinds := map[access.AccountPart]provision.Kind{
		access.PartApplication: provision.KindApplication, access.PartPrincipal: provision.KindPrincipal,
		access.PartRole: provision.KindRole, access.PartSecret: provision.KindSecret,
	}
	return cmdutil.WithHint(err, provision.RightsHint(kinds[part]))
}

// directory is where the accounts are, and the subscription in which they have roles.
type directory struct {
	client       *access.Client
	subscription string
	// json reports whether data is printed as JSON.
	json bool
}

// openDirectory reads the settings of cmd.
func openDirectory(ctx context.Context, a *cmdutil.App, cmd *cobra.Command) (*directory, error) {
	settings, cloud, subscription, err := a.Account(ctx, cmd)
	if err != nil {
		return nil, err
	}
	d := &directory{subscription: subscription, json: settings.Get("output") == "json"}
	d.client, err = access.NewClient(cloud, access.Options{Waiting: a.WaitsForAzure})
	return d, err
}
