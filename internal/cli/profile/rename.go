package profile

import (
	"fmt"
	"strings"

	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/pacific-aci/pacific/prefect/profiles"
	"github.com/spf13/cobra"
)

func newRename(a *cmdutil.App) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "rename OLD NEW",
		Short: "Give a profile another name",
		Long: `Rename gives a profile another name, which must be new. The active profile stays
the active one. Its settings, and comments in the file, stay as they are.`,
		Example:           cmdutil.Lines("pacific profile rename cloud-prod prod"),
		Args:              renameArgs,
		ValidArgsFunction: cmdutil.CompleteArgs(a.ProfileNames, 1),
		RunE:              func(cmd *cobra.Command, args []string) error { return runRename(a, cmd, args[0], args[1]) },
	}
	cmdutil.AddSettings(cmd, "output")
	return cmd
}

func renameArgs(cmd *cobra.Command, args []string) error {
	switch {
	case len(args) != 2:
		return cmdutil.Usage(fmt.Sprintf("%s takes the name of a profile and its new one, got %d arguments", cmd.CommandPath(), len(args)), "{} lists the profiles", cmdutil.ListProfiles())
	case strings.TrimSpace(args[0]) == "" || strings.TrimSpace(args[1]) == "":
		return cmdutil.Usage(cmd.CommandPath()+": a name is empty", "{} lists the profiles", cmdutil.ListProfiles())
	}
	return nil
}

// renamedView is what was renamed, in JSON.
type renamedView struct {
	profileChange
	// Was is the name before.
	Was string `json:"was"`
}

func runRename(a *cmdutil.App, cmd *cobra.Command, from, to string) error {
	p, err := a.OpenProfiles(cmd)
	if err != nil {
		return err
	}
	path := p.Profiles.Path
	if err := a.UpdateProfiles(path, func(file *profiles.File) error { return file.Rename(from, to) }); err != nil {
		return err
	}
	a.Say.Status(fmt.Sprintf("renamed profile %s to %s (%s)", from, to, path))
	if wanted, _ := a.Env.LookupEnv("PREFECT_PROFILE"); wanted == from {
		a.Say.Warning(fmt.Sprintf("PREFECT_PROFILE is still %s: set it to %s", from, to))
	}
	if p.WantsJSON() {
		return a.Out.JSON(renamedView{profileChange{Name: to, Path: path, Outcome: "renamed"}, from})
	}
	return nil
}
