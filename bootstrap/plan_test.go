package bootstrap_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/pacific-aci/pacific/armtemplate"
	"github.com/pacific-aci/pacific/bootstrap"
)

// rows are the lines of a plan. The vault's hash is left out.
func rows(plan bootstrap.Plan) []string {
	var all []string
	for _, r := range plan.Resources {
		line := strings.Join([]string{string(r.Action), string(r.Kind), r.Name}, " ")
		if r.Detail != "" {
			line += ", " + r.Detail
		}
		if plan.KeyVault != "" {
			line = strings.ReplaceAll(line, plan.KeyVault, "VAULT")
		}
		all = append(all, line)
	}
	return all
}

func TestPlanFromNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, nil)
		plan, err := s.bootstrapper().Plan(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		want := []string{
			"create resource group aci-rg, in northeurope", "create public IP address prefect-nat-address", "create NAT gateway prefect-nat",
			"create virtual network prefect-network", "create subnet prefect-network/containers", "create managed identity prefect-identity", "create key vault VAULT",
			"create secret prefect-api-url", "create secret prefect-api-key", "create secret testsecret", "create secret own",
			"create role assignment Key Vault Secrets User on VAULT", "create container group prefect-worker",
		}
		if diff := cmp.Diff(want, rows(plan)[:len(want)]); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
		again, err := s.bootstrapper().Plan(t.Context())
		if err != nil || again.KeyVault != plan.KeyVault || again.KeyVault == "" {
			t.Errorf("the vault's name: %q, then %q, %v", plan.KeyVault, again.KeyVault, err)
		}
	})
}

func TestRequestIsRefused(t *testing.T) {
	for name, change := range map[string]func(*bootstrap.Request){
		"a vault's name":   func(r *bootstrap.Request) { r.KeyVault = "a--b" },
		"a prefix":         func(r *bootstrap.Request) { r.NamePrefix = "1" },
		"a secret's name":  func(r *bootstrap.Request) { r.Secrets = []bootstrap.Secret{{Name: "a_b", Value: "v"}} },
		"a secret's bytes": func(r *bootstrap.Request) { r.Secrets = []bootstrap.Secret{{Name: "a", Value: "v\xffw"}} },
		"a secret's size": func(r *bootstrap.Request) {
			r.Secrets = []bootstrap.Secret{{Name: "a", Value: strings.Repeat("v", 25_601)}}
		},
		"a pool's bytes": func(r *bootstrap.Request) { r.WorkPool = "p\xff" },
		"a secret twice": func(r *bootstrap.Request) {
			r.Secrets = []bootstrap.Secret{{Name: "a", Value: "v"}, {Name: "A", Value: "w"}}
		},
		"a pool and a queue": func(r *bootstrap.Request) { r.Queue = "q" },
		"neither":            func(r *bootstrap.Request) { r.WorkPool = "" },
		"an image":           func(r *bootstrap.Request) { r.Image = "BAD IMAGE" },
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t, nil)
			change(&s.request)
			if _, err := bootstrap.New(bootstrap.Options{Cloud: s.cloud, Request: s.request}); err == nil {
				t.Error("it was taken")
			}
		})
	}
}

// demo is the demo's own template, which lies beside the vectors.
func demo(t *testing.T, parameters string) (request bootstrap.Request) {
	t.Helper()
	const vectors = "PACIFIC_ARM_VECTORS"
	if os.Getenv(vectors) == "" {
		t.Skipf("%s is not set: the demo's template lies beside the file that it names", vectors)
	}
	text, err := os.ReadFile(filepath.Join(filepath.Dir(os.Getenv(vectors)), "demo", "azuredeploy.json"))
	if err != nil {
		t.Fatal(err)
	}
	if request.Template, err = armtemplate.Parse(text); err != nil {
		t.Fatal(err)
	}
	if request.Parameters, err = armtemplate.ParseParameters([]byte(parameters)); err != nil {
		t.Fatal(err)
	}
	request.TemplateName, request.Commented = "azuredeploy", true
	return request
}

