package bootstrap_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/pacific-aci/pacific/bootstrap"
)

// TestNothingShowsSecrets: not the history of deployments, not the operations, not what is deployed, not our own texts.
func TestNothingShowsSecrets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, nil)
		s.fault(`{"match":{"operation":"ContainerGroups_CreateOrUpdate"},"times":1,"effect":{"status":409,"code":"QuotaExceeded","message":"No."}}`)
		_, failure := s.bootstrapper().Bootstrap(t.Context())
		if failure == nil {
			t.Fatal("it did not fail")
		}
		result := s.must()
		deployments := s.groupID() + "/providers/Microsoft.Resources/deployments"
		texts := []string{failure.Error(), fmt.Sprintf("%v %+v %#v", s.request.Secrets, s.request.Secrets, result)}
		for _, path := range []string{
			deployments, deployments + "/pacific-bootstrap-prefect", deployments + "/pacific-bootstrap-prefect/operations", deployments + "/prefect-rights",
		} {
			text := s.get(path + "?api-version=2022-09-01")
			if strings.Contains(text, `"error"`) && !strings.Contains(text, `"properties"`) {
				t.Errorf("%s: %s", path, text)
			}
			texts = append(texts, text)
		}
		texts = append(texts, s.get(s.groupID()+"/providers/Microsoft.ContainerInstance/containerGroups/prefect-worker?api-version=2023-05-01"))
		for _, e := range s.events {
			texts = append(texts, e.Text)
		}
		for _, text := range texts {
			for _, secret := range s.request.Secrets {
				if strings.Contains(text, secret.Value) {
					t.Errorf("%s is shown in %s", secret, text)
				}
			}
		}
		for _, secret := range s.request.Secrets {
			if got := s.secret(result.KeyVault, secret.Name); got != secret.Value {
				t.Errorf("%s is %q", secret, got)
			}
		}
	})
}

// TestGivenSecretGetsNewVersion: what was given is written; what was not stays.
func TestGivenSecretGetsNewVersion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, nil)
		vault := s.must().KeyVault
		s.request.Secrets = []bootstrap.Secret{{Name: bootstrap.SecretAPIKey, Value: "pnu_new"}, {Name: bootstrap.SecretTest, Value: "not this", IfAbsent: true}}
		s.must()
		for name, want := range map[string]string{
			bootstrap.SecretAPIKey: "pnu_new", bootstrap.SecretTest: "a test", bootstrap.SecretAPIURL: "https://prefect.example/api", "own": "of the user",
		} {
			if got := s.secret(vault, name); got != want {
				t.Errorf("secret %s is %q, want %q", name, got, want)
			}
		}
	})
}

// TestDemoDeploys: the demo's own template deploys unmodified, and a rerun of it changes nothing.
func TestDemoDeploys(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, nil)
		s.use(demo(t, `{"keyvaultname": "demovault", "prefect-api-key": "key", "prefect-api-url": "url"}`))
		result := s.must()
		if result.KeyVault != "demovault" || s.secret("demovault", "testsecret") != "Super5ecret!" || result.Outputs["containerIPv4Address"] == "" {
			t.Errorf("got %+v", result)
		}
		if again := s.must(); len(again.Changed) > 0 {
			t.Errorf("a second run changed %v", again.Changed)
		}
	})
}

// TestElsewhere: a group in another region than the one that is asked for is refused before anything is made.
func TestElsewhere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, nil)
		s.group("aci-rg", "westeurope")
		s.request.Location = "northeurope"
		_, err := s.bootstrapper().Bootstrap(t.Context())
		if _, ok := errors.AsType[*bootstrap.ElsewhereError](err); !ok {
			t.Errorf("got %v", err)
		}
		s.request.Location = ""
		if plan, err := s.bootstrapper().Plan(t.Context()); err != nil || plan.Location != "westeurope" {
			t.Errorf("the group's region does not hold: %v %v", plan.Location, err)
		}
	})
}
