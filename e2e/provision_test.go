//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pacific-aci/pacific/access"
	"github.com/pacific-aci/pacific/jobtemplate"
	"github.com/pacific-aci/pacific/prefect"
	"github.com/pacific-aci/pacific/provision"
)

// provisioning is one local Azure with az signed in, and a real Prefect server.
type provisioning struct {
	*azure
	client *prefect.Client
	// python is the one that has Prefect.
	python string
	// home is that of the programs, so that nobody's profile or docker configuration is touched.
	home string
}

// server is one of the real Prefect servers: the variables that name it and its Python, and its line.
type server struct {
	api, python string
	major       int
}

var (
	prefect3 = server{"PACIFIC_E2E_PREFECT3_API_URL", "PACIFIC_E2E_PREFECT3_PYTHON", 3}
	prefect2 = server{"PACIFIC_E2E_PREFECT2_API_URL", "PACIFIC_E2E_PREFECT2_PYTHON", 2}
)

func newProvisioning(t *testing.T) *provisioning {
	t.Helper()
	p := newProvisioningOn(t, prefect3)
	p.login()
	return p
}

// newProvisioningOn has the environment of a user of that server, with a home of its own.
func newProvisioningOn(t *testing.T, on server, flags ...string) *provisioning {
	t.Helper()
	return newProvisioningIn(t, on, startAzure(t, flags...))
}

