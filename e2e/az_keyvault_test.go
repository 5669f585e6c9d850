//go:build e2e

package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const vaultName = "kv-e2e-1"

// TestAzKeyVault drives az through the life of a vault and its secrets: made, denied, allowed, set, disabled, deleted,
// recovered, backed up and purged.
func TestAzKeyVault(t *testing.T) {
	seconds(t)
	a := startAzure(t, "--engine", "simulate")
	a.login()
	a.az(0, "group", "create", "--name", "e2e", "--location", "westeurope")
	id := azVault(a)
	azSecrets(a, id)
	azDeletedSecrets(a)
	azDeletedVault(a)
	azAccessPolicies(a)
}

func azVault(a *azure) string {
	var made struct {
		ID         string
		Properties struct {
			VaultURI, ProvisioningState string
			EnableRbacAuthorization     bool
		}
	}
	a.azJSON(&made, "keyvault", "create", "--name", vaultName, "--resource-group", "e2e", "--location", "westeurope", "--retention-days", "7")
	if p := made.Properties; p.VaultURI != "https://"+vaultName+".vault.azure.net/" || p.ProvisioningState != "Succeeded" || !p.EnableRbacAuthorization {
		a.t.Errorf("keyvault create: %+v", made)
	}
	if out := a.az(1, "keyvault", "create", "--name", vaultName, "--resource-group", "e2e"); !strings.Contains(out.stderr, "already exists") {
		a.t.Errorf("a second create: %s", out.stderr)
	}
	if out := a.az(1, "keyvault", "create", "--name", "no--good", "--resource-group", "e2e"); !strings.Contains(out.stderr, "VaultNameNotValid") {
		a.t.Errorf("a bad name: %s", out.stderr)
	}
	var listed []struct{ Name string }
	if a.azJSON(&listed, "keyvault", "list"); len(listed) != 1 || listed[0].Name != vaultName {
		a.t.Errorf("keyvault list: %+v", listed)
	}
	var shown struct{ Properties struct{ VaultURI string } }
	if a.azJSON(&shown, "keyvault", "show", "--name", vaultName); shown.Properties.VaultURI != made.Properties.VaultURI {
		a.t.Errorf("keyvault show: %+v", shown)
	}
	return made.ID
}

// azSecret is what az shows of a secret.
type azSecret struct {
	ID, Name, Value, RecoveryID string
	Attributes                  struct{ Enabled bool }
}

func azSecrets(a *azure, vault string) {
	t := a.t
	set := []string{"keyvault", "secret", "set", "--vault-name", vaultName, "--name", "pass", "--value"}
	if out := a.az(1, append(set, "one")...); !strings.Contains(out.stderr, "ForbiddenByRbac") {
		t.Errorf("the owner of the subscription sets a secret: %s", out.stderr)
	}
	a.az(0, "role", "assignment", "create", "--role", "Key Vault Secrets Officer", "--assignee", a.values["AZURE_CLIENT_ID"], "--scope", vault)
	var first, second, shown azSecret
	// The first request has no token, and is answered with the challenge.
	a.wants("keyvault secret set", []string{"SetSecret", "SetSecret"}, func() { a.azJSON(&first, append(set, "one")...) })
	a.azJSON(&second, append(set, "two", "--expires", "2020-01-01T00:00:00Z")...)
	if first.Value != "one" || first.ID == second.ID {
		t.Errorf("set %+v, then %+v", first, second)
	}
	show := []string{"keyvault", "secret", "show", "--vault-name", vaultName, "--name", "pass"}
	a.wants("keyvault secret show", []string{"GetSecret", "GetSecret"}, func() { a.azJSON(&shown, show...) })
	if shown.Value != "two" || shown.ID != second.ID {
		t.Errorf("shown: %+v", shown)
	}
	if a.azJSON(&shown, append(show, "--version", filepath.Base(first.ID))...); shown.Value != "one" {
		t.Errorf("the first version: %+v", shown)
	}
	var versions, listed []azSecret
	a.azJSON(&versions, "keyvault", "secret", "list-versions", "--vault-name", vaultName, "--name", "pass")
	a.azJSON(&listed, "keyvault", "secret", "list", "--vault-name", vaultName)
	if len(versions) != 2 || len(listed) != 1 || listed[0].Name != "pass" {
		t.Errorf("versions %+v, list %+v", versions, listed)
	}
	enable := []string{"keyvault", "secret", "set-attributes", "--vault-name", vaultName, "--name", "pass", "--enabled"}
	if a.azJSON(&shown, append(enable, "false")...); shown.Attributes.Enabled {
		t.Errorf("disabled: %+v", shown)
	}
	if out := a.az(1, show...); !strings.Contains(out.stderr, "SecretDisabled") {
		t.Errorf("a disabled secret: %s", out.stderr)
	}
	a.az(0, append(enable, "true")...)
	if out := a.az(3, "keyvault", "secret", "show", "--vault-name", vaultName, "--name", "none"); !strings.Contains(out.stderr, "SecretNotFound") {
		t.Errorf("no secret: %s", out.stderr)
	}
}

