package deploy_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pacific-aci/pacific/deploy"
	"github.com/pacific-aci/pacific/prefect"
)

// The demo on Prefect 2: the storage block itself loads the code, an infrastructure block starts the container.
func TestByBlocks(t *testing.T) {
	w := newWorld(t)
	w.version = "2.20.27"
	storage := w.save("az-storage", &prefect.AzureStorage{BucketPath: "flows/base", ConnectionString: prefect.SecretStr(w.connection)})
	infrastructure := w.save("aci", &prefect.AzureContainerInstanceJob{ResourceGroupName: "aci-rg", SubscriptionID: "sub"})
	dir := folder(t, map[string]string{"flow.py": flowSource, "lib/x.py": "x = 1\n", "secret.txt": "s", ".prefectignore": "secret.txt\n"})
	d := w.demo(dir, func(d *deploy.Deployment) {
		d.Storage, d.Infrastructure = deploy.Storage{Block: storage}, infrastructure
	})
	result, done := w.apply(d)
	if want := "create flow, create code, create deployment"; done != want {
		t.Errorf("done: %s, want %s", done, want)
	}
	got := result.Deployment
	if got.Entrypoint != "flow.py:key_vault_demo" || got.Version != "1" || got.Description != "Reads a secret." || got.WorkQueueName != "armaci" ||
		got.StorageDocumentID == "" || got.InfrastructureDocumentID == "" || len(got.PullSteps) > 0 || !strings.HasPrefix(got.Path, "key-vault-demo/manual-deployment/") {
		t.Errorf("got %+v", got)
	}
	names := w.names()
	if want := []string{".prefectignore", "flow.py", "lib/x.py"}; len(names) != 4 || !slices.Equal(below(names, "base/"+got.Path+"/"), want) {
		t.Errorf("got %q", names)
	}
	if text := w.content("base/" + got.Path + "/flow.py"); text != flowSource {
		t.Errorf("flow.py is %q", text)
	}
	if _, done := w.apply(d); done != "keep flow, keep code, keep deployment" || len(w.sent) > 0 {
		t.Errorf("again: %s, sent %q", done, w.sent)
	}
	if slices.Contains(w.writes, "POST /deployments/") {
		t.Error("an unchanged deployment was written again")
	}
}

// below are the names in a folder.
func below(names []string, folder string) []string {
	var inside []string
	for _, name := range names {
		if rest, ok := strings.CutPrefix(name, folder); ok {
			inside = append(inside, rest)
		}
	}
	return inside
}

// On Prefect 3 a pull step names the block that has the secret.
func TestPullSteps(t *testing.T) {
	w := newWorld(t)
	secret := prefect.SecretStr(w.connection)
	credentials := w.save("acct", &prefect.AzureBlobStorageCredentials{ConnectionString: secret})
	legacy := w.save("az-storage", &prefect.AzureStorage{BucketPath: "flows", ConnectionString: secret})
	dir := folder(t, map[string]string{"flow.py": flowSource})
	for _, test := range []struct {
		storage deploy.Storage
		folder  string
		want    any
	}{
		{deploy.Storage{Block: credentials, Container: "flows/team/"}, "team/", "{{ prefect.blocks.azure-blob-storage-credentials.acct }}"},
		{deploy.Storage{Block: legacy}, "", map[string]any{"connection_string": "{{ prefect.blocks.azure.az-storage.azure_storage_connection_string }}"}},
	} {
		result, _ := w.apply(w.demo(dir, func(d *deploy.Deployment) {
			d.Name, d.Storage = test.storage.Block, test.storage
			d.Name = strings.ReplaceAll(d.Name, "/", "-")
		}))
		steps := result.Deployment.PullSteps
		if len(steps) != 1 {
			t.Fatalf("got the steps %v", steps)
		}
		step := steps[0]["prefect_azure.deployments.steps.pull_from_azure_blob_storage"].(map[string]any)
		if diff := cmp.Diff(test.want, step["credentials"]); diff != "" || step["container"] != "flows" || fmt.Sprint(step["requires"]) != "[prefect-azure>=0.4 azure.storage.blob]" {
			t.Errorf("%s: %v", test.storage.Block, step)
		}
		at := step["folder"].(string)
		if !strings.HasPrefix(at, test.folder+"key-vault-demo/") || w.content(at+"/flow.py") != flowSource {
			t.Errorf("%s: the folder is %s of %q", test.storage.Block, at, w.names())
		}
	}
}

