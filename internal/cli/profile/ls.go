package profile

import (
	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/pacific-aci/pacific/prefect/profiles"
	"github.com/spf13/cobra"
)

func newLs(a *cmdutil.App) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "ls",
		Aliases: []string{"list"},
		Short:   "List Prefect's profiles",
		Long: `Ls lists the profiles in Prefect's file and those that are built into Prefect. A
star marks the one in use.`,
		Example: cmdutil.Lines(
			"pacific profile ls",
			"pacific profile ls --output json | jq -r '.[] | select(.inUse) | .apiURL'",
		),
		Args: cmdutil.NoArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return runLs(a, cmd) },
	}
	cmdutil.AddSettings(cmd, "output")
	return cmd
}

// profileRow is one profile of the list, in JSON.
type profileRow struct {
	Name string `json:"name"`
	// Active: the file names it. InUse: it counts here and now, because PREFECT_PROFILE may name another.
	Active   bool   `json:"active"`
	InUse    bool   `json:"inUse"`
	Packaged bool   `json:"packaged"`
	APIURL   string `json:"apiURL"`
}

func runLs(a *cmdutil.App, cmd *cobra.Command) error {
	p, err := a.OpenProfiles(cmd)
	if err != nil {
		return err
	}
	views := []profileRow{}
	var rows [][]string
	for _, profile := range p.Profiles.All() {
		v := profileRow{
			Name: profile.Name, Active: profile.Name == p.Profiles.Active, InUse: profile.Name == p.Settings.Profile,
			Packaged: profile.Packaged, APIURL: shownIn(profile, "PREFECT_API_URL"),
		}
		views = append(views, v)
		name, from := v.Name, "file"
		if v.InUse {
			name += " *"
		}
		if v.Packaged {
			from = "Prefect"
		}
		rows = append(rows, []string{name, from, v.APIURL})
	}
	if p.WantsJSON() {
		return a.Out.JSON(views)
	}
	a.Out.List([]string{"PROFILE", "FROM", "API"}, rows)
	if p.Settings.ProfilePlace == "PREFECT_PROFILE" && p.Profiles.Active != p.Settings.Profile {
		a.Say.Status("PREFECT_PROFILE selects " + p.Settings.Profile + "; the active profile in the file is " + p.Profiles.Active)
	}
	a.WarnOfPrefect(cmd, p.Settings)
	return nil
}

// shownIn is a profile's setting as it may be printed.
func shownIn(profile profiles.Profile, name string) string {
	value, _ := profile.Value(name)
	return profiles.Entry{Name: name, Value: value}.Shown()
}
