package cmdutil

import (
	"errors"
	"fmt"
	"strings"

	"github.com/pacific-aci/pacific/internal/config"
	"github.com/pacific-aci/pacific/prefect"
	"github.com/pacific-aci/pacific/prefect/profiles"
	"github.com/spf13/cobra"
)

// PrefectConfig is what every command of Prefect's side is told.
type PrefectConfig struct {
	// output is Pacific's own settings, of which these commands use the one called output.
	output *config.Config
	// Settings are Prefect's own.
	Settings *profiles.Settings
}

// WantsJSON reports whether the command prints JSON.
func (p PrefectConfig) WantsJSON() bool { return p.output.Get("output") == "json" }

// PrefectConfig reads both. It says none of the warnings of Prefect's settings.
func (a *App) PrefectConfig(cmd *cobra.Command) (PrefectConfig, error) {
	output, err := a.Settings(cmd)
	if err != nil {
		return PrefectConfig{}, err
	}
	settings, err := a.PrefectSettings(cmd)
	return PrefectConfig{output, settings}, err
}

// Prefect is Prefect as one command sees it: its settings, and the API that they name.
type Prefect struct {
	PrefectConfig
	Client *prefect.Client
}

// AddPrefectFlags gives cmd the flags of every command that uses Prefect's settings.
func (a *App) AddPrefectFlags(cmd *cobra.Command) {
	a.AddProfileFlag(cmd)
	AddSettings(cmd, "output")
}

// AddProfileFlag gives cmd the flag that names a profile of Prefect's.
func (a *App) AddProfileFlag(cmd *cobra.Command) {
	cmd.Flags().String("profile", "", "Prefect `profile` to use instead of PREFECT_PROFILE and the active one")
	CompleteFlag(cmd, "profile", a.ProfileNames)
}

// OpenPrefect reads the settings of cmd and makes a client for the API that they name. Nothing is sent yet.
func (a *App) OpenPrefect(cmd *cobra.Command) (*Prefect, error) {
	c, err := a.PrefectConfig(cmd)
	if err != nil {
		return nil, err
	}
	a.WarnOfPrefect(cmd, c.Settings)
	client, err := a.PrefectClient(c.Settings, nil)
	if err != nil {
		return nil, err
	}
	return &Prefect{c, client}, nil
}

// PrefectSettings reads Prefect's own settings, by Prefect's own precedence.
func (a *App) PrefectSettings(cmd *cobra.Command) (*profiles.Settings, error) {
	return a.PrefectSettingsOver(cmd, nil)
}

// PrefectSettingsOver reads Prefect's own settings with others, by their names, that win over every place.
func (a *App) PrefectSettingsOver(cmd *cobra.Command, over map[string]string) (*profiles.Settings, error) {
	source := profiles.Source{LookupEnv: a.Env.LookupEnv, Dir: a.Env.Dir, Given: over}
	if a.Env.Environ != nil {
		for _, variable := range a.Env.Environ() {
			name, _, _ := strings.Cut(variable, "=")
			source.Names = append(source.Names, name)
		}
	}
	if flag := cmd.Flags().Lookup("profile"); flag != nil && flag.Changed {
		if source.Profile = flag.Value.String(); source.Profile == "" {
			return nil, Usage("--profile is empty", "{} lists the profiles", ListProfiles())
		}
	}
	settings, err := profiles.LoadSettings(source)
	if err != nil {
		return nil, &PrefectSettingsError{err: err}
	}
	return settings, nil
}

// PrefectClient makes a client; what it refuses can only be a setting, because nothing is sent. tune may change what the
// settings say, nil leaves it.
func (a *App) PrefectClient(settings *profiles.Settings, tune func(*prefect.Options)) (*prefect.Client, error) {
	url := settings.Value("PREFECT_API_URL")
	if url.Value == "" {
		return nil, noPrefectAPI(settings)
	}
	o, err := settings.Options()
	if err != nil {
		return nil, &PrefectSettingsError{err: err}
	}
	if a.Env.Transport != nil {
		o.Transport, o.TLS = a.Env.Transport, prefect.TLSOptions{}
	}
	o.Waiting = a.waitsForPrefect
	if tune != nil {
		tune(&o)
	}
	client, err := prefect.NewClient(o)
	if err != nil {
		return nil, &PrefectSettingsError{err, whereSet(settings, err)}
	}
	return client, nil
}

// whereSet says where the setting comes from of which no client can be made.
func whereSet(settings *profiles.Settings, err error) string {
	name := "PREFECT_API_URL"
	if e, ok := errors.AsType[*prefect.SettingError](err); ok && settings.Value(e.Setting).Value != "" {
		name = e.Setting
	}
	return name + " is from " + settings.Value(name).Where()
}

func noPrefectAPI(settings *profiles.Settings) error {
	return Usage(fmt.Sprintf("no Prefect API is set: PREFECT_API_URL is neither in the environment nor in profile %s", settings.Profile),
		waysToAPrefect, SetLocalAPI(), StartPrefect())
}

const waysToAPrefect = "set the address of your server: {}; or export PREFECT_API_URL; or start one in memory: {}"

// WaysToAPrefect is the hint for somebody who has no PREFECT_API_URL.
func WaysToAPrefect() string { return Advice(waysToAPrefect, SetLocalAPI(), StartPrefect()) }

// URLWithPassword reports whether a value is an address such as http://user:password@host, even one whose scheme was forgotten:
// whether something of it must not be shown.
func URLWithPassword(value string) bool {
	return profiles.SettingValue{Value: value}.Shown() != value
}
