package provision_test

import (
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/pacific-aci/pacific/internal/cli/clitest"
	"github.com/pacific-aci/pacific/prefect"
)

// newProvisionHarness has an Azure with its owner signed in and a Prefect.
func newProvisionHarness(t *testing.T) *clitest.Harness {
	t.Helper()
	h := clitest.NewPrefect(t, clitest.StartPrefect(t))
	h.UseAzure()
	return h
}

// provisionView is what provision prints as JSON.
type provisionView struct {
	Plan struct {
		Pool, PoolType, Location, Via string
		Changes                       bool
		Subscription                  struct{ ID, Name string }
		Resources                     []struct{ Kind, Name, Action, Detail string }
	}
	Result *struct {
		Outcome                                                                 string
		Changed                                                                 []string
		ResourceGroup, Registry, Identity, CredentialsBlock, CredentialsBlockID string
		Verified                                                                *struct {
			ContainerGroup, Image string
			ExitCode              int
		}
	}
}

func provisionJSON(h *clitest.Harness, args ...string) (v provisionView) {
	h.T.Helper()
	r := h.Run(append(append([]string{"provision"}, args...), "--output", "json")...)
	if r.Code != 0 {
		h.T.Fatalf("provision %v: exit code %d\n%s", args, r.Code, r.Stderr)
	}
	h.JSON(r, &v)
	return v
}

// actions are the action of each kind in a plan.
func (v provisionView) actions() map[string]string {
	all := map[string]string{}
	for _, r := range v.Plan.Resources {
		all[r.Kind] = r.Action
	}
	return all
}

// Pool reads a pool as the server has it.
func poolNamed(h *clitest.Harness, name string) (prefect.WorkPool, error) {
	return h.Client().WorkPool(h.T.Context(), name)
}

// wantsNoGroup fails if the resource group was made, which is the first thing that is.
func wantsNoGroup(h *clitest.Harness) {
	h.T.Helper()
	if groups := h.Must("group", "ls", "--output", "json").Stdout; strings.Contains(groups, "prefect-aci") {
		h.T.Errorf("the resource group was made: %s", groups)
	}
}

// pretends is a Prefect that says that it is another version.
type pretends struct {
	http.RoundTripper
	version string
}

func (p pretends) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Path == "/api/admin/version" {
		return &http.Response{StatusCode: 200, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(`"` + p.version + `"`)), Request: r}, nil
	}
	return p.RoundTripper.RoundTrip(r)
}

// TestProvision makes everything, finds it again, and shows both beforehand.
func TestProvision(t *testing.T) {
	h := newProvisionHarness(t)
	plan := provisionJSON(h, "push", "--plan")
	if plan.Result != nil || !plan.Plan.Changes || plan.Plan.Location != "eastus" || plan.Plan.PoolType != "azure-container-instance:push" {
		t.Errorf("plan: %+v", plan)
	}
	for kind, action := range plan.actions() {
		if action != "create" { // the template too: a new pool is created with it
			t.Errorf("plan: %s is to be %s", kind, action)
		}
	}
	if _, err := poolNamed(h, "push"); err == nil {
		t.Fatal("--plan made the pool")
	}
	made := provisionJSON(h, "push", "--yes", "--skip-login")
	if made.Result == nil || made.Result.Outcome != "provisioned" || !slices.Contains(made.Result.Changed, "work pool") {
		t.Fatalf("result: %+v", made.Result)
	}
	pool, err := poolNamed(h, "push")
	if err != nil || !strings.Contains(string(pool.BaseJobTemplate), made.Result.Registry) || !strings.Contains(string(pool.BaseJobTemplate), made.Result.CredentialsBlockID) {
		t.Errorf("the pool's template does not refer to what was made: %v\n%s", err, pool.BaseJobTemplate)
	}
	if v := made.Result.Verified; v == nil || v.ContainerGroup == "" || !strings.HasPrefix(v.Image, made.Result.Registry+"/") {
		t.Errorf("no container proves that runs can start: %+v", v)
	}
	again := provisionJSON(h, "push", "--skip-login") // without --yes: there is nothing to ask about
	if again.Result == nil || again.Result.Outcome != "unchanged" || len(again.Result.Changed) != 0 || again.Plan.Changes || again.Result.Registry != made.Result.Registry || again.Result.Verified != nil {
		t.Errorf("second run: %+v", again)
	}
	for kind, action := range again.actions() {
		if action != "keep" {
			t.Errorf("second run: %s is to be %s", kind, action)
		}
	}
}

