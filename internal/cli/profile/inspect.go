package profile

import (
	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/pacific-aci/pacific/internal/console"
	"github.com/pacific-aci/pacific/prefect/profiles"
	"github.com/spf13/cobra"
)

func newInspect(a *cmdutil.App) *cobra.Command {
	var secrets bool
	cmd := &cobra.Command{
		Use:     "inspect [NAME]",
		Aliases: []string{"show"},
		Short:   "Show the settings of a profile",
		Long: `Inspect shows what a profile sets: the named one, or the one in use. Secrets are
masked unless --show-secrets is given.`,
		Example: cmdutil.Lines(
			"pacific profile inspect",
			"pacific profile inspect local --output json",
		),
		Args:              atMostOneProfile,
		ValidArgsFunction: cmdutil.CompleteArgs(a.ProfileNames, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return runInspect(a, cmd, append(args, "")[0], secrets)
		},
	}
	cmd.Flags().BoolVar(&secrets, "show-secrets", false, "show secrets in plain text")
	cmdutil.AddSettings(cmd, "output")
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

func runInspect(a *cmdutil.App, cmd *cobra.Command, name string, secrets bool) error {
	p, err := a.OpenProfiles(cmd)
	if err != nil {
		return err
	}
	if name == "" {
		if name, err = a.ProfileInUse(p.Settings); err != nil {
			return err
		}
	}
	profile, ok := p.Profiles.Profile(name)
	if !ok {
		return &profiles.UnknownProfileError{Name: name, Path: p.Profiles.Path, Known: p.Profiles.Names()}
	}
	view := profileView{
		Name: name, Path: p.Profiles.Path, Active: name == p.Profiles.Active, InUse: name == p.Settings.Profile,
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
	if p.WantsJSON() {
		return a.Out.JSON(view)
	}
	if len(rows) == 0 {
		a.Say.Status("profile " + name + " has no settings")
		return nil
	}
	a.Out.Table([]string{"SETTING", "VALUE"}, rows)
	return nil
}
