//go:build e2e

package e2e

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pacific-aci/pacific/image"
	"github.com/pacific-aci/pacific/prefect"
)

// sampleSecret is a secret that nothing may show.
const sampleSecret = "never-to-be-seen-7f3a"

// keyVault has Pacific make the demo's environment, whose vault has a secret e2esecret, and saves the vault's URL in a String
// block with the pool's name. It gives the id of the identity that may read the vault's secrets.
func (s *workerSide) keyVault() (identity string) {
	s.t.Helper()
	file := filepath.Join(s.t.TempDir(), "secret")
	if err := os.WriteFile(file, []byte(sampleSecret), 0o600); err != nil {
		s.t.Fatal(err)
	}
	var answer struct {
		Result struct{ KeyVaultURI, Identity string }
	}
	text := s.do(0, s.pacific, "bootstrap", "--no-worker", "--yes", "--resource-group", "e2e-worker", "--secret", "e2esecret=@"+file, "--output", "json").stdout
	if err := json.Unmarshal([]byte(text), &answer); err != nil {
		s.t.Fatalf("%v in %q", err, text)
	}
	s.save(s.pool, &prefect.StringBlock{Value: answer.Result.KeyVaultURI})
	return answer.Result.Identity
}

// deploySample deploys a sample flow under its own name.
func (s *workerSide) deploySample(flow, deployment string, create prefect.DeploymentCreate) {
	s.t.Helper()
	s.retry("deploying "+flow, func() error {
		made, err := s.client.CreateFlow(s.ctx, prefect.FlowCreate{Name: flow})
		if err != nil {
			return err
		}
		create.Name, create.FlowID = s.pool+"-"+deployment, made.ID
		added, err := s.client.CreateDeployment(s.ctx, create)
		s.deployments[deployment] = added.ID
		return err
	})
}

// reads runs a deployment of the flow Key Vault Demo, which must read the secret and not show it.
func (s *workerSide) reads(deployment string) {
	s.t.Helper()
	run := s.run(deployment, prefect.DeploymentFlowRunCreate{Parameters: map[string]any{"block": s.pool, "secret": "e2esecret"}})
	if state := s.await(run, "Completed"); state.Type != prefect.StateCompleted {
		return
	}
	said := ""
	s.until("the log says that the secret was read", func() bool {
		said = strings.Join(s.logs(run), "\n")
		return strings.Contains(said, "read the secret")
	})
	if strings.Contains(said, sampleSecret) {
		s.t.Errorf("the log of %s shows the secret:\n%s", deployment, said)
	}
}

