package cli

import (
	"fmt"
	"strings"

	"github.com/pacific-aci/pacific/prefect/profiles"
	"github.com/spf13/cobra"
)

func (a *app) profileUnsetCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "unset K…",
		Short: "Take settings out of a profile",
		Long: `Unset takes settings out of the profile in use, or out of --profile. A setting
that the profile does not have is an error, and then nothing is changed.`,
		Example: lines("pacific profile unset PREFECT_API_KEY PREFECT_API_URL"),
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return &usageError{cmd.CommandPath() + " needs the name of a setting", "pacific profile inspect shows them"}
			}
			return nil
		},
		ValidArgsFunction: completeArgs(a.setNames, 0),
		RunE:              func(cmd *cobra.Command, args []string) error { return a.profileUnset(cmd, args) },
	}
	a.addPrefectFlags(cmd)
	return cmd
}

func (a *app) profileUnset(cmd *cobra.Command, names []string) error {
	p, err := a.openProfiles(cmd)
	if err != nil {
		return err
	}
	profile, err := a.profileInUse(p.settings)
	if err != nil {
		return err
	}
	if known, ok := p.profiles.Profile(profile); ok {
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
	err = a.updateProfiles(p.profiles.Path, func(file *profiles.File) error {
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
	a.say.Status(fmt.Sprintf("took %s out of profile %s (%s)", strings.Join(names, ", "), profile, p.profiles.Path))
	a.overruled(cmd, names)
	if p.wantsJSON() {
		return a.out.JSON(profileChange{Name: profile, Path: p.profiles.Path, Outcome: "unset", Settings: names})
	}
	return nil
}
