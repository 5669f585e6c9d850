package cli

import "github.com/spf13/cobra"

// helpCommand is the flag library's, but for an unknown command, which exits
// with exitUsage here and not with success.
func (a *app) helpCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "help [COMMAND]",
		GroupID: groupSetup,
		Short:   "Show help for a command",
		Example: lines("pacific help run"),
		RunE: func(cmd *cobra.Command, args []string) error {
			of, rest, err := cmd.Root().Find(args)
			if err != nil {
				return err
			}
			if len(rest) > 0 {
				return a.onlyCommands(of, rest)
			}
			of.InitDefaultHelpFlag()
			return of.Help()
		},
	}
}
