package cli

import (
	"github.com/pacific-aci/pacific/prefect/profiles"
	"github.com/spf13/cobra"
)

func (a *app) profileLsCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "ls",
		Short: "List Prefect's profiles",
		Long: `Ls lists the profiles of Prefect's file and those that Prefect brings along.
The one in use is marked with a star.`,
		Example: lines(
			"pacific profile ls",
			"pacific profile ls --output json | jq -r '.[] | select(.inUse) | .apiURL'",
		),
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.profileLs(cmd) },
	}
	addSettings(cmd, "output")
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

func (a *app) profileLs(cmd *cobra.Command) error {
	p, err := a.openProfiles(cmd)
	if err != nil {
		return err
	}
	views := []profileRow{}
	var rows [][]string
	for _, profile := range p.profiles.All() {
		v := profileRow{
			Name: profile.Name, Active: profile.Name == p.profiles.Active, InUse: profile.Name == p.settings.Profile,
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
	if p.wantsJSON() {
		return a.out.JSON(views)
	}
	a.out.Table([]string{"PROFILE", "FROM", "API"}, rows)
	if p.settings.ProfilePlace == "PREFECT_PROFILE" && p.profiles.Active != p.settings.Profile {
		a.say.Status("PREFECT_PROFILE chooses " + p.settings.Profile + "; the file's own choice is " + p.profiles.Active)
	}
	for _, warning := range p.settings.Warnings {
		a.say.Warning(warning)
	}
	return nil
}

// shownIn is a profile's setting as it may be printed.
func shownIn(profile profiles.Profile, name string) string {
	value, _ := profile.Value(name)
	return profiles.Entry{Name: name, Value: value}.Shown()
}
