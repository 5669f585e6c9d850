//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pacific-aci/pacific/internal/fakeaz"
)

// azSteps are commands of az that go on from each other, with {names} of what earlier ones printed. They are all that
// Pacific runs, each as it succeeds and as it fails: what is there already, is gone, or is nobody's.
var azSteps = []azStep{
	{argv: "account list"},
	{argv: "provider show --namespace Microsoft.ContainerInstance {in}"},
	{argv: "group exists --name rg {in}"},
	{argv: "group show --name rg {in}"},
	{argv: "group create --name rg --location westeurope {in} --tags pacific-provisioned=push-pool"},
	{argv: "group create --name rg --location westeurope {in} --tags pacific-provisioned=push-pool"},
	{argv: "group exists --name rg {in}"},
	{argv: "group show --name rg {in}"},
	{argv: "ad app list --display-name app"},
	{argv: "ad app show --id {nobody}"},
	{argv: "ad app create --display-name app", keep: map[string]string{"app": "appId"}},
	{argv: "ad app create --display-name app"},
	{argv: "ad app list --display-name ap"},
	{argv: "ad app update --id {app} --set tags=['pacific-provisioned']"},
	{argv: "ad app update --id {nobody} --set tags=['pacific-provisioned']"},
	{argv: "ad app update --id {app} --display-name app --set tags=['pacific-provisioned']"},
	{argv: "ad app show --id {app}"},
	{argv: "ad app federated-credential list --id {app}"},
	{argv: "ad app federated-credential list --id {nobody}"},
	{argv: "ad app credential list --id {app}"},
	{argv: "ad app credential reset --id {app} --append --display-name first"},
	{argv: "ad app credential reset --id {app} --append --display-name second --end-date 2027-03-01T00:00:00Z"},
	{argv: "ad app credential list --id {app}", keep: map[string]string{"key": "keyId"}},
	{argv: "ad app credential delete --id {app} --key-id {key}"},
	{argv: "ad app credential delete --id {app} --key-id {key}"},
	{argv: "ad app credential list --id {nobody}"},
	{argv: "ad app credential reset --id {nobody} --append --display-name first"},
	{argv: "ad sp list --all --query [?appId=='{app}']"},
	{argv: "ad sp create --id {app}"},
	{argv: "ad sp create --id {app}"},
	{argv: "ad sp create --id {nobody}"},
	{argv: "ad sp list --all --query [?appId=='{app}']", keep: map[string]string{"principal": "id"}},
	{argv: "role assignment list --assignee {principal} --role Contributor --scope {scope} {in}"},
	{argv: "role assignment create --role Contributor --assignee-object-id {principal} --assignee-principal-type ServicePrincipal --scope {scope} {in}"},
	{argv: "role assignment create --role Contributor --assignee-object-id {principal} --assignee-principal-type ServicePrincipal --scope {scope} {in}"},
	{argv: "role assignment list --assignee {principal} --role Contributor --scope {scope} {in}"},
	{argv: "role assignment list --assignee {nobody} --role Contributor --scope {scope} {in}"},
	{argv: "role assignment list --assignee {principal} --role Unheard --scope {scope} {in}"},
	{argv: "role assignment create --role Unheard --assignee-object-id {principal} --assignee-principal-type ServicePrincipal --scope {scope} {in}"},
	{argv: "role definition list --name e2e-role --scope {scope} --custom-role-only true {in}"},
	{argv: "role definition create --role-definition @{newRole} {in}"},
	{argv: "role definition create --role-definition @{newRole} {in}"},
	{argv: "role definition list --name e2e-role --custom-role-only true {in}"}, // without a scope
	{argv: "role definition list --name e2e-role --scope {scope} --custom-role-only true {in}", keep: map[string]string{"role": "id"}},
	{argv: "role definition update --role-definition @{moreRole} {in}"},
	{argv: "role definition update --role-definition @{listedRole} {in}"},
	{argv: "role definition update --role-definition @{givenRole} {in}"}, // makes a role of that id
	{argv: "role definition list --name e2e-given-role --scope {scope} --custom-role-only true {in}"},
	{argv: "role definition list --name E2E-given-role --scope {scope} --custom-role-only true {in}"},
	{argv: "role definition update --role-definition @{namelessRole} {in}", says: "'roleName'"},
	{argv: "role definition list --name e2e-role --scope {scope} --custom-role-only true {in}"},
	{argv: "role assignment create --role e2e-role --assignee-object-id {principal} --assignee-principal-type ServicePrincipal --scope {scope} {in}"},
	{argv: "role assignment list --assignee {principal} --role e2e-role --scope {scope} {in}"},
	{argv: "acr list {in}"},
	{argv: "acr create --name e2efake1 --resource-group rg --location westeurope --sku Basic {in} --tags pacific-provisioned=push-pool"},
	{argv: "acr create --name e2efake1 --resource-group rg --location westeurope --sku Basic {in} --tags pacific-provisioned=push-pool"},
	{argv: "acr create --name e2efake1 --resource-group local --location westeurope --sku Basic {in}"},
	{argv: "acr list {in}"},
	{argv: "acr login --name e2efake1.azurecr.io {in}"},
	{argv: "acr login --name e2efake1.azurecr.io {in} --expose-token"},
	{argv: "identity list --query [?name=='identity'] --resource-group rg {in}"},
	{argv: "identity list --query [?name=='identity'] --resource-group nowhere {in}"},
	{argv: "identity create --name identity --resource-group rg {in} --tags pacific-provisioned=push-pool"},
	{argv: "identity list --query [?name=='identity'] --resource-group rg {in}"},
	{argv: "resource list --resource-group rg {in}"},
	{argv: "resource list --resource-group nowhere {in}"},
	{argv: "identity delete --name identity --resource-group rg {in}"},
	{argv: "identity delete --name identity --resource-group rg {in}"},
	{argv: "role assignment delete --assignee {principal} --role Contributor --scope {scope} {in}"},
	{argv: "role assignment delete --assignee {principal} --role Contributor --scope {scope} {in}"},
	{argv: "acr delete --name e2efake1 --resource-group rg --yes {in}"},
	{argv: "acr delete --name e2efake1 --resource-group rg --yes {in}"},
	{argv: "group delete --name rg --yes {in}"},
	{argv: "group delete --name rg --yes {in}"},
	{argv: "ad app delete --id {app}"},
	{argv: "ad app delete --id {app}"},
	{argv: "role assignment delete --assignee {principal} --role Contributor --scope {scope} {in}"},
}

