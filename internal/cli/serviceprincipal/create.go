package serviceprincipal

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pacific-aci/pacific/access"
	"github.com/pacific-aci/pacific/azure"
	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/pacific-aci/pacific/prefect"
	"github.com/spf13/cobra"
)

// roleContributor is Azure's own role, which may do all but give rights.
const roleContributor = "contributor"

var roles = append([]string{roleContributor}, cmdutil.RoleNames...)

type options struct {
	role, roleFile string
	lifetime       cmdutil.Lifetime
	block          string
	output         string
	yes            bool
}

func newCreate(a *cmdutil.App) *cobra.Command {
	var o options
	cmd := &cobra.Command{
		Use:   "create NAME [flags]",
		Short: "Create an account that may run container jobs",
		Long: `Create makes an app registration with a service principal, a role on one
resource group, and a secret. It prints them once: as the JSON of az ad sp
create-for-rbac, or as lines for a shell.

The role is Azure's Contributor unless --role names a smaller one: with
aci-job-creator the account can run jobs and nothing else.

Run it again to finish a run that was interrupted. For an account that is
complete it asks first, because the new secret replaces the old one. With
another role it takes away the one that it gave before; roles that others gave
stay, and it names them.`,
		Example: cmdutil.Lines(
			"pacific service-principal create prefect-aci --resource-group aci-rg",
			"pacific service-principal create jobs --role aci-job-creator --block aci-sp",
			`eval "$(pacific service-principal create prefect-aci --output env)"`,
			"pacific sp create jobs --output powershell | Invoke-Expression",
		),
		Args: oneName,
		RunE: func(cmd *cobra.Command, args []string) error { return runCreate(a, cmd, args[0], o) },
	}
	fl := cmd.Flags()
	fl.StringVar(&o.role, "role", roleContributor, "what the account may do in the resource group: contributor, aci-job-creator or worker")
	fl.StringVar(&o.roleFile, "role-file", "", "`file` with the JSON of a custom role to give instead; - for standard input")
	fl.Var(&o.lifetime, "secret-lifetime", "how long the secret is valid, as a `duration` such as 90d or 2160h (default: two years)")
	fl.StringVar(&o.block, "block", "", "`name` of a credentials block to save the account in, on the Prefect server")
	fl.BoolVarP(&o.yes, "yes", "y", false, "do not ask before the secret of an account that exists is replaced")
	cmdutil.Must(cmd.RegisterFlagCompletionFunc("role", cobra.FixedCompletions(roles, cobra.ShellCompDirectiveNoFileComp)))
	cmdutil.AddOutput(cmd, &o.output, "what to print: json, env (export lines for a shell) or powershell", outputs...)
	a.AddProfileFlag(cmd)
	cmdutil.AddSettings(cmd, cmdutil.AccountSettings()...)
	return cmd
}

// creation is one run of create.
type creation struct {
	a      *cmdutil.App
	cmd    *cobra.Command
	o      options
	name   string
	group  *cmdutil.ResourceGroup
	tenant string
	client *access.Client
	// prefect is where the block goes; nil: there is none to save.
	prefect *cmdutil.Prefect
	// blockOf is the client id in the block that is there; empty: there is no such block.
	blockOf string
	// roleName is the role as Azure shows it.
	roleName string
	// agreed is the client id of the application that somebody agreed to use.
	agreed string
	part   access.AccountPart
	// unprinted says that the block has the secret, but standard output does not. Nil: it has.
	unprinted error
}

func runCreate(a *cmdutil.App, cmd *cobra.Command, name string, o options) error {
	ctx := cmd.Context()
	if !slices.Contains(outputs, o.output) {
		return cmdutil.UnknownValue("--output", o.output, outputs)
	}
	builtIn, custom, err := o.findRole(ctx, a, cmd)
	if err != nil {
		return err
	}
	c := &creation{a: a, cmd: cmd, o: o, name: name}
	if err := c.open(ctx); err != nil {
		return err
	}
	c.roleName = builtIn.Name()
	if custom != nil {
		if o.roleFile == "" {
			custom = new(custom.At(c.group.ID))
		}
		c.roleName = custom.Name
	}
	if err := c.agree(ctx); err != nil {
		return err
	}
	account, err := c.client.EnsureAccount(ctx, access.AccountRequest{
		Name: name, Tags: []string{tag}, Scope: c.group.ID, Role: builtIn, Custom: custom, SecretName: secretName, Lifetime: time.Duration(o.lifetime),
		Existing: c.ask, Part: func(part access.AccountPart) { c.part = part }, Deliver: func(made *access.Account) error { return c.deliver(ctx, made) },
	})
	if e, ok := errors.AsType[*access.UndeliveredError](err); ok {
		return cmdutil.WithHint(fmt.Errorf("making a secret for service principal %s: %w", name, e), "{} makes another one", cmdutil.Again(cmd))
	}
	if e, ok := errors.AsType[*access.RoleNameError](err); ok && o.roleFile != "" {
		return cmdutil.WithHint(err, fmt.Sprintf("names of roles are unique in a tenant: change the name %q in the role definition, or add %s to the assignable scopes of the role that exists", e.Name, e.Scope))
	}
	if err != nil {
		return withRights(err, c.part)
	}
	c.report(account, builtIn)
	return c.unprinted
}

