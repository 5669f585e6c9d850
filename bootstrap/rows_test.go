package bootstrap_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/pacific-aci/pacific/armtemplate"
	"github.com/pacific-aci/pacific/bootstrap"
)

// plansTo checks that a plan has a line.
func (s *site) plansTo(want string) {
	s.t.Helper()
	plan, err := s.bootstrapper().Plan(s.t.Context())
	if got := rows(plan); err != nil || !slices.Contains(got, want) {
		s.t.Errorf("the plan lacks %q: %q, %v", want, got, err)
	}
}

// TestPlanOfWorker: a plan says what the worker that runs gets, and that it starts again or goes on.
func TestPlanOfWorker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, nil)
		s.must()
		s.unchanged()
		s.request.Secrets = append(s.request.Secrets, bootstrap.Secret{Name: "more", Value: "a"})
		s.plansTo("update container group prefect-worker, starts again")
		s.request.Image = "stand-in:2"
		s.plansTo("update container group prefect-worker, gets image stand-in:2, and starts again")
		s.request.WorkPool = "other"
		s.plansTo("update container group prefect-worker, gets image stand-in:2, work pool other, and starts again")
		s.must()
		s.unchanged()
		s.request.WorkPool, s.request.Queue = "", "default"
		s.plansTo("update container group prefect-worker, gets queue default, and starts again")
		s.request.KeyVault = "another-vault"
		s.plansTo("update container group prefect-worker, gets queue default, key vault VAULT, and starts again")
		s.request.KeyVault, s.request.Queue, s.request.Image = "", "", ""
		s.plansTo("keep container group prefect-worker, an earlier run made it, and it goes on")
		s.must()
		s.plansTo("keep container group prefect-worker, an earlier run made it, and it goes on")
	})
}

// TestPrefixInOtherLetters: Azure takes Prefect-nat for prefect-nat, so that the environments are one, and the vault another.
func TestPrefixInOtherLetters(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, nil)
		s.must()
		s.request.NamePrefix = "Prefect"
		_, err := s.bootstrapper().Bootstrap(t.Context())
		if e, ok := errors.AsType[*bootstrap.ForeignError](err); !ok || e.Prefix != "prefect" || !strings.Contains(err.Error(), "names ignore case") {
			t.Errorf("got %v", err)
		}
	})
}

// TestUnknownRegion: a region that Azure does not have is refused before anything is made.
func TestUnknownRegion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, nil)
		s.request.Location = "mars"
		_, err := s.bootstrapper().Bootstrap(t.Context())
		if e, ok := errors.AsType[*bootstrap.LocationError](err); !ok || e.Location != "mars" || !slices.Contains(e.Known, "northeurope") {
			t.Errorf("got %v", err)
		}
		if _, err := s.bootstrapper().Plan(t.Context()); err == nil {
			t.Error("it is planned")
		}
		s.request.Location = "West Europe"
		if plan, err := s.bootstrapper().Plan(t.Context()); err != nil || plan.Location != "westeurope" {
			t.Errorf("another region: %q, %v", plan.Location, err)
		}
	})
}

// useTemplate deploys a template that has these parameters and resources.
func (s *site) useTemplate(parameters, resources, values string) {
	s.t.Helper()
	template, err := armtemplate.Parse([]byte(`{"$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
		"contentVersion": "1.0.0.0", "parameters": ` + parameters + `, "resources": ` + resources + `}`))
	if err != nil {
		s.t.Fatal(err)
	}
	given, err := armtemplate.ParseParameters([]byte(values))
	if err != nil {
		s.t.Fatal(err)
	}
	s.use(bootstrap.Request{Template: template, TemplateName: "own", Parameters: given})
}

const vaultAndSecret = `[{"type": "Microsoft.KeyVault/vaults", "apiVersion": "2023-07-01", "name": "[parameters('vault')]", "location": "[resourceGroup().location]",
		"properties": {"tenantId": "[subscription().tenantId]", "sku": {"family": "A", "name": "standard"}, "enableRbacAuthorization": true}},
	{"type": "Microsoft.KeyVault/vaults/secrets", "apiVersion": "2023-07-01", "name": "[concat(parameters('vault'), '/db')]",
		"dependsOn": ["[resourceId('Microsoft.KeyVault/vaults', parameters('vault'))]"], "properties": {"value": "[parameters('password')]"}}]`

// TestNameParameters: a parameter that gives a resource no valid name is named, before anything is made.
func TestNameParameters(t *testing.T) {
	const parameters = `{"vault": {"type": "string", "defaultValue": ""}, "password": {"type": "securestring", "defaultValue": "p"}}`
	network := strings.ReplaceAll(`[{"type": "Microsoft.Network/virtualNetworks", "apiVersion": "2024-03-01", "name": "[parameters( 'vault' )]", "location": "[resourceGroup().location]",
		"properties": {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}}}]`, "\n", " ")
	for name, test := range map[string]struct{ resources, values, want string }{
		"the default":          {vaultAndSecret, `{}`, "parameter vault: the key vault name is empty: 3 to 24 letters"},
		"a value":              {vaultAndSecret, `{"VAULT": "a--b"}`, `parameter vault: "a--b" is not a valid key vault name: 3 to 24 letters`},
		"another kind's name":  {network, `{}`, "parameter vault: the virtual network name is empty: a resource needs one"},
		"a template without":   {`[]`, `{}`, "the template has no resources"},
		"a condition is false": {strings.Replace(network, `"type"`, `"condition": false, "type"`, 1), `{"vault": "net"}`, "all of its conditions are false"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSite(t, nil)
				s.useTemplate(parameters, test.resources, test.values)
				_, err := s.bootstrapper().Bootstrap(t.Context())
				if err == nil || !strings.Contains(err.Error(), test.want) {
					t.Errorf("got %v, want %q", err, test.want)
				}
				if text := s.get("/subscriptions/" + s.request.Subscription + "/resourceGroups/aci-rg?api-version=2021-04-01"); !strings.Contains(text, "ResourceGroupNotFound") {
					t.Errorf("something was made: %s", text)
				}
			})
		})
	}
}

// TestSecureParametersOfTemplate: whether they are those of the last time cannot be seen, so the template is deployed again,
// and the plan says why and what comes of it.
func TestSecureParametersOfTemplate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, nil)
		s.useTemplate(`{"vault": {"type": "string"}, "password": {"type": "securestring"}}`, vaultAndSecret, `{"vault": "own-vault", "password": "hunter2"}`)
		s.must()
		s.plansTo("update deployment pacific-template-own, its secure parameters may be others than the last time")
		s.plansTo("update secret db, gets a new version")
		if again := s.must(); !slices.Contains(again.Changed, bootstrap.KindDeployment) {
			t.Errorf("changed %v", again.Changed)
		}
	})
}
