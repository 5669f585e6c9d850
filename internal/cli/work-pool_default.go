package cli

import (
	"fmt"

	"github.com/pacific-aci/pacific/prefect/profiles"
	"github.com/spf13/cobra"
)

// setDefaultPool makes a pool the default one of the profile in use, as Prefect's own command line does.
func (a *app) setDefaultPool(cmd *cobra.Command, p *prefectSide, pool string) error {
	version, err := p.client.ServerVersion(cmd.Context())
	if err != nil {
		return err
	}
	err = a.updateProfiles(p.settings.ProfilesPath, func(file *profiles.File) error {
		file.Prefect2 = version.Major == 2
		return file.Set(p.settings.Profile, defaultPoolSetting, pool)
	})
	if err != nil {
		return err
	}
	a.say.Status(fmt.Sprintf("%s is the default pool of profile %s", pool, p.settings.Profile))
	a.overruled(cmd, []string{defaultPoolSetting})
	return nil
}
