// Package job has the commands that run jobs and look after them: run, wait,
// ps, logs, exec, kill and gc.
package job

import (
	"errors"
	"fmt"
	"slices"

	"github.com/pacific-aci/pacific/aci"
	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/spf13/cobra"
)

// withLookUpHint adds where to look for the right name to an error that knows no such
// container group.
func withLookUpHint(err error) error {
	if errors.Is(err, aci.ErrNotFound) {
		return cmdutil.WithHint(err, "{} lists all jobs", cmdutil.ListAllJobs())
	}
	return err
}

// names takes container group names as arguments, most 0: any number.
func names(least, most int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		const see = "see {}; {} lists names"
		switch {
		case len(args) < least:
			return cmdutil.Usage(cmd.CommandPath()+" needs the name of a job", see, cmdutil.Help(cmd), cmdutil.ListJobs())
		case most > 0 && len(args) > most:
			return cmdutil.Usage(fmt.Sprintf("%s takes one name, got also %q", cmd.CommandPath(), args[most]), see, cmdutil.Help(cmd), cmdutil.ListJobs())
		}
		if slices.Contains(args, "") {
			return cmdutil.Usage(cmd.CommandPath()+": a name is empty", see, cmdutil.Help(cmd), cmdutil.ListJobs())
		}
		return nil
	}
}