// sampleImage gives the daemon an image with nothing but a Go flow, as `pacific image build` makes it.
func sampleImage(t *testing.T, target string) (reference, command string) {
	t.Helper()
	program, err := image.Compile(t.Context(), ".", target, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	built, err := image.Build(t.Context(), image.BuildOptions{Program: &image.Program{Path: program}})
	if err != nil {
		t.Fatal(err)
	}
	reference = "localhost/pacific-e2e-" + strings.ReplaceAll(filepath.Base(program), "_", "-") + ":1"
	archive, err := os.Create(filepath.Join(t.TempDir(), "image.tar"))
	if err != nil {
		t.Fatal(err)
	}
	if err := image.WriteArchive(archive, reference, built); err != nil {
		t.Fatal(err)
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	if text, err := exec.Command("docker", "load", "--input", archive.Name()).CombinedOutput(); err != nil {
		t.Fatalf("docker load: %v\n%s", err, text)
	}
	return reference, "/usr/local/bin/" + filepath.Base(program)
}

// sampleSide is a worker for a real 3.x server with real containers, beside the demo's environment.
func sampleSide(t *testing.T) (s *workerSide, identity string) {
	t.Helper()
	s = newWorkerSide(t, prefect3, "--engine", "docker")
	identity = s.keyVault()
	s.start("--create-pool-if-not-found")
	s.awaitPool()
	return s, identity
}

// TestSampleFlow runs the flow Key Vault Demo in Python, whose code comes from Azurite. It reads the vault with its identity.
func TestSampleFlow(t *testing.T) {
	t.Parallel()
	seconds(t)
	s, identity := sampleSide(t)
	s.upload("flows", "../examples/key_vault_demo/python/flow.py")
	s.save(s.pool, &prefect.AzureBlobStorageCredentials{ConnectionString: prefect.SecretStr(s.blobStorage())})
	s.deploySample("Key Vault Demo", "python", prefect.DeploymentCreate{
		WorkPoolName: s.pool, Entrypoint: "flow.py:key_vault_demo",
		PullSteps: []map[string]any{{"prefect_azure.deployments.steps.pull_from_azure_blob_storage": map[string]any{
			"container": s.pool, "folder": "flows", "credentials": "{{ prefect.blocks.azure-blob-storage-credentials." + s.pool + " }}",
		}}},
		JobVariables: map[string]any{"image": prefectImage(t, prefect3), "identities": []string{identity}},
	})
	s.reads("python")
	s.awaitNoGroups()
}

// TestSampleFlowInGo runs the same flow in Go: nothing but the program is in its image, and it reads the vault, too.
func TestSampleFlowInGo(t *testing.T) {
	t.Parallel()
	seconds(t)
	s, identity := sampleSide(t)
	reference, command := sampleImage(t, "../examples/key_vault_demo/cmd/key_vault_demo")
	s.deploySample("Key Vault Demo", "go", prefect.DeploymentCreate{
		WorkPoolName: s.pool, JobVariables: map[string]any{"image": reference, "entrypoint": nil, "command": command, "identities": []string{identity}},
	})
	s.reads("go")
	s.awaitNoGroups()
}

// TestSampleFlowsOn2 deploys the samples in Python with their own deployment.py and Prefect 2.20, and has Pacific's agent run
// them in real containers, as the demo does. The names of its blocks and its queue are the demo's: it does not run beside
// other tests that have them.
func TestSampleFlowsOn2(t *testing.T) {
	seconds(t)
	s := newWorkerSide(t, prefect2, "--engine", "docker")
	identity := s.keyVault()
	s.upload("")
	credentials := s.save(s.pool+"-sp", &prefect.AzureContainerInstanceCredentials{TenantID: s.values["AZURE_TENANT_ID"],
		ClientID: s.values["AZURE_CLIENT_ID"], ClientSecret: prefect.SecretStr(s.values["AZURE_CLIENT_SECRET"])})
	s.save("aci", &prefect.AzureContainerInstanceJob{Name: "aci", CPU: 1, Memory: 1, TaskStartTimeoutSeconds: new(480), Image: prefectImage(t, prefect2),
		SubscriptionID: prefect.SecretStr(s.values["AZURE_SUBSCRIPTION_ID"]), ResourceGroupName: "e2e-worker", Identities: []string{identity},
		ACICredentials: prefect.Nested[prefect.AzureContainerInstanceCredentials]{DocumentID: credentials}})
	s.save("az-storage", &prefect.AzureStorage{BucketPath: s.pool, ConnectionString: prefect.SecretStr(s.blobStorage())})
	for sample, full := range map[string][2]string{"key_vault_demo": {"Key Vault Demo", "Manual Deployment"}, "simple_demo": {"Simple Demo", "Simple Deployment"}} {
		folder := t.TempDir()
		if err := os.CopyFS(folder, os.DirFS("../examples/"+sample+"/python")); err != nil {
			t.Fatal(err)
		}
		s.do(0, "env", "-C", folder, "PYTHONDONTWRITEBYTECODE=1", s.python, "deployment.py")
		s.retry("reading the deployment", func() error {
			made, err := s.client.DeploymentByName(s.ctx, full[0], full[1])
			s.deployments[sample] = made.ID
			return err
		})
	}
	s.env = append(s.env, "PREFECT_AGENT_QUERY_INTERVAL=1")
	s.launch("agent", "start", "-q", "armaci")
	simple := s.run("simple_demo", prefect.DeploymentFlowRunCreate{})
	s.reads("key_vault_demo")
	s.await(simple, "Completed")
	s.awaitLog(simple, "Hello, ACI!")
}

// TestGoFlowWorker has a worker run Go flows as processes: one that completes, and one whose process dies of a panic that
// nobody inside can report.
func TestGoFlowWorker(t *testing.T) {
	t.Parallel()
	seconds(t)
	s := newWorkerSide(t, prefect3)
	program := newGoFlows(t, prefect3).program
	s.start("--create-pool-if-not-found")
	s.awaitPool()
	for _, flow := range []string{"go-graph", "go-dies"} {
		s.deploySample(flow, flow, prefect.DeploymentCreate{WorkPoolName: s.pool, JobVariables: map[string]any{"command": program}})
	}
	graph := s.run("go-graph", prefect.DeploymentFlowRunCreate{Parameters: map[string]any{"name": "worker"}})
	dies := s.run("go-dies", prefect.DeploymentFlowRunCreate{})
	s.await(graph, "Completed")
	s.awaitLog(graph, "worker, 2 times")
	if crash := s.await(dies, "Crashed"); !strings.Contains(crash.Message, "exit code 2") {
		t.Errorf("the crash says %q, want its exit code", crash.Message)
	}
	s.awaitNoGroups()
}
