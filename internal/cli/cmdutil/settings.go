package cmdutil

import (
	"github.com/pacific-aci/pacific/internal/config"
	"github.com/spf13/cobra"
)

// ownOutput marks a flag --output that has other values than the setting of that name.
const ownOutput = "pacific_own_output"

// AddOutput gives cmd a flag --output with values of its own, the first one being the default. The setting of that name does
// not count for it.
func AddOutput(cmd *cobra.Command, to *string, usage string, values ...string) {
	cmd.Flags().StringVarP(to, "output", "o", values[0], usage)
	Must(cmd.Flags().SetAnnotation("output", ownOutput, []string{}))
	Must(cmd.RegisterFlagCompletionFunc("output", cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp)))
}

// AddOutputFile gives cmd a flag --output that names a file. The setting of that name does not count for it.
func AddOutputFile(cmd *cobra.Command, to *string, usage string) {
	cmd.Flags().StringVarP(to, "output", "o", "", usage)
	Must(cmd.Flags().SetAnnotation("output", ownOutput, []string{}))
}

// Settings reads all settings, with the flags of cmd that were given.
func (a *App) Settings(cmd *cobra.Command) (*config.Config, error) {
	return a.SettingsOver(cmd, nil)
}

// SettingsOver reads all settings with others in the place of the environment's. They count as flags: that is how other
// commands, which know no block, are told of the same place.
func (a *App) SettingsOver(cmd *cobra.Command, over map[string]string) (*config.Config, error) {
	secret := ""
	for _, s := range config.Settings() {
		if s.Name == "client-secret" {
			secret = s.Env
		}
	}
	return config.Load(config.Sources{
		Dir: a.Env.Dir,
		LookupEnv: func(name string) (string, bool) {
			if value, ok := over["client-secret"]; ok && name == secret {
				return value, true
			}
			return a.Env.LookupEnv(name)
		},
		Flag: func(name string) (string, bool) {
			if f := cmd.Flags().Lookup(name); f != nil && f.Changed && f.Annotations[ownOutput] == nil {
				return f.Value.String(), true
			}
			value, ok := over[name]
			return value, ok
		},
	})
}
