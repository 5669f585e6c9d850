package workpool

import (
	"context"
	"encoding/json"

	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/pacific-aci/pacific/prefect"
	"github.com/spf13/cobra"
)

func newUpdate(a *cmdutil.App) *cobra.Command {
	var f poolFlags
	var unlimited bool
	cmd := &cobra.Command{
		Use:   "update NAME [flags]",
		Short: "Change a work pool",
		Long: `Update changes what is given and nothing else. A pool's name and type cannot be
changed.

--set, --credentials, --resource-group and --subscription give the variables of
the pool's template new defaults and leave the rest of it.`,
		Example: cmdutil.Lines(
			"pacific work-pool update aci --concurrency-limit 20",
			`pacific work-pool update aci --credentials aci-sp --resource-group jobs \`,
			`    --set env='{"TZ": "UTC"}'`,
			`pacific work-pool update aci --base-job-template pool.json`,
		),
		Args:              onePool,
		ValidArgsFunction: cmdutil.CompleteArgs(a.PoolNames(), 1),
		RunE:              func(cmd *cobra.Command, args []string) error { return runUpdate(a, cmd, args[0], f, unlimited) },
	}
	fl := cmd.Flags()
	fl.StringVar(&f.template, "base-job-template", "", "JSON `file` of the pool's template, or - for standard input")
	fl.StringVar(&f.description, "description", "", "what the pool is for")
	fl.IntVar(&f.limit, "concurrency-limit", 0, "how many of its runs may be active at once")
	fl.BoolVar(&unlimited, "no-concurrency-limit", false, "let any number of its runs be active at once")
	f.defaults.add(a, cmd)
	a.AddPrefectFlags(cmd)
	return cmd
}

func runUpdate(a *cmdutil.App, cmd *cobra.Command, name string, f poolFlags, unlimited bool) error {
	if err := checkLimit(cmd, f.limit); err != nil {
		return err
	}
	if err := f.defaults.read(cmd); err != nil {
		return err
	}
	changed := cmd.Flags().Changed
	switch {
	case unlimited && changed("concurrency-limit"):
		return cmdutil.Usage("--concurrency-limit and --no-concurrency-limit cannot be used together", "")
	case !unlimited && !changed("concurrency-limit") && !changed("description") && !changed("base-job-template") && !f.defaults.any():
		return cmdutil.Usage("nothing to change: no flag given", "--set, --credentials, --base-job-template, --description, --concurrency-limit or --no-concurrency-limit")
	}
	update := poolUpdate(cmd, f.description, f.limit)
	if unlimited {
		update.ConcurrencyLimit = prefect.Null[int]()
	}
	var template json.RawMessage
	if changed("base-job-template") {
		var err error
		if template, err = readTemplate(cmd.Context(), a, f.template); err != nil {
			return err
		}
	}
	return changePool(a, cmd, name, change{done: "updated", update: update, template: template, defaults: f.defaults})
}

// poolUpdate takes the flags that create and update share.
func poolUpdate(cmd *cobra.Command, description string, limit int) prefect.WorkPoolUpdate {
	var update prefect.WorkPoolUpdate
	if cmd.Flags().Changed("description") {
		update.Description = prefect.Set(description)
	}
	if cmd.Flags().Changed("concurrency-limit") {
		update.ConcurrencyLimit = prefect.Set(limit)
	}
	return update
}

// updatePool sends nothing where nothing is to be changed.
func updatePool(ctx context.Context, p *cmdutil.Prefect, name string, u prefect.WorkPoolUpdate) error {
	if u.Description.IsZero() && u.ConcurrencyLimit.IsZero() && u.IsPaused.IsZero() && u.BaseJobTemplate.IsZero() {
		return nil
	}
	return cmdutil.PoolError(p.Client.UpdateWorkPool(ctx, name, u), name)
}

// change is what happens to a pool.
type change struct {
	done   string
	update prefect.WorkPoolUpdate
	// template replaces the pool's; nil: none does. The defaults go into the one that the pool then has.
	template json.RawMessage
	defaults defaultFlags
}

// changePool updates a pool, says so, and shows it to a program.
func changePool(a *cmdutil.App, cmd *cobra.Command, name string, c change) error {
	p, err := a.OpenPrefect(cmd)
	if err != nil {
		return err
	}
	if c.template == nil && c.defaults.any() {
		pool, err := p.Client.WorkPool(cmd.Context(), name)
		if err != nil {
			return cmdutil.PoolError(err, name)
		}
		c.template = pool.BaseJobTemplate
	}
	if c.template != nil {
		if c.template, err = c.defaults.apply(cmd.Context(), p, c.template); err != nil {
			return err
		}
		c.update.BaseJobTemplate = prefect.Set(c.template)
	}
	if err := updatePool(cmd.Context(), p, name, c.update); err != nil {
		return err
	}
	a.Say.Status(c.done + " work pool " + name)
	if !p.WantsJSON() {
		return nil
	}
	pool, err := p.Client.WorkPool(cmd.Context(), name)
	if err != nil {
		return cmdutil.PoolError(err, name)
	}
	return a.Out.JSON(viewOfPool(pool, p.Settings))
}