// azStep is one command, and what is kept of its output: the field of the last object, by the name that it gets.
type azStep struct {
	argv string
	keep map[string]string
	// says, if set, is all that is compared of the error: az shows a traceback.
	says string
}

// azSide is one emulated Azure with an az, real or not.
type azSide struct {
	*azure
	values map[string]string
	run    func(argv []string) fakeaz.Output
}

func newAzSide(t *testing.T, a *azure) *azSide {
	subscription := a.values["AZURE_SUBSCRIPTION_ID"]
	return &azSide{azure: a, values: map[string]string{
		"in": "--subscription " + subscription, "scope": "/subscriptions/" + subscription + "/resourceGroups/rg",
		"nobody": "11111111-2222-4333-8444-555555555555",
	}}
}

// TestFakeAz holds the stand-in for az, which the other tests have, to the real az: for each command the same exit code, the
// same error and the same requests, and nothing printed that the real one does not print too.
func TestFakeAz(t *testing.T) {
	seconds(t)
	with := newAzSide(t, startAzure(t, "--engine", "simulate"))
	with.login()
	with.env = append(with.env, "DOCKER_COMMAND=/nowhere")
	with.run = func(argv []string) fakeaz.Output {
		out := with.azure.run(os.Getenv("PACIFIC_E2E_AZ"), argv...)
		return fakeaz.Output{Stdout: out.stdout, Stderr: out.stderr, Code: out.code}
	}
	without := newAzSide(t, startAzure(t, "--engine", "simulate"))
	values := without.azure.values
	fake := &fakeaz.Az{
		Transport: without.transport(), TenantID: values["AZURE_TENANT_ID"], SubscriptionID: values["AZURE_SUBSCRIPTION_ID"],
		ClientID: values["AZURE_CLIENT_ID"], ClientSecret: values["AZURE_CLIENT_SECRET"],
	}
	without.run = fake.Run
	used := map[string]bool{}
	for _, step := range azSteps {
		used[fakeaz.Name(strings.Fields(strings.ReplaceAll(step.argv, "{in}", "--subscription")))] = true
		wantOut, want := with.step(step)
		gotOut, got := without.step(step)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("az %s: %s", step.argv, diff)
		}
		if diff := unlike(wantOut, gotOut, ""); diff != "" {
			t.Errorf("az %s: %s", step.argv, diff)
		}
	}
	for _, name := range fakeaz.Commands() {
		if !used[name] {
			t.Errorf("az %s is not compared", name)
		}
	}
}

// azSeen is what a command did besides printing.
type azSeen struct {
	Code     int
	Error    string
	Requests []string
}

