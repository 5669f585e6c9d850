package cli

import (
	"context"

	"github.com/pacific-aci/pacific/prefect"
	"github.com/spf13/cobra"
)

func (a *app) workPoolUpdateCommand() *cobra.Command {
	var f poolFlags
	var unlimited bool
	cmd := &cobra.Command{
		Use:   "update NAME [flags]",
		Short: "Change a work pool",
		Long: `Update changes what is given and leaves everything else. A pool's name and type
cannot be changed.`,
		Example: lines(
			"pacific work-pool update aci --concurrency-limit 20",
			"pacific work-pool update aci --base-job-template template.json --description nightly",
		),
		Args:              onePool,
		ValidArgsFunction: completeArgs(a.poolNames(), 1),
		RunE:              func(cmd *cobra.Command, args []string) error { return a.workPoolUpdate(cmd, args[0], f, unlimited) },
	}
	fl := cmd.Flags()
	fl.StringVar(&f.template, "base-job-template", "", "JSON `file` of the pool's template, or - for standard input")
	fl.StringVar(&f.description, "description", "", "what the pool is for")
	fl.IntVar(&f.limit, "concurrency-limit", 0, "how many of its runs may be active at once")
	fl.BoolVar(&unlimited, "no-concurrency-limit", false, "let any number of its runs be active at once")
	a.addPrefectFlags(cmd)
	return cmd
}

func (a *app) workPoolUpdate(cmd *cobra.Command, name string, f poolFlags, unlimited bool) error {
	if err := checkLimit(cmd, f.limit); err != nil {
		return err
	}
	changed := cmd.Flags().Changed
	switch {
	case unlimited && changed("concurrency-limit"):
		return &usageError{"--concurrency-limit and --no-concurrency-limit exclude each other", ""}
	case !unlimited && !changed("concurrency-limit") && !changed("description") && !changed("base-job-template"):
		return &usageError{"nothing to change: no flag says what", "--base-job-template, --description, --concurrency-limit or --no-concurrency-limit"}
	}
	update := poolUpdate(cmd, f.description, f.limit)
	if unlimited {
		update.ConcurrencyLimit = prefect.Null[int]()
	}
	if cmd.Flags().Changed("base-job-template") {
		template, err := a.readTemplate(f.template)
		if err != nil {
			return err
		}
		update.BaseJobTemplate = prefect.Set(template)
	}
	return a.changePool(cmd, name, "updated", update)
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
func (p *prefectSide) updatePool(ctx context.Context, name string, u prefect.WorkPoolUpdate) error {
	if u.Description.IsZero() && u.ConcurrencyLimit.IsZero() && u.IsPaused.IsZero() && u.BaseJobTemplate.IsZero() {
		return nil
	}
	return poolError(p.client.UpdateWorkPool(ctx, name, u), name)
}

// changePool updates a pool, says so, and shows it to a program.
func (a *app) changePool(cmd *cobra.Command, name, done string, update prefect.WorkPoolUpdate) error {
	p, err := a.openPrefect(cmd)
	if err != nil {
		return err
	}
	if err := p.updatePool(cmd.Context(), name, update); err != nil {
		return err
	}
	a.say.Status(done + " work pool " + name)
	if !p.wantsJSON() {
		return nil
	}
	pool, err := p.client.WorkPool(cmd.Context(), name)
	if err != nil {
		return poolError(err, name)
	}
	return a.out.JSON(viewOfPool(pool, p.settings))
}
