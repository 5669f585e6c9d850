//go:build e2e

package e2e

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestAzJobCreator makes the role that Pacific prints with the real az, a service principal under it and one as the demo's
// README has it, and runs a job as each. Then az signs in with what Pacific's own command makes.
func TestAzJobCreator(t *testing.T) {
	seconds(t)
	a := startAzure(t, "--engine", "process")
	a.login()
	a.az(0, "group", "create", "--name", "e2e", "--location", "westeurope")
	scope := "/subscriptions/" + a.values["AZURE_SUBSCRIPTION_ID"] + "/resourceGroups/e2e"
	file := filepath.Join(t.TempDir(), "role.json")
	if err := os.WriteFile(file, []byte(a.cli(0, "role", "show", "aci-job-creator", "--output", "json")), 0o600); err != nil {
		t.Fatal(err)
	}
	var role struct {
		ID, RoleName string
		Permissions  []struct{ Actions []string }
	}
	a.azJSON(&role, "role", "definition", "create", "--role-definition", "@"+file)
	if len(role.Permissions) != 1 || !slices.Contains(role.Permissions[0].Actions, "Microsoft.ManagedIdentity/userAssignedIdentities/assign/action") {
		t.Errorf("az made %+v", role)
	}
	for name, given := range map[string]string{"prefect-aci": "Contributor", "job-creator": role.RoleName} {
		var made azAccount
		a.azJSON(&made, "ad", "sp", "create-for-rbac", "-n", name, "--role", given, "--scopes", scope)
		as := a.signedInWith(made)
		if got := as.cli(0, "run", "--image", "alpine", "--", "echo", "hello"); got != "hello\n" {
			t.Errorf("%s: the job printed %q", name, got)
		}
		if given != "Contributor" {
			as.cli(1, "group", "rm", "e2e", "--yes")
		}
	}
	var made azAccount
	if err := json.Unmarshal([]byte(a.cli(0, "service-principal", "create", "ours", "--role", "aci-job-creator")), &made); err != nil {
		t.Fatal(err)
	}
	if got := a.signedInWith(made).cli(0, "run", "--image", "alpine", "--", "echo", "hello"); got != "hello\n" {
		t.Errorf("the job printed %q", got)
	}
	pythonJob(a, made)
	var found []azAssignment
	if a.azJSON(&found, "role", "assignment", "list", "--assignee", made.AppID, "--scope", scope); len(found) != 1 || found[0].RoleDefinitionName != role.RoleName || found[0].PrincipalID == "" {
		t.Fatalf("az shows the roles %+v, want the one that az made, %s", found, role.RoleName)
	}
	principal := found[0].PrincipalID // az has no name for a principal that is gone
	as := *a
	as.env = append(slices.Clone(a.env), "AZURE_CONFIG_DIR="+t.TempDir())
	as.az(0, "login", "--service-principal", "-u", made.AppID, "-p", made.Password, "--tenant", made.Tenant)
	a.cli(0, "service-principal", "rm", "ours", "--yes")
	var left []azAssignment
	if a.azJSON(&left, "role", "assignment", "list", "--scope", scope); slices.ContainsFunc(left, func(one azAssignment) bool { return one.PrincipalID == principal }) {
		t.Errorf("after the rm: %+v", left)
	}
	if out := a.az(3, "ad", "app", "show", "--id", made.AppID); !strings.Contains(out.stderr, "does not exist") {
		t.Errorf("after the rm: %s", out.stderr)
	}
}

// pythonJob runs the demo's job, with a managed identity, by Prefect 2's own job block under an account.
func pythonJob(a *azure, account azAccount) {
	a.t.Helper()
	python := os.Getenv("PACIFIC_E2E_PREFECT2_PYTHON")
	if python == "" {
		a.t.Fatal("PACIFIC_E2E_PREFECT2_PYTHON is not set: run e2e/run, which installs Prefect 2")
	}
	var identity struct{ ID string }
	a.azJSON(&identity, "identity", "create", "--name", "jobs", "--resource-group", "e2e")
	as := *a
	as.env = append(slices.Clone(a.env), "TENANT_ID="+account.Tenant, "CLIENT_ID="+account.AppID, "CLIENT_SECRET="+account.Password,
		"SUBSCRIPTION_ID="+a.values["AZURE_SUBSCRIPTION_ID"], "IDENTITY="+identity.ID, "PREFECT_HOME="+a.t.TempDir())
	if out := as.run(python, "testdata/aci_job.py"); out.code != 0 || !strings.Contains(out.stdout, "exit code 3") {
		a.t.Errorf("Prefect's job block: exit code %d\n%s%s", out.code, out.stdout, out.stderr)
	}
}

// azAccount is what az ad sp create-for-rbac prints.
type azAccount struct{ AppID, DisplayName, Password, Tenant string }

// signedInWith is the emulator as Pacific sees it when it signs in with an account.
func (a *azure) signedInWith(account azAccount) *azure {
	as := *a
	as.values = maps.Clone(a.values)
	as.values["AZURE_CLIENT_ID"], as.values["AZURE_CLIENT_SECRET"] = account.AppID, account.Password
	return &as
}
