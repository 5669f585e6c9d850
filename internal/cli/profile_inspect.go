package cli

import (
	"github.com/pacific-aci/pacific/internal/console"
	"github.com/pacific-aci/pacific/prefect/profiles"
	"github.com/spf13/cobra"
)

func (a *app) profileInspectCommand() *cobra.Command {
	var secrets bool
	cmd := &cobra.Command{
		Use:   "inspect [NAME]",
		Short: "Show the settings of a profile",
		Long: `Inspect shows what a profile sets: the named one, or the one in use. Secrets are
masked unless --show-secrets is given.`,
		Example: lines(
			"pacific profile inspect",
			"pacific profile inspect local --output json",
		),
		Args:              atMostOneProfile,
		ValidArgsFunction: completeArgs(a.profileNames, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.profileInspect(cmd, append(args, "")[0], secrets)
		},
	}
	cmd.Flags().BoolVar(&secrets, "show-secrets", false, "print secrets in clear")
	addSettings(cmd, "output")
	return cmd
}

// profileView is one profile in JSON.
type profileView struct {
	Name     string `json:"name"`
	Path     string `json:"path"`
	Active   bool   `json:"active"`
	InUse    bool   `json:"inUse"`
	Packaged bool   `json:"packaged"`
	// Settings are under the names that the file uses; secrets are masked unless they were asked for.
	Settings map[string]string `json:"settings"`
}

func (a *app) profileInspect(cmd *cobra.Command, name string, secrets bool) error {
	p, err := a.openProfiles(cmd)
	if err != nil {
		return err
	}
	if name == "" {
		if name, err = a.profileInUse(p.settings); err != nil {
			return err
		}
	}
	profile, ok := p.profiles.Profile(name)
	if !ok {
		return &profiles.UnknownProfileError{Name: name, Path: p.profiles.Path, Known: p.profiles.Names()}
	}
	view := profileView{
		Name: name, Path: p.profiles.Path, Active: name == p.profiles.Active, InUse: name == p.settings.Profile,
		Packaged: profile.Packaged, Settings: map[string]string{},
	}
	var rows [][]string
	for _, s := range profile.Settings {
		shown := s.Shown()
		if secrets {
			shown = s.Value
		}
		view.Settings[s.Name] = shown
		rows = append(rows, []string{s.Name, console.Flat(shown)})
	}
	if p.wantsJSON() {
		return a.out.JSON(view)
	}
	if len(rows) == 0 {
		a.say.Status("profile " + name + " sets nothing")
		return nil
	}
	a.out.Table([]string{"SETTING", "VALUE"}, rows)
	return nil
}
