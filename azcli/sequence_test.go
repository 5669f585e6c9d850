package azcli_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pacific-aci/pacific/azcli"
)

const (
	subscription = "--subscription 0f0f0f0f-0000-4000-8000-000000000001"
	groupScope   = "/subscriptions/0f0f0f0f-0000-4000-8000-000000000001/resourceGroups/rg"
	denied       = "ERROR: (AuthorizationFailed) The client does not have authorization.\nCode: AuthorizationFailed\n"
)

// step is a command of a script that provisions a subscription, in one of the ways in which it goes.
type step struct {
	name, line string
	options    azcli.Options
	reply      reply
	status     azcli.Status
	output     string
	messages   []string
	// failed checks the error of a step that fails.
	failed func(error) bool
}

func code(want string) func(error) bool {
	return func(err error) bool {
		e, ok := errors.AsType[*azcli.CommandError](err)
		return ok && e.Code == want
	}
}

var steps = []step{
	{name: "az is there", line: "az --version", options: azcli.Options{IgnoreExists: true}, reply: reply{Stdout: "azure-cli 2.91.0\n"},
		status: azcli.Created, output: "azure-cli 2.91.0"},
	{name: "accounts", line: "az account list --output json", options: azcli.Options{JSON: true},
		reply: reply{Stdout: `[{"id":"1","name":"One"}]`}, status: azcli.Created, output: `[{"id":"1","name":"One"}]`},
	{name: "no accounts", line: "az account list --output json", options: azcli.Options{JSON: true, IgnoreExists: true, Failure: "No subscriptions found"},
		reply: reply{Stdout: "[]\n", Stderr: "WARNING: Please run \"az login\" to access your accounts.\n"}, failed: notSignedIn},
	{name: "a default location", line: `az account list-locations --query "[?isDefault].name" --output tsv`, reply: reply{Stdout: "westus\n"},
		status: azcli.Created, output: "westus"},
	{name: "no default location", line: `az account list-locations --query "[?isDefault].name" --output tsv`, status: azcli.Created},

	{name: "no group yet", line: "az group exists --name rg " + subscription, options: azcli.Options{JSON: true}, reply: reply{Stdout: "false\n"},
		status: azcli.Created, output: "false"},
	{name: "a group is there", line: "az group exists --name rg " + subscription, options: azcli.Options{JSON: true}, reply: reply{Stdout: "true\n"},
		status: azcli.Created, output: "true"},
	{name: "a group is made", line: "az group create --name 'rg' --location 'eastus' " + subscription,
		options: azcli.Options{Success: "Resource group 'rg' created", Failure: "Failed to create resource group 'rg'", IgnoreExists: true},
		reply:   reply{Stdout: "{}"}, status: azcli.Created, output: "{}", messages: []string{"success: Resource group 'rg' created"}},
	{name: "a group cannot be made", line: "az group create --name 'rg' --location 'eastus' " + subscription,
		options: azcli.Options{Success: "Resource group 'rg' created", Failure: "Failed to create resource group 'rg'", IgnoreExists: true},
		reply:   reply{Stderr: denied, Code: 1}, failed: code("AuthorizationFailed"),
		messages: []string{"failure: Failed to create resource group 'rg': " + strings.TrimSpace(denied)}},

	{name: "no application yet", line: "az ad app list --display-name app --output json", reply: reply{Stdout: "[]\n"}, status: azcli.Created, output: "[]"},
	{name: "an application is made", line: "az ad app create --display-name app --output json", options: azcli.Options{Success: "app created", IgnoreExists: true},
		reply: reply{Stdout: `{"appId":"a"}`}, status: azcli.Created, output: `{"appId":"a"}`, messages: []string{"success: app created"}},
	{name: "an application is there", line: "az ad app create --display-name app --output json", options: azcli.Options{Success: "app created", IgnoreExists: true},
		reply: reply{Stderr: "ERROR: app already exists", Code: 1}, status: azcli.Exists, messages: []string{"exists: app created (already exists)"}},
	{name: "an application cannot be made", line: "az ad app create --display-name app --output json",
		reply: reply{Stderr: "ERROR: Insufficient privileges to complete the operation.\n", Code: 1}, failed: code("")},
	{name: "a secret", line: "az ad app credential reset --id a --append --output json", options: azcli.Options{IgnoreExists: true, JSON: true},
		reply: reply{Stdout: `{"appId":"a","password":"p","tenant":"t"}`, Stderr: "WARNING: The output includes credentials that you must protect.\n"}, status: azcli.Created,
		output: `{"appId":"a","password":"p","tenant":"t"}`},

	{name: "no service principal yet", line: `az ad sp list --all --query "[?appId=='a']" --output json`, options: azcli.Options{JSON: true}, reply: reply{Stdout: "[]"},
		status: azcli.Created, output: "[]"},
	{name: "a service principal is made", line: "az ad sp create --id a", options: azcli.Options{Success: "Service principal created", Failure: "not created"},
		reply: reply{Stdout: `{"id":"sp"}`}, status: azcli.Created, output: `{"id":"sp"}`, messages: []string{"success: Service principal created"}},
	{name: "a service principal cannot be made", line: "az ad sp create --id a", options: azcli.Options{Success: "Service principal created", Failure: "not created"},
		reply: reply{Stderr: "ERROR: no\n", Code: 1}, failed: code(""), messages: []string{"failure: not created: ERROR: no"}},
	{name: "roles are listed", line: "az role assignment list --assignee sp --role Contributor --scope " + groupScope + " " + subscription + " --output json",
		options: azcli.Options{JSON: true}, reply: reply{Stdout: `[{"scope":"s"}]`}, status: azcli.Created, output: `[{"scope":"s"}]`},
	{name: "roles cannot be listed", line: "az role assignment list --assignee sp --role Contributor --scope " + groupScope + " " + subscription + " --output json",
		options: azcli.Options{JSON: true}, reply: reply{Stderr: denied, Code: 1}, failed: code("AuthorizationFailed")},
	{name: "a role is assigned", line: "az role assignment create --role Contributor --assignee-object-id sp --scope " + groupScope + " " + subscription,
		options: azcli.Options{Success: "Contributor role assigned", IgnoreExists: true}, status: azcli.Created, messages: []string{"success: Contributor role assigned"}},
	{name: "the principal is not known yet", line: "az role assignment create --role Contributor --assignee-object-id sp --scope " + groupScope + " " + subscription,
		options: azcli.Options{IgnoreExists: true}, reply: reply{Code: 1, Stderr: "ERROR: (PrincipalNotFound) Principal sp does not exist in the directory t.\n"}, failed: code("PrincipalNotFound")},

	{name: "no registry yet", line: `az acr list --query "[?starts_with(name, 'pre')]" ` + subscription + " --output json", options: azcli.Options{JSON: true}, reply: reply{Stdout: "[]"},
		status: azcli.Created, output: "[]"},
	{name: "a registry is made", line: "az acr create --name pre1 --resource-group rg " + subscription + " --location eastus --sku Basic",
		options: azcli.Options{Success: "Registry created", Failure: "not created", JSON: true}, reply: reply{Stdout: `{"loginServer":"pre1.azurecr.io"}`},
		status: azcli.Created, output: `{"loginServer":"pre1.azurecr.io"}`, messages: []string{"success: Registry created"}},
	{name: "a registry cannot be made", line: "az acr create --name pre1 --resource-group rg " + subscription + " --location eastus --sku Basic",
		options: azcli.Options{Failure: "not created", JSON: true}, reply: reply{Code: 1, Stderr: "ERROR: (AlreadyInUse) The registry DNS name pre1.azurecr.io is already in use.\n"},
		failed: code("AlreadyInUse"), messages: []string{"failure: not created: ERROR: (AlreadyInUse) The registry DNS name pre1.azurecr.io is already in use."}},
	{name: "registry login", line: "az acr login --name pre1.azurecr.io " + subscription, options: azcli.Options{Success: "Logged into registry pre1.azurecr.io", Failure: "not logged in"},
		reply: reply{Stdout: "Login Succeeded\n"}, status: azcli.Created, output: "Login Succeeded", messages: []string{"success: Logged into registry pre1.azurecr.io"}},
	{name: "no identity yet", line: `az identity list --query "[?name=='id']" --resource-group rg ` + subscription + " --output json", options: azcli.Options{JSON: true},
		reply: reply{Stdout: "[]"}, status: azcli.Created, output: "[]"},
	{name: "an identity is made", line: "az identity create --name id --resource-group rg " + subscription + " --output json",
		options: azcli.Options{Success: "Identity 'id' created", JSON: true}, reply: reply{Stdout: `{"principalId":"p"}`}, status: azcli.Created,
		output: `{"principalId":"p"}`, messages: []string{"success: Identity 'id' created"}},
	{name: "an identity cannot be made", line: "az identity create --name id --resource-group rg " + subscription + " --output json",
		options: azcli.Options{Failure: "no identity", JSON: true}, reply: reply{Stderr: denied, Code: 1}, failed: code("AuthorizationFailed"),
		messages: []string{"failure: no identity: " + strings.TrimSpace(denied)}},
	{name: "AcrPull is there", line: "az role assignment create --assignee-object-id p --assignee-principal-type ServicePrincipal --scope r --role AcrPull " + subscription,
		options: azcli.Options{IgnoreExists: true}, reply: reply{Code: 1, Stderr: "ERROR: (RoleAssignmentExists) The role assignment already exists.\n"}, status: azcli.Exists},
}