// findRole is the role that the flags name: one of Azure's own, or a custom one.
func (o options) findRole(ctx context.Context, a *cmdutil.App, cmd *cobra.Command) (access.BuiltIn, *access.Role, error) {
	switch changed := cmd.Flags().Changed; {
	case changed("role-file") && o.roleFile == "":
		return "", nil, cmdutil.Usage("--role-file is empty", "give a file with a role definition, or leave it out")
	case changed("block") && o.block == "":
		return "", nil, cmdutil.Usage("--block is empty", "give the name of a block, or leave it out")
	}
	if o.roleFile == "" {
		if o.role == roleContributor {
			return access.Contributor, nil, nil
		}
		if !slices.Contains(roles, o.role) {
			return "", nil, cmdutil.UnknownValue("--role", o.role, roles)
		}
		role, err := cmdutil.OwnRole("--role", o.role)
		return "", &role, err
	}
	if cmd.Flags().Changed("role") {
		return "", nil, cmdutil.Usage("--role and --role-file cannot be used together", "leave one of them out")
	}
	const maxRole = 1 << 20
	text, err := a.ReadInput(ctx, "--role-file", o.roleFile, maxRole)
	if err != nil {
		return "", nil, err
	}
	role, err := access.ReadRole(text)
	if err != nil {
		name := o.roleFile
		if name == "-" {
			name = "standard input"
		}
		return "", nil, cmdutil.Usage("--role-file: "+name+": "+err.Error(), "give a role definition as az role definition create takes it; {} prints one",
			append(cmdutil.ShowRole(cmdutil.RoleJobCreator), "--output", "json"))
	}
	return "", &role, nil
}

// open finds the resource group, the tenant and, for a block, Prefect. Nothing is changed yet.
func (c *creation) open(ctx context.Context) error {
	if c.o.block != "" {
		if err := cmdutil.CheckBlockName("--block", c.o.block); err != nil {
			return err
		}
		var err error
		if c.prefect, err = c.a.OpenPrefect(c.cmd); err != nil {
			return err
		}
		var there prefect.AzureContainerInstanceCredentials
		switch _, err := c.prefect.Client.LoadBlock(ctx, c.o.block, &there); {
		case err == nil:
			c.blockOf = there.ClientID
			if c.blockOf == "" {
				c.blockOf = "Azure's default credential"
			}
		case !errors.Is(err, prefect.ErrNotFound):
			return fmt.Errorf("looking for block %s: %w", c.o.block, err)
		}
	}
	var err error
	if c.group, err = c.a.OpenGroup(ctx, c.cmd); err != nil {
		return err
	}
	err = c.a.Repeat(ctx, func(ctx context.Context) error {
		found, err := c.group.Cloud.Subscription(ctx, c.group.Subscription)
		c.tenant = found.TenantID
		return err
	})
	if err != nil {
		return cmdutil.SubscriptionError(err, c.group.Settings)
	}
	c.client, err = access.NewClient(c.group.Cloud, access.Options{Waiting: c.a.WaitsForAzure})
	return err
}

// agree asks, before anything is changed, whether what is there may be used and replaced.
func (c *creation) agree(ctx context.Context) error {
	found, err := c.client.Applications(ctx, c.name)
	if err != nil {
		return withRights(err, access.PartApplication)
	}
	if len(found) == 0 {
		found = []access.Application{{}}
	}
	return c.ask(ctx, found[0])
}

// ask asks about one application; the zero one is none. What an interrupted run has left needs no question: nobody has its
// secret.
func (c *creation) ask(ctx context.Context, app access.Application) error {
	if app.ClientID != "" && app.ClientID == c.agreed {
		return nil
	}
	var would []string
	loss := ""
	if app.ClientID != "" && !ours(app) {
		would = append(would, fmt.Sprintf("use the app registration %s (%s), which was not created by this command", app.DisplayName, app.ClientID))
	}
	if app.HasSecret(secretName) {
		would = append(would, fmt.Sprintf("replace the secret of service principal %s (%s)", app.DisplayName, app.ClientID))
		loss = "Nothing can sign in with the old one after that."
	}
	removed, err := c.removed(ctx, app)
	if err != nil {
		return err
	}
	for _, role := range removed {
		would = append(would, fmt.Sprintf("take away its role %s in resource group %s", role, c.group.Name))
	}
	if c.blockOf != "" && !strings.EqualFold(c.blockOf, app.ClientID) {
		would = append(would, fmt.Sprintf("overwrite block %s, which signs in as %s", c.o.block, c.blockOf))
	}
	if len(would) > 0 {
		if err := c.a.ConfirmLoss(ctx, c.cmd, cmdutil.Question{Text: strings.Join(would, ", and "), Loss: loss}, c.o.yes); err != nil {
			return err
		}
	}
	c.agreed = app.ClientID
	return nil
}

// removed are the names of the roles that an earlier run gave the account, and that this one takes away.
func (c *creation) removed(ctx context.Context, app access.Application) ([]string, error) {
	if app.ClientID == "" || !ours(app) {
		return nil, nil
	}
	principal, err := c.client.ServicePrincipal(ctx, app.ClientID)
	if e := azure.Explain(err); e != nil && e.NotFound() {
		return nil, nil
	}
	if err != nil {
		return nil, withRights(err, access.PartPrincipal)
	}
	grants, err := c.client.Grants(ctx, c.group.ID, principal.ObjectID)
	if err != nil {
		return nil, withRights(err, access.PartRole)
	}
	var names []string
	for _, g := range grants {
		if g.Own && strings.EqualFold(g.Scope, c.group.ID) && !strings.EqualFold(g.RoleName, c.roleName) {
			names = append(names, g.RoleName)
		}
	}
	return names, nil
}
