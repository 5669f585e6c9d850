package cmdutil

import (
	"context"
	"errors"

	"github.com/pacific-aci/pacific/azure"
)

// errNoLogin stands here until package image stores registry credentials.
var errNoLogin = errors.New("signing in to a registry is not possible yet")

// RegistryLogin signs docker's configuration in to a container registry of Azure.
func (a *App) RegistryLogin(ctx context.Context, cloud *azure.Cloud, server string) error {
	return WithHint(errNoLogin, "--skip-login leaves it out")
}

// StoreRegistryToken keeps a registry's token where docker looks for it.
func (a *App) StoreRegistryToken(ctx context.Context, server, username, token string) error {
	return WithHint(errNoLogin, "--skip-login leaves it out")
}
