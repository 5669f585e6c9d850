//go:build e2e

package e2e

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pacific-aci/pacific/bootstrap"
)

// TestAzDeploysEnvironment has az deploy our own template as it is printed; then Pacific finds that environment, brings it in
// line, and deletes it.
func TestAzDeploysEnvironment(t *testing.T) {
	seconds(t)
	a := startAzure(t, "--engine", "simulate")
	a.login()
	file := filepath.Join(t.TempDir(), "environment.json")
	if err := os.WriteFile(file, []byte(a.cli(0, "bootstrap", "--print-template")), 0o600); err != nil {
		t.Fatal(err)
	}
	a.az(0, "group", "create", "--name", "aci-rg", "--location", "northeurope")
	var made azDeployment
	a.azJSON(&made, "deployment", "group", "create", "--resource-group", "aci-rg", "--template-file", file,
		"--parameters", "prefectApiKey=pnu_secret", "prefectApiUrl=https://prefect.example/api", `secrets={"db":"of the user"}`)
	vault, _ := made.Properties.Outputs["keyVaultName"].Value.(string)
	if made.Properties.ProvisioningState != "Succeeded" || vault == "" {
		t.Fatalf("create: %+v", made)
	}
	if out := a.az(0, "deployment", "group", "show", "--resource-group", "aci-rg", "--name", made.Name); strings.Contains(out.stdout, "pnu_secret") || strings.Contains(out.stdout, "of the user") {
		t.Errorf("the history of deployments shows a secret: %s", out.stdout)
	}
	a.az(0, "role", "assignment", "create", "--role", "Key Vault Secrets User", "--assignee", a.values["AZURE_CLIENT_ID"],
		"--scope", "/subscriptions/"+a.values["AZURE_SUBSCRIPTION_ID"])
	for name, want := range map[string]string{"prefect-api-key": "pnu_secret", "db": "of the user"} {
		var secret azSecret
		if a.azJSON(&secret, "keyvault", "secret", "show", "--vault-name", vault, "--name", name); secret.Value != want {
			t.Errorf("the secret %s: %+v", name, secret)
		}
	}
	var network struct {
		Subnets []struct {
			Name       string
			NatGateway struct{ ID string }
		}
	}
	a.azJSON(&network, "network", "vnet", "show", "--resource-group", "aci-rg", "--name", "prefect-network")
	if len(network.Subnets) != 1 || !strings.HasSuffix(network.Subnets[0].NatGateway.ID, "/prefect-nat") {
		t.Errorf("network vnet show: %+v", network)
	}
	pacificFinds(a, vault)
}

// pacificFinds bootstraps over what az has made, and deletes it.
func pacificFinds(a *azure, vault string) {
	var answer struct {
		Plan struct {
			KeyVault  string
			Resources []bootstrap.Resource
		}
		Result *struct{ Outcome, KeyVault string }
	}
	call := []string{"bootstrap", "--no-worker", "--prefect-api-url", "https://prefect.example/api", "--output", "json"}
	if err := json.Unmarshal([]byte(a.cli(0, append(call, "--plan")...)), &answer); err != nil {
		a.t.Fatal(err)
	}
	if answer.Plan.KeyVault != vault {
		a.t.Errorf("az made the vault %s, and Pacific would make %s", vault, answer.Plan.KeyVault)
	}
	for _, r := range answer.Plan.Resources {
		if r.Action == bootstrap.ActionCreate {
			a.t.Errorf("%s %s is there and would be made", r.Kind, r.Name)
		}
	}
	for _, want := range []string{"made", "unchanged"} {
		if err := json.Unmarshal([]byte(a.cli(0, append(call, "--yes")...)), &answer); err != nil {
			a.t.Fatal(err)
		}
		if answer.Result == nil || answer.Result.Outcome != want {
			a.t.Errorf("a run over it: %+v, want %s", answer.Result, want)
		}
	}
	a.cli(0, "bootstrap", "--destroy", "--purge", "--yes")
	var left []struct{ Name string }
	if a.azJSON(&left, "resource", "list", "--resource-group", "aci-rg"); len(left) != 0 {
		a.t.Errorf("left in the group: %+v", left)
	}
	if a.azJSON(&left, "keyvault", "list-deleted"); len(left) != 0 {
		a.t.Errorf("deleted vaults: %+v", left)
	}
}
