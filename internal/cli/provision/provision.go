// Package provision has the command that makes what a push work pool needs in Azure.
package provision

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/pacific-aci/pacific/prefect"
	"github.com/pacific-aci/pacific/provision"
	"github.com/spf13/cobra"
)

// flags are what the command is told.
type flags struct {
	via, kind, role string
	names           provision.Names
	lifetime        cmdutil.Lifetime
	plan, yes       bool
	skipLogin       bool
	verify, destroy bool
}

// The ways to Azure.
const (
	viaNative = "native"
	viaAz     = "az"
)

var (
	ways  = []string{viaNative, viaAz}
	kinds = []string{provision.TypePush, provision.TypeWorker}
)

// NewCommand makes `pacific provision`.
func NewCommand(a *cmdutil.App) *cobra.Command {
	var f flags
	cmd := &cobra.Command{
		Use:     "provision POOL [flags]",
		GroupID: cmdutil.GroupPrefect,
		Short:   "Make what a work pool needs in Azure",
		Long: `Provision makes what a Prefect work pool needs to run flows on Azure Container
Instances: a resource group, an app registration with a secret and a role, a
credentials block, a container registry, and a managed identity that pulls from
it. Then it writes all of that into the pool's base job template. A pool that
does not exist is created.

It shows what exists and what would be made, and asks. What exists is used, so
you can interrupt it at any time and run it again. It works with Prefect Cloud
and with any server of Prefect 3.x and 2.20.

At the end it verifies that runs can start: it signs in as the application, and
starts a short container from a tiny image that it pushed to the registry. With
--verify=false it does not.

Without flags for them, a pool that was provisioned keeps the names in its base
job template.

--destroy deletes what was made for the pool, except what another pool uses and
what Pacific did not make. The pool itself stays.

The region is that of --location, else the existing resource group's, else
PACIFIC_LOCATION, else az's default, else eastus.`,
		Example: cmdutil.Lines(
			"pacific provision my-pool",
			"pacific provision my-pool --plan",
			"pacific provision my-pool --yes --location westeurope --output json",
			"pacific provision my-pool --resource-group flows --registry flowimages",
			"pacific provision my-pool --via az",
			"pacific provision my-pool --destroy --plan",
		),
		Args:              onePool,
		ValidArgsFunction: cmdutil.CompleteArgs(a.PoolNames(), 1),
		RunE:              func(cmd *cobra.Command, args []string) error { return runProvision(a, cmd, args[0], f) },
	}
	f.add(a, cmd)
	cmd.Flags().StringVar(&f.kind, "type", provision.TypePush, "`type` of a new pool: "+strings.Join(kinds, " or "))
	cmdutil.Must(cmd.RegisterFlagCompletionFunc("type", cobra.FixedCompletions(kinds, cobra.ShellCompDirectiveNoFileComp)))
	return cmdutil.WithoutFiles(cmd)
}

// add gives cmd all flags but --type.
func (f *flags) add(a *cmdutil.App, cmd *cobra.Command) {
	fl := cmd.Flags()
	fl.StringVar(&f.via, "via", viaNative, "how to reach Azure: `native` calls its APIs, az runs Azure's CLI")
	fl.StringVar(&f.names.ResourceGroup, "resource-group", provision.DefaultResourceGroup, "`name` of the resource group for all of it")
	fl.StringVar(&f.names.Application, "app-name", provision.DefaultApplication, "`name` of the app registration that starts containers")
	fl.StringVar(&f.names.RegistryPrefix, "registry-prefix", provision.DefaultRegistryPrefix, "`prefix` of the name of a new container registry")
	fl.StringVar(&f.names.Registry, "registry", "", "`name` of the container registry, new or existing, instead of a prefix")
	fl.StringVar(&f.names.Identity, "identity-name", provision.DefaultIdentity, "`name` of the managed identity that pulls images")
	fl.StringVar(&f.names.CredentialsBlock, "credentials-block", "", "`name` of the credentials block (default: POOL-push-pool-credentials)")
	fl.StringVar(&f.role, "role", "", "`role` of the app registration on the resource group: contributor, or worker, which only allows it to run container groups (default: the one it has, else contributor)")
	fl.Var(&f.lifetime, "secret-lifetime", "how long a new secret is valid, as a `duration` such as 90d or 2160h (default: two years, with --via az one)")
	fl.BoolVar(&f.skipLogin, "skip-login", false, "do not sign docker in to the registry, and do not set the docker build namespace in Prefect's profile (default on a local Azure)")
	fl.BoolVar(&f.plan, "plan", false, "show what exists and what would be made, and change nothing")
	fl.BoolVarP(&f.yes, "yes", "y", false, "do not ask")
	fl.BoolVar(&f.verify, "verify", true, "start a short container to verify that runs can start (default: only if something was changed; --verify: always; --verify=false: never)")
	fl.BoolVar(&f.destroy, "destroy", false, "delete what was made for the pool; the pool stays")
	fixed := func(flag string, values []string) {
		cmdutil.Must(cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp)))
	}
	fixed("via", ways)
	fixed("role", roleNames())
	a.AddPrefectFlags(cmd)
	cmdutil.AddSettings(cmd, "cloud", "credential", "tenant-id", "client-id", "subscription", "location")
}

