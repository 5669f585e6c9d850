package cmdutil

import (
	"fmt"
	"slices"

	"github.com/pacific-aci/pacific/prefect/profiles"
	"github.com/spf13/cobra"
)

// Profiles is the file of the profiles as one command sees it.
type Profiles struct {
	PrefectConfig
	Profiles *profiles.File
}

// OpenProfiles reads the profiles. It says none of the warnings of the settings: these commands are there to mend them.
func (a *App) OpenProfiles(cmd *cobra.Command) (*Profiles, error) {
	c, err := a.PrefectConfig(cmd)
	if err != nil {
		return nil, err
	}
	file, err := profiles.Read(c.Settings.ProfilesPath)
	if err != nil {
		return nil, &PrefectSettingsError{err: err}
	}
	a.WarnOfMissingProfile(c.Settings)
	return &Profiles{c, file}, nil
}

// ProfileInUse is the profile that a change is for. Where PREFECT_PROFILE names one that does not exist, Prefect falls back
// to another; a change there would hit the wrong one.
func (a *App) ProfileInUse(settings *profiles.Settings) (string, error) {
	wanted, _ := a.Env.LookupEnv("PREFECT_PROFILE")
	if wanted == "" || wanted == settings.Profile || settings.ProfilePlace == "--profile" {
		return settings.Profile, nil
	}
	file, err := profiles.Read(settings.ProfilesPath)
	if err != nil {
		return "", &PrefectSettingsError{err: err}
	}
	return "", &profiles.UnknownProfileError{Name: wanted, Path: file.Path, Known: file.Names()}
}

// UpdateProfiles changes the file; what the change refuses is wrong usage.
func (a *App) UpdateProfiles(path string, change func(*profiles.File) error) error {
	if err := a.ProfilesCanBeFound(); err != nil {
		return err
	}
	return profiles.Update(path, change)
}

// ProfilesCanBeFound refuses an environment that does not say where Prefect's profiles are.
func (a *App) ProfilesCanBeFound() error {
	if slices.ContainsFunc([]string{"HOME", "USERPROFILE", "PREFECT_HOME", "PREFECT_PROFILES_PATH"}, a.IsSet) {
		return nil
	}
	return Usage("nothing says where Prefect's profiles are: HOME is not set", "set HOME, or PREFECT_HOME to the folder of profiles.toml")
}

// IsSet reports whether a variable of the environment has a value.
func (a *App) IsSet(name string) bool {
	value, _ := a.Env.LookupEnv(name)
	return value != ""
}

// Overruled warns where a place that Prefect asks before the profile has the setting too.
func (a *App) Overruled(cmd *cobra.Command, names []string) {
	settings, err := a.PrefectSettings(cmd)
	if err != nil {
		return // whoever reads the settings next is told
	}
	for _, name := range names {
		switch v := settings.Value(name); v.Origin {
		case profiles.OriginProfile, profiles.OriginDefault:
		default:
			a.Say.Warning(fmt.Sprintf("%s is set in %s, which wins over the profile", name, v.Where()))
		}
	}
}
