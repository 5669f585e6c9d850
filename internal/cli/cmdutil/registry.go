package cmdutil

import (
	"context"
	"time"

	"github.com/pacific-aci/pacific/azure"
	"github.com/pacific-aci/pacific/image"
)

// registryTimeout is how long a sign-in to a registry may take, with the repeats of what was lost.
const registryTimeout = 5 * time.Minute

// RegistryLogin signs docker's configuration in to a container registry of Azure.
func (a *App) RegistryLogin(ctx context.Context, cloud *azure.Cloud, server string) error {
	ctx, cancel := context.WithTimeout(ctx, registryTimeout)
	defer cancel()
	credential, err := image.SignIn(ctx, cloud, server)
	if err != nil {
		return err
	}
	return a.storeCredential(ctx, server, credential)
}

// Registries is a client for images: it signs in to registries of Azure as the cloud's principal, and to others as docker would.
func (a *App) Registries(cloud *azure.Cloud) *image.Client {
	docker, err := image.FindDockerConfig(a.Env.LookupEnv)
	if err != nil { // there is no home, so that there are no credentials
		docker = nil
	}
	return image.NewClient(image.Options{Cloud: cloud, Docker: docker})
}

// StoreRegistryToken keeps a registry's token where docker looks for it.
func (a *App) StoreRegistryToken(ctx context.Context, server, username, token string) error {
	return a.storeCredential(ctx, server, image.Credential{Username: username, Password: token})
}

func (a *App) storeCredential(ctx context.Context, server string, credential image.Credential) error {
	docker, err := image.FindDockerConfig(a.Env.LookupEnv)
	if err != nil {
		return err
	}
	_, err = docker.Store(ctx, server, credential)
	return err
}

// RegistrySignedIn reports whether docker has a token for a registry of Azure, such as provisioning leaves. The password of
// a person is none.
func (a *App) RegistrySignedIn(ctx context.Context, server string) (bool, error) {
	docker, err := image.FindDockerConfig(a.Env.LookupEnv)
	if err != nil {
		return false, err
	}
	found, err := docker.Get(ctx, server)
	return err == nil && (found.Token != "" || found.Username == image.TokenUser), err
}

// RegistryLogout takes the credential of a registry away from where docker looks for it.
func (a *App) RegistryLogout(ctx context.Context, server string) error {
	docker, err := image.FindDockerConfig(a.Env.LookupEnv)
	if err != nil {
		return err
	}
	_, err = docker.Remove(ctx, server)
	return err
}

// CheckDockerConfig refuses a configuration of docker's that cannot be used, and an environment that does not say where
// it is.
func (a *App) CheckDockerConfig() error {
	docker, err := image.FindDockerConfig(a.Env.LookupEnv)
	if err != nil {
		return err
	}
	return docker.Check()
}
