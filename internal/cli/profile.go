package cli

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pacific-aci/pacific/internal/suggest"
	"github.com/pacific-aci/pacific/prefect/profiles"
	"github.com/spf13/cobra"
)

func (a *app) profileCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "profile COMMAND",
		GroupID: groupPrefect,
		Short:   "Show and change Prefect's profiles and their settings",
		Long: `Profile works on Prefect's own file of profiles (~/.prefect/profiles.toml, or
where PREFECT_PROFILES_PATH says), which Prefect's command line reads too.
Comments in it stay, and only its owner can read it.`,
		Example: lines(
			"pacific profile ls",
			"pacific profile set PREFECT_API_URL=http://127.0.0.1:4200/api",
		),
		Args: a.onlyCommands,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(
		a.profileLsCommand(),
		a.profileInspectCommand(),
		a.profileUseCommand(),
		a.profileCreateCommand(),
		a.profileSetCommand(),
		a.profileUnsetCommand(),
	)
	return withoutFiles(cmd)
}

// profileSide is the file of the profiles as one command sees it.
type profileSide struct {
	prefectConfig
	profiles *profiles.File
}

// openProfiles reads the profiles. It says none of the warnings of the settings: these commands are there to mend them.
func (a *app) openProfiles(cmd *cobra.Command) (*profileSide, error) {
	c, err := a.prefectConfig(cmd)
	if err != nil {
		return nil, err
	}
	file, err := profiles.Read(c.settings.ProfilesPath)
	if err != nil {
		return nil, &prefectSettingsError{err: err}
	}
	return &profileSide{c, file}, nil
}

// profileInUse is the profile that a change is for. Where PREFECT_PROFILE names one that does not exist, Prefect falls back
// to another; a change there would hit the wrong one.
func (a *app) profileInUse(settings *profiles.Settings) (string, error) {
	wanted, _ := a.world.LookupEnv("PREFECT_PROFILE")
	if wanted == "" || wanted == settings.Profile || settings.ProfilePlace == "--profile" {
		return settings.Profile, nil
	}
	file, err := profiles.Read(settings.ProfilesPath)
	if err != nil {
		return "", &prefectSettingsError{err: err}
	}
	return "", &profiles.UnknownProfileError{Name: wanted, Path: file.Path, Known: file.Names()}
}

// oneProfile is the argument of use and create.
func oneProfile(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return &usageError{cmd.CommandPath() + " needs the name of a profile", "pacific profile ls lists them"}
	}
	return atMostOneProfile(cmd, args)
}

func atMostOneProfile(cmd *cobra.Command, args []string) error {
	switch {
	case len(args) > 1:
		return &usageError{fmt.Sprintf("%s takes one name, got also %q", cmd.CommandPath(), args[1]), "see " + cmd.CommandPath() + " --help"}
	case len(args) == 1 && strings.TrimSpace(args[0]) == "":
		return &usageError{cmd.CommandPath() + ": the name is empty", "pacific profile ls lists them"}
	}
	return nil
}

// unknownSetting refuses a name that Prefect does not know, with the nearest one that it does; nil for those it knows.
func unknownSetting(name string) error {
	if _, ok := profiles.FindSetting(name); ok {
		return nil
	}
	hint := "settings have names such as PREFECT_API_URL"
	var names []string
	for _, s := range profiles.KnownSettings() {
		names = append(append(names, s.Name), s.Aliases...)
	}
	upper := strings.ToUpper(name)
	switch near := suggest.Nearest(upper, names); {
	case slices.Contains(names, upper):
		hint = fmt.Sprintf("did you mean %s?", upper)
	case near != "":
		hint = fmt.Sprintf("did you mean %s?", near)
	case slices.Contains(names, "PREFECT_"+upper):
		hint = fmt.Sprintf("did you mean PREFECT_%s?", upper)
	}
	return &usageError{fmt.Sprintf("Prefect knows no setting %q", name), hint}
}

// updateProfiles changes the file; what the change refuses is wrong usage.
func (a *app) updateProfiles(path string, change func(*profiles.File) error) error {
	if !slices.ContainsFunc([]string{"HOME", "USERPROFILE", "PREFECT_HOME", "PREFECT_PROFILES_PATH"}, a.isSet) {
		return &usageError{"nothing says where Prefect's profiles are: HOME is not set", "set HOME, or PREFECT_HOME to the folder of profiles.toml"}
	}
	err := profiles.Update(path, change)
	if _, unknown := errors.AsType[*profiles.UnknownProfileError](err); err != nil && !unknown {
		return fmt.Errorf("changing Prefect's profiles: %w", err)
	}
	return err
}

// isSet tells whether a variable of the environment has a value.
func (a *app) isSet(name string) bool {
	value, _ := a.world.LookupEnv(name)
	return value != ""
}

// overruled warns where a place that Prefect asks before the profile has the setting too.
func (a *app) overruled(cmd *cobra.Command, names []string) {
	settings, err := a.prefectSettings(cmd)
	if err != nil {
		return // whoever reads the settings next is told
	}
	for _, name := range names {
		switch v := settings.Value(name); v.Origin {
		case profiles.OriginProfile, profiles.OriginDefault:
		default:
			a.say.Warning(fmt.Sprintf("%s is set in %s, which wins over the profile", name, v.Where()))
		}
	}
}