// TestDoctorPool has a line for each thing that was provisioned, by the names in the pool's template.
func TestDoctorPool(t *testing.T) {
	h := newProvisionHarness(t)
	provisionJSON(h, "push", "--yes", "--verify=false", "--skip-login", "--resource-group", "flows", "--identity-name", "puller", "--role", "worker")
	check := func() (lines, failed []string) {
		var view struct {
			Checks []struct {
				Name, Status, Detail string
				Fixes                []string
			}
		}
		h.JSON(h.Run("doctor", "push", "--output", "json"), &view)
		for _, c := range view.Checks {
			if name, ok := strings.CutPrefix(c.Name, "pool push, "); ok {
				lines = append(lines, name)
				if c.Status == "failed" {
					failed = append(failed, name)
					if !slices.Contains(c.Fixes, "pacific provision push makes what is missing") {
						t.Errorf("%s: fixes %v", name, c.Fixes)
					}
				}
			}
		}
		return lines, failed
	}
	if lines, failed := check(); len(lines) != 12 || len(failed) > 0 {
		t.Errorf("checked %v, of which failed %v", lines, failed)
	}
	// What is written on this machine is no condition for runs.
	h.Run("doctor", "push").Wants(t, 0, "note     pool push, docker build namespace: not set\n         fix: to deploy from this machine: pacific provision push\n", "")
	h.Run("doctor", "push").Wants(t, 0, "note     pool push, registry login: docker is not signed in to ", "")
	h.Must("provision", "push", "--yes", "--verify=false", "--role", "least")
	h.Run("doctor", "push").Wants(t, 0, "ok       pool push, docker build namespace: ", "")
	h.Run("doctor", "push").Wants(t, 0, "ok       pool push, registry login: ", "")
	if r := h.Run("block", "rm", "azure-container-instance-credentials/push-push-pool-credentials", "--yes"); r.Code != 0 {
		t.Fatal(r.Stderr)
	}
	if _, failed := check(); !slices.Contains(failed, "credentials block") || slices.Contains(failed, "managed identity") {
		t.Errorf("without the block failed %v", failed)
	}
	if r := h.Run("doctor", "one", "two"); r.Code != 2 {
		t.Errorf("two pools: exit code %d", r.Code)
	}
}

// TestProvisionDestroy deletes what was made, after showing it; a refusal to answer deletes nothing.
func TestProvisionDestroy(t *testing.T) {
	h := newProvisionHarness(t)
	made := provisionJSON(h, "push", "--yes", "--verify=false")
	plan := provisionJSON(h, "push", "--destroy", "--plan")
	for kind, action := range plan.actions() {
		want := map[string]string{"work pool": "keep", "base job template": "update"}[kind]
		if action != want && (want != "" || action != "delete") {
			t.Errorf("plan: %s is to be %s", kind, action)
		}
	}
	if r := h.Run("provision", "push", "--destroy"); r.Code != 3 || !strings.Contains(r.Stderr, "pacific provision --destroy push --yes does it") {
		t.Errorf("without --yes: exit code %d\n%s", r.Code, r.Stderr)
	}
	if gone := provisionJSON(h, "push", "--destroy", "--yes"); gone.Result == nil || gone.Result.Outcome != "destroyed" || len(gone.Result.Changed) != 12 {
		t.Errorf("got %+v", gone.Result)
	}
	wantsNoGroup(h)
	pool, err := poolNamed(h, "push")
	if err != nil || strings.Contains(string(pool.BaseJobTemplate), made.Result.Registry) {
		t.Errorf("the pool's template still refers to the registry: %v\n%s", err, pool.BaseJobTemplate)
	}
	if again := provisionJSON(h, "push", "--destroy", "--yes"); len(again.Result.Changed) != 0 {
		t.Errorf("a second destroy changed %v", again.Result.Changed)
	}
}

