package role

import (
	"context"
	"slices"
	"strings"

	"github.com/pacific-aci/pacific/access"
	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/pacific-aci/pacific/provision"
	"github.com/spf13/cobra"
)

// settingNames are the settings of the commands that look through a subscription.
var settingNames = []string{"cloud", "credential", "tenant-id", "client-id", "subscription", "output"}

func newLs(a *cmdutil.App) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "ls",
		Aliases: []string{"list"},
		Short:   "List the roles that Pacific made in the subscription",
		Long: `Ls lists the custom roles that role create, service-principal create and
provision made in the subscription, where they can be assigned, and how many
accounts have them.`,
		Example: cmdutil.Lines("pacific role ls"),
		Args:    cmdutil.NoArguments,
		RunE:    func(cmd *cobra.Command, _ []string) error { return runLs(a, cmd) },
	}
	cmdutil.AddSettings(cmd, settingNames...)
	return cmd
}

// listedView is one role in JSON.
type listedView struct {
	Name string `json:"name"`
	// Role is which of Pacific's own it is, such as worker; empty for one of a role file.
	Role string `json:"role"`
	ID   string `json:"id"`
	// Scopes are where it can be assigned.
	Scopes []string `json:"scopes"`
	// Principals are the object ids of the accounts that have it.
	Principals []string `json:"principals"`
}

func runLs(a *cmdutil.App, cmd *cobra.Command) error {
	d, err := open(cmd.Context(), a, cmd)
	if err != nil {
		return err
	}
	roles, assignments, err := d.read(cmd.Context())
	if err != nil {
		return err
	}
	all := []listedView{}
	for _, role := range roles {
		if role.Own {
			all = append(all, listedView{role.Name, shortName(role), role.ID, role.Scopes, principalsOf(role, assignments)})
		}
	}
	if d.json {
		return a.Out.JSON(all)
	}
	if len(all) == 0 && a.Out.Terminal() {
		a.Say.Status("no roles that Pacific made in subscription " + d.subscription)
		return nil
	}
	rows := make([][]string, len(all))
	for i, v := range all {
		rows[i] = []string{v.Name, v.Role, strings.Join(places(v.Scopes), ", "), cmdutil.Counted(len(v.Principals), "account", "accounts")}
	}
	a.Out.List([]string{"NAME", "ROLE", "RESOURCE GROUP", "ASSIGNED TO"}, rows)
	return nil
}

// shortName is the name that Pacific's own role has on the command line; empty for another role.
func shortName(role access.CustomRole) string {
	for _, short := range cmdutil.RoleNames {
		own, err := cmdutil.OwnRole("role", short)
		if err == nil && slices.ContainsFunc(role.Scopes, func(scope string) bool { return strings.EqualFold(own.At(scope).Name, role.Name) }) {
			return short
		}
	}
	return ""
}

// subscriptionRoles are the custom roles of a subscription, and who has them.
type subscriptionRoles struct {
	client       *access.Client
	subscription string
	// group is the resource group of the settings; empty: none is set.
	group string
	// json reports whether data is printed as JSON.
	json bool
}

// open reads the settings of cmd.
func open(ctx context.Context, a *cmdutil.App, cmd *cobra.Command) (*subscriptionRoles, error) {
	settings, cloud, subscription, err := a.Account(ctx, cmd)
	if err != nil {
		return nil, err
	}
	d := &subscriptionRoles{subscription: subscription, group: settings.Get("resource-group"), json: settings.Get("output") == "json"}
	d.client, err = access.NewClient(cloud, access.Options{Waiting: a.WaitsForAzure})
	return d, err
}

// scope is the subscription as an ARM id.
func (d *subscriptionRoles) scope() string { return "/subscriptions/" + d.subscription }

// read lists the custom roles, those of others too, and all assignments.
func (d *subscriptionRoles) read(ctx context.Context) ([]access.CustomRole, []access.Assignment, error) {
	roles, err := d.client.CustomRoles(ctx, d.scope())
	if err != nil {
		return nil, nil, withRights(err)
	}
	assignments, err := d.client.Assignments(ctx, d.subscription)
	return roles, assignments, withRights(err)
}

// withRights adds to a refusal which right it takes.
func withRights(err error) error {
	if !provision.Forbidden(err) {
		return err
	}
	return cmdutil.WithHint(err, provision.RightsHint(provision.KindRole))
}

// principalsOf are the object ids of the accounts that have a role, each once; never nil.
func principalsOf(role access.CustomRole, assignments []access.Assignment) []string {
	ids := []string{}
	for _, a := range assignments {
		if role.Has(a) && !slices.Contains(ids, a.Principal) {
			ids = append(ids, a.Principal)
		}
	}
	return ids
}

// places are scopes in short: the name of the resource group, or what else the id ends with.
func places(scopes []string) []string {
	names := make([]string, len(scopes))
	for i, scope := range scopes {
		names[i] = scope[strings.LastIndexByte(scope, '/')+1:]
	}
	return names
}
