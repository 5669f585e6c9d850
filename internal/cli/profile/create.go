package profile

import (
	"fmt"

	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/pacific-aci/pacific/prefect/profiles"
	"github.com/spf13/cobra"
)

func newCreate(a *cmdutil.App) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "create NAME",
		Short: "Add an empty profile",
		Long: `Create adds an empty profile. It does not become the active one. Fill it in with
pacific profile set --profile NAME, and make it active with
pacific profile use NAME.`,
		Example: cmdutil.Lines("pacific profile create cloud-prod"),
		Args:    oneProfile,
		RunE:    func(cmd *cobra.Command, args []string) error { return runCreate(a, cmd, args[0]) },
	}
	cmdutil.AddSettings(cmd, "output")
	return cmd
}

func runCreate(a *cmdutil.App, cmd *cobra.Command, name string) error {
	p, err := a.OpenProfiles(cmd)
	if err != nil {
		return err
	}
	path := p.Profiles.Path
	if err := a.UpdateProfiles(path, func(file *profiles.File) error { return file.Create(name) }); err != nil {
		return err
	}
	a.Say.Status(fmt.Sprintf("created profile %s (%s)", name, path))
	a.Hint(cmd, "give it the address of a server, as in: {}; then {} makes it the active one",
		cmdutil.SetAPI(name, "http://127.0.0.1:4200/api"), cmdutil.UseProfile(name))
	if p.WantsJSON() {
		return a.Out.JSON(profileChange{Name: name, Path: path, Outcome: "created"})
	}
	return nil
}
