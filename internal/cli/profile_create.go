package cli

import (
	"fmt"

	"github.com/pacific-aci/pacific/prefect/profiles"
	"github.com/spf13/cobra"
)

func (a *app) profileCreateCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "create NAME",
		Short: "Add an empty profile",
		Long: `Create adds an empty profile. It changes nothing about which one is in use:
set fills it in with --profile NAME, use makes it the active one.`,
		Example: lines("pacific profile create cloud-prod"),
		Args:    oneProfile,
		RunE:    func(cmd *cobra.Command, args []string) error { return a.profileCreate(cmd, args[0]) },
	}
	addSettings(cmd, "output")
	return cmd
}

func (a *app) profileCreate(cmd *cobra.Command, name string) error {
	p, err := a.openProfiles(cmd)
	if err != nil {
		return err
	}
	path := p.profiles.Path
	if err := a.updateProfiles(path, func(file *profiles.File) error { return file.Create(name) }); err != nil {
		return err
	}
	a.say.Status(fmt.Sprintf("created profile %s (%s)", name, path))
	if p.wantsJSON() {
		return a.out.JSON(profileChange{Name: name, Path: path, Outcome: "created"})
	}
	return nil
}
