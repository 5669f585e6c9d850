package profile

import (
	"fmt"

	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/pacific-aci/pacific/prefect/profiles"
	"github.com/spf13/cobra"
)

func newUse(a *cmdutil.App) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "use NAME",
		Short: "Make a profile active",
		Long: `Use makes a profile active, for Pacific and for Prefect's own command line.
PREFECT_PROFILE and --profile win over the active profile.`,
		Example:           cmdutil.Lines("pacific profile use local"),
		Args:              oneProfile,
		ValidArgsFunction: cmdutil.CompleteArgs(a.ProfileNames, 1),
		RunE:              func(cmd *cobra.Command, args []string) error { return runUse(a, cmd, args[0]) },
	}
	cmdutil.AddSettings(cmd, "output")
	return cmd
}

// profileChange is what was done to a profile, in JSON. It holds no values.
type profileChange struct {
	Name string `json:"name"`
	Path string `json:"path"`
	// Outcome is active, created, set, unset, renamed or deleted.
	Outcome  string   `json:"outcome"`
	Settings []string `json:"settings,omitempty"`
}

func runUse(a *cmdutil.App, cmd *cobra.Command, name string) error {
	p, err := a.OpenProfiles(cmd)
	if err != nil {
		return err
	}
	path := p.Profiles.Path
	if err := a.UpdateProfiles(path, func(file *profiles.File) error { return file.Use(name) }); err != nil {
		return err
	}
	a.Say.Status(fmt.Sprintf("profile %s is active (%s)", name, path))
	if wanted, _ := a.Env.LookupEnv("PREFECT_PROFILE"); wanted != "" && wanted != name {
		a.Say.Warning("PREFECT_PROFILE is " + wanted + ", which wins over the active profile")
	}
	if p.WantsJSON() {
		return a.Out.JSON(profileChange{Name: name, Path: path, Outcome: "active"})
	}
	return nil
}