// Files keep their names, whatever has a meaning in an address; all ways to sign in send to the same place.
func TestFileNames(t *testing.T) {
	w := newWorld(t)
	block := w.save("acct", &prefect.AzureBlobStorageCredentials{ConnectionString: prefect.SecretStr(w.connection)})
	want := []string{"50%.txt", "a b+c&d=e.txt", "a#b.txt", "a%41b.txt", "a?b.txt", "flow.py", "x#y/1?.txt", "ü.txt"}
	files := map[string]string{}
	for _, name := range want {
		files[name] = "content of " + name
	}
	files["flow.py"] = flowSource
	dir := folder(t, files)
	d := w.demo(dir, func(d *deploy.Deployment) { d.Storage = deploy.Storage{Block: block, Container: "flows/team #1"} })
	result, _ := w.apply(d)
	step := result.Deployment.PullSteps[0]["prefect_azure.deployments.steps.pull_from_azure_blob_storage"].(map[string]any)
	at := step["folder"].(string) + "/"
	got := below(w.names(), at)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" || !strings.HasPrefix(at, "team #1/") {
		t.Fatalf("in %s: %s", at, diff)
	}
	for name, text := range files {
		if got := w.content(at + name); got != text {
			t.Errorf("%s is %q", name, got)
		}
	}
	if _, done := w.apply(d); done != "keep flow, keep code, keep deployment" {
		t.Errorf("again: %s", done)
	}
	for _, name := range []string{"Icon\r", "two\nlines", `back\slash`} {
		dir := folder(t, map[string]string{"flow.py": flowSource, name: ""})
		_, err := deploy.ReadTree(dir)
		if refused, ok := errors.AsType[*deploy.FileError](err); !ok || !strings.Contains(refused.Problem, "cannot be the name of a blob") {
			t.Errorf("%q: %v", name, err)
		}
	}
}

// Changed code goes to another folder. The one before stays, the one before that is deleted.
func TestChangedCode(t *testing.T) {
	w := newWorld(t)
	block := w.save("acct", &prefect.AzureBlobStorageCredentials{ConnectionString: prefect.SecretStr(w.connection)})
	dir := folder(t, map[string]string{"flow.py": flowSource, "big.bin": strings.Repeat("0123456789abcdef", 5<<16)})
	use := func(d *deploy.Deployment) { d.Storage = deploy.Storage{Block: block, Container: "flows"} }
	for version := range 4 {
		if err := os.WriteFile(filepath.Join(dir, "lib.py"), []byte{byte('0' + version), '\n'}, 0o644); err != nil {
			t.Fatal(err)
		}
		result, done := w.apply(w.demo(dir, use))
		if version > 0 && done != "keep flow, create code, update deployment" {
			t.Errorf("version %d: %s", version, done)
		}
		if version > 0 && !slices.Equal(result.Steps[2].Changes, []string{"pull_steps"}) {
			t.Errorf("version %d changes %q", version, result.Steps[2].Changes)
		}
		if names := w.names(); len(names) != 1+3*min(version+1, 2) {
			t.Errorf("version %d leaves %q", version, names)
		}
	}
	if w.sent = nil; len(w.names()) == 7 {
		for _, name := range w.names() {
			if strings.HasSuffix(name, "/lib.py") && w.content(name) == "3\n" {
				must(w.blobs.DeleteBlob(t.Context(), "flows", name, nil))(t)
			}
		}
	}
	if _, done := w.apply(w.demo(dir, use)); done != "keep flow, create code, keep deployment" || len(below(w.names(), "")) != 7 {
		t.Errorf("a lost file: %s, %q", done, w.names())
	}
}

