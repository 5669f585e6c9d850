package serviceprincipal

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pacific-aci/pacific/access"
	"github.com/pacific-aci/pacific/azure"
	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/spf13/cobra"
)

func newLs(a *cmdutil.App) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "ls",
		Aliases: []string{"list"},
		Short:   "List the accounts that create made",
		Long: `Ls lists the accounts that create made in this tenant, when their secrets end,
and the roles that they have in the subscription.`,
		Example: cmdutil.Lines("pacific service-principal ls"),
		Args:    cmdutil.NoArguments,
		RunE:    func(cmd *cobra.Command, _ []string) error { return runLs(a, cmd) },
	}
	cmdutil.AddSettings(cmd, "cloud", "credential", "tenant-id", "client-id", "subscription", "output")
	return cmd
}

// listedView is one account in JSON.
type listedView struct {
	ClientID string `json:"appId"`
	Name     string `json:"displayName"`
	// SecretEnd is when its newest secret of create's ends. Nil: it has none.
	SecretEnd *time.Time `json:"secretEnd"`
	// Roles are those that it has in the subscription.
	Roles []roleView `json:"roles"`
}

type roleView struct {
	Name  string `json:"name"`
	Scope string `json:"scope"`
}

func runLs(a *cmdutil.App, cmd *cobra.Command) error {
	ctx := cmd.Context()
	d, err := openDirectory(ctx, a, cmd)
	if err != nil {
		return err
	}
	all, err := d.list(ctx)
	if err != nil {
		return err
	}
	if d.json {
		return a.Out.JSON(all)
	}
	if len(all) == 0 && a.Out.Terminal() {
		a.Say.Status("this tenant has no service principals that Pacific created")
		return nil
	}
	rows := make([][]string, len(all))
	for i, v := range all {
		rows[i] = v.row()
	}
	a.Out.List([]string{"NAME", "CLIENT ID", "SECRET UNTIL", "ROLES"}, rows)
	return nil
}

// list reads the accounts, sorted by name.
func (d *directory) list(ctx context.Context) ([]listedView, error) {
	apps, err := d.client.ApplicationsTagged(ctx, tag)
	if err != nil {
		return nil, withRights(err, access.PartApplication)
	}
	all := make([]listedView, 0, len(apps))
	if len(apps) == 0 {
		return all, nil
	}
	assignments, err := d.client.Assignments(ctx, d.subscription)
	if err != nil {
		return nil, withRights(err, access.PartRole)
	}
	for _, app := range apps {
		v := listedView{ClientID: app.ClientID, Name: app.DisplayName, Roles: []roleView{}}
		for _, s := range app.Secrets {
			if s.DisplayName == secretName && (v.SecretEnd == nil || s.End.After(*v.SecretEnd)) {
				v.SecretEnd = new(s.End)
			}
		}
		principal, err := d.client.ServicePrincipal(ctx, app.ClientID)
		if e := azure.Explain(err); err != nil && (e == nil || !e.NotFound()) {
			return nil, withRights(err, access.PartPrincipal)
		}
		for _, one := range assignments {
			if principal.ObjectID == "" || !strings.EqualFold(one.Principal, principal.ObjectID) {
				continue
			}
			name, err := d.client.RoleName(ctx, one)
			if err != nil {
				return nil, withRights(err, access.PartRole)
			}
			v.Roles = append(v.Roles, roleView{name, one.Scope})
		}
		all = append(all, v)
	}
	slices.SortStableFunc(all, func(a, b listedView) int { return strings.Compare(a.Name, b.Name) })
	return all, nil
}

// row is one line of the table.
func (v listedView) row() []string {
	end := "none"
	if v.SecretEnd != nil {
		end = v.SecretEnd.Format(time.DateOnly)
	}
	var roles []string
	for _, r := range v.Roles {
		roles = append(roles, fmt.Sprintf("%s in %s", r.Name, place(r.Scope)))
	}
	slices.Sort(roles)
	return []string{v.Name, v.ClientID, end, strings.Join(roles, ", ")}
}

// place is a scope in short: its last name, or the subscription.
func place(scope string) string {
	if parts := strings.Split(strings.Trim(scope, "/"), "/"); len(parts) != 2 {
		return parts[len(parts)-1]
	}
	return "the subscription"
}