// TestProvisionSaysEachStep counts as Prefect's provisioner does: seven steps, and six where the block is there.
func TestProvisionSaysEachStep(t *testing.T) {
	h := newProvisionHarness(t)
	first := h.Run("provision", "push", "--yes", "--skip-login", "--location", "West Europe")
	first.Wants(t, 0, "from prefect.docker import DockerImage\n", "[7/7] Creating identity\n")
	for _, line := range []string{
		"[1/7] Creating resource group\n  resource group prefect-aci-push-pool-rg created\n", "create  resource group: prefect-aci-push-pool-rg, in westeurope\n",
		"[3/7] Generating secret for app registration\n", "[4/7] Creating ACI credentials block\n  credentials block push-push-pool-credentials created\n",
		"created work pool push (azure-container-instance:push)", "infrastructure successfully provisioned for work pool push\n", "this server does not start the runs of push pools",
	} {
		if !strings.Contains(first.Stderr, line) {
			t.Errorf("stderr lacks %q:\n%s", line, first.Stderr)
		}
	}
	if strings.Contains(first.Stdout+first.Stderr, "\x1b") || strings.Contains(first.Stdout+first.Stderr, "\r") {
		t.Errorf("cursor codes without a terminal: %q", first.Stdout+first.Stderr)
	}
	second := h.Run("provision", "push", "--skip-login")
	second.Wants(t, 0, "work_pool_name=\"push\"", "[3/6] Reading ACI credentials block\n")
	second.Wants(t, 0, "", "[6/6] Creating identity\n  managed identity prefect-acr-identity already exists\n")
	second.Wants(t, 0, "", "nothing was changed: work pool push has everything that it needs\n")
}

// TestProvisionNeedsYes: where nobody can be asked, nothing is changed without --yes, and the hint's command does it.
func TestProvisionNeedsYes(t *testing.T) {
	h := newProvisionHarness(t)
	r := h.Run("provision", "push", "--skip-login")
	r.Wants(t, 3, "", "create  app registration: prefect-aci-push-pool-app\n")
	r.Wants(t, 3, "", "cannot ask for confirmation: standard input and standard error are not terminals\n")
	r.Wants(t, 3, "", "hint: pacific provision --skip-login push --yes makes it\n")
	if _, err := poolNamed(h, "push"); err == nil {
		t.Error("the pool was made")
	}
	wantsNoGroup(h)
	h.Must("provision", "--skip-login=true", "push", "--yes")
}

// TestProvisionExistingPool keeps what the pool has, and refuses what cannot be provisioned.
func TestProvisionExistingPool(t *testing.T) {
	h := newProvisionHarness(t)
	h.Must("work-pool", "create", "aci", "--type", "azure-container-instance", "--set", "cpu=2", "--description", "mine")
	h.Must("work-pool", "provision-infrastructure", "aci", "--yes", "--skip-login")
	pool, err := poolNamed(h, "aci")
	if err != nil || pool.Description != "mine" || !strings.Contains(string(pool.BaseJobTemplate), "azurecr.io") {
		t.Errorf("the pool: %v, %+v", err, pool)
	}
	h.Run("work-pool", "inspect", "aci").Wants(t, 0, "cpu", "")
	h.Run("provision", "aci", "--type", "azure-container-instance:push", "--yes").Wants(t, 1, "", "work pool aci is of type azure-container-instance, and a pool's type cannot be changed\n")
	h.Must("work-pool", "create", "other", "--type", "docker")
	h.Run("provision", "other", "--yes").Wants(t, 1, "", "work pool other is of type docker: only pools of Azure Container Instances can be provisioned\n")
	h.Run("work-pool", "provision-infra", "ghost", "--yes").Wants(t, 1, "", "there is no work pool ghost\n")
	// A pool that nobody has filled in gets the template that its worker would give it.
	h.Write("empty.json", "{}")
	if _, err := h.Client().CreateWorkPool(t.Context(), prefect.WorkPoolCreate{Name: "empty", Type: "azure-container-instance"}); err != nil {
		t.Fatal(err)
	}
	h.Must("provision", "empty", "--yes", "--skip-login")
	if pool, err = poolNamed(h, "empty"); err != nil || !strings.Contains(string(pool.BaseJobTemplate), "azurecr.io") {
		t.Errorf("the empty pool: %v, %s", err, pool.BaseJobTemplate)
	}
}

