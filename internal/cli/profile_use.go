package cli

import (
	"fmt"

	"github.com/pacific-aci/pacific/prefect/profiles"
	"github.com/spf13/cobra"
)

func (a *app) profileUseCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "use NAME",
		Short: "Make a profile the active one",
		Long: `Use makes a profile the active one, for Pacific and for Prefect's own command
line. PREFECT_PROFILE and --profile win over it where they are given.`,
		Example:           lines("pacific profile use local"),
		Args:              oneProfile,
		ValidArgsFunction: completeArgs(a.profileNames, 1),
		RunE:              func(cmd *cobra.Command, args []string) error { return a.profileUse(cmd, args[0]) },
	}
	addSettings(cmd, "output")
	return cmd
}

// profileChange is what was done to a profile, in JSON. It holds no values.
type profileChange struct {
	Name string `json:"name"`
	Path string `json:"path"`
	// Outcome is active, created, set or unset.
	Outcome  string   `json:"outcome"`
	Settings []string `json:"settings,omitempty"`
}

func (a *app) profileUse(cmd *cobra.Command, name string) error {
	p, err := a.openProfiles(cmd)
	if err != nil {
		return err
	}
	path := p.profiles.Path
	if err := a.updateProfiles(path, func(file *profiles.File) error { return file.Use(name) }); err != nil {
		return err
	}
	a.say.Status(fmt.Sprintf("profile %s is active (%s)", name, path))
	if wanted, _ := a.world.LookupEnv("PREFECT_PROFILE"); wanted != "" && wanted != name {
		a.say.Warning("PREFECT_PROFILE is " + wanted + ", which wins over the active profile")
	}
	if p.wantsJSON() {
		return a.out.JSON(profileChange{Name: name, Path: path, Outcome: "active"})
	}
	return nil
}
