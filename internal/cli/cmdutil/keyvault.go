package cmdutil

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/pacific-aci/pacific/azure"
	"github.com/pacific-aci/pacific/bootstrap"
	"github.com/pacific-aci/pacific/prefect"
	"github.com/pacific-aci/pacific/prefect/profiles"
)

// PrefectFromVault reads the address of the Prefect API and its key from the key vault that --keyvault names, as settings of
// Prefect's for [App.PrefectSettingsOver]. A vault without a key is one for a server that wants none.
func (a *App) PrefectFromVault(ctx context.Context, cloud *azure.Cloud, vault string, waiting func(azure.Wait)) (map[string]string, error) {
	const ofVault = "--keyvault"
	address, err := cloud.VaultURL(vault)
	if err != nil {
		return nil, Usage(ofVault+": "+err.Error(), "give the address of the vault, or its name")
	}
	secrets, err := cloud.Secrets(ctx, azure.SecretsQuery{
		Vault: vault, Names: []string{bootstrap.SecretAPIURL}, Optional: []string{bootstrap.SecretAPIKey}, Waiting: waiting,
	})
	if err != nil {
		return nil, vaultError(err, address)
	}
	settings := map[string]string{"PREFECT_API_URL": secrets[bootstrap.SecretAPIURL]}
	if key := secrets[bootstrap.SecretAPIKey]; key != "" {
		settings["PREFECT_API_KEY"] = key
	}
	if problem := profiles.Mistake(settings["PREFECT_API_URL"]); problem != "" {
		return nil, WithHint(fmt.Errorf("the secret %s of %s %s", bootstrap.SecretAPIURL, address, problem), "correct it in the key vault")
	}
	return settings, nil
}

// vaultError says what to do where the secrets of a vault cannot be read.
func vaultError(err error, address string) error {
	e := azure.Explain(err)
	switch {
	case e == nil:
		return err
	case e.NotFound():
		name, _, _ := strings.Cut(strings.TrimPrefix(address, "https://"), ".")
		return WithHint(err, fmt.Sprintf("set it: az keyvault secret set --vault-name %s --name %s --value https://…/api", name, bootstrap.SecretAPIURL))
	case e.Status == 403 && !e.Has("ForbiddenByFirewall") && !e.Has("SecretDisabled"):
		return WithHint(err, "give this identity the role Key Vault Secrets User on the vault")
	}
	return err
}

// vaultSettingError says that it was a secret of the vault which no client can use.
func vaultSettingError(err error) error {
	if setting, ok := errors.AsType[*prefect.SettingError](err); ok {
		secret := bootstrap.SecretAPIURL
		if setting.Setting == "PREFECT_API_KEY" {
			secret = bootstrap.SecretAPIKey
		}
		return WithHint(err, "correct the secret "+secret+" in the key vault")
	}
	return err
}

// VaultKeyError says that it is the vault's key which the API refuses.
func VaultKeyError(err error) error {
	if errors.Is(err, prefect.ErrUnauthorised) {
		return WithHint(err, "correct the secret "+bootstrap.SecretAPIKey+" in the key vault")
	}
	return err
}