// The commands of a whole script, each as it succeeds and as it fails.
func TestSequence(t *testing.T) {
	for _, s := range steps {
		t.Run(s.name, func(t *testing.T) {
			az := newFake(t, s.reply)
			got, err := az.RunString(t.Context(), s.line, s.options)
			if s.failed == nil && err != nil || s.failed != nil && (err == nil || !s.failed(err)) {
				t.Fatalf("%T: %v", err, err)
			}
			if got.Status != s.status || got.Output != s.output {
				t.Errorf("%q %q, want %q %q", got.Status, got.Output, s.status, s.output)
			}
			if diff := cmp.Diff(s.messages, az.messages); diff != "" {
				t.Error(diff)
			}
			asked := az.asked()
			if len(asked) != 1 {
				t.Fatalf("az was started %d times", len(asked))
			}
			var argv []string
			if err := json.Unmarshal([]byte(asked[0]), &argv); err != nil {
				t.Fatal(err)
			}
			unquoted := strings.NewReplacer(`"`, "", " '", " ", "' ", " ").Replace(s.line)
			if got := strings.NewReplacer(" '", " ", "' ", " ").Replace("az " + strings.Join(argv, " ")); got != strings.TrimSuffix(unquoted, "'") {
				t.Errorf("az got %q of %q", argv, s.line)
			}
		})
	}
}

// A command that looks and one that makes, the second time of which says that the thing is there.
func TestTwice(t *testing.T) {
	az := newFake(t, reply{Command: "group create", Stdout: "{}"}, reply{Command: "group create", Stderr: "ERROR: it already exists\n", Code: 1})
	for _, want := range []azcli.Status{azcli.Created, azcli.Exists} {
		got, err := az.Run(t.Context(), []string{"group", "create"}, azcli.Options{Success: "made", IgnoreExists: true})
		if err != nil || got.Status != want {
			t.Errorf("%q, %v; want %q", got.Status, err, want)
		}
	}
	if diff := cmp.Diff([]string{"success: made", "exists: made (already exists)"}, az.messages); diff != "" {
		t.Error(diff)
	}
}
