//go:build e2e

package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob"
	"github.com/google/go-cmp/cmp"

	acicloud "github.com/pacific-aci/pacific/azure"
	"github.com/pacific-aci/pacific/deploy"
	"github.com/pacific-aci/pacific/prefect"
)

// deployWorld is a real server, a container of a real Azurite, and a folder with the sample flows.
type deployWorld struct {
	*testing.T
	on         server
	client     *prefect.Client
	api        string
	name       string // of all that the test makes
	connection string
	dir        string
	clients    deploy.Clients
}

func newDeployWorld(t *testing.T, on server) *deployWorld {
	t.Helper()
	w := &deployWorld{T: t, on: on, name: fmt.Sprintf("e2e-deploy-%d", time.Now().UnixNano()), dir: t.TempDir(),
		connection: os.Getenv("PACIFIC_E2E_STORAGE_CONNECTION_STRING")}
	if w.connection == "" || os.Getenv(on.python) == "" {
		t.Fatalf("PACIFIC_E2E_STORAGE_CONNECTION_STRING and %s are not set: run e2e/run", on.python)
	}
	w.client, w.api = serverClient(t, on.api)
	w.clients = deploy.Clients{Prefect: w.client, Azure: func(ctx context.Context, as acicloud.CredentialOptions) (*acicloud.Cloud, error) {
		return acicloud.NewCloud(ctx, acicloud.Options{Credential: as})
	}}
	blobs, err := azblob.NewClientFromConnectionString(w.connection, nil)
	if err == nil {
		_, err = blobs.CreateContainer(t.Context(), w.name, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = blobs.DeleteContainer(context.Background(), w.name, nil) })
	for _, demo := range []string{"simple_demo", "key_vault_demo"} {
		source, err := os.ReadFile("../examples/" + demo + "/python/flow.py")
		if err == nil {
			err = os.WriteFile(filepath.Join(w.dir, demo+".py"), source, 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return w
}

// save saves a block until the end of the test.
func (w *deployWorld) save(b prefect.Block) (path string, id prefect.ID) {
	w.Helper()
	document, err := w.client.SaveBlock(w.Context(), w.name, b, prefect.SaveBlockOptions{Overwrite: true})
	if err != nil {
		w.Fatal(err)
	}
	w.Cleanup(func() { _ = w.client.DeleteBlockDocument(context.Background(), document.ID) })
	return b.BlockTypeSlug() + "/" + w.name, document.ID
}

// deploy deploys a sample flow twice, and holds that the second time changes nothing.
func (w *deployWorld) deploy(demo string, change func(*deploy.Deployment)) prefect.Deployment {
	w.Helper()
	flow, err := deploy.ReadFlow(w.dir, demo+".py:"+demo)
	if err != nil {
		w.Fatal(err)
	}
	tree, err := deploy.ReadTree(w.dir)
	if err != nil {
		w.Fatal(err)
	}
	d := deploy.Deployment{Name: w.name, Flow: *flow, Version: "1", Code: tree}
	change(&d)
	var made prefect.Deployment
	for round := range 2 {
		plan, err := deploy.NewPlan(w.Context(), w.clients, d)
		if err != nil {
			w.Fatal(err)
		}
		result, err := plan.Apply(w.Context(), nil)
		if err != nil {
			w.Fatal(err)
		}
		made = result.Deployment
		for _, s := range result.Steps {
			if round == 1 && s.Action != deploy.Keep {
				w.Errorf("the second time: %s, changes %q", s, s.Changes)
			}
		}
	}
	w.Cleanup(func() { _ = w.client.DeleteDeployment(context.Background(), made.ID) })
	return made
}

// read is a deployment as the server tells it, without what two of them never share.
func (w *deployWorld) read(id prefect.ID) map[string]any {
	w.Helper()
	var read map[string]any
	for range maxRepeats { // a busy server refuses now and then
		request, err := http.NewRequestWithContext(w.Context(), http.MethodGet, w.api+"/deployments/"+string(id), nil)
		if err != nil {
			w.Fatal(err)
		}
		answer, err := http.DefaultClient.Do(request)
		if err == nil {
			text, _ := io.ReadAll(answer.Body)
			_ = answer.Body.Close()
			if answer.StatusCode == 200 && json.Unmarshal(text, &read) == nil {
				break
			}
		}
		tick(w.T, 200*time.Millisecond)
	}
	if read == nil {
		w.Fatalf("deployment %s cannot be read", id)
	}
	maps.DeleteFunc(read, func(key string, _ any) bool {
		switch key {
		case "id", "created", "updated", "name", "path", "last_polled", "status", "created_by", "updated_by":
			return true
		}
		return false
	})
	return read
}

// execute runs a deployment with Prefect's own engine, in an empty folder.
func (w *deployWorld) execute(id prefect.ID) {
	w.Helper()
	run, err := w.client.CreateDeploymentFlowRun(w.Context(), id, prefect.DeploymentFlowRunCreate{Parameters: map[string]any{"name": "world"}})
	if err != nil {
		w.Error(err)
		return
	}
	engine := exec.CommandContext(w.Context(), os.Getenv(w.on.python), "-W", "ignore", "-m", "prefect.engine")
	engine.Dir = w.TempDir()
	engine.Env = []string{"PATH=" + filepath.Dir(os.Getenv(w.on.python)) + ":/usr/bin:/bin", "HOME=" + w.TempDir(), "PREFECT_API_URL=" + w.api,
		"PREFECT__FLOW_RUN_ID=" + string(run.ID), "DO_NOT_TRACK=1", "PYTHONDONTWRITEBYTECODE=1"}
	out, err := engine.CombinedOutput()
	if err != nil {
		w.Errorf("the engine: %v\n%s", err, out)
	}
	if strings.Contains(string(out), "Attempting install") {
		w.Errorf("the pull step has pip install what the environment has already:\n%s", out)
	}
	read, err := w.client.FlowRun(w.Context(), run.ID)
	if err != nil || read.StateName != "Completed" {
		w.Errorf("the run is %s, %v\n%s", read.StateName, err, out)
	}
}

// TestDeployOnPrefect2: the demo's two deployments are as Prefect's own Deployment makes them of the same flows and blocks,
// and Prefect's engine loads the code by the storage block.
func TestDeployOnPrefect2(t *testing.T) {
	seconds(t)
	w := newDeployWorld(t, prefect2)
	storage, _ := w.save(&prefect.AzureStorage{BucketPath: w.name + "/base", ConnectionString: prefect.SecretStr(w.connection)})
	infrastructure, _ := w.save(&prefect.AzureContainerInstanceJob{ResourceGroupName: "aci-rg", SubscriptionID: "sub"})
	script, err := filepath.Abs("testdata/deploy/build.py")
	if err != nil {
		t.Fatal(err)
	}
	theirs := exec.CommandContext(t.Context(), os.Getenv(prefect2.python), "-W", "ignore", script, w.name, w.name, w.name, "theirs-"+w.name,
		"simple_demo:simple_demo", "key_vault_demo:key_vault_demo")
	theirs.Dir = w.dir
	theirs.Env = []string{"PATH=/usr/bin:/bin", "HOME=" + t.TempDir(), "PREFECT_API_URL=" + w.api, "PYTHONDONTWRITEBYTECODE=1"}
	var stderr strings.Builder
	theirs.Stderr = &stderr
	out, err := theirs.Output()
	if err != nil {
		t.Fatalf("Prefect's own deployment: %v\n%s", err, &stderr)
	}
	ids := strings.Fields(string(out))
	if len(ids) != 2 {
		t.Fatalf("Prefect made %q", out)
	}
	for i, demo := range []string{"simple_demo", "key_vault_demo"} {
		t.Cleanup(func() { _ = w.client.DeleteDeployment(context.Background(), prefect.ID(ids[i])) })
		made := w.deploy(demo, func(d *deploy.Deployment) {
			d.Storage, d.Infrastructure, d.Queue = deploy.Storage{Block: storage}, infrastructure, w.name
		})
		if diff := cmp.Diff(w.read(prefect.ID(ids[i])), w.read(made.ID)); diff != "" {
			t.Errorf("%s (-Prefect's +ours):\n%s", demo, diff)
		}
		if demo == "simple_demo" {
			w.execute(made.ID)
		}
	}
}

// TestDeployAsPrefect3: deployments are as Prefect's own flow.deploy makes them of the same flows, but for where the code is.
func TestDeployAsPrefect3(t *testing.T) {
	seconds(t)
	w := newDeployWorld(t, prefect3)
	if _, err := w.client.CreateWorkPool(t.Context(), prefect.WorkPoolCreate{Name: w.name, Type: "process"}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.client.DeleteWorkPool(context.Background(), w.name) })
	credentials, _ := w.save(&prefect.AzureBlobStorageCredentials{ConnectionString: prefect.SecretStr(w.connection)})
	script, err := filepath.Abs("testdata/deploy/deploy.py")
	if err != nil {
		t.Fatal(err)
	}
	for i, test := range []struct {
		options string
		change  func(*deploy.Deployment)
	}{
		{`{}`, func(d *deploy.Deployment) { d.Version = "" }}, // by default Prefect takes a checksum of the file
		{`{"version":"1","tags":["b","a"],"parameters":{"name":"x"},"cron":"0 6 * * *","job_variables":{"env":{"A":"b"}}}`, func(d *deploy.Deployment) {
			d.Tags, d.Parameters, d.JobVariables = []string{"b", "a"}, map[string]any{"name": "x"}, map[string]any{"env": map[string]any{"A": "b"}}
			d.Schedules = []prefect.DeploymentSchedule{{Active: true, Schedule: prefect.Schedule{Cron: "0 6 * * *"}}}
		}},
	} {
		theirs := exec.CommandContext(t.Context(), os.Getenv(prefect3.python), "-W", "ignore", script, w.name, fmt.Sprint("theirs-", i), test.options, "simple_demo.py:simple_demo")
		theirs.Dir = w.dir
		theirs.Env = []string{"PATH=/usr/bin:/bin", "HOME=" + t.TempDir(), "PREFECT_API_URL=" + w.api, "PYTHONDONTWRITEBYTECODE=1", "DO_NOT_TRACK=1"}
		out, err := theirs.Output()
		if err != nil {
			t.Fatalf("Prefect's own deployment: %v\n%s", err, out)
		}
		lines := strings.Fields(string(out))
		id := prefect.ID(lines[len(lines)-1])
		t.Cleanup(func() { _ = w.client.DeleteDeployment(context.Background(), id) })
		made := w.deploy("simple_demo", func(d *deploy.Deployment) {
			d.Name, d.Pool, d.Storage = fmt.Sprint(d.Name, "-", i), w.name, deploy.Storage{Block: credentials, Container: w.name}
			test.change(d)
		})
		want, got := w.read(id), w.read(made.ID)
		for _, read := range []map[string]any{want, got} {
			delete(read, "pull_steps")
			for _, schedule := range read["schedules"].([]any) {
				for _, key := range []string{"id", "created", "updated", "deployment_id"} {
					delete(schedule.(map[string]any), key)
				}
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-Prefect's +ours):\n%s", test.options, diff)
		}
	}
}

// TestDeployOnPrefect3: Prefect's engine loads the code by the pull step, whose secret is in a block.
func TestDeployOnPrefect3(t *testing.T) {
	seconds(t)
	w := newDeployWorld(t, prefect3)
	if _, err := w.client.CreateWorkPool(t.Context(), prefect.WorkPoolCreate{Name: w.name, Type: "process"}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.client.DeleteWorkPool(context.Background(), w.name) })
	secret := prefect.SecretStr(w.connection)
	credentials, id := w.save(&prefect.AzureBlobStorageCredentials{ConnectionString: secret})
	legacy, _ := w.save(&prefect.AzureStorage{BucketPath: w.name, ConnectionString: secret})
	container, _ := w.save(&prefect.PlainBlock{Slug: "azure-blob-storage-container", Data: map[string]any{
		"container_name": w.name, "base_folder": "base", "credentials": prefect.BlockRef(id)}})
	var runs sync.WaitGroup
	blobs, err := azblob.NewClientFromConnectionString(w.connection, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = blobs.DeleteContainer(context.Background(), w.name+"-made", nil) }) // deploy makes it
	for i, storage := range []deploy.Storage{{Block: credentials, Container: w.name + "-made/team"}, {Block: legacy}, {Block: container}} {
		made := w.deploy("simple_demo", func(d *deploy.Deployment) {
			d.Name, d.Storage, d.Pool = fmt.Sprint(d.Name, "-", i), storage, w.name
		})
		text, err := json.Marshal(made.PullSteps)
		if err != nil || strings.Contains(string(text), "AccountKey") {
			t.Errorf("the pull steps show the secret: %s", text)
		}
		runs.Go(func() { w.execute(made.ID) })
	}
	runs.Wait()
}
