package cli

import (
	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/spf13/cobra"
)

func newVersion(a *cmdutil.App) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "version",
		GroupID: cmdutil.GroupSetup,
		Short:   "Show the version of Pacific",
		Example: cmdutil.Lines("pacific version", "pacific version --output json"),
		Args:    cmdutil.NoArguments,
		RunE:    func(cmd *cobra.Command, _ []string) error { return runVersion(a, cmd) },
	}
	cmdutil.AddSettings(cmd, "output")
	return cmd
}

func runVersion(a *cmdutil.App, cmd *cobra.Command) error {
	settings, err := a.Settings(cmd)
	if err != nil {
		return err
	}
	b := cmdutil.ThisBuild()
	if settings.Get("output") == "json" {
		return a.Out.JSON(b)
	}
	a.Out.Line("%s", b)
	return nil
}
