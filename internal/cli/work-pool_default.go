package cli

import (
	"context"
	"fmt"

	"github.com/pacific-aci/pacific/prefect"
)

// setDefaultPool makes a pool the default one of the profile in use, as Prefect's own command line does.
func (a *app) setDefaultPool(ctx context.Context, p *prefectSide, pool string) error {
	version, err := p.client.ServerVersion(ctx)
	if err != nil {
		return err
	}
	err = a.updateProfiles(p.settings.ProfilesPath, func(profiles *prefect.Profiles) error {
		profiles.Prefect2 = version.Major == 2
		return profiles.Set(p.settings.Profile, defaultPoolSetting, pool)
	})
	if err != nil {
		return err
	}
	a.say.Status(fmt.Sprintf("%s is the default pool of profile %s", pool, p.settings.Profile))
	if v := p.settings.Value(defaultPoolSetting); v.Origin != prefect.OriginProfile && v.Origin != prefect.OriginDefault && v.Value != pool {
		a.say.Warning(fmt.Sprintf("%s is set by %s too, which wins over the profile", defaultPoolSetting, place(v)))
	}
	return nil
}
