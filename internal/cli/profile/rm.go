package profile

import (
	"errors"
	"fmt"

	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/pacific-aci/pacific/prefect/profiles"
	"github.com/spf13/cobra"
)

func newRm(a *cmdutil.App) *cobra.Command {
	var yes bool
	cmd := &cobra.Command{
		Use:     "rm NAME [--yes]",
		Aliases: []string{"delete", "remove"},
		Short:   "Delete a profile",
		Long: `Rm deletes a profile with its settings, after asking. The profile in use is
refused: use another one first. Without a terminal, --yes is needed.`,
		Example:           cmdutil.Lines("pacific profile rm staging --yes"),
		Args:              oneProfile,
		ValidArgsFunction: cmdutil.CompleteArgs(a.ProfileNames, 1),
		RunE:              func(cmd *cobra.Command, args []string) error { return runRm(a, cmd, args[0], yes) },
	}
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	cmdutil.AddSettings(cmd, "output")
	return cmd
}

func runRm(a *cmdutil.App, cmd *cobra.Command, name string, yes bool) error {
	p, err := a.OpenProfiles(cmd)
	if err != nil {
		return err
	}
	profile, ok := p.Profiles.Profile(name)
	if !ok {
		return &profiles.UnknownProfileError{Name: name, Path: p.Profiles.Path, Known: p.Profiles.Names()}
	}
	inUse := cmdutil.WithHint(fmt.Errorf("profile %s is in use", name), "use another one first; {} lists them", cmdutil.ListProfiles())
	if name == p.Settings.Profile && !profile.Packaged {
		return inUse
	}
	// What the file refuses is refused before the question.
	if err := p.Profiles.Delete(name); errors.Is(err, profiles.ErrInUse) {
		return inUse
	} else if err != nil {
		return err
	}
	question := fmt.Sprintf("delete profile %s, which has %s", name, cmdutil.Counted(len(profile.Settings), "setting", "settings"))
	if err := a.Confirm(cmd.Context(), cmd, question, yes); err != nil {
		return err
	}
	path := p.Profiles.Path
	if err := a.UpdateProfiles(path, func(file *profiles.File) error { return file.Delete(name) }); err != nil {
		return err
	}
	a.Say.Status(fmt.Sprintf("deleted profile %s (%s)", name, path))
	if p.WantsJSON() {
		return a.Out.JSON(profileChange{Name: name, Path: path, Outcome: "deleted"})
	}
	return nil
}