// The folder that is in use when the code changes stays, whatever was deployed between: runs may be loading it.
func TestFolderInUseStays(t *testing.T) {
	w := newWorld(t)
	block := w.save("acct", &prefect.AzureBlobStorageCredentials{ConnectionString: prefect.SecretStr(w.connection)})
	dir := folder(t, map[string]string{"flow.py": flowSource})
	use := func(d *deploy.Deployment) { d.Storage = deploy.Storage{Block: block, Container: "flows/team"} }
	put := func(text string) string {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, "lib.py"), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		result, _ := w.apply(w.demo(dir, use))
		step := result.Deployment.PullSteps[0]["prefect_azure.deployments.steps.pull_from_azure_blob_storage"].(map[string]any)
		return step["folder"].(string)
	}
	is := func(when string, there []string, gone ...string) {
		t.Helper()
		names := w.names()
		for _, folder := range there {
			if len(below(names, folder+"/")) != 2 {
				t.Errorf("%s: %s is not all there: %q", when, folder, names)
			}
		}
		for _, folder := range gone {
			if len(below(names, folder+"/")) > 0 {
				t.Errorf("%s: %s is left: %q", when, folder, names)
			}
		}
	}
	a, b := put("a"), put("b")
	if put("a") != a {
		t.Fatal("the same code has another folder")
	}
	c := put("c")
	is("back to older code", []string{a, c}, b)

	// A deploy sends its code, and cannot register it.
	w.refuse = "/deployments/"
	if err := os.WriteFile(filepath.Join(dir, "lib.py"), []byte("d"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := must(deploy.NewPlan(t.Context(), w.clients, w.demo(dir, use)))(t).Apply(t.Context(), nil); err == nil {
		t.Fatal("the deployment was registered")
	}
	w.refuse = ""
	is("after a deploy that failed", []string{a, c})
	is("after the next one", []string{c, put("e")}, a)
}

// A container that is not there is made, before anything else.
func TestNewContainer(t *testing.T) {
	w := newWorld(t)
	w.version = "2.20.27"
	key := strings.Split(strings.Split(w.connection, "AccountKey=")[1], ";")[0]
	w.grant("ba92f5b4-2d11-453d-a403-e96b0029c9fe") // Storage Blob Data Contributor
	for name, storage := range map[string]deploy.Storage{
		"by-string": {Block: w.save("good", &prefect.AzureBlobStorageCredentials{ConnectionString: prefect.SecretStr(w.connection)}), Container: "by-string/team"},
		"by-token":  {URL: "https://acct.blob.core.windows.net/by-token"},
	} {
		d := w.demo(folder(t, map[string]string{"flow.py": flowSource}), func(d *deploy.Deployment) { d.Name, d.Storage = name, storage })
		result, done := w.apply(d)
		if !strings.HasPrefix(done, "create container, ") || !strings.HasSuffix(done, "create code, create deployment") {
			t.Errorf("%s: %s", name, done)
		}
		if !slices.Contains(w.sent, "PUT /"+name) || result.Steps[0].Name != name {
			t.Errorf("%s: sent %q, %v", name, w.sent, result.Steps)
		}
		if _, done := w.apply(d); done != "keep flow, keep code, keep deployment" {
			t.Errorf("%s, again: %s", name, done)
		}
	}
	// The block of Prefect 2 with an account key.
	block := w.save("by-key", &prefect.AzureStorage{BucketPath: "by-key/code", AccountName: "acct", AccountKey: prefect.SecretStr(key)})
	d := w.demo(folder(t, map[string]string{"flow.py": flowSource}), func(d *deploy.Deployment) { d.Name, d.Storage = "by-key", deploy.Storage{Block: block} })
	plan := must(deploy.NewPlan(t.Context(), w.clients, d))(t)
	must(w.blobs.CreateContainer(t.Context(), "by-key", nil))(t) // by somebody else, meanwhile
	if _, err := plan.Apply(t.Context(), nil); err != nil {
		t.Error(err)
	}
	// Runs of a pool load by it too.
	w.pool()
	d.Name, d.Queue, d.Pool = "by-pool", "", "aci"
	if got := must(deploy.NewPlan(t.Context(), w.clients, d))(t).Deployment; got.StorageDocumentID == "" || len(got.PullSteps) > 0 {
		t.Errorf("for a pool: %+v", got)
	}
	// And one that does not sign in is refused.
	d.Storage.Block = w.save("nobody", &prefect.AzureStorage{BucketPath: "flows", AccountName: "acct"})
	d.Queue, d.Pool = "armaci", ""
	if _, err := deploy.NewPlan(t.Context(), w.clients, d); err == nil || !strings.Contains(err.Error(), "does not sign in") {
		t.Errorf("without a secret: %v", err)
	}
}

// Deploys of one deployment at once never delete each other's code.
func TestTwoDeploys(t *testing.T) {
	w := newWorld(t)
	block := w.save("acct", &prefect.AzureBlobStorageCredentials{ConnectionString: prefect.SecretStr(w.connection)})
	dirs := map[string]string{}
	plan := func(version string) *deploy.Plan {
		t.Helper()
		if dirs[version] == "" {
			dirs[version] = folder(t, map[string]string{"flow.py": flowSource, "lib.py": version})
		}
		return must(deploy.NewPlan(t.Context(), w.clients, w.demo(dirs[version], func(d *deploy.Deployment) {
			d.Storage = deploy.Storage{Block: block, Container: "flows"}
		})))(t)
	}
	apply := func(p *deploy.Plan) string {
		t.Helper()
		result := must(p.Apply(t.Context(), nil))(t)
		return result.Deployment.PullSteps[0]["prefect_azure.deployments.steps.pull_from_azure_blob_storage"].(map[string]any)["folder"].(string)
	}
	a := apply(plan("a"))
	apply(plan("b"))
	back, c := plan("a"), plan("c") // one goes back to what the other one deletes
	apply(c)
	if got := apply(back); got != a || len(below(w.names(), a+"/")) != 2 {
		t.Errorf("in %s is %q", got, below(w.names(), a+"/"))
	}

	// One has noted its folder and sends, the other one is faster.
	w.refuse = "/deployments/"
	if _, err := plan("slow").Apply(t.Context(), nil); err == nil {
		t.Fatal("the deployment was registered")
	}
	w.refuse = ""
	apply(plan("d"))
	for _, name := range w.names() {
		if strings.HasSuffix(name, "/lib.py") && w.content(name) == "slow" {
			return
		}
	}
	t.Error("the slow deploy's code was deleted")
}

// What another deploy is just deleting is not taken up, unless that one has died.
func TestDeletedElsewhere(t *testing.T) {
	w := newWorld(t)
	block := w.save("acct", &prefect.AzureBlobStorageCredentials{ConnectionString: prefect.SecretStr(w.connection)})
	use := func(d *deploy.Deployment) { d.Storage = deploy.Storage{Block: block, Container: "flows"} }
	first, second := folder(t, map[string]string{"flow.py": flowSource}), folder(t, map[string]string{"flow.py": flowSource, "b.py": ""})
	result, _ := w.apply(w.demo(first, use))
	at := strings.TrimPrefix(result.Steps[1].Name, "flows/")
	w.apply(w.demo(second, use))
	record := w.names()[slices.IndexFunc(w.names(), func(name string) bool { return strings.HasSuffix(name, ".json") })]
	mark := func(deleting time.Time) {
		t.Helper()
		var read map[string][]map[string]any
		if err := json.Unmarshal([]byte(w.content(record)), &read); err != nil {
			t.Fatal(err)
		}
		for _, f := range read["folders"] {
			if f["name"] == at {
				f["deleting"] = deleting
			}
		}
		must(w.blobs.UploadBuffer(t.Context(), "flows", record, must(json.Marshal(read))(t), nil))(t)
	}
	mark(time.Now())
	_, err := must(deploy.NewPlan(t.Context(), w.clients, w.demo(first, use)))(t).Apply(t.Context(), nil)
	if refused, ok := errors.AsType[*deploy.InvalidError](err); !ok || refused.Hint() != "deploy once more in a moment" {
		t.Errorf("while it is being deleted: %v", err)
	}
	mark(time.Now().Add(-time.Hour))
	if _, done := w.apply(w.demo(first, use)); done != "keep flow, keep code, update deployment" {
		t.Errorf("of a deploy that died: %s", done)
	}
}

// A file that changes between reading and sending is no part of the code, whatever its size.
func TestFileChanges(t *testing.T) {
	w := newWorld(t)
	block := w.save("acct", &prefect.AzureBlobStorageCredentials{ConnectionString: prefect.SecretStr(w.connection)})
	for _, size := range []int{100, 9 << 20} {
		dir := folder(t, map[string]string{"flow.py": flowSource, "data.bin": strings.Repeat("a", size)})
		d := w.demo(dir, func(d *deploy.Deployment) { d.Storage = deploy.Storage{Block: block, Container: "flows"} })
		plan := must(deploy.NewPlan(t.Context(), w.clients, d))(t)
		if err := os.WriteFile(filepath.Join(dir, "data.bin"), []byte(strings.Repeat("a", size-1)+"b"), 0o644); err != nil {
			t.Fatal(err)
		}
		before := w.names()
		_, err := plan.Apply(t.Context(), nil)
		changed, ok := errors.AsType[*deploy.FileError](err)
		if !ok || changed.Path != "data.bin" || changed.Hint() == "" {
			t.Errorf("%d bytes: %v", size, err)
		}
		for _, name := range w.names() {
			if strings.HasSuffix(name, "/data.bin") && !slices.Contains(before, name) {
				t.Errorf("%d bytes: %s was made of it", size, name)
			}
		}
		d.Code = must(deploy.ReadTree(dir))(t)
		result, _ := w.apply(d)
		folder := result.Steps[1].Name[len("flows/"):]
		if text := w.content(folder + "/data.bin"); len(text) != size || !strings.HasSuffix(text, "ab") {
			t.Errorf("%d bytes: deployed are %d bytes", size, len(text))
		}
	}
}

// What is left out the next time is emptied, but for schedules: those are often made elsewhere.
func TestUpdate(t *testing.T) {
	w := newWorld(t)
	w.pool()
	d := deploy.Deployment{Name: "nightly", Flow: deploy.Flow{Name: "etl", Entrypoint: "etl", ParameterSchema: []byte(
		`{"type":"object","properties":{"n":{"type":"integer"}},"required":["n"]}`)}, Pool: "aci", Image: "example.azurecr.io/etl:1",
		Tags: []string{"b", "a"}, Parameters: map[string]any{"n": 3}, JobVariables: map[string]any{"cpu": 2}, Version: "7",
		Schedules: []prefect.DeploymentSchedule{{Active: true, Schedule: prefect.Schedule{Interval: prefect.Seconds(time.Hour)}}},
	}
	result, done := w.apply(d)
	if done != "create flow, create deployment" || len(result.Deployment.Schedules) != 1 || result.Deployment.JobVariables["image"] != d.Image {
		t.Errorf("%s: %+v", done, result.Deployment)
	}
	if _, done := w.apply(d); done != "keep flow, keep deployment" {
		t.Errorf("again: %s", done)
	}
	d.Tags, d.Parameters, d.JobVariables, d.Schedules, d.Version = nil, nil, nil, nil, "8"
	result, _ = w.apply(d)
	got := result.Deployment
	if len(got.Tags) > 0 || len(got.Parameters) > 0 || len(got.JobVariables) != 1 || len(got.Schedules) != 1 || got.Version != "8" {
		t.Errorf("got %+v", got)
	}
	if want := []string{"version", "tags", "parameters", "job_variables"}; !slices.Equal(result.Steps[1].Changes, want) {
		t.Errorf("changed %q, want %q", result.Steps[1].Changes, want)
	}
	d.Schedules = []prefect.DeploymentSchedule{}
	if result, _ := w.apply(d); len(result.Deployment.Schedules) != 0 {
		t.Errorf("the schedules are %+v", result.Deployment.Schedules)
	}
}

func TestRefused(t *testing.T) {
	w := newWorld(t)
	key := strings.Split(strings.Split(w.connection, "AccountKey=")[1], ";")[0]
	byKey := w.save("by-key", &prefect.AzureStorage{BucketPath: "flows", AccountName: "acct", AccountKey: prefect.SecretStr(key)})
	wrong := w.save("wrong", &prefect.AzureBlobStorageCredentials{ConnectionString: "AccountName=acct;AccountKey=c2VjcmV0aHVudGVyMg=="})
	broken := w.save("broken", &prefect.AzureBlobStorageCredentials{ConnectionString: "hunter2"})
	infrastructure := w.save("aci", &prefect.AzureContainerInstanceJob{ResourceGroupName: "aci-rg", SubscriptionID: "sub"})
	w.pool()
	signed := w.save("signed", &prefect.AzureBlobStorageCredentials{AccountURL: "https://acct.blob.core.windows.net?sv=2021-12-02&sig=hunter2"})
	narrow := w.save("narrow", &prefect.AzureBlobStorageCredentials{ConnectionString: prefect.SecretStr(w.narrow(key))})
	good := w.save("good", &prefect.AzureBlobStorageCredentials{ConnectionString: prefect.SecretStr(w.connection)})
	dir := folder(t, map[string]string{"flow.py": flowSource})
	for _, test := range []struct {
		says, hint string
		change     func(*deploy.Deployment)
	}{
		{"neither a work pool nor a work queue", "", func(d *deploy.Deployment) { d.Queue = "" }},
		{"no storage is given", "", func(d *deploy.Deployment) { d.Storage = deploy.Storage{} }},
		{`no parameter "cuont"`, "count, who", func(d *deploy.Deployment) { d.Parameters = map[string]any{"cuont": 1} }},
		{"the parameter count: got string, want integer", "", func(d *deploy.Deployment) { d.Parameters = map[string]any{"count": "x"} }},
		{"cannot be used: it signs in with an account key", "save a connection string", func(d *deploy.Deployment) { d.Storage = deploy.Storage{Block: byKey} }},
		{"names no container", "CONTAINER", func(d *deploy.Deployment) { d.Storage.Container = "" }},
		{`"flows/sub/../../other" has a . or .. in it`, "own path", func(d *deploy.Deployment) { d.Storage.Container = "flows/sub/../../other" }},
		{"container flows: ", "the key or the signature of the storage block is wrong", func(d *deploy.Deployment) { d.Storage.Block = wrong }},
		{"the connection string cannot be read", "", func(d *deploy.Deployment) { d.Storage.Block = broken }},
		{"creating container none: ", "az storage container create --name none --account-name acct --auth-mode login", func(d *deploy.Deployment) {
			d.Storage = deploy.Storage{Block: narrow, Container: "none"}
		}},
		{"the account_url of block azure-blob-storage-credentials/signed is not an address", "SharedAccessSignature", func(d *deploy.Deployment) {
			d.Storage = deploy.Storage{Block: signed, Container: "flows"}
		}},
		{"container flows: ", "Storage Blob Data Contributor", func(d *deploy.Deployment) {
			d.Storage = deploy.Storage{URL: "https://acct.blob.core.windows.net/flows"}
		}},
		{"is not of this cloud", "", func(d *deploy.Deployment) { d.Storage = deploy.Storage{URL: "https://example.com/flows"} }},
		{"is not an address", "", func(d *deploy.Deployment) {
			d.Storage = deploy.Storage{URL: "https://acct.blob.core.windows.net/flows?sig=hunter2"}
		}},
		{"there is no block azure/none", "", func(d *deploy.Deployment) { d.Storage = deploy.Storage{Block: "azure/none"} }},
		{"there is no work pool none", "", func(d *deploy.Deployment) { d.Pool = "none" }},
		{"the job variable mem: the work pool's template has no such name", "did you mean memory?", func(d *deploy.Deployment) {
			d.Pool, d.JobVariables = "aci", map[string]any{"mem": 3}
		}},
		{"the job variable imag: the block has no such field", "did you mean image?", func(d *deploy.Deployment) {
			d.Infrastructure, d.JobVariables = infrastructure, map[string]any{"env.A": "b", "imag": "i"}
		}},
	} {
		d := w.demo(dir, func(d *deploy.Deployment) {
			d.Storage = deploy.Storage{Block: good, Container: "flows"}
			test.change(d)
		})
		plan, err := deploy.NewPlan(t.Context(), w.clients, d)
		if err == nil {
			_, err = plan.Apply(t.Context(), nil)
		}
		hint, _ := errors.AsType[interface {
			error
			Hint() string
		}](err)
		if err == nil || !strings.Contains(err.Error(), test.says) || test.hint != "" && (hint == nil || !strings.Contains(hint.Hint(), test.hint)) {
			t.Errorf("got %v (%v), want %q and %q", err, hint, test.says, test.hint)
		}
		if _, err := w.clients.Prefect.FlowByName(t.Context(), d.Flow.Name); err == nil {
			t.Fatalf("%s: the flow was made", test.says)
		}
		if err != nil && (strings.Contains(err.Error(), "hunter2") || strings.Contains(err.Error(), key)) {
			t.Errorf("%v: it shows a secret", err)
		}
	}
}
