package cli

import (
	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/spf13/cobra"
)

// newHelp is the flag library's, but for an unknown command, which exits
// with ExitUsage here and not with success.
func newHelp() *cobra.Command {
	return &cobra.Command{
		Use:     "help [COMMAND]",
		GroupID: cmdutil.GroupSetup,
		Short:   "Show help for a command",
		Example: cmdutil.Lines("pacific help run"),
		RunE: func(cmd *cobra.Command, args []string) error {
			of, rest, err := cmd.Root().Find(args)
			if err != nil {
				return err
			}
			if len(rest) > 0 {
				return cmdutil.OnlyCommands(of, rest)
			}
			of.InitDefaultHelpFlag()
			return of.Help()
		},
	}
}