func azDeletedSecrets(a *azure) {
	t := a.t
	of := func(verb string, more ...string) []string {
		return append([]string{"keyvault", "secret", verb, "--vault-name", vaultName}, more...)
	}
	file := filepath.Join(t.TempDir(), "backup")
	a.az(0, of("backup", "--name", "pass", "--file", file)...)
	var deleted azSecret
	if a.azJSON(&deleted, of("delete", "--name", "pass")...); deleted.RecoveryID != "https://"+vaultName+".vault.azure.net/deletedsecrets/pass" {
		t.Errorf("deleted: %+v", deleted)
	}
	if out := a.az(1, of("set", "--name", "pass", "--value", "three")...); !strings.Contains(out.stderr, "ObjectIsDeletedButRecoverable") {
		t.Errorf("the name of a deleted secret: %s", out.stderr)
	}
	var listed []azSecret
	if a.azJSON(&listed, of("list-deleted")...); len(listed) != 1 || listed[0].Name != "pass" {
		t.Errorf("deleted secrets: %+v", listed)
	}
	a.az(0, of("recover", "--name", "pass")...)
	a.az(0, of("delete", "--name", "pass")...)
	a.az(0, of("purge", "--name", "pass")...)
	a.az(0, of("restore", "--file", file)...)
	var shown azSecret
	if a.azJSON(&shown, of("show", "--name", "pass")...); shown.Value != "two" {
		t.Errorf("restored: %+v", shown)
	}
}

func azDeletedVault(a *azure) {
	t := a.t
	deleted := func() (names []string) {
		var listed []struct{ Name string }
		a.azJSON(&listed, "keyvault", "list-deleted")
		for _, v := range listed {
			names = append(names, v.Name)
		}
		return names
	}
	a.az(0, "keyvault", "delete", "--name", vaultName)
	if names := deleted(); len(names) != 1 || names[0] != vaultName {
		t.Errorf("deleted vaults: %v", names)
	}
	if out := a.az(1, "keyvault", "create", "--name", vaultName, "--resource-group", "e2e"); !strings.Contains(out.stderr, "ConflictError") {
		t.Errorf("the name of a deleted vault: %s", out.stderr)
	}
	var back struct {
		Properties struct{ ProvisioningState string }
	}
	if a.azJSON(&back, "keyvault", "recover", "--name", vaultName); back.Properties.ProvisioningState != "Succeeded" {
		t.Errorf("recovered: %+v", back)
	}
	a.az(0, "keyvault", "delete", "--name", vaultName)
	a.az(0, "keyvault", "purge", "--name", vaultName)
	if names := deleted(); len(names) != 0 {
		t.Errorf("after the purge: %v", names)
	}
}

