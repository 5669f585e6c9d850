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
	defaults                    defaultFlags
	// given is the template that was read; nil for none.
	given json.RawMessage
}

func newCreate(a *cmdutil.App) *cobra.Command {
	var f poolFlags
	cmd := &cobra.Command{
		Use:   "create NAME --type T [flags]",
		Short: "Create a work pool",
		Long: `Create makes a work pool. Pools of type azure-container-instance and
azure-container-instance:push get Pacific's own base job template. For other
types give --base-job-template, or let the pool's worker fill the template in
when it starts. Push pools can be created on a self-hosted server too.

--set, --credentials, --resource-group and --subscription give the variables of
the template their defaults, which hold for every deployment of the pool. For
Prefect 3.9 this is the only way to refer to a block: a deployment's own job
variables cannot.

With --overwrite, an existing pool gets the template and whatever else is given.
Its type, queues and deployments stay as they are.`,
		Example: cmdutil.Lines(
			"pacific work-pool create aci --type azure-container-instance --set-as-default",
			"pacific work-pool create aci --type azure-container-instance --credentials aci-sp --resource-group jobs --set cpu=2",
			"pacific work-pool create push --type azure-container-instance:push --paused",
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
	f.defaults.add(a, cmd)
	cmdutil.Must(cmd.RegisterFlagCompletionFunc("type", cobra.FixedCompletions(poolKinds(), cobra.ShellCompDirectiveNoFileComp)))
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
		a.Say.Status("only Prefect Cloud starts the runs of a push pool by itself; on this server they wait until something else starts them")
	}
	// The runs of prefect-agent are made of blocks.
	if pool.Type != "prefect-agent" && strings.TrimSpace(string(pool.BaseJobTemplate)) == "{}" {
		a.Say.Warning(fmt.Sprintf("Pacific has no template for pools of type %s: this one is empty until its worker starts and fills it in", pool.Type))
	}
}

// sayNext says what to do with a pool that was made: give it the defaults that its runs need, then deploy to it.
func sayNext(a *cmdutil.App, cmd *cobra.Command, pool prefect.WorkPool) {
	var missing []string
	if template, err := jobtemplate.ReadTemplate(pool.BaseJobTemplate); err == nil {
		missing = template.Missing()
	}
	if len(missing) > 0 {
		a.Hint(cmd, "every run still needs "+strings.Join(missing, ", ")+": {} says how to give the pool defaults", cmdutil.UpdatePoolHelp())
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
	kinds := "types: " + strings.Join(poolKinds(), ", ")
	switch {
	case cmd.Flags().Changed("type") && f.kind == "":
		return nil, cmdutil.Usage("--type is empty", kinds)
	case f.kind == "" && !f.overwrite:
		return nil, cmdutil.Usage("--type is missing", kinds)
	case f.kind != "" && !cmd.Flags().Changed("base-job-template") && !slices.Contains(poolKinds(), f.kind):
		return nil, cmdutil.Usage(fmt.Sprintf("unknown work pool type %q; a type of your own needs --base-job-template", f.kind), suggest.Hint(f.kind, poolKinds(), kinds))
	}
	if !cmd.Flags().Changed("base-job-template") {
		return nil, nil
	}
	return readTemplate(a, f.template)
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
			return nil, cmdutil.Usage(fmt.Sprintf("--type is missing: there is no work pool %s yet", name), "types: "+strings.Join(poolKinds(), ", "))
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
	create := prefect.WorkPoolCreate{Name: name, Type: f.kind, Description: f.description, BaseJobTemplate: f.given, IsPaused: f.paused}
	if cmd.Flags().Changed("concurrency-limit") {
		create.ConcurrencyLimit = &f.limit
	}
	if f.given == nil {
		template, err := templateFor(cmd.Context(), p, f.kind)
		if err != nil {
			return prefect.WorkPool{}, err
		}
		create.BaseJobTemplate = template
	}
	var err error
	if create.BaseJobTemplate, err = f.defaults.apply(cmd.Context(), p, create.BaseJobTemplate); err != nil {
		return prefect.WorkPool{}, err
	}
	pool, err := p.Client.CreateWorkPool(cmd.Context(), create)
	if errors.Is(err, prefect.ErrConflict) {
		return pool, poolExists(name) // somebody was quicker
	}
	return pool, err
}

// templateFor is the template of a new pool that was given none; nil leaves it empty.
func templateFor(ctx context.Context, p *cmdutil.Prefect, kind string) (json.RawMessage, error) {
	if servedByPacific(kind) {
		version, err := p.Client.ServerVersion(ctx)
		if err != nil {
			return nil, err
		}
		return jobtemplate.BaseJobTemplate(kind, version)
	}
	return nil, nil
}

// overwritePool changes what is given, and the template in any case: that is what somebody who creates a pool anew wants
// renewed. It gives the pool as it is then: the server answers a change with nothing.
func overwritePool(p *cmdutil.Prefect, cmd *cobra.Command, pool prefect.WorkPool, f poolFlags) (prefect.WorkPool, error) {
	update := poolUpdate(cmd, f.description, f.limit)
	if cmd.Flags().Changed("paused") {
		update.IsPaused = prefect.Set(f.paused)
	}
	template, err := f.given, error(nil)
	switch {
	case f.given != nil:
	case servedByPacific(pool.Type):
		template, err = templateFor(cmd.Context(), p, pool.Type)
	case f.defaults.any():
		template = pool.BaseJobTemplate
	}
	if err != nil {
		return pool, err
	}
	if template != nil {
		if template, err = f.defaults.apply(cmd.Context(), p, template); err != nil {
			return pool, err
		}
		update.BaseJobTemplate = prefect.Set(template)
	}
	if err := updatePool(cmd.Context(), p, pool.Name, update); err != nil {
		return pool, err
	}
	return p.Client.WorkPool(cmd.Context(), pool.Name)
}
