package bootstrap_test

import (
	"errors"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azsecrets"

	"github.com/pacific-aci/pacific/access"
	"github.com/pacific-aci/pacific/azure"
	"github.com/pacific-aci/pacific/bootstrap"
)

// officer gives whoever bootstraps every right on the secrets of a vault, and returns how to take it away again.
func (s *site) officer(vault string) (client *azsecrets.Client, revoke func()) {
	s.t.Helper()
	rights, err := access.NewClient(s.cloud, access.Options{})
	if err != nil {
		s.t.Fatal(err)
	}
	token, err := s.token().GetToken(s.t.Context(), policy.TokenRequestOptions{Scopes: []string{s.cloud.Endpoints().Audience + "/.default"}})
	if err != nil {
		s.t.Fatal(err)
	}
	role := access.Assignment{
		Scope: s.groupID() + "/providers/Microsoft.KeyVault/vaults/" + vault, Role: "b86a8fe4-44ce-4948-aee5-eccb2c155cd7", Principal: azure.ReadClaims(token.Token).ObjectID,
	}
	if _, err := rights.Assign(s.t.Context(), role); err != nil {
		s.t.Fatal(err)
	}
	client, err = azsecrets.NewClient("https://"+vault+".vault.azure.net", s.token(), &azsecrets.ClientOptions{ClientOptions: s.cloud.ClientOptions()})
	if err != nil {
		s.t.Fatal(err)
	}
	return client, func() {
		s.t.Helper()
		if err := rights.Unassign(s.t.Context(), role); err != nil {
			s.t.Fatal(err)
		}
	}
}

// TestDeletedSecretIsRecovered: the name of a deleted secret is held, so that it is recovered before it is written; the value
// that it had stays where no other is given.
func TestDeletedSecretIsRecovered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, nil)
		vault := s.must().KeyVault
		secrets, revoke := s.officer(vault)
		for _, name := range []string{"own", bootstrap.SecretTest} {
			if _, err := secrets.DeleteSecret(t.Context(), name, nil); err != nil {
				t.Fatal(err)
			}
		}
		for i := range s.request.Secrets {
			s.request.Secrets[i].Value += ", changed"
		}
		s.plansTo("recover secret own, it was deleted, and gets a new version")
		s.plansTo("recover secret testsecret, it was deleted")
		s.must()
		revoke()
		s.settled()
		for name, want := range map[string]string{"own": "of the user, changed", bootstrap.SecretTest: "a test"} {
			if got := s.secret(vault, name); got != want {
				t.Errorf("secret %s is %q, want %q", name, got, want)
			}
		}
	})
}

// TestDeletedSecretWithoutRights: who may not see a deleted secret is told which one stands in the way.
func TestDeletedSecretWithoutRights(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, nil)
		vault := s.must().KeyVault
		secrets, revoke := s.officer(vault)
		if _, err := secrets.DeleteSecret(t.Context(), "own", nil); err != nil {
			t.Fatal(err)
		}
		revoke()
		_, err := s.bootstrapper().Bootstrap(t.Context())
		e, ok := errors.AsType[*bootstrap.DeletedSecretError](err)
		if !ok || e.Vault != vault || e.Name != "own" {
			t.Errorf("got %v", err)
		}
		s.request.Secrets = slices.DeleteFunc(s.request.Secrets, func(one bootstrap.Secret) bool { return one.Name == "own" })
		s.settled()
	})
}
