package profile

import (
	"fmt"
	"strings"

	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/pacific-aci/pacific/prefect/profiles"
	"github.com/spf13/cobra"
)

func newUnset(a *cmdutil.App) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "unset K…",
		Short: "Remove settings from a profile",
		Long: `Unset removes settings from the profile in use, or from the one of --profile. If
the profile lacks one of them, that is an error and nothing changes.`,
		Example: cmdutil.Lines("pacific profile unset PREFECT_API_KEY PREFECT_API_URL"),
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return cmdutil.Usage(cmd.CommandPath()+" needs the name of a setting", "{} shows them", cmdutil.InspectProfile(cmd))
			}
			return nil
		},
		ValidArgsFunction: cmdutil.CompleteArgs(setNames(a), 0),
		RunE:              func(cmd *cobra.Command, args []string) error { return runUnset(a, cmd, args) },
	}
	a.AddPrefectFlags(cmd)
	return cmd
}

func runUnset(a *cmdutil.App, cmd *cobra.Command, names []string) error {
	p, err := a.OpenProfiles(cmd)
	if err != nil {
		return err
	}
	profile, err := a.ProfileInUse(p.Settings)
	if err != nil {
		return err
	}
	if known, ok := p.Profiles.Profile(profile); ok {
		for _, name := range names {
			// What a file has under a name that Prefect does not know can be taken out as well.
			if _, has := known.Value(name); has {
				continue
			}
			if err := unknownSetting(name); err != nil {
				return err
			}
		}
	}
	err = a.UpdateProfiles(p.Profiles.Path, func(file *profiles.File) error {
		for _, name := range names {
			if err := file.Unset(profile, name); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	a.Say.Status(fmt.Sprintf("removed %s from profile %s (%s)", strings.Join(names, ", "), profile, p.Profiles.Path))
	a.Overruled(cmd, names)
	if p.WantsJSON() {
		return a.Out.JSON(profileChange{Name: profile, Path: p.Profiles.Path, Outcome: "unset", Settings: names})
	}
	return nil
}
