package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/pacific-aci/pacific/internal/suggest"
	"github.com/spf13/cobra"
)

// shells are those that there is a script for.
var shells = []string{"bash", "zsh", "fish", "powershell"}

func newCompletion(a *cmdutil.App) *cobra.Command {
	return &cobra.Command{
		Use:     "completion bash|zsh|fish|powershell",
		GroupID: cmdutil.GroupSetup,
		Short:   "Print a script that completes pacific's commands and flags",
		Example: cmdutil.Lines(
			"source <(pacific completion bash)",
			`pacific completion zsh > "${fpath[1]}/_pacific"`,
			"pacific completion fish | source",
			"pacific completion powershell | Out-String | Invoke-Expression",
		),
		ValidArgs: shells,
		Args:      oneShell,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := runCompletion(a, cmd.Root(), args[0]); err != nil {
				return fmt.Errorf("writing the %s script: %w", args[0], err)
			}
			return nil
		},
	}
}

func oneShell(_ *cobra.Command, args []string) error {
	want := "shells: " + strings.Join(shells, ", ")
	switch {
	case len(args) != 1:
		return cmdutil.Usage("pacific completion takes the name of one shell", want)
	case !slices.Contains(shells, args[0]):
		return cmdutil.Usage(fmt.Sprintf("no completion for the shell %q", args[0]), suggest.Hint(args[0], shells, want))
	}
	return nil
}

func runCompletion(a *cmdutil.App, root *cobra.Command, shell string) error {
	switch shell {
	case "bash":
		return root.GenBashCompletionV2(a.Stdout, true)
	case "zsh":
		return root.GenZshCompletion(a.Stdout)
	case "fish":
		return root.GenFishCompletion(a.Stdout, true)
	default:
		return root.GenPowerShellCompletionWithDesc(a.Stdout)
	}
}
