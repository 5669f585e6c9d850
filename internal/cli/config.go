package cli

import (
	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/pacific-aci/pacific/internal/config"
	"github.com/spf13/cobra"
)

func newConfig(a *cmdutil.App) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "config",
		GroupID: cmdutil.GroupSetup,
		Short:   "Show every setting and where its value comes from",
		Long: `Config shows every setting, its value, and where the value came from.

A flag wins over the environment, the environment over pacific.toml in the
working folder, that file over ~/.config/pacific/pacific.toml, and that one over
the default. Secrets are masked. On a terminal long values are cut; --output
json shows them whole.`,
		Example: cmdutil.Lines(
			"pacific config",
			"pacific config --cloud http://127.0.0.1:4280 --output json",
		),
		Args: cmdutil.NoArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return runConfig(a, cmd) },
	}
	var flags []string
	for _, s := range config.Settings() {
		if s.Flag {
			flags = append(flags, s.Name)
		}
	}
	cmdutil.AddSettings(cmd, flags...)
	return cmd
}

// settingView is one setting in JSON.
type settingView struct {
	Name        string `json:"name"`
	Value       string `json:"value"`
	Origin      string `json:"origin"`
	Place       string `json:"place"`
	Environment string `json:"environment"`
	Secret      bool   `json:"secret,omitzero"`
	Description string `json:"description"`
}

func runConfig(a *cmdutil.App, cmd *cobra.Command) error {
	settings, err := a.Settings(cmd)
	if err != nil {
		return err
	}
	var views []settingView
	var rows [][]string
	for _, v := range settings.Values() {
		s := v.Setting
		views = append(views, settingView{s.Name, v.Shown(), v.Origin.String(), v.Place, s.Env, s.Secret, s.Doc})
		rows = append(rows, []string{s.Name, v.Shown(), origin(v)})
	}
	if settings.Get("output") == "json" {
		return a.Out.JSON(map[string]any{"settings": views})
	}
	a.Out.List([]string{"SETTING", "VALUE", "FROM"}, rows)
	return nil
}

// origin names the kind and the place in one phrase.
func origin(v config.Value) string {
	switch v.Origin {
	case config.FromFlag:
		return "flag " + v.Place
	case config.FromEnvironment:
		return "environment " + v.Place
	case config.FromFile:
		return v.Place
	default:
		return "default"
	}
}
