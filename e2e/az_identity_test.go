//go:build e2e

package e2e

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestAzIdentity drives the real az through the directory, roles and managed identities, in the order of a provisioner,
// and signs in as what it made.
func TestAzIdentity(t *testing.T) {
	seconds(t)
	a := startAzure(t, "--engine", "simulate")
	a.login()
	a.az(0, "group", "create", "--name", "e2e", "--location", "westeurope")
	scope := "/subscriptions/" + a.values["AZURE_SUBSCRIPTION_ID"] + "/resourceGroups/e2e"
	app := azApplication(a)
	principal := azServicePrincipal(a, app)
	azRoleAssignment(a, principal, scope)
	azSignInAs(a, app)
	azRoleDefinition(a, scope)
	azManagedIdentity(a, scope)
	azCreateForRBAC(a, scope)
	azClean(a, app)
}

// azApp is what az shows of an application, and its secret.
type azApp struct{ ID, AppID, DisplayName, password string }

func azApplication(a *azure) azApp {
	t := a.t
	const name = "prefect-aci-push-pool-app"
	list := func() (apps []azApp) {
		a.wants("ad app list", []string{"Graph_ListApplications"}, func() { a.azJSON(&apps, "ad", "app", "list", "--display-name", name) })
		return apps
	}
	a.wantsSignIn("ad app list", func() {
		var apps []azApp
		if a.azJSON(&apps, "ad", "app", "list", "--display-name", name); len(apps) != 0 {
			t.Errorf("applications at the start: %+v", apps)
		}
	})
	var app, again azApp
	a.wants("ad app create", []string{"Graph_ListApplications", "Graph_CreateApplication"}, func() { a.azJSON(&app, "ad", "app", "create", "--display-name", name) })
	a.wants("ad app create", []string{"Graph_ListApplications", "Graph_UpdateApplication", "Graph_GetApplication"}, func() {
		a.azJSON(&again, "ad", "app", "create", "--display-name", name)
	})
	if apps := list(); len(apps) != 1 || apps[0].AppID != app.AppID || again.AppID != app.AppID || app.DisplayName != name {
		t.Errorf("made %+v, made again %+v, listed %+v", app, again, apps)
	}
	var secret, second struct{ AppID, Password, Tenant string }
	a.wants("ad app credential reset", []string{"Graph_ListApplications", "Graph_GetApplication", "Graph_AddApplicationPassword"}, func() {
		a.azJSON(&secret, "ad", "app", "credential", "reset", "--id", app.AppID, "--append")
	})
	a.azJSON(&second, "ad", "app", "credential", "reset", "--id", app.AppID, "--append")
	if secret.AppID != app.AppID || len(secret.Password) < 20 || secret.Password == second.Password || secret.Tenant != a.values["AZURE_TENANT_ID"] {
		t.Errorf("secret of %s in %s, %d characters", secret.AppID, secret.Tenant, len(secret.Password))
	}
	var credentials []struct{ KeyID, Hint string }
	if a.azJSON(&credentials, "ad", "app", "credential", "list", "--id", app.AppID); len(credentials) != 2 || credentials[0].Hint != secret.Password[:3] {
		t.Errorf("credentials: %+v", credentials)
	}
	a.az(0, "ad", "app", "credential", "delete", "--id", app.AppID, "--key-id", credentials[1].KeyID)
	app.password = secret.Password
	return app
}

func azServicePrincipal(a *azure, app azApp) string {
	list := func() (ids []string) {
		var found []struct{ ID string }
		a.wants("ad sp list", []string{"Graph_ListServicePrincipals"}, func() {
			a.azJSON(&found, "ad", "sp", "list", "--all", "--query", "[?appId=='"+app.AppID+"']")
		})
		for _, p := range found {
			ids = append(ids, p.ID)
		}
		return ids
	}
	if ids := list(); len(ids) != 0 {
		a.t.Errorf("a principal before it was made: %v", ids)
	}
	a.wants("ad sp create", []string{"Graph_ListApplications", "Graph_CreateServicePrincipal"}, func() { a.az(0, "ad", "sp", "create", "--id", app.AppID) })
	ids := list()
	if len(ids) != 1 {
		a.t.Fatalf("principals: %v", ids)
	}
	var shown struct{ AppID, ServicePrincipalType string }
	if a.azJSON(&shown, "ad", "sp", "show", "--id", app.AppID); shown.AppID != app.AppID || shown.ServicePrincipalType != "Application" {
		a.t.Errorf("ad sp show: %+v", shown)
	}
	return ids[0]
}