// roles are the values of --role: the role that runs container groups has one name in all commands. Its former name, least,
// is taken too.
var roles = map[string]provision.Role{
	"contributor": provision.RoleContributor, cmdutil.RoleWorker: provision.RoleLeast, string(provision.RoleLeast): provision.RoleLeast,
}

// roleNames are the values that are offered, the default first.
func roleNames() []string { return []string{"contributor", cmdutil.RoleWorker} }

// onePool is the argument.
func onePool(cmd *cobra.Command, args []string) error {
	switch {
	case len(args) == 0:
		return cmdutil.Usage(cmd.CommandPath()+" needs the name of a work pool", "{} lists the names; see {}", cmdutil.ListPools(), cmdutil.Help(cmd))
	case len(args) > 1:
		return cmdutil.Usage(fmt.Sprintf("%s takes one name, got also %q", cmd.CommandPath(), args[1]), "see {}", cmdutil.Help(cmd))
	case strings.TrimSpace(args[0]) == "":
		return cmdutil.Usage(cmd.CommandPath()+": the name is empty", "{} lists the names; see {}", cmdutil.ListPools(), cmdutil.Help(cmd))
	}
	return nil
}

func runProvision(a *cmdutil.App, cmd *cobra.Command, name string, f flags) error {
	if err := f.check(cmd); err != nil {
		return err
	}
	p, err := a.OpenPrefect(cmd)
	if err != nil {
		return err
	}
	pool, err := findPool(cmd, p, name, f)
	if err != nil {
		return err
	}
	return newRun(a, cmd, p, f).provision(pool)
}

// ForPools is `pacific provision` for the commands for work pools.
func ForPools(a *cmdutil.App) cmdutil.ProvisionFunc {
	return func(cmd *cobra.Command, p *cmdutil.Prefect, pool cmdutil.PoolToProvision, o cmdutil.ProvisionOptions) error {
		f := flags{via: viaNative, kind: pool.Type, yes: o.Yes, verify: true, names: provision.DefaultNames(pool.Name)}
		if o.ResourceGroup != "" {
			f.names.ResourceGroup = o.ResourceGroup
		}
		if err := f.check(cmd); err != nil {
			return err
		}
		return newRun(a, cmd, p, f).provision(pool)
	}
}

