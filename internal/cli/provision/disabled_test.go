package provision_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"github.com/pacific-aci/pacific/internal/cli/clitest"
)

// disable disables the application's service principal, as an administrator does.
func disable(h *clitest.Harness, application string) (clientID string) {
	h.T.Helper()
	ctx := h.T.Context()
	client := directory(h)
	apps, err := client.Applications(ctx, application)
	if err != nil || len(apps) != 1 {
		h.T.Fatalf("got applications %v, %v", apps, err)
	}
	principal, err := client.ServicePrincipal(ctx, apps[0].ClientID)
	if err != nil {
		h.T.Fatal(err)
	}
	account := h.Server.Account()
	credential, err := azidentity.NewClientSecretCredential(account.TenantID, account.ClientID, account.ClientSecret, &azidentity.ClientSecretCredentialOptions{
		ClientOptions: policy.ClientOptions{Transport: &http.Client{Transport: h.Server.Transport()}},
	})
	if err != nil {
		h.T.Fatal(err)
	}
	token, err := credential.GetToken(ctx, policy.TokenRequestOptions{Scopes: []string{"https://graph.microsoft.com/.default"}})
	if err != nil {
		h.T.Fatal(err)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPatch, "https://graph.microsoft.com/v1.0/servicePrincipals/"+principal.ObjectID, strings.NewReader(`{"accountEnabled":false}`))
	if err != nil {
		h.T.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token.Token)
	r.Header.Set("Content-Type", "application/json")
	answer, err := h.Server.Transport().RoundTrip(r)
	if err != nil {
		h.T.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusNoContent {
		h.T.Fatalf("disabling: %s", answer.Status)
	}
	return apps[0].ClientID
}

// TestDisabledApplication: every command says that the application is disabled, and who can enable it.
func TestDisabledApplication(t *testing.T) {
	h := newProvisionHarness(t)
	provisionJSON(h, "push", "--yes", "--verify=false", "--skip-login")
	enable := "az ad sp update --id " + disable(h, "prefect-aci-push-pool-app") + " --set accountEnabled=true"
	h.Run("doctor", "push").Wants(t, 1, "prefect-aci-push-pool-app needs a change: it is disabled", "")
	h.Run("doctor", "push").Wants(t, 1, enable, "")
	h.Run("provision", "push", "--plan", "--skip-login").Wants(t, 0, "update  service principal: prefect-aci-push-pool-app, it is disabled", enable)
	r := h.Run("provision", "push", "--yes", "--skip-login")
	r.Wants(t, 1, "", "provisioning work pool push: the service principal of the app registration \"prefect-aci-push-pool-app\" is disabled")
	r.Wants(t, 1, "", enable)
	if strings.Contains(r.Stderr, "[1/") {
		t.Errorf("it was begun: %s", r.Stderr)
	}
}