// azAssignment is what az shows of a role assignment.
type azAssignment struct{ ID, Scope, RoleDefinitionName, PrincipalID, PrincipalName, PrincipalType string }

func azRoleAssignment(a *azure, principal, scope string) {
	t := a.t
	list := func() (found []azAssignment) {
		a.azJSON(&found, "role", "assignment", "list", "--assignee", principal, "--role", "Contributor", "--scope", scope)
		return found
	}
	if found := list(); len(found) != 0 {
		t.Errorf("before it is assigned: %+v", found)
	}
	create := []string{"role", "assignment", "create", "--role", "Contributor", "--assignee-object-id", principal, "--scope", scope}
	a.wants("role assignment create", []string{"Graph_GetObjectsByIds", "RoleDefinitions_List", "RoleAssignments_Create"}, func() { a.az(0, create...) })
	var again azAssignment
	a.azJSON(&again, append(create, "--assignee-principal-type", "ServicePrincipal")...) // a 409, which az takes for done
	found := list()
	if len(found) != 1 || found[0].Scope != scope || found[0].RoleDefinitionName != "Contributor" || found[0].PrincipalID != principal || found[0].PrincipalName == "" ||
		found[0].ID != again.ID {
		t.Errorf("listed %+v, created again %+v", found, again)
	}
	var inherited []azAssignment
	a.azJSON(&inherited, "role", "assignment", "list", "--scope", scope, "--include-inherited")
	if !slices.ContainsFunc(inherited, func(r azAssignment) bool { return r.RoleDefinitionName == "Owner" }) {
		t.Errorf("with what is inherited: %+v", inherited)
	}
	out := a.az(1, "role", "assignment", "create", "--role", "Reader", "--assignee-object-id", "11111111-2222-4333-8444-555555555555", "--scope", scope)
	if !strings.Contains(out.stderr, "PrincipalNotFound") {
		t.Errorf("for nobody: %s", out.stderr)
	}
}

// azSignInAs has a folder of its own, because az keeps the tokens of who signed in last.
func azSignInAs(a *azure, app azApp) {
	t := a.t
	as := *a
	as.env = append(slices.Clone(a.env), "AZURE_CONFIG_DIR="+t.TempDir())
	as.az(0, "login", "--service-principal", "-u", app.AppID, "-p", app.password, "--tenant", a.values["AZURE_TENANT_ID"])
	var groups []struct{ Name string }
	if as.azJSON(&groups, "group", "list"); len(groups) != 1 || groups[0].Name != "e2e" {
		t.Errorf("a contributor of one group sees %v", groups)
	}
	as.az(0, "container", "create", "-g", "e2e", "-n", "job", "--image", "x", "--os-type", "Linux", "--cpu", "1", "--memory", "1", "--restart-policy", "Never")
	for _, args := range [][]string{
		{"group", "create", "-n", "other", "-l", "westeurope"},
		{"role", "assignment", "create", "--role", "Reader", "--assignee-object-id", "11111111-2222-4333-8444-555555555555", "--assignee-principal-type", "ServicePrincipal",
			"--scope", "/subscriptions/" + a.values["AZURE_SUBSCRIPTION_ID"] + "/resourceGroups/e2e"},
	} {
		if out := as.az(1, args...); !strings.Contains(out.stderr, "AuthorizationFailed") || !strings.Contains(out.stderr, app.AppID) {
			t.Errorf("az %s: %s", strings.Join(args, " "), out.stderr)
		}
	}
	if out := as.az(1, "ad", "app", "list"); !strings.Contains(out.stderr, "Insufficient privileges") {
		t.Errorf("the directory: %s", out.stderr)
	}
}

