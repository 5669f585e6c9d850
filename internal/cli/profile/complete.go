package profile

import (
	"context"
	"slices"
	"strings"

	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/pacific-aci/pacific/prefect/profiles"
	"github.com/spf13/cobra"
)

// setNames lists the settings that the profile in use has.
func setNames(a *cmdutil.App) cmdutil.Lister {
	return func(_ context.Context, cmd *cobra.Command) ([]string, error) {
		p, err := a.OpenProfiles(cmd)
		if err != nil {
			return nil, err
		}
		profile, _ := p.Profiles.Profile(p.Settings.Profile)
		return cmdutil.NamesOf(profile.Settings, func(s profiles.Entry) string { return s.Name }), nil
	}
}

// settableNames lists the settings that a profile may have, by the names of Prefect 3.9 and of 2.20.
func settableNames(context.Context, *cobra.Command) ([]string, error) {
	var names []string
	for _, s := range profiles.KnownSettings() {
		if s.InProfile() {
			names = append(names, s.Name, s.Name2)
		}
	}
	return slices.DeleteFunc(names, func(name string) bool { return name == "" }), nil
}

// completeSettings completes the arguments of profile set: NAME= for a value that follows, NAME where the value comes from
// elsewhere, as a secret always does.
func completeSettings(cmd *cobra.Command, args []string, word string) ([]cobra.Completion, cobra.ShellCompDirective) {
	elsewhere := cmd.Flags().Changed("stdin") || cmd.Flags().Changed("file")
	if elsewhere && len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var names []cobra.Completion
	for _, name := range cmdutil.Offer(cmd, settableNames, word) {
		setting, _ := profiles.FindSetting(name)
		if slices.ContainsFunc(args, func(arg string) bool { return strings.HasPrefix(arg+"=", name+"=") }) {
			continue
		}
		if !elsewhere && !setting.Secret() {
			name += "="
		}
		names = append(names, name)
	}
	if elsewhere {
		return names, cobra.ShellCompDirectiveNoFileComp
	}
	return names, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
}
