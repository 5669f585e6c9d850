package workpool

import (
	"context"

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
changed.`,
		Example: cmdutil.Lines(
			"pacific work-pool update aci --concurrency-limit 20",
			"pacific work-pool update aci --base-job-template template.json --description nightly",
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
	a.AddPrefectFlags(cmd)
	return cmd
}

func runUpdate(a *cmdutil.App, cmd *cobra.Command, name string, f poolFlags, unlimited bool) error {
	if err := checkLimit(cmd, f.limit); err != nil {
		return err
	}
	changed := cmd.Flags().Changed
	switch {
	case unlimited && changed("concurrency-limit"):
		return cmdutil.Usage("--concurrency-limit and --no-concurrency-limit cannot be used together", "")
	case !unlimited && !changed("concurrency-limit") && !changed("description") && !changed("base-job-template"):
		return cmdutil.Usage("nothing to change: no flag given", "--base-job-template, --description, --concurrency-limit or --no-concurrency-limit")
	}
	update := poolUpdate(cmd, f.description, f.limit)
	if unlimited {
		update.ConcurrencyLimit = prefect.Null[int]()
	}
	if cmd.Flags().Changed("base-job-template") {
		template, err := readTemplate(a, f.template)
		if err != nil {
			return err
		}
		update.BaseJobTemplate = prefect.Set(template)
	}
	return changePool(a, cmd, name, "updated", update)
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
	return poolError(p.Client.UpdateWorkPool(ctx, name, u), name)
}

// changePool updates a pool, says so, and shows it to a program.
func changePool(a *cmdutil.App, cmd *cobra.Command, name, done string, update prefect.WorkPoolUpdate) error {
	p, err := a.OpenPrefect(cmd)
	if err != nil {
		return err
	}
	if err := updatePool(cmd.Context(), p, name, update); err != nil {
		return err
	}
	a.Say.Status(done + " work pool " + name)
	if !p.WantsJSON() {
		return nil
	}
	pool, err := p.Client.WorkPool(cmd.Context(), name)
	if err != nil {
		return poolError(err, name)
	}
	return a.Out.JSON(viewOfPool(pool, p.Settings))
}