func azRoleDefinition(a *azure, scope string) {
	t := a.t
	file := filepath.Join(t.TempDir(), "role.json")
	text, err := json.Marshal(map[string]any{
		"Name": "e2e worker", "Description": "runs jobs", "Actions": []string{"Microsoft.ContainerInstance/containerGroups/*"}, "AssignableScopes": []string{scope},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	type definition struct{ ID, RoleName, RoleType string }
	var made definition
	a.wants("role definition create", []string{"RoleDefinitions_CreateOrUpdate"}, func() { a.azJSON(&made, "role", "definition", "create", "--role-definition", file) })
	var listed []definition
	if a.azJSON(&listed, "role", "definition", "list", "--name", "e2e worker", "--scope", scope); len(listed) != 1 || listed[0].ID != made.ID || listed[0].RoleType != "CustomRole" {
		t.Errorf("made %+v, listed %+v", made, listed)
	}
	a.az(0, "role", "definition", "delete", "--name", "e2e worker", "--scope", scope)
}

func azManagedIdentity(a *azure, scope string) {
	t := a.t
	type identity struct{ ID, Name, PrincipalID, ClientID, TenantID string }
	var made identity
	a.wants("identity create", []string{"ResourceGroups_Get", "UserAssignedIdentities_CreateOrUpdate"}, func() {
		a.azJSON(&made, "identity", "create", "--name", "prefect-acr-identity", "--resource-group", "e2e")
	})
	if made.PrincipalID == "" || made.ClientID == "" || made.TenantID != a.values["AZURE_TENANT_ID"] {
		t.Errorf("made %+v", made)
	}
	var listed []identity
	a.wants("identity list", []string{"UserAssignedIdentities_ListByResourceGroup"}, func() {
		a.azJSON(&listed, "identity", "list", "--query", "[?name=='prefect-acr-identity']", "--resource-group", "e2e")
	})
	if len(listed) != 1 || listed[0].ID != made.ID {
		t.Errorf("listed %+v", listed)
	}
	a.az(0, "role", "assignment", "create", "--assignee-object-id", made.PrincipalID, "--assignee-principal-type", "ServicePrincipal", "--scope", scope, "--role", "AcrPull")
	a.az(0, "container", "create", "-g", "e2e", "-n", "with-identity", "--image", "x", "--os-type", "Linux", "--cpu", "1", "--memory", "1", "--restart-policy", "Never",
		"--assign-identity", made.ID)
	a.az(0, "identity", "delete", "--name", "prefect-acr-identity", "--resource-group", "e2e")
}

// azCreateForRBAC makes application, secret, principal and role in one command, twice.
func azCreateForRBAC(a *azure, scope string) {
	t := a.t
	type credentials struct{ AppID, DisplayName, Password, Tenant string }
	var first, second credentials
	create := []string{"ad", "sp", "create-for-rbac", "--name", "for-rbac", "--role", "Reader", "--scopes", scope}
	a.wants("ad sp create-for-rbac", []string{"Graph_ListServicePrincipals", "Graph_ListApplications", "Graph_CreateApplication", "Graph_AddApplicationPassword",
		"Graph_CreateServicePrincipal", "RoleDefinitions_List", "RoleAssignments_Create"}, func() { a.azJSON(&first, create...) })
	a.azJSON(&second, create...)
	if first.AppID != second.AppID || first.Password == second.Password {
		t.Errorf("made %s and %s, or the same secret twice", first.AppID, second.AppID)
	}
	var found []azAssignment
	if a.azJSON(&found, "role", "assignment", "list", "--assignee", first.AppID, "--all"); len(found) != 1 || found[0].RoleDefinitionName != "Reader" {
		t.Errorf("assignments: %+v", found)
	}
	own := a.t.TempDir()
	as := *a
	as.env = append(slices.Clone(a.env), "AZURE_CONFIG_DIR="+own)
	out := as.az(1, "login", "--service-principal", "-u", first.AppID, "-p", first.Password, "--tenant", first.Tenant)
	if !strings.Contains(out.stderr, "AADSTS7000215") {
		t.Errorf("with the replaced secret: %s", out.stderr)
	}
	as.az(0, "login", "--service-principal", "-u", second.AppID, "-p", second.Password, "--tenant", second.Tenant)
	a.az(0, "role", "assignment", "delete", "--ids", found[0].ID)
	if a.azJSON(&found, "role", "assignment", "list", "--assignee", first.AppID, "--all"); len(found) != 0 {
		t.Errorf("after the delete: %+v", found)
	}
	if out := as.az(1, "group", "show", "-n", "e2e"); !strings.Contains(out.stderr, "AuthorizationFailed") {
		t.Errorf("without its role: %s", out.stderr)
	}
}

func azClean(a *azure, app azApp) {
	a.az(0, "role", "assignment", "delete", "--assignee", app.AppID, "--resource-group", "e2e")
	a.az(0, "ad", "sp", "delete", "--id", app.AppID)
	a.az(0, "ad", "app", "delete", "--id", app.AppID)
	if out := a.az(3, "ad", "app", "show", "--id", app.AppID); !strings.Contains(out.stderr, "does not exist") {
		a.t.Errorf("after the delete: %s", out.stderr)
	}
}

// wantsSignIn wants a command to ask for one token of its own.
func (a *azure) wantsSignIn(command string, do func()) {
	a.t.Helper()
	tokens := 0
	for _, r := range a.requests(do) {
		if r.Operation == "Entra_GetToken" {
			tokens++
		}
	}
	if tokens != 1 {
		a.t.Errorf("az %s asks for %d tokens, want 1", command, tokens)
	}
}