func (s *site) use(request bootstrap.Request) {
	request.Subscription, request.Tenant = s.request.Subscription, s.request.Tenant
	s.request = request
}

func TestDemoIsWarnedAbout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, nil)
		s.use(demo(t, `{"keyvaultname": "demovault"}`))
		plan, err := s.bootstrapper().Plan(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{
			"parameter prefect-api-key holds a secret, and its type string keeps it readable", "parameter testsecret holds a secret",
			"subnet orinet/agentnet has no NAT gateway",
			"gives the role Key Vault Secrets Officer", "is for the whole resource group",
			"does not follow from the principal",
			"container group prefect-agent does not depend on the role assignment", "container group prefect-agent names no restart policy",
			"container prefect of prefect-agent opens ports", "output containerIPv4Address reads the address of container group prefect-agent",
			"the parameter location does not count for virtual network orinet, key vault demovault", "the template has comments",
			"the name of key vault demovault stays taken",
			"container prefect of prefect-agent starts an agent, which Prefect 3 does not have", "image radbrt/orion_agent:latest is not pinned",
		} {
			if !strings.Contains(strings.Join(plan.Warnings, "\n"), want) {
				t.Errorf("no warning says %q:\n%s", want, strings.Join(plan.Warnings, "\n"))
			}
		}
	})
}

// TestOurTemplateHasNoWarnings: what is checked of other templates holds for ours, as somebody else's too.
func TestOurTemplateHasNoWarnings(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, nil)
		template, err := armtemplate.Parse(bootstrap.Template())
		if err != nil {
			t.Fatal(err)
		}
		parameters, err := armtemplate.ParseParameters([]byte(`{"keyVaultName": "kv1", "workerImage": "worker:1", "workPool": "pool", "prefectApiKey": "a secret"}`))
		if err != nil {
			t.Fatal(err)
		}
		s.use(bootstrap.Request{Template: template, TemplateName: "ours", Parameters: parameters})
		plan, err := s.bootstrapper().Plan(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, warning := range plan.Warnings {
			if !strings.Contains(warning, "stays taken after it is deleted") { // Azure's rule for every vault
				t.Error(warning)
			}
		}
	})
}

// TestSameMistakeIsNamed: of a template with two names that are not valid, each run names the same.
func TestSameMistakeIsNamed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		template, err := armtemplate.Parse([]byte(`{"$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#", "contentVersion": "1.0.0.0",
			"languageVersion": "2.0", "parameters": {"two": {"type": "string", "defaultValue": ""}, "one": {"type": "string", "defaultValue": ""}}, "resources": {
			"second": {"type": "Microsoft.KeyVault/vaults", "apiVersion": "2023-07-01", "name": "[parameters('two')]"},
			"first": {"type": "Microsoft.KeyVault/vaults", "apiVersion": "2023-07-01", "name": "[parameters('one')]"}}}`))
		if err != nil {
			t.Fatal(err)
		}
		s := newSite(t, nil)
		s.use(bootstrap.Request{Template: template, TemplateName: "two"})
		for range 20 {
			_, err := s.bootstrapper().Plan(t.Context())
			if e, ok := errors.AsType[*bootstrap.ParameterError](err); !ok || e.Parameter != "one" {
				t.Fatalf("got %v", err)
			}
		}
	})
}

// TestDemoWithoutVaultName: the empty default is refused by the vault's rule, before anything is made.
func TestDemoWithoutVaultName(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, nil)
		s.use(demo(t, `{}`))
		_, err := s.bootstrapper().Bootstrap(t.Context())
		if e, ok := errors.AsType[*bootstrap.ParameterError](err); !ok || e.Parameter != "keyvaultname" || !strings.Contains(err.Error(), "3 to 24 letters") {
			t.Errorf("got %v", err)
		}
	})
}