// newProvisioningIn is the same in an Azure that runs.
func newProvisioningIn(t *testing.T, on server, a *azure) *provisioning {
	t.Helper()
	client, address := serverClient(t, on.api)
	p := &provisioning{azure: a, client: client, python: os.Getenv(on.python), home: t.TempDir()}
	folder := filepath.Dir(os.Getenv("PACIFIC_E2E_AZ"))
	p.env = append(p.env, "PREFECT_API_URL="+address, "HOME="+p.home, "PREFECT_HOME="+filepath.Join(p.home, ".prefect"),
		"DOCKER_CONFIG="+filepath.Join(p.home, "docker"), "DOCKER_COMMAND="+filepath.Join(p.home, "docker.sh"),
		"PATH="+folder+":"+filepath.Dir(os.Getenv(on.python))+":"+os.Getenv("PATH"))
	// az signs docker in through this; whether the token is good is seen where an image is pushed.
	if err := os.WriteFile(filepath.Join(p.home, "docker.sh"), []byte("#!/bin/sh\nexit 0\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	return p
}

// pool makes a push pool as Pacific does; Prefect's own command line refuses the type on a self-hosted server.
func (p *provisioning) pool(name string) {
	p.t.Helper()
	template, err := jobtemplate.BaseJobTemplate(provision.TypeWorker, prefect.Version{Major: 3, Minor: 9, Patch: 1})
	if err != nil {
		p.t.Fatal(err)
	}
	_, err = p.client.CreateWorkPool(p.t.Context(), prefect.WorkPoolCreate{Name: name, Type: provision.TypePush, BaseJobTemplate: template})
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { p.client.DeleteWorkPool(context.Background(), name) })
	p.t.Cleanup(func() {
		block, err := p.client.BlockDocumentByName(context.Background(), "azure-container-instance-credentials", provision.CredentialsBlockName(name), prefect.MaskSecrets)
		if err == nil {
			p.client.DeleteBlockDocument(context.Background(), block.ID)
		}
	})
}

// do runs a program with the emulator's and Prefect's environment, without a terminal.
func (p *provisioning) do(code int, name string, args ...string) output {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), 8*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = append([]string{"LANG=C.UTF-8"}, p.env...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	out := output{code: exitCode(p.t, cmd.Run())}
	out.stdout, out.stderr = stdout.String(), stderr.String()
	if out.code != code {
		p.t.Fatalf("%s %s: exit code %d, want %d\n%s%s", filepath.Base(name), strings.Join(args, " "), out.code, code, out.stdout, out.stderr)
	}
	return out
}

// planned is what `pacific provision --plan` says of each resource.
func (p *provisioning) planned(pool string, flags ...string) map[provision.Kind]provision.Action {
	p.t.Helper()
	out := p.do(0, p.pacific, append([]string{"provision", pool, "--plan", "--output", "json"}, flags...)...)
	var view struct {
		Plan provision.Plan `json:"plan"`
	}
	if err := json.Unmarshal([]byte(out.stdout), &view); err != nil {
		p.t.Fatalf("%v in %q", err, out.stdout)
	}
	actions := map[provision.Kind]provision.Action{}
	for _, r := range view.Plan.Resources {
		actions[r.Kind] = r.Action
	}
	return actions
}

// left is what a provisioner left in Azure and in the pool, as the real az and the server show it, without what is random.
type left struct {
	Groups, Applications, Identities []string
	Secrets, Principals, Registries  int
	Roles                            []string
	Template                         map[string]any
}

func (p *provisioning) left(pool string) left {
	p.t.Helper()
	var l left
	var groups, apps, principals, identities, registries []struct {
		ID, Name, DisplayName, AppID, LoginServer string
		PasswordCredentials                       []any
	}
	p.azJSON(&groups, "group", "list")
	for _, g := range groups {
		l.Groups = append(l.Groups, g.Name)
	}
	p.azJSON(&apps, "ad", "app", "list", "--display-name", provision.DefaultApplication)
	for _, app := range apps {
		l.Applications = append(l.Applications, app.DisplayName)
		l.Secrets += len(app.PasswordCredentials)
		p.azJSON(&principals, "ad", "sp", "list", "--filter", "appId eq '"+app.AppID+"'")
		l.Principals += len(principals)
	}
	p.azJSON(&registries, "acr", "list")
	l.Registries = len(registries)
	p.azJSON(&identities, "identity", "list", "--resource-group", provision.DefaultResourceGroup)
	for _, i := range identities {
		l.Identities = append(l.Identities, i.Name)
	}
	var roles []struct{ RoleDefinitionName, Scope, PrincipalType string }
	p.azJSON(&roles, "role", "assignment", "list", "--all")
	random := strings.NewReplacer()
	if len(registries) == 1 && len(identities) == 1 {
		random = strings.NewReplacer(registries[0].LoginServer, "LOGIN", registries[0].Name, "REGISTRY")
	}
	for _, r := range roles {
		if r.RoleDefinitionName != "Owner" {
			l.Roles = append(l.Roles, fmt.Sprintf("%s %s %s", r.RoleDefinitionName, r.PrincipalType, random.Replace(r.Scope)))
		}
	}
	slices.Sort(l.Roles)
	read, err := p.client.WorkPool(p.t.Context(), pool)
	if err != nil {
		p.t.Fatal(err)
	}
	template, err := jobtemplate.ReadTemplate(read.BaseJobTemplate)
	if err != nil {
		p.t.Fatal(err)
	}
	l.Template = map[string]any{}
	for _, name := range []string{"resource_group_name", "subscription_id", "image_registry", "identities"} {
		l.Template[name] = random.Replace(string(template.Default(name)))
	}
	var ref struct {
		Ref struct {
			ID string `json:"block_document_id"`
		} `json:"$ref"`
	}
	if json.Unmarshal(template.Default("aci_credentials"), &ref) != nil || ref.Ref.ID == "" {
		p.t.Errorf("the pool's template refers to no block: %s", template.Default("aci_credentials"))
	}
	return l
}

// TestPrefectsProvisioner runs Prefect's own provisioner, unmodified, with the real az against the local Azure, twice, and
// then wants Pacific's to find all that it left in place.
func TestPrefectsProvisioner(t *testing.T) {
	seconds(t)
	p := newProvisioning(t)
	const pool = "e2e-theirs"
	p.pool(pool)
	for range 2 {
		out := p.do(0, filepath.Join(filepath.Dir(os.Getenv("PACIFIC_E2E_PREFECT3_PYTHON")), "prefect"), "work-pool", "provision-infrastructure", pool)
		for _, bad := range []string{"Command execution failed", "Failed to"} {
			if text := out.stdout + out.stderr; strings.Contains(text, bad) {
				t.Fatalf("Prefect's provisioner says %q:\n%s", bad, text)
			}
		}
	}
	for kind, action := range p.planned(pool) {
		if action != provision.ActionKeep && kind != provision.KindLogin && kind != provision.KindNamespace {
			t.Errorf("pacific provision would %s the %s that Prefect's provisioner left", action, kind)
		}
	}
	theirs := p.left(pool)
	for _, via := range []string{"native", "az"} {
		ours := newProvisioning(t)
		name := "e2e-" + via
		ours.pool(name)
		ours.do(0, ours.pacific, "provision", name, "--via", via, "--yes", "--location", "eastus")
		if diff := cmp.Diff(theirs, ours.left(name)); diff != "" {
			t.Errorf("--via %s leaves something else than Prefect's provisioner:\n%s", via, diff)
		}
		before := ours.left(name)
		ours.do(0, ours.pacific, "provision", name, "--via", via, "--yes")
		if diff := cmp.Diff(before, ours.left(name)); diff != "" {
			t.Errorf("a second run --via %s changed something:\n%s", via, diff)
		}
	}
}

// TestAzUnderDelay provisions with the real az and the least role while what is new takes a while to be known everywhere:
// it ends ready, says what it waits for, and a second run changes nothing.
func TestAzUnderDelay(t *testing.T) {
	seconds(t)
	p := newProvisioning(t)
	const pool = "e2e-delay"
	p.pool(pool)
	p.control("PATCH", "settings", `{"propagation":{"directory":"60s","roleAssignment":"20s","managedIdentity":"10s"}}`, nil)
	flags := []string{"--via", "az", "--role", "least"}
	out := p.do(0, p.pacific, append([]string{"provision", pool, "--yes", "--location", "eastus"}, flags...)...)
	if !strings.Contains(out.stderr, "the directory to ") {
		t.Errorf("it does not say that it waits for the directory:\n%s", out.stderr)
	}
	l := p.left(pool)
	if l.Secrets != 1 || l.Principals != 1 || l.Registries != 1 || len(l.Applications) != 1 || len(l.Identities) != 1 || len(l.Roles) != 2 {
		t.Errorf("it left %+v", l)
	}
	var roles []azAssignment // az names a group's own role only where it is asked for the group
	group := "/subscriptions/" + p.values["AZURE_SUBSCRIPTION_ID"] + "/resourceGroups/" + provision.DefaultResourceGroup
	p.azJSON(&roles, "role", "assignment", "list", "--scope", group)
	if len(roles) != 1 || roles[0].RoleDefinitionName != access.JobRunner.At(group).Name {
		t.Errorf("the application has %+v", roles)
	}
	for kind, action := range p.planned(pool, flags...) {
		if action != provision.ActionKeep && kind != provision.KindLogin {
			t.Errorf("a second run would %s the %s", action, kind)
		}
	}
	p.do(0, p.pacific, append([]string{"provision", pool, "--yes"}, flags...)...)
	if diff := cmp.Diff(l, p.left(pool)); diff != "" {
		t.Errorf("a second run changed something:\n%s", diff)
	}
}
