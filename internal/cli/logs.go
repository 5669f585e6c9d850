package cli

import (
	"errors"
	"fmt"
	"slices"

	"github.com/pacific-aci/pacific/aci"
	"github.com/spf13/cobra"
)

func (a *app) logsCommand() *cobra.Command {
	var follow, timestamps bool
	var tail int
	cmd := &cobra.Command{
		Use:     "logs [-f] [--tail N] [--timestamps] NAME",
		GroupID: groupJobs,
		Short:   "Print a job's output",
		Long: `Logs prints what Azure still has of a job's output: up to 4 MB while it runs,
the last 16 KB once its container has stopped. With -f it goes on until the
container ends.`,
		Example: lines(
			"pacific logs nightly-7f3k",
			"pacific logs -f --tail 20 nightly-7f3k",
		),
		Args: names(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if cmd.Flags().Changed("tail") && tail <= 0 {
				return &usageError{fmt.Sprintf("--tail is %d: it must be 1 or more", tail), "leave it out for all that there is"}
			}
			return a.logs(cmd, args[0], aci.LogOptions{Follow: follow, Tail: tail, Timestamps: timestamps})
		},
	}
	cmd.Flags().BoolVarP(&follow, "follow", "f", false, "go on until the container ends")
	cmd.Flags().IntVar(&tail, "tail", 0, "only the last `N` lines of what is there (default all)")
	cmd.Flags().BoolVar(&timestamps, "timestamps", false, "put Azure's time before each line")
	addSettings(cmd, accountSettings()...)
	return cmd
}

func (a *app) logs(cmd *cobra.Command, name string, o aci.LogOptions) error {
	t, err := a.open(cmd.Context(), cmd)
	if err != nil {
		return err
	}
	o.Output, o.Events = a.stdout, a.waits
	o.Gap = func(g aci.Gap) { a.say.Warning(gapWords(g)) }
	return lookUp(t.client.Logs(cmd.Context(), name, o))
}

// lookUp adds where to look for the right name to an error that knows no such
// container group.
func lookUp(err error) error {
	if errors.Is(err, aci.ErrNotFound) {
		return withHint(err, "pacific ps --all lists what there is")
	}
	return err
}

// names takes container group names as arguments, most 0: any number.
func names(least, most int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		see := fmt.Sprintf("see %s --help; pacific ps lists names", cmd.CommandPath())
		switch {
		case len(args) < least:
			return &usageError{cmd.CommandPath() + " needs the name of a job", see}
		case most > 0 && len(args) > most:
			return &usageError{fmt.Sprintf("%s takes one name, got also %q", cmd.CommandPath(), args[most]), see}
		}
		if slices.Contains(args, "") {
			return &usageError{cmd.CommandPath() + ": a name is empty", see}
		}
		return nil
	}
}
