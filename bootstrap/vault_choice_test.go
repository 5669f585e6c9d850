package bootstrap_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/pacific-aci/pacific/bootstrap"
)

// TestVaultInOtherLetters: Azure's names ignore case, and so do those of a rerun, with a vault that is there and a deleted one.
func TestVaultInOtherLetters(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, nil)
		s.request.KeyVault = "My-Vault"
		s.must()
		s.request.KeyVault = "my-VAULT"
		s.request.Secrets = append(s.request.Secrets, bootstrap.Secret{Name: "more", Value: "a"})
		if again := s.must(); again.KeyVault != "My-Vault" {
			t.Errorf("got %+v", again)
		}
		s.unchanged()
		if n := s.assignments("My-Vault"); n != 1 {
			t.Errorf("%d role assignments on the vault, want 1", n)
		}
		if _, err := s.bootstrapper().Destroy(t.Context(), bootstrap.DestroyOptions{}); err != nil {
			t.Fatal(err)
		}
		if again := s.must(); again.KeyVault != "My-Vault" {
			t.Errorf("the deleted one: got %+v", again)
		}
		s.unchanged()
	})
}

// TestVaultIsChosen: a rerun without the vault's name takes the one that an earlier run has made, also a deleted one, and asks
// where there are several.
func TestVaultIsChosen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, nil)
		s.request.KeyVault = "own-vault"
		s.must()
		s.request.KeyVault = ""
		s.unchanged()
		if again := s.must(); again.KeyVault != "own-vault" {
			t.Errorf("got %+v", again)
		}
		if _, err := s.bootstrapper().Destroy(t.Context(), bootstrap.DestroyOptions{}); err != nil {
			t.Fatal(err)
		}
		if again := s.must(); again.KeyVault != "own-vault" {
			t.Errorf("the deleted one: got %+v", again)
		}
		s.request.KeyVault = "a-vault"
		s.must()
		s.request.KeyVault = ""
		_, err := s.bootstrapper().Plan(t.Context())
		e, ok := errors.AsType[*bootstrap.ManyVaultsError](err)
		if !ok || !slices.Equal(e.Names, []string{"a-vault", "own-vault"}) {
			t.Errorf("of two: got %v", err)
		}
		s.request.KeyVault = "own-vault"
		s.must()
		got := slices.DeleteFunc(s.inGroup(), func(one string) bool { return !strings.HasPrefix(one, "vaults ") })
		slices.Sort(got)
		if diff := cmp.Diff([]string{"vaults a-vault", "vaults own-vault"}, got); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	})
}
