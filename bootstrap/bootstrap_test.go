package bootstrap_test

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/pacific-aci/pacific/bootstrap"
)

// must bootstraps, and fails the test if that fails.
func (s *site) must() bootstrap.Result {
	s.t.Helper()
	result, err := s.bootstrapper().Bootstrap(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	return result
}

// unchanged checks that everything is there, and that a second run makes nothing.
func (s *site) unchanged() {
	s.t.Helper()
	for i := range s.request.Secrets {
		s.request.Secrets[i].IfAbsent = true // the owner has no right to read secrets, so what is given is written again
	}
	plan, err := s.bootstrapper().Plan(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	for _, row := range rows(plan) {
		if !strings.HasPrefix(row, "keep ") {
			s.t.Errorf("in a second plan: %s", row)
		}
	}
	if again := s.must(); len(again.Changed) > 0 {
		s.t.Errorf("a second run changed %v", again.Changed)
	}
}

func TestBootstrap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, nil)
		result := s.must()
		want := []bootstrap.Kind{bootstrap.KindGroup, bootstrap.KindDeployment, bootstrap.KindRunning}
		if !slices.Equal(result.Changed, want) {
			t.Errorf("changed %v, want %v", result.Changed, want)
		}
		if result.KeyVault == "" || !strings.HasPrefix(result.KeyVaultURI, "https://"+result.KeyVault+".vault.azure.net") || result.Worker != "prefect-worker" {
			t.Errorf("got %+v", result)
		}
		s.unchanged()
	})
}
