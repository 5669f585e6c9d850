package workpool

import (
	"fmt"

	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/pacific-aci/pacific/prefect/profiles"
	"github.com/spf13/cobra"
)

// defaultPoolSetting is the name that Prefect 2.20 and 3.x both read.
const defaultPoolSetting = "PREFECT_DEFAULT_WORK_POOL_NAME"

// setDefaultPool makes a pool the default one of the profile in use, as Prefect's own command line does.
func setDefaultPool(a *cmdutil.App, cmd *cobra.Command, p *cmdutil.Prefect, pool string) error {
	version, err := p.Client.ServerVersion(cmd.Context())
	if err != nil {
		return err
	}
	err = a.UpdateProfiles(p.Settings.ProfilesPath, func(file *profiles.File) error {
		file.Prefect2 = version.Major == 2
		return file.Set(p.Settings.Profile, defaultPoolSetting, pool)
	})
	if err != nil {
		return err
	}
	a.Say.Status(fmt.Sprintf("%s is the default pool of profile %s", pool, p.Settings.Profile))
	a.Overruled(cmd, []string{defaultPoolSetting})
	return nil
}