// step runs one command.
func (s *azSide) step(step azStep) (printed any, seen azSeen) {
	s.t.Helper()
	s.roleFiles()
	var argv []string
	for _, word := range strings.Fields(step.argv) {
		for name, value := range s.values {
			word = strings.ReplaceAll(word, "{"+name+"}", value)
		}
		argv = append(argv, strings.Fields(word)...)
	}
	var out fakeaz.Output
	for _, r := range s.requests(func() { out = s.run(argv) }) {
		path := strings.ToLower(r.Path)
		poll := strings.Contains(path, "/operations/") || strings.Contains(path, "/operationresults/")
		if !poll && !strings.HasPrefix(r.Operation, "Entra_") { // az keeps tokens in its folder
			seen.Requests = append(seen.Requests, r.Operation)
		}
	}
	seen.Code, seen.Error = out.Code, azError(out.Stderr, step.says)
	if strings.TrimSpace(out.Stdout) == "" {
		return nil, seen
	}
	if err := json.Unmarshal([]byte(out.Stdout), &printed); err != nil {
		return strings.TrimSpace(out.Stdout), seen
	}
	for name, field := range step.keep {
		last := printed
		if list, ok := printed.([]any); ok && len(list) > 0 {
			last = list[len(list)-1]
		}
		object, _ := last.(map[string]any)
		if s.values[name], _ = object[field].(string); s.values[name] == "" {
			s.t.Fatalf("az %s prints no %s: %s", step.argv, field, out.Stdout)
		}
	}
	return printed, seen
}

// roleFiles writes the files of the role definitions, in the forms that az reads.
func (s *azSide) roleFiles() {
	s.t.Helper()
	if s.values["newRole"] != "" && (s.values["role"] == "" || s.values["moreRole"] != "") {
		return
	}
	write := func(name string, role map[string]any) {
		maps.Copy(role, map[string]any{"description": "for a test", "assignableScopes": []string{s.values["scope"]}})
		text, err := json.Marshal(role)
		if err != nil {
			s.t.Fatal(err)
		}
		s.values[name] = filepath.Join(s.t.TempDir(), name+".json")
		if err := os.WriteFile(s.values[name], text, 0o600); err != nil {
			s.t.Fatal(err)
		}
	}
	actions := []string{"Microsoft.ContainerInstance/containerGroups/read", "Microsoft.ContainerInstance/containerGroups/write"}
	write("newRole", map[string]any{"name": "e2e-role", "actions": actions[:1]})
	if id := s.values["role"]; id != "" {
		write("moreRole", map[string]any{"id": id, "roleName": "e2e-role", "actions": actions})
		list := []map[string]any{
			{"actions": actions[:1], "notActions": actions[1:], "dataActions": []string{"Microsoft.Storage/*/read"}, "notDataActions": nil},
			{"actions": actions[1:], "notActions": []string{}},
		}
		write("listedRole", map[string]any{"id": id, "roleName": "e2e-role", "permissions": list})
		given := id[:strings.LastIndexByte(id, '/')+1] + "6a1a4a5e-0b7c-4c7e-9d8f-2f1f6a8f2c12"
		write("givenRole", map[string]any{"id": given, "roleName": "e2e-given-role", "permissions": list[1:]})
		write("namelessRole", map[string]any{"id": id, "name": "e2e-role", "actions": actions})
	}
}

// What differs from one run to another.
var (
	azGUID = regexp.MustCompile(`[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}`)
	azTime = regexp.MustCompile(`20\d\d-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)?`)
)

func plain(text string) string {
	return azTime.ReplaceAllString(azGUID.ReplaceAllString(text, "<id>"), "<time>")
}

// azError is what az writes to standard error besides warnings.
func azError(stderr, says string) string {
	if says != "" && strings.Contains(stderr, says) {
		return says
	}
	lines := slices.DeleteFunc(strings.Split(strings.TrimSpace(stderr), "\n"), func(line string) bool {
		return strings.HasPrefix(line, "WARNING:") || strings.TrimSpace(line) == ""
	})
	return plain(strings.Join(lines, "\n"))
}

// unlike says where got has something that want has not; empty: nowhere. Lists are compared item by item.
func unlike(want, got any, at string) string {
	switch got := got.(type) {
	case nil:
		return "" // nothing printed, or a field that has no value
	case map[string]any:
		want, ok := want.(map[string]any)
		if !ok {
			return fmt.Sprintf("%s is an object", at)
		}
		for _, name := range slices.Sorted(maps.Keys(got)) {
			if _, there := want[name]; !there {
				return fmt.Sprintf("the real az prints no %s.%s", at, name)
			}
			if name == "password" || name == "hint" || strings.HasSuffix(name, "Token") {
				continue // random
			}
			if diff := unlike(want[name], got[name], at+"."+name); diff != "" {
				return diff
			}
		}
	case []any:
		want, ok := want.([]any)
		if !ok || len(want) != len(got) {
			return fmt.Sprintf("%s has %d items, want %v", at, len(got), want)
		}
		for i := range got {
			if diff := unlike(want[i], got[i], fmt.Sprintf("%s[%d]", at, i)); diff != "" {
				return diff
			}
		}
	default:
		if wanted, printed := plain(fmt.Sprint(want)), plain(fmt.Sprint(got)); wanted != printed {
			return fmt.Sprintf("%s is %q, want %q", at, printed, wanted)
		}
	}
	return ""
}