func azAccessPolicies(a *azure) {
	const name = "kv-e2e-2"
	a.az(0, "keyvault", "create", "--name", name, "--resource-group", "e2e", "--enable-rbac-authorization", "false")
	a.az(0, "keyvault", "set-policy", "--name", name, "--spn", a.values["AZURE_CLIENT_ID"], "--secret-permissions", "get", "set")
	a.az(0, "keyvault", "secret", "set", "--vault-name", name, "--name", "pass", "--value", "x")
	if out := a.az(1, "keyvault", "secret", "delete", "--vault-name", name, "--name", "pass"); !strings.Contains(out.stderr, "AccessDenied") {
		a.t.Errorf("without the permission: %s", out.stderr)
	}
	a.az(0, "keyvault", "delete-policy", "--name", name, "--spn", a.values["AZURE_CLIENT_ID"])
	if out := a.az(1, "keyvault", "secret", "show", "--vault-name", name, "--name", "pass"); !strings.Contains(out.stderr, "AccessDenied") {
		a.t.Errorf("without a policy: %s", out.stderr)
	}
	a.az(0, "keyvault", "update", "--name", name, "--enable-rbac-authorization", "true")
	if out := a.az(1, "keyvault", "secret", "show", "--vault-name", name, "--name", "pass"); !strings.Contains(out.stderr, "ForbiddenByRbac") {
		a.t.Errorf("with roles: %s", out.stderr)
	}
	// What goes with its group is deleted, and keeps its name.
	a.az(0, "group", "delete", "--yes", "--name", "e2e")
	a.az(0, "keyvault", "show-deleted", "--name", name)
}

// TestContainersReadSecrets wants a secret inside a container, by Python's and Go's own libraries and its identity, and a
// refusal for a container with another identity: as processes of this machine, and in real containers.
func TestContainersReadSecrets(t *testing.T) {
	script, err := filepath.Abs("testdata/secret.py")
	if err != nil {
		t.Fatal(err)
	}
	for _, engine := range []string{"process", "docker"} {
		t.Run(engine, func(t *testing.T) {
			seconds(t)
			image, own := "x", map[string]string{"python": python(t) + " " + script, "go": goProgram(t) + " secret"}
			if engine == "docker" {
				image, own = secretImage(t, script), map[string]string{"python": "/usr/bin/python3 /secret.py"}
			}
			readSecrets(startAzure(t, "--engine", engine), image, own)
		})
	}
}

// readSecrets runs programs in containers of an image, each with an identity that may read a secret, and Python's with one
// that may not.
func readSecrets(a *azure, image string, programs map[string]string) {
	a.login()
	a.az(0, "group", "create", "--name", "e2e", "--location", "westeurope")
	var vault struct{ ID string }
	a.azJSON(&vault, "keyvault", "create", "--name", vaultName, "--resource-group", "e2e")
	a.az(0, "role", "assignment", "create", "--role", "Key Vault Secrets Officer", "--assignee", a.values["AZURE_CLIENT_ID"], "--scope", vault.ID)
	a.az(0, "keyvault", "secret", "set", "--vault-name", vaultName, "--name", "testsecret", "--value", "hello from the vault")
	var reader, stranger struct{ ID, PrincipalID string }
	a.azJSON(&reader, "identity", "create", "-g", "e2e", "-n", "reader")
	a.azJSON(&stranger, "identity", "create", "-g", "e2e", "-n", "stranger")
	a.az(0, "role", "assignment", "create", "--role", "Key Vault Secrets User", "--scope", vault.ID,
		"--assignee-object-id", reader.PrincipalID, "--assignee-principal-type", "ServicePrincipal")
	read := func(name, identity, program, want string) {
		a.t.Helper()
		a.az(0, "container", "create", "-g", "e2e", "-n", name, "--image", image, "--os-type", "Linux", "--cpu", "1", "--memory", "1",
			"--restart-policy", "Never", "--assign-identity", identity, "--command-line", program+" "+vaultName+" testsecret")
		a.az(0, "container", "attach", "-g", "e2e", "-n", name) // until it has ended
		if out := a.az(0, "container", "logs", "-g", "e2e", "-n", name).stdout; !strings.Contains(out, want) {
			a.t.Errorf("%s: %q, want %q", name, out, want)
		}
	}
	for name, program := range programs {
		read(name, reader.ID, program, "secret hello from the vault")
	}
	read("stranger", stranger.ID, programs["python"], "refused 403 ForbiddenByRbac")
}

// secretImage is an image with Azure's SDK for Python and a script as /secret.py.
func secretImage(t *testing.T, script string) string {
	t.Helper()
	text, err := os.ReadFile(script)
	if err != nil {
		t.Fatal(err)
	}
	return pythonImage(t, "localhost/pacific-e2e-python:1", python(t), map[string]string{"secret.py": string(text)})
}
