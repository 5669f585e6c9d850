package cli

import (
	"fmt"

	"github.com/pacific-aci/pacific/internal/config"
	"github.com/pacific-aci/pacific/prefect"
	"github.com/pacific-aci/pacific/prefect/profiles"
	"github.com/spf13/cobra"
)

// prefectConfig is what every command of Prefect's side is told.
type prefectConfig struct {
	// output is Pacific's own settings, of which these commands use the one called output.
	output *config.Config
	// settings are Prefect's own.
	settings *profiles.Settings
}

// wantsJSON tells whether the command prints JSON.
func (p prefectConfig) wantsJSON() bool { return p.output.Get("output") == "json" }

// prefectConfig reads both. It says none of the warnings of Prefect's settings.
func (a *app) prefectConfig(cmd *cobra.Command) (prefectConfig, error) {
	output, err := a.settings(cmd)
	if err != nil {
		return prefectConfig{}, err
	}
	settings, err := a.prefectSettings(cmd)
	return prefectConfig{output, settings}, err
}

// prefectSide is Prefect as one command sees it: its settings, and the API that they name.
type prefectSide struct {
	prefectConfig
	client *prefect.Client
}

// addPrefectFlags gives cmd the flags of every command that uses Prefect's settings.
func (a *app) addPrefectFlags(cmd *cobra.Command) {
	cmd.Flags().String("profile", "", "Prefect `profile` whose settings count, before PREFECT_PROFILE and the active one")
	completeFlag(cmd, "profile", a.profileNames)
	addSettings(cmd, "output")
}

// openPrefect reads the settings of cmd and makes a client for the API that they name. Nothing is sent yet.
func (a *app) openPrefect(cmd *cobra.Command) (*prefectSide, error) {
	c, err := a.prefectConfig(cmd)
	if err != nil {
		return nil, err
	}
	for _, warning := range c.settings.Warnings {
		a.say.Warning(warning)
	}
	client, err := a.prefectClient(c.settings, nil)
	if err != nil {
		return nil, err
	}
	return &prefectSide{c, client}, nil
}

// prefectSettings reads Prefect's own settings, by Prefect's own precedence.
func (a *app) prefectSettings(cmd *cobra.Command) (*profiles.Settings, error) {
	source := profiles.Source{LookupEnv: a.world.LookupEnv, Dir: a.world.Dir}
	if flag := cmd.Flags().Lookup("profile"); flag != nil && flag.Changed {
		if source.Profile = flag.Value.String(); source.Profile == "" {
			return nil, &usageError{"--profile is empty", "pacific profile ls lists the profiles"}
		}
	}
	settings, err := profiles.LoadSettings(source)
	if err != nil {
		return nil, &prefectSettingsError{err: err}
	}
	return settings, nil
}

// prefectClient makes a client; what it refuses can only be a setting, because nothing is sent. tune may change what the
// settings say, nil leaves it.
func (a *app) prefectClient(settings *profiles.Settings, tune func(*prefect.Options)) (*prefect.Client, error) {
	url := settings.Value("PREFECT_API_URL")
	if url.Value == "" {
		return nil, noPrefectAPI(settings)
	}
	o, err := settings.Options()
	if err != nil {
		return nil, &prefectSettingsError{err: err}
	}
	if a.world.Transport != nil {
		o.Transport, o.TLS = a.world.Transport, prefect.TLSOptions{}
	}
	if tune != nil {
		tune(&o)
	}
	client, err := prefect.NewClient(o)
	if err != nil {
		return nil, &prefectSettingsError{err, "PREFECT_API_URL is from " + url.Where()}
	}
	return client, nil
}

func noPrefectAPI(settings *profiles.Settings) error {
	return &usageError{fmt.Sprintf("no Prefect API is set: PREFECT_API_URL is neither in the environment nor in profile %s", settings.Profile),
		waysToAPrefect()}
}

func waysToAPrefect() string {
	return "pacific profile set PREFECT_API_URL=http://HOST:4200/api, or export PREFECT_API_URL=…, or try one in memory: pacific emulator start --with-prefect"
}
