package bootstrap_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pacific-aci/pacific/armtemplate"
	"github.com/pacific-aci/pacific/bootstrap"
)

// evaluate evaluates our template with these parameters: the resources in their order, with their bodies by type and name.
func evaluate(t *testing.T, parameters string) (names []string, bodies map[string]map[string]any) {
	t.Helper()
	template, err := armtemplate.Parse(bootstrap.Template())
	if err != nil {
		t.Fatal(err)
	}
	given, err := armtemplate.ParseParameters([]byte(parameters))
	if err != nil {
		t.Fatal(err)
	}
	d, err := template.Evaluate(t.Context(), armtemplate.Options{Parameters: given, Scope: armtemplate.Scope{
		SubscriptionID: "sub", TenantID: "tenant", ResourceGroup: "aci-rg", Location: "northeurope",
	}})
	if err != nil {
		t.Fatal(err)
	}
	all, err := d.Flatten(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	bodies = map[string]map[string]any{}
	for _, r := range all {
		if r.Skipped {
			continue
		}
		text, err := r.Body(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		var body map[string]any
		if err := json.Unmarshal(text, &body); err != nil {
			t.Fatal(err)
		}
		names = append(names, r.Type[strings.LastIndexByte(r.Type, '/')+1:]+" "+r.Name)
		bodies[r.Type[strings.LastIndexByte(r.Type, '/')+1:]] = body
	}
	return names, bodies
}

func TestTemplateMakes(t *testing.T) {
	const assignment = `roleAssignments [guid('/subscriptions/sub/resourcegroups/aci-rg/providers/microsoft.keyvault/vaults/VAULT', ` +
		`reference('/subscriptions/sub/resourceGroups/aci-rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/PREFIX-identity', '2023-01-31').principalId, '4633458b-17de-408a-b874-0445c86b69e6')]`
	list := func(prefix, vault string, more ...string) []string {
		all := []string{
			"publicIPAddresses PREFIX-nat-address", "natGateways PREFIX-nat", "virtualNetworks PREFIX-network", "subnets PREFIX-network/containers", "userAssignedIdentities PREFIX-identity", "vaults VAULT",
		}
		all = append(all, more...)
		for i := range all {
			all[i] = strings.NewReplacer("PREFIX", prefix, "VAULT", vault).Replace(all[i])
		}
		return all
	}
	for name, test := range map[string]struct {
		parameters string
		want       []string
	}{
		"nothing given": {`{}`, list("prefect", "prefect-dp43auhvleass", "secrets VAULT/testsecret", "deployments PREFIX-rights", assignment)},
		"a worker and all secrets": {
			`{"namePrefix": "P", "keyVaultName": "kv1", "workerImage": "i", "workPool": "pool", "prefectApiKey": "k", "prefectApiUrl": "u", "testSecret": "", "secrets": {"b": "2", "a": "1"}}`,
			list("P", "kv1", "secrets VAULT/prefect-api-url", "secrets VAULT/prefect-api-key", "secrets VAULT/a", "secrets VAULT/b",
				"deployments PREFIX-rights", assignment, "containerGroups p-worker"),
		},
	} {
		t.Run(name, func(t *testing.T) {
			got, _ := evaluate(t, test.parameters)
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// TestTemplateMendsTheDemo holds what the demo's own template gets wrong.
func TestTemplateMendsTheDemo(t *testing.T) {
	_, bodies := evaluate(t, `{"workerImage": "i", "workPool": "pool"}`)
	text := func(kind string) string {
		b, err := json.Marshal(bodies[kind])
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	for _, test := range []struct{ kind, want string }{
		{"subnets", `"natGateway":{"id":"/subscriptions/sub/resourceGroups/aci-rg/providers/Microsoft.Network/natGateways/prefect-nat"}`},
		{"subnets", `"serviceName":"Microsoft.ContainerInstance/containerGroups"`},
		{"roleAssignments", `"roleDefinitionId":"/subscriptions/sub/providers/Microsoft.Authorization/roleDefinitions/4633458b-17de-408a-b874-0445c86b69e6"`},
		{"roleAssignments", `"principalType":"ServicePrincipal"`},
		{"containerGroups", `"restartPolicy":"Always"`},
		{"containerGroups", `["pacific","worker","start","--pool","pool","--keyvault","[reference(`},
		{"containerGroups", `{"name":"KV_NAME","value":"prefect-dp43auhvleass"}`},
	} {
		if !strings.Contains(text(test.kind), test.want) {
			t.Errorf("%s lacks %s: %s", test.kind, test.want, text(test.kind))
		}
	}
	if strings.Contains(text("containerGroups"), `"ports"`) {
		t.Error("the worker opens a port")
	}
	_, bodies = evaluate(t, `{"workerImage": "i", "queue": "armaci"}`)
	if want := `["pacific","agent","start","-q","armaci","--keyvault","[reference(`; !strings.Contains(text("containerGroups"), want) {
		t.Errorf("the agent's group lacks %s: %s", want, text("containerGroups"))
	}
	template, err := armtemplate.Parse(bootstrap.Template())
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range template.Parameters() {
		secret := strings.HasPrefix(p.Name, "prefectApi") || strings.Contains(strings.ToLower(p.Name), "secret")
		if secret != p.Secure {
			t.Errorf("parameter %s: secure is %v", p.Name, p.Secure)
		}
	}
}

// TestTemplateIsPlainJSON: az and every other client read it.
func TestTemplateIsPlainJSON(t *testing.T) {
	if !json.Valid(bootstrap.Template()) {
		t.Error("the template is not plain JSON")
	}
}

func TestNamesAreRefused(t *testing.T) {
	for _, name := range []string{"", "ab", "1vault", "vault-", "a--b", "vault_1", strings.Repeat("v", 25)} {
		if bootstrap.CheckKeyVault(name) == nil {
			t.Errorf("key vault name %q was taken", name)
		}
	}
	for _, name := range []string{"abc", "Vault-1", strings.Repeat("v", 24)} {
		if err := bootstrap.CheckKeyVault(name); err != nil {
			t.Error(err)
		}
	}
	for _, prefix := range []string{"", "-a", "1", "a-", "a--b", "a_b", strings.Repeat("p", 41)} {
		if bootstrap.CheckNamePrefix(prefix) == nil {
			t.Errorf("prefix %q was taken", prefix)
		}
	}
	for _, name := range []string{"", "a_b", "a/b", strings.Repeat("s", 128)} {
		if bootstrap.CheckSecret(name) == nil {
			t.Errorf("secret name %q was taken", name)
		}
	}
}

// TestPrefixMakesLegalVaultNames: whatever prefix is taken, the vault that is named after it is legal.
func TestPrefixMakesLegalVaultNames(t *testing.T) {
	for _, prefix := range []string{"p", "PREFECT", "abcdefghij", "abcdefghi-j", "abcdefghi-jklmnop"} {
		if err := bootstrap.CheckNamePrefix(prefix); err != nil {
			t.Fatal(err)
		}
		names, _ := evaluate(t, `{"namePrefix": "`+prefix+`"}`)
		if vault := strings.TrimPrefix(names[5], "vaults "); bootstrap.CheckKeyVault(vault) != nil {
			t.Errorf("prefix %s: %v", prefix, bootstrap.CheckKeyVault(vault))
		}
	}
}
