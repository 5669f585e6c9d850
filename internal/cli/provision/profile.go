package provision

import (
	"context"
	"strings"

	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/pacific-aci/pacific/prefect/profiles"
)

// namespaceSetting is where images go that name no registry. Prefect 2.20 and 3.x both read this name; the file gets the one
// that the server's line writes.
const namespaceSetting = "PREFECT_DEFAULT_DOCKER_BUILD_NAMESPACE"

// checkProfile refuses a profile, or a configuration of docker's, that cannot be written, before anything is made.
func (r *run) checkProfile() error {
	if r.f.skipLogin || r.f.plan {
		return nil
	}
	if _, err := r.a.ProfileInUse(r.p.Settings); err != nil {
		return err
	}
	if err := r.a.ProfilesCanBeFound(); err != nil {
		return err
	}
	if err := r.a.CheckDockerConfig(); err != nil {
		return keepDocker(err)
	}
	return nil
}

// local reports whether Azure is one on this machine. Its registries exist nowhere else, and go with it, so that the
// user's own docker configuration and profile are left as they are unless --skip-login=false asks for them.
func (r *run) local() bool { return strings.Contains(r.settings.Get("cloud"), "://") }

// keepMachine decides whether docker's configuration and the profile are left as they are where no flag says so.
func (r *run) keepMachine() {
	if !r.f.destroy && r.local() && !r.cmd.Flags().Changed("skip-login") {
		r.f.skipLogin, r.keptForLocal = true, true
	}
}

// signedIn reports whether docker has a sign-in that was left here.
func (r *run) signedIn(ctx context.Context, server string) (bool, error) {
	found, err := r.a.RegistrySignedIn(ctx, server)
	if err != nil {
		err = keepDocker(err)
	}
	return found, err
}

// keepDocker says how to do without docker's configuration.
func keepDocker(err error) error {
	return cmdutil.WithHint(err, "--skip-login leaves docker's configuration as it is")
}

// signOut takes it away.
func (r *run) signOut(ctx context.Context, server string) error {
	if err := r.a.RegistryLogout(ctx, server); err != nil {
		return keepDocker(err)
	}
	return nil
}

// namespace is the docker build namespace in the profile in use.
func (r *run) namespace() string {
	file, err := profiles.Read(r.p.Settings.ProfilesPath)
	if err != nil {
		return "" // writing it says why
	}
	profile, _ := file.Profile(r.p.Settings.Profile)
	setting, _ := profiles.FindSetting(namespaceSetting)
	for _, name := range append([]string{setting.Name}, setting.Aliases...) { // Prefect 3 takes the first that is there
		if value, ok := profile.Value(name); ok {
			return value
		}
	}
	return ""
}

// unset takes the setting out of a profile, by each of its names that the profile has.
func unset(file *profiles.File, name string) error {
	profile, _ := file.Profile(name)
	setting, _ := profiles.FindSetting(namespaceSetting)
	for _, one := range append([]string{setting.Name}, setting.Aliases...) {
		if _, ok := profile.Value(one); ok {
			if err := file.Unset(name, one); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *run) setNamespace(namespace string) error {
	return r.a.UpdateProfiles(r.p.Settings.ProfilesPath, func(file *profiles.File) error {
		file.Prefect2 = r.version.Major == 2
		if namespace == "" {
			return unset(file, r.p.Settings.Profile)
		}
		return file.Set(r.p.Settings.Profile, namespaceSetting, namespace)
	})
}