// check refuses what can be refused before anything is asked of anybody.
func (f *flags) check(cmd *cobra.Command) error {
	changed := cmd.Flags().Changed
	switch {
	case !slices.Contains(ways, f.via):
		return cmdutil.UnknownValue("--via", f.via, ways)
	case f.role != "" && roles[f.role] == "":
		return cmdutil.UnknownValue("--role", f.role, roleNames())
	case !slices.Contains(kinds, f.kind):
		return cmdutil.UnknownValue("--type", f.kind, kinds)
	case changed("registry") && changed("registry-prefix"):
		return cmdutil.Usage("--registry and --registry-prefix cannot be used together", "--registry is a whole name, --registry-prefix its beginning")
	case f.destroy && changed("verify"):
		return cmdutil.Usage("--destroy and --verify cannot be used together", "--destroy starts no container")
	case f.plan && f.yes:
		return cmdutil.Usage("--plan and --yes cannot be used together", "--plan changes nothing")
	}
	for _, name := range []struct {
		flag, value string
		check       func(string) error
	}{
		{"resource-group", f.names.ResourceGroup, provision.CheckResourceGroup}, {"app-name", f.names.Application, provision.CheckApplication},
		{"registry-prefix", f.names.RegistryPrefix, provision.CheckRegistryPrefix}, {"registry", f.names.Registry, provision.CheckRegistry},
		{"identity-name", f.names.Identity, provision.CheckIdentity}, {"credentials-block", f.names.CredentialsBlock, provision.CheckCredentialsBlock},
	} {
		if !changed(name.flag) {
			continue
		}
		if err := name.check(name.value); err != nil {
			return cmdutil.Usage("--"+name.flag+": "+err.Error(), "")
		}
	}
	return nil
}

// findPool reads the pool, or says how it will be made.
func findPool(cmd *cobra.Command, p *cmdutil.Prefect, name string, f flags) (cmdutil.PoolToProvision, error) {
	ctx := cmd.Context()
	found, err := p.Client.WorkPool(ctx, name)
	if cmdutil.IsMissing(err) && cmd.Flags().Lookup("type") != nil {
		pool := cmdutil.PoolToProvision{Name: name, Type: f.kind}
		if pool.Template, err = cmdutil.PoolTemplate(ctx, p, f.kind); err != nil {
			return pool, err
		}
		pool.Save = func(template json.RawMessage) error {
			_, err := p.Client.CreateWorkPool(ctx, prefect.WorkPoolCreate{Name: name, Type: f.kind, BaseJobTemplate: template})
			if errors.Is(err, prefect.ErrConflict) {
				return saveTemplateOfAnother(ctx, p, name, template, f.kind)
			}
			return err
		}
		return pool, nil
	}
	if err != nil {
		return cmdutil.PoolToProvision{}, cmdutil.PoolError(err, name)
	}
	pool := cmdutil.PoolToProvision{Name: name, Type: found.Type, Exists: true, Template: found.BaseJobTemplate}
	switch {
	case !slices.Contains(kinds, found.Type):
		return pool, cmdutil.WithHint(fmt.Errorf("work pool %s is of type %s: only pools of Azure Container Instances can be provisioned", name, found.Type),
			"give the name of another pool; types: "+strings.Join(kinds, ", "))
	case cmd.Flags().Changed("type") && f.kind != found.Type:
		return pool, cmdutil.WithHint(fmt.Errorf("work pool %s is of type %s, and a pool's type cannot be changed", name, found.Type),
			"leave --type out, or give the name of another pool")
	case strings.TrimSpace(string(pool.Template)) == "{}":
		// Its first worker would fill it in; it gets the same from us.
		if pool.Template, err = cmdutil.PoolTemplate(ctx, p, found.Type); err != nil {
			return pool, err
		}
	}
	pool.Save = func(template json.RawMessage) error {
		return saveTemplate(ctx, p, name, template)
	}
	return pool, nil
}

// saveTemplate writes the base job template of a pool that exists.
func saveTemplate(ctx context.Context, p *cmdutil.Prefect, name string, template json.RawMessage) error {
	return cmdutil.PoolError(p.Client.UpdateWorkPool(ctx, name, prefect.WorkPoolUpdate{BaseJobTemplate: prefect.Set(template)}), name)
}

// saveTemplateOfAnother is saveTemplate for a pool that another run has created since this one looked.
func saveTemplateOfAnother(ctx context.Context, p *cmdutil.Prefect, name string, template json.RawMessage, kind string) error {
	found, err := p.Client.WorkPool(ctx, name)
	if err != nil {
		return cmdutil.PoolError(err, name)
	}
	if found.Type != kind {
		return fmt.Errorf("creating work pool %s: somebody else has just created one of the type %s", name, found.Type)
	}
	return saveTemplate(ctx, p, name, template)
}
