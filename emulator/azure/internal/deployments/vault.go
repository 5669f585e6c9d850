package deployments

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"slices"

	"github.com/pacific-aci/pacific/armtemplate"
	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
)

// vaultVersion is the api-version of the requests to key vaults.
const vaultVersion = "2023-07-01"

// vaultSecret reads the secret that a parameter names, as the caller of the deployment: it needs the right
// Microsoft.KeyVault/vaults/deploy/action, and the vault must be enabled for template deployment.
func (s *service) vaultSecret(ctx context.Context, caller *arm.Principal, parameter string, ref armtemplate.SecretReference) (string, error) {
	if id, err := arm.ParseResourceID(ref.VaultID); err != nil || len(id.Types) != 1 {
		return "", arm.BadRequest("InvalidTemplate", "Deployment template validation failed: 'The key vault id '%s' of a parameter reference is invalid.'.", ref.VaultID)
	}
	sent, _ := json.Marshal(map[string]string{"parameter": parameter, "secretName": ref.Name, "secretVersion": ref.Version}) // texts can always be written
	answer, err := s.core.Do(ctx, caller, arm.Call{Method: http.MethodPost, URL: address(ref.VaultID+"/deploy", vaultVersion), Body: sent})
	if err != nil {
		return "", err
	}
	var secret struct {
		Value string `json:"value"`
	}
	if err := json.Unmarshal(answer.Body, &secret); err != nil {
		return "", arm.Errorf(http.StatusInternalServerError, "InternalServerError", "The key vault '%s' gave no secret.", ref.VaultID)
	}
	return secret.Value, nil
}

// nameOf is the parameter that names a secret.
func (p *properties) nameOf(ref armtemplate.SecretReference) string {
	given := p.given()
	for _, name := range slices.Sorted(maps.Keys(given)) { // names of the same secret are as good as each other
		if secret := given[name].Secret; secret != nil && *secret == ref {
			return name
		}
	}
	return ""
}
