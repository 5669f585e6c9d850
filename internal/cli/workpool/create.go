package workpool

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/pacific-aci/pacific/internal/suggest"
	"github.com/pacific-aci/pacific/jobtemplate"
	"github.com/pacific-aci/pacific/prefect"
	"github.com/spf13/cobra"
)

// poolFlags are what create is told.
type poolFlags struct {
	kind, template, description string
	limit                       int
	paused, isDefault           bool
	overwrite                   bool
	// provision makes what the pool needs in Azure; yes leaves out the question about that.
	provision, yes bool
	provisioner    cmdutil.ProvisionFunc
	defaults       defaultFlags
	// given is the template that was read; nil for none.
	given json.RawMessage
}

func newCreate(a *cmdutil.App, provision cmdutil.ProvisionFunc) *cobra.Command {
	f := poolFlags{provisioner: provision}
	cmd := &cobra.Command{
		Use:   "create NAME --type T [flags]",
		Short: "Create a work pool",
		Long: `Create makes a work pool. Pools of type azure-container-instance and
azure-container-instance:push get Pacific's own base job template: where it
names no resource group, that of the worker counts. For other types give
--base-job-template, or let the pool's worker fill the template in when it
starts. Push pools can be created on a self-hosted server too.

--set, --credentials, --resource-group and --subscription give the variables of
the template their defaults, which hold for every deployment of the pool. For
Prefect 3.9 this is the only way to refer to a block: a deployment's own job
variables cannot.

With --provision-infra, create first makes what the pool needs in Azure, as
pacific provision does; --resource-group and --subscription then say where. If
you decline, no pool is created.

With --overwrite, an existing pool gets the template and whatever else is given.
Its type, queues and deployments stay as they are.`,
		Example: cmdutil.Lines(
			"pacific work-pool create aci --type azure-container-instance --set-as-default",
			`pacific work-pool create aci --type azure-container-instance \`,
			`    --credentials aci-sp --resource-group jobs --set cpu=2`,
			`pacific work-pool create push --type azure-container-instance:push \`,
			`    --provision-infra`,
			"pacific work-pool create aci --base-job-template template.json --overwrite",
		),
		Args: onePool,
		RunE: func(cmd *cobra.Command, args []string) error { return runCreate(a, cmd, args[0], f) },
	}
	fl := cmd.Flags()
	fl.StringVar(&f.kind, "type", "", "`type` of the pool, which decides which workers serve it")
	fl.StringVar(&f.template, "base-job-template", "", "JSON `file` of the pool's template, or - for standard input (default: the type's own)")
	fl.StringVar(&f.description, "description", "", "what the pool is for")
	fl.IntVar(&f.limit, "concurrency-limit", 0, "how many of its runs may be active at once (default: any number)")
	fl.BoolVar(&f.paused, "paused", false, "start no runs until it is resumed")
	fl.BoolVar(&f.isDefault, "set-as-default", false, "make it the pool of deployments that name none, in Prefect's profile")
	fl.BoolVar(&f.overwrite, "overwrite", false, "update the pool if it already exists")
	fl.BoolVar(&f.provision, "provision-infra", false, "make what the pool needs in Azure")
	fl.BoolVar(&f.provision, "provision-infrastructure", false, "the same as --provision-infra")
	fl.BoolVarP(&f.yes, "yes", "y", false, "with --provision-infra: do not ask")
	f.defaults.add(a, cmd)
	cmdutil.Must(cmd.RegisterFlagCompletionFunc("type", cobra.FixedCompletions(poolKinds, cobra.ShellCompDirectiveNoFileComp)))
	a.AddPrefectFlags(cmd)
	return cmd
}

// createdView is what came of create, in JSON.
type createdView struct {
	poolView
	// Outcome is created or updated.
	Outcome string `json:"outcome"`
}

func runCreate(a *cmdutil.App, cmd *cobra.Command, name string, f poolFlags) error {
	ctx := cmd.Context()
	var err error
	if f.given, err = checkPoolFlags(a, cmd, &f); err != nil {
		return err
	}
	p, err := a.OpenPrefect(cmd)
	if err != nil {
		return err
	}
	if f.isDefault {
		if _, err := a.ProfileInUse(p.Settings); err != nil {
			return err
		}
	}
	found, err := existing(ctx, p, name, f)
	if err != nil {
		return err
	}
	if f.provision {
		if err := createProvisioned(p, cmd, name, f, found); err != nil || !f.isDefault {
			return err
		}
		return setDefaultPool(a, cmd, p, name)
	}
	var pool prefect.WorkPool
	outcome := "created"
	if found == nil {
		pool, err = createPool(p, cmd, name, f)
	} else {
		outcome = "updated"
		pool, err = overwritePool(p, cmd, *found, f)
	}
	if err != nil {
		return err
	}
	sayPool(a, p, pool, outcome)
	if f.isDefault {
		if err := setDefaultPool(a, cmd, p, name); err != nil {
			return err
		}
	}
	sayNext(a, cmd, pool)
	if !p.WantsJSON() {
		return nil
	}
	view := viewOfPool(pool, p.Settings)
	view.Default = view.Default || f.isDefault
	return a.Out.JSON(createdView{view, outcome})
}

// sayPool says what was done, and what the pool still lacks to start runs.
func sayPool(a *cmdutil.App, p *cmdutil.Prefect, pool prefect.WorkPool, done string) {
	a.Say.Status(fmt.Sprintf("%s work pool %s (%s)", done, pool.Name, pool.Type))
	if strings.HasSuffix(pool.Type, ":push") && !p.Client.Cloud() {
		a.Say.Status("this server does not start the runs of push pools, as Prefect Cloud does; a worker of Pacific's does")
	}
	// The runs of prefect-agent are made of blocks.
	if pool.Type != "prefect-agent" && strings.TrimSpace(string(pool.BaseJobTemplate)) == "{}" {
		a.Say.Warning(fmt.Sprintf("Pacific has no template for pools of type %s: this one is empty until its worker starts and fills it in", pool.Type))
	}
}

// sayNext says what to do with a pool that was made: give it the defaults that its runs need, then deploy to it.
func sayNext(a *cmdutil.App, cmd *cobra.Command, pool prefect.WorkPool) {
	var missing []string
	placeless := false
	if template, err := jobtemplate.ReadTemplate(pool.BaseJobTemplate); err == nil {
		missing, placeless = template.Missing(), template.Default("resource_group_name") == nil
	}
	switch {
	case len(missing) > 0 && cmdutil.ServedByPacific(pool.Type):
		a.Hint(cmd, "every run still needs "+strings.Join(missing, ", ")+": {} shows how to set them; {} makes everything in Azure",
			cmdutil.UpdatePoolHelp(), cmdutil.ProvisionPool(pool.Name))
		return
	case len(missing) > 0:
		a.Hint(cmd, "every run still needs "+strings.Join(missing, ", ")+": {} shows how to set them", cmdutil.UpdatePoolHelp())
		return
	case cmdutil.ServedByPacific(pool.Type) && placeless:
		a.Hint(cmd, "{} runs its flows in the worker's own resource group; {} makes everything in Azure",
			cmdutil.StartWorker(pool.Name), cmdutil.ProvisionPool(pool.Name))
		return
	}
	a.Hint(cmd, "{} shows its template and queues; prefect deploy --pool "+cmdutil.ShellWord(pool.Name)+" deploys a flow to it", cmdutil.InspectPool(pool.Name))
}

// checkPoolFlags refuses what makes no sense before anything is asked of the server, and reads the template that is given
// (nil: none).
func checkPoolFlags(a *cmdutil.App, cmd *cobra.Command, f *poolFlags) (json.RawMessage, error) {
	if err := checkLimit(cmd, f.limit); err != nil {
		return nil, err
	}
	if err := f.defaults.read(cmd); err != nil {
		return nil, err
	}
	if err := checkProvision(f); err != nil {
		return nil, err
	}
	kinds := "types: " + strings.Join(poolKinds, ", ")
	switch {
	case cmd.Flags().Changed("type") && f.kind == "":
		return nil, cmdutil.Usage("--type is empty", kinds)
	case f.kind == "" && !f.overwrite:
		return nil, cmdutil.Usage("--type is missing", kinds)
	case f.kind != "" && !cmd.Flags().Changed("base-job-template") && !slices.Contains(poolKinds, f.kind):
		return nil, cmdutil.Usage(fmt.Sprintf("unknown work pool type %q; a type of your own needs --base-job-template", f.kind), suggest.Hint(f.kind, poolKinds, kinds))
	}
	if !cmd.Flags().Changed("base-job-template") {
		return nil, nil
	}
	return readTemplate(cmd.Context(), a, f.template)
}

func checkLimit(cmd *cobra.Command, limit int) error {
	if cmd.Flags().Changed("concurrency-limit") && limit < 0 {
		return cmdutil.Usage(fmt.Sprintf("--concurrency-limit is %d: it must not be negative", limit), "for example --concurrency-limit 10; 0 starts nothing")
	}
	return nil
}

// existing looks whether the pool is there already, and refuses what cannot be done with it. nil: it is not.
func existing(ctx context.Context, p *cmdutil.Prefect, name string, f poolFlags) (*prefect.WorkPool, error) {
	pool, err := p.Client.WorkPool(ctx, name)
	switch {
	case cmdutil.IsMissing(err):
		if f.kind == "" {
			return nil, cmdutil.Usage(fmt.Sprintf("--type is missing: there is no work pool %s yet", name), "types: "+strings.Join(poolKinds, ", "))
		}
		return nil, nil
	case err != nil:
		return nil, err
	case !f.overwrite:
		return nil, poolExists(name)
	case f.kind != "" && f.kind != pool.Type:
		return nil, cmdutil.WithHint(fmt.Errorf("work pool %s is of type %s, and a pool's type cannot be changed", name, pool.Type),
			"leave --type out, or delete it first: {}", cmdutil.DeletePool(name))
	}
	return &pool, nil
}

func poolExists(name string) error {
	return cmdutil.WithHint(fmt.Errorf("work pool %s already exists", name), "--overwrite updates it")
}

func createPool(p *cmdutil.Prefect, cmd *cobra.Command, name string, f poolFlags) (prefect.WorkPool, error) {
	template, err := newPoolTemplate(p, cmd, f)
	if err != nil {
		return prefect.WorkPool{}, err
	}
	return createPoolOf(p, cmd, name, f, template)
}

// newPoolTemplate is the template of a new pool, with the defaults that were given.
func newPoolTemplate(p *cmdutil.Prefect, cmd *cobra.Command, f poolFlags) (json.RawMessage, error) {
	template := f.given
	if template == nil {
		var err error
		if template, err = ownTemplate(p, cmd, f.kind, f); err != nil {
			return nil, err
		}
	}
	return f.defaults.apply(cmd.Context(), p, template)
}

// ownTemplate is Pacific's template for a new pool of this type; nil: there is none.
func ownTemplate(p *cmdutil.Prefect, cmd *cobra.Command, kind string, f poolFlags) (json.RawMessage, error) {
	raw, err := cmdutil.PoolTemplate(cmd.Context(), p, kind)
	if err != nil || raw == nil || f.provision || !servedByWorker(p, kind) {
		return raw, err
	}
	return inWorkersPlace(raw)
}

// servedByWorker reports whether a worker starts the runs of pools of this type, so far as is known: p may be nil. Prefect Cloud
// starts those of push pools itself.
func servedByWorker(p *cmdutil.Prefect, kind string) bool {
	return kind == jobtemplate.TypeWorker || p != nil && !p.Client.Cloud()
}

// inWorkersPlace lets the worker say where container groups are made, for runs that do not.
func inWorkersPlace(raw json.RawMessage) (json.RawMessage, error) {
	template, err := jobtemplate.ReadTemplate(raw)
	if err != nil {
		return nil, err
	}
	template.LeavePlaceToWorker()
	return json.Marshal(template)
}

func createPoolOf(p *cmdutil.Prefect, cmd *cobra.Command, name string, f poolFlags, template json.RawMessage) (prefect.WorkPool, error) {
	create := prefect.WorkPoolCreate{Name: name, Type: f.kind, Description: f.description, BaseJobTemplate: template, IsPaused: f.paused}
	if cmd.Flags().Changed("concurrency-limit") {
		create.ConcurrencyLimit = &f.limit
	}
	pool, err := p.Client.CreateWorkPool(cmd.Context(), create)
	if errors.Is(err, prefect.ErrConflict) {
		return pool, poolExists(name) // somebody was quicker
	}
	return pool, err
}

// overwritePool changes what is given, and the template in any case: that is what somebody who creates a pool anew wants
// renewed. It gives the pool as it is then: the server answers a change with nothing.
func overwritePool(p *cmdutil.Prefect, cmd *cobra.Command, pool prefect.WorkPool, f poolFlags) (prefect.WorkPool, error) {
	template, err := renewedTemplate(p, cmd, pool, f)
	if err != nil {
		return pool, err
	}
	if err := overwritePoolWith(p, cmd, pool, f, template); err != nil {
		return pool, err
	}
	return p.Client.WorkPool(cmd.Context(), pool.Name)
}

// renewedTemplate is the template of a pool that is created anew; nil leaves the one that it has.
func renewedTemplate(p *cmdutil.Prefect, cmd *cobra.Command, pool prefect.WorkPool, f poolFlags) (json.RawMessage, error) {
	template, err := f.given, error(nil)
	switch {
	case f.given != nil:
	case cmdutil.ServedByPacific(pool.Type):
		template, err = ownTemplate(p, cmd, pool.Type, f)
	case f.defaults.any():
		template = pool.BaseJobTemplate
	}
	if err != nil || template == nil {
		return nil, err
	}
	return f.defaults.apply(cmd.Context(), p, template)
}

func overwritePoolWith(p *cmdutil.Prefect, cmd *cobra.Command, pool prefect.WorkPool, f poolFlags, template json.RawMessage) error {
	update := poolUpdate(cmd, f.description, f.limit)
	if cmd.Flags().Changed("paused") {
		update.IsPaused = prefect.Set(f.paused)
	}
	if template != nil {
		update.BaseJobTemplate = prefect.Set(template)
	}
	return updatePool(cmd.Context(), p, pool.Name, update)
}
