package vault

import (
	"net/http"
	"strings"
	"time"

	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
)

// deploy gives a secret to a deployment of a template that names it as the value of a parameter. Only the emulator's own
// service for deployments may call it. Its caller has the right Microsoft.KeyVault/vaults/deploy/action, and needs none to
// the secrets of the vault.
func (s *Service) deploy(r *arm.Request) (*arm.Response, error) {
	if arm.Caller(r.Context()) == nil {
		return nil, arm.NotFound("NotFound", "No operation of this emulator serves the path '%s'.", r.URL.Path)
	}
	var body struct {
		Parameter     string `json:"parameter"`
		SecretName    string `json:"secretName"`
		SecretVersion string `json:"secretVersion"`
	}
	if err := r.Decode(&body); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	id := r.ResourceID()
	v, _, err := s.find(id)
	if err != nil {
		return nil, arm.NotFound("KeyVaultParameterReferenceNotFound", "The specified KeyVault '%s' could not be found. Please see https://aka.ms/arm-keyvault for usage details.", id)
	}
	failed := func(status int, why string) error {
		return arm.BadRequest("KeyVaultParameterReferenceSecretRetrieveFailed",
			"The secret of KeyVault parameter '%s' cannot be retrieved. Http status code: '%s'. Error message: '%s'. Please see https://aka.ms/arm-keyvault for usage details.",
			body.Parameter, strings.ReplaceAll(http.StatusText(status), " ", ""), why)
	}
	if enabled := v.settings.templateDeployment; enabled == nil || !*enabled {
		return nil, failed(http.StatusForbidden, "The vault "+id.Name()+" is not enabled for template deployment")
	}
	sec, ok := v.liveSecret(body.SecretName)
	if !ok {
		return nil, failed(http.StatusNotFound, "A secret with this name was not found in this key vault")
	}
	ver, ok := sec.version(body.SecretVersion)
	if !ok {
		return nil, failed(http.StatusNotFound, "A secret with this version was not found in this key vault")
	}
	now := time.Now().Unix()
	if !ver.Enabled || ver.NotBefore != nil && now < *ver.NotBefore || ver.Expires != nil && now >= *ver.Expires {
		return nil, failed(http.StatusForbidden, "The secret is disabled, expired or not yet valid")
	}
	return &arm.Response{Body: map[string]string{"value": ver.Value}}, nil
}