// TestProvisionOwnTemplate: a template without a place for what is made is refused before anything is.
func TestProvisionOwnTemplate(t *testing.T) {
	h := newProvisionHarness(t)
	h.Write("own.json", `{"job_configuration": {"image": "x"}, "variables": {"type": "object", "properties": {"identities": {"type": "array"}, "image_registry": {}}}}`)
	h.Must("work-pool", "create", "own", "--type", "azure-container-instance", "--base-job-template", "own.json")
	h.Run("provision", "own", "--yes").Wants(t, 1, "", "the base job template has no variable aci_credentials, resource_group_name, subscription_id")
	wantsNoGroup(h)
}

// TestProvisionWithoutAz says where az is to be had, before anything is made.
func TestProvisionWithoutAz(t *testing.T) {
	h := newProvisionHarness(t)
	t.Setenv("PATH", t.TempDir())
	r := h.Run("provision", "push", "--via", "az", "--yes")
	r.Wants(t, 1, "", "Azure CLI is not installed")
	r.Wants(t, 1, "", "hint: install it: https://learn.microsoft.com/cli/azure/install-azure-cli")
	if _, err := poolNamed(h, "push"); err == nil {
		t.Error("the pool was made")
	}
}

// TestProvisionSaysWhatItWaitsFor: a new application is not known everywhere at once.
func TestProvisionSaysWhatItWaitsFor(t *testing.T) {
	h := newProvisionHarness(t)
	h.Fault(`{"match":{"method":"POST","host":"graph.microsoft.com","path":"*/servicePrincipals"},"times":1,"effect":{"status":400,"code":"NoBackingApplicationObject","message":"not yet"}}`)
	r := h.Run("provision", "push", "--yes", "--skip-login")
	r.Wants(t, 0, "", "pacific: waiting for the directory to know the application ")
	r.Wants(t, 0, "", " (NoBackingApplicationObject)\n  service principal prefect-aci-push-pool-app created\n")
}

// TestProvisionInterrupted stops a run in the middle: what was made stays, and the next run makes the rest.
func TestProvisionInterrupted(t *testing.T) {
	h := newProvisionHarness(t)
	h.Fault(`{"match":{"operation":"Registries_Create"},"times":1,"effect":{"status":403,"code":"AuthorizationFailed","message":"no right to make registries"}}`)
	r := h.Run("provision", "push", "--yes", "--skip-login")
	r.Wants(t, 1, "", "what was made stays; run the same command again to make the rest\n")
	r.Wants(t, 1, "", "no right to make registries")
	if _, err := poolNamed(h, "push"); err == nil {
		t.Error("the pool was made without a registry")
	}
	v := provisionJSON(h, "push", "--yes", "--skip-login")
	if v.Result.Outcome != "provisioned" || slices.Contains(v.Result.Changed, "secret") || !slices.Contains(v.Result.Changed, "container registry") {
		t.Errorf("the second run: %+v", v.Result)
	}
}

// TestProvisionPoolName: a name that Prefect refuses for a work pool is refused before anything is made in Azure.
func TestProvisionPoolName(t *testing.T) {
	h := newProvisionHarness(t)
	for _, name := range []string{"prefect-mine", "Prefect", "a/b", "50%"} {
		h.Run("provision", name, "--yes").Wants(t, 2, "", "is not a valid work pool name: ")
	}
	wantsNoGroup(h)
}
