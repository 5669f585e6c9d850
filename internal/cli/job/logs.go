package job

import (
	"fmt"

	"github.com/pacific-aci/pacific/aci"
	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/spf13/cobra"
)

// NewLogs makes `pacific logs`.
func NewLogs(a *cmdutil.App) *cobra.Command {
	var follow, timestamps bool
	var tail int
	cmd := &cobra.Command{
		Use:     "logs [-f] [--tail N] [--timestamps] NAME",
		GroupID: cmdutil.GroupJobs,
		Short:   "Print a job's output",
		Long: `Logs prints what Azure still has of a job's output: up to 4 MB while it runs,
the last 16 KB once its container has stopped. With -f it goes on until the
container ends.`,
		Example: cmdutil.Lines(
			"pacific logs nightly-7f3k",
			"pacific logs -f --tail 20 nightly-7f3k",
		),
		Args: names(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if cmd.Flags().Changed("tail") && tail <= 0 {
				return cmdutil.Usage(fmt.Sprintf("--tail is %d: it must be 1 or more", tail), "leave it out for all that there is")
			}
			return runLogs(a, cmd, args[0], aci.LogOptions{Follow: follow, Tail: tail, Timestamps: timestamps})
		},
	}
	cmd.Flags().BoolVarP(&follow, "follow", "f", false, "go on until the container ends")
	cmd.Flags().IntVar(&tail, "tail", 0, "only the last `N` lines of what is there (default all)")
	cmd.Flags().BoolVar(&timestamps, "timestamps", false, "put Azure's time before each line")
	cmdutil.AddSettings(cmd, cmdutil.AccountSettings()...)
	return cmd
}

func runLogs(a *cmdutil.App, cmd *cobra.Command, name string, o aci.LogOptions) error {
	t, err := a.Open(cmd.Context(), cmd)
	if err != nil {
		return err
	}
	o.Output, o.Events = a.Stdout, a.Waits
	o.Gap = func(g aci.Gap) { a.Say.Warning(gapWords(g)) }
	return withLookUpHint(t.Client.Logs(cmd.Context(), name, o))
}
