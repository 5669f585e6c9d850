package deploy_test

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/arm"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/pacific-aci/pacific/flow"
	"github.com/pacific-aci/pacific/internal/cli/clitest"
	"github.com/pacific-aci/pacific/jobtemplate"
)

const source = `from prefect import flow

@flow(name="Simple Demo", log_prints=True)
def simple_demo(count: int, tag: str = "a"):
    "Prints a constant."
`

// newWorld has a Prefect with a pool "aci", and a folder with a flow.
func newWorld(t *testing.T) *clitest.Harness {
	t.Helper()
	h := clitest.NewPrefect(t, clitest.StartPrefect(t))
	h.Must("work-pool", "create", "aci", "--type", jobtemplate.TypeWorker)
	h.Write("flow.py", source)
	return h
}

type view struct {
	ID, FlowID, Name string
	Steps            []struct {
		Object, Action, Name string
		Changes              []string
		Files                int
	}
	Deployment map[string]any
}

// TestMain is a program with a flow where it is called etl, and with two where it is called two. Where it is called tool, the
// flow is behind the words "--my flows".
func TestMain(m *testing.M) {
	if len(os.Args) > 2 && filepath.Base(os.Args[0]) == "tool" && os.Args[1] == "--my" && os.Args[2] == "flows" {
		os.Args = append([]string{"etl"}, os.Args[3:]...)
	}
	if name := filepath.Base(os.Args[0]); name == "etl" || name == "two" {
		type params struct {
			Count int `json:"count" default:"1"`
		}
		run := func(context.Context, params) (int, error) { return 0, nil }
		if name == "etl" {
			flow.Main(flow.New("etl", run))
		}
		flow.Main(flow.New("extract", run), flow.New("load", run))
	}
	os.Exit(m.Run())
}

func TestDeployImage(t *testing.T) {
	h := newWorld(t)
	args := []string{"deploy", "flow.py:simple_demo", "--pool", "aci", "--image", "demo.azurecr.io/demo:1", "--param", "tag=1.0", "--param", "count=3",
		"--tag", "nightly", "--cron", "0 6 * * *", "--timezone", "Europe/Oslo", "--job-variable", "cpu=2", "--version", "1"}
	h.Run(append(args, "--plan")...).Wants(t, 0, "ACTION  OBJECT      NAME                 DETAIL\n"+
		"create  flow        Simple Demo          -\ncreate  deployment  Simple Demo/default  -\n", "")
	r := h.Run(args...)
	r.Wants(t, 0, "", "created flow Simple Demo\npacific: created deployment Simple Demo/default\npacific: hint: to run it: pacific flow-run create 'Simple Demo/default'\n")
	d, err := h.Client().DeploymentByName(t.Context(), "Simple Demo", "default")
	if err != nil {
		t.Fatal(err)
	}
	if r.Stdout != string(d.ID)+"\n" || d.Parameters["tag"] != "1.0" || d.JobVariables["image"] != "demo.azurecr.io/demo:1" || d.Version != "1" ||
		len(d.Schedules) != 1 || d.Schedules[0].Schedule.Timezone != "Europe/Oslo" || d.Description != "Prints a constant." || d.Tags[0] != "nightly" {
		t.Errorf("%s: got %+v", r.Stdout, d)
	}
	var again view
	h.JSON(h.Must(append(args, "--output", "json")...), &again)
	if again.ID != string(d.ID) || again.FlowID != string(d.FlowID) || again.Name != "Simple Demo/default" || len(again.Steps) != 2 || again.Steps[1].Action != "keep" {
		t.Errorf("again: %+v", again)
	}
	var plan view
	h.JSON(h.Must("deploy", "flow.py:simple_demo", "--pool", "aci", "--image", "demo.azurecr.io/demo:2", "--plan", "-o", "json"), &plan)
	if got := strings.Join(plan.Steps[1].Changes, " "); got != "version tags parameters job_variables" || plan.Deployment["entrypoint"] != "flow.py:simple_demo" {
		t.Errorf("plan: %+v", plan)
	}
}

func TestDeployToStorage(t *testing.T) {
	h := newWorld(t)
	h.UseAzure()
	h.Must("group", "create", "g", "--location", "westeurope")
	connection := storage(t, h)
	h.Vars["CONNECTION"] = connection
	h.Must("block", "create", "azure", "az-storage", "--bucket-path", "flows", "--connection-string-env", "CONNECTION")
	args := []string{"deploy", "flow.py:simple_demo", "--pool", "aci", "--storage", "azure/az-storage", "--name", "nightly"}
	h.Run(append(args, "--plan")...).Wants(t, 0, "send    code        flows/simple-demo/nightly/FOLDER  1 file, ", "")
	r := h.Run(args...)
	r.Wants(t, 0, "", "pacific: sent 1 file, 139 B to flows/simple-demo/nightly/")
	h.Run(args...).Wants(t, 0, "", "unchanged: code flows/simple-demo/nightly/")
	if text := r.Stdout + r.Stderr + h.Must(append(args, "--plan", "-o", "json")...).Stdout; strings.Contains(text, "AccountKey") {
		t.Error("the connection string is in the output")
	}
	if err := os.Symlink("/etc/passwd", filepath.Join(h.Dir, "out.txt")); err != nil {
		t.Fatal(err)
	}
	h.Run(args...).Wants(t, 1, "", "out.txt is a link that leads out of the folder or nowhere\npacific: hint: name it in .prefectignore")
}

// storage makes a storage account with a container "flows", and gives its connection string.
func storage(t *testing.T, h *clitest.Harness) string {
	t.Helper()
	subscription, credential, options := h.SDK()
	client, err := arm.NewClient("test", "v1.0.0", credential, options)
	if err != nil {
		t.Fatal(err)
	}
	id := "/subscriptions/" + subscription + "/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/acct"
	send := func(method, path, body string, to any) int {
		request, err := runtime.NewRequest(t.Context(), method, "https://management.azure.com"+path+"?api-version=2023-05-01")
		if err != nil {
			t.Fatal(err)
		}
		if body != "" {
			request.Raw().Body, request.Raw().ContentLength = io.NopCloser(strings.NewReader(body)), int64(len(body))
			request.Raw().Header.Set("Content-Type", "application/json")
		}
		answer, err := client.Pipeline().Do(request)
		if err == nil && to != nil {
			err = runtime.UnmarshalAsJSON(answer, to)
		}
		if err != nil || answer.StatusCode >= 300 {
			t.Fatalf("%s %s: %v %v", method, path, answer, err)
		}
		return answer.StatusCode
	}
	for send("PUT", id, `{"location":"westeurope","kind":"StorageV2","sku":{"name":"Standard_LRS"}}`, nil) == 202 {
	}
	send("PUT", id+"/blobServices/default/containers/flows", `{}`, nil)
	var keys struct{ Keys []struct{ Value string } }
	send("POST", id+"/listKeys", "", &keys)
	return "DefaultEndpointsProtocol=https;AccountName=acct;AccountKey=" + keys.Keys[0].Value + ";EndpointSuffix=core.windows.net"
}

// link puts this program into the folder as etl or two: see TestMain.
func link(t *testing.T, h *clitest.Harness, name string) {
	t.Helper()
	this, err := os.Executable()
	if err == nil {
		err = os.Symlink(this, filepath.Join(h.Dir, name))
	}
	if err != nil {
		t.Fatal(err)
	}
}

// A Go program tells its flows itself.
func TestDeployProgram(t *testing.T) {
	h := newWorld(t)
	link(t, h, "two")
	h.Run("deploy", "./two", "--pool", "aci", "--image", "etl:1").Wants(t, 1, "", `it has 2 flows`)
	h.Must("deploy", "./two:load", "--pool", "aci", "--image", "etl:1", "--param", "count=3")
	d, err := h.Client().DeploymentByName(t.Context(), "load", "default")
	if err != nil {
		t.Fatal(err)
	}
	entrypoint, has := d.JobVariables["entrypoint"]
	if d.Entrypoint != "two" || d.JobVariables["command"] != "/usr/local/bin/two" || !has || entrypoint != nil || len(d.PullSteps) > 0 {
		t.Errorf("got %+v", d)
	}
	h.Must("flow-run", "create", "load/default", "--name", "fox")
	h.Run("flow-run", "preview", "fox", "--subscription", "s", "--resource-group", "g").Wants(t, 0, `"/usr/local/bin/two"`, "")
	link(t, h, "tool")
	h.Must("deploy", "./tool:etl", "--pool", "aci", "--image", "etl:1", "--", "--my", "flows")
	if d, err = h.Client().DeploymentByName(t.Context(), "etl", "default"); err != nil {
		t.Fatal(err)
	}
	if d.Entrypoint != "tool --my flows" || d.JobVariables["command"] != "/usr/local/bin/tool --my flows" {
		t.Errorf("got %+v", d)
	}
	h.Must("deploy", "./tool", "--pool", "aci", "--job-variable", "command=/opt/tool --my flows", "--name", "own", "--", "--my", "flows")
	if d, err = h.Client().DeploymentByName(t.Context(), "etl", "own"); err != nil {
		t.Fatal(err)
	}
	if image, has := d.JobVariables["image"]; has || d.JobVariables["command"] != "/opt/tool --my flows" {
		t.Errorf("got %+v, image %v", d, image)
	}
	h.Run("deploy", "flow.py:simple_demo", "--pool", "aci", "--image", "i", "--", "flows").Wants(t, 2, "", `"flows" comes after --, and flow.py:simple_demo is not a Go program`)
	h.Run("deploy", "./two", "flows", "--pool", "aci", "--image", "i").Wants(t, 2, "", `takes one entrypoint, got also "flows"`)
	h.Run("deploy", "./none", "--pool", "aci", "--image", "etl:1").Wants(t, 1, "", "reading the flow "+filepath.Join(h.Dir, "none")+": no such file or directory")
}

// What is not a flow is said in words that lead on, and a Python file is never run.
func TestDeployNotAFlow(t *testing.T) {
	h := newWorld(t)
	script := func(name, text string) {
		h.Write(name, "#!/bin/sh\n"+text)
		if err := os.Chmod(filepath.Join(h.Dir, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	script("run.py", "touch ran\n")
	script("fails", "echo no licence >&2\nexit 3\n")
	script("panics", "printf 'panic: \\033[31mno map\\n\\ngoroutine 1 [running]:\\n' >&2\nexit 2\n")
	script("other", "echo hello\n")
	h.Write("text", "hello")
	if err := os.MkdirAll(filepath.Join(h.Dir, "cmd", "etl.py"), 0o755); err != nil {
		t.Fatal(err)
	}
	for entrypoint, want := range map[string]string{
		"run.py":        "run.py names no function\npacific: hint: give run.py:FUNCTION",
		"./run.py":      "run.py names no function\npacific: hint: give ./run.py:FUNCTION",
		"run.py:":       "",
		"flow":          "no such file or directory, but there is a flow.py\npacific: hint: give flow.py:FUNCTION",
		"flow:simple":   "no such file or directory, but there is a flow.py\npacific: hint: give flow.py:FUNCTION",
		"./cmd":         "it is a folder\npacific: hint: give a program: go build makes one of a Go package",
		".":             "it is a folder\npacific: hint: give a program",
		"./text":        "permission denied\npacific: hint: give a program whose main function calls flow.Main",
		"./fails":       "exit status 3: no licence\npacific: hint: give a program",
		"./panics":      "exit status 2: panic: [31mno map\npacific: hint: give a program",
		"./other":       "it did not print a list of flows",
		"none.py:f":     "reading the flow none.py:f: no such file or directory",
		"cmd/etl.py:f":  "reading the flow cmd/etl.py:f: it is a folder",
		"/none.py:f":    "is not in the folder of the code",
		"./none.py:f()": "",
	} {
		r := h.Run("deploy", entrypoint, "--pool", "aci", "--image", "i")
		if r.Code == 0 || !strings.Contains(r.Stderr, want) {
			t.Errorf("%s: exit code %d, %s\nwant %s", entrypoint, r.Code, r.Stderr, want)
		}
	}
	if _, err := os.Stat(filepath.Join(h.Dir, "ran")); err == nil {
		t.Error("a Python file was run")
	}
	h.Must("deploy", filepath.Join(h.Dir, "flow.py")+":simple_demo", "--pool", "aci", "--image", "i", "--param", "count=1")
}

func TestDeployRefused(t *testing.T) {
	h := newWorld(t)
	h.Write("open.py", "from prefect import flow\nfrom lib import Kind\n\n@flow\ndef f(kind: Kind, n: int = compute()): ...\n")
	h.Write("made.py", "from prefect import flow\ndef _f(n: int = 1): ...\nf = flow(_f, name='Assigned')\ng = make(_f)\n")
	h.Write("schema.json", `{"type":"object","properties":{"kind":{"type":"string"}}}`)
	for _, test := range []struct {
		args string
		code int
		says string
	}{
		{"", 2, "needs the entrypoint of a flow"},
		{"flow.py:simple_demo", 2, "no work pool is given\npacific: hint: give --pool; pacific work-pool ls lists them"},
		{"flow.py:simple_demo --pool aci", 2, "nothing says where the code is\npacific: hint: give --storage"},
		{"flow.py:simple_demo --pool none --image i", 1, "there is no work pool none\npacific: hint: pacific work-pool ls lists them"},
		{"flow.py:simple_demo --queue q --infrastructure aci --image i", 1, "there is no block azure-container-instance-job/aci"},
		{"flow.py:simple_demo --pool aci --infrastructure aci", 2, "--pool and --infrastructure cannot be used together"},
		{"flow.py:simple_demo --pool aci --image i --param cuont=1", 2, `the flow has no parameter "cuont"` + "\npacific: hint: its parameters are: count, tag"},
		{"flow.py:simple_demo --pool aci --image i --param count=x", 2, "the parameter count: got string, want integer"},
		{"flow.py:simple_demo --pool aci --image i --job-variable mem=3", 2, "the job variable mem: the work pool's template has no such name\npacific: hint: did you mean memory?"},
		{"flow.py:simple_demo --pool aci --image i --cron x --interval 1h", 2, "--cron and --interval cannot be used together"},
		{"flow.py:simple_demo --pool aci --image i --cron daily", 1, "checking the schedule: Prefect answers 422"},
		{"flow.py:simple_demo --pool aci --image i --cron daily --plan", 1, "checking the schedule: Prefect answers 422"},
		{"flow.py:other --pool aci --image i", 1, "reading the flow flow.py:other: the file has no function \"other\"\npacific: hint: its flows are: simple_demo"},
		{"../flow.py:simple_demo --pool aci --image i", 1, "is not in the folder of the code"},
		{"open.py:f --pool aci --image i", 1, "reading the flow open.py:f: line 5"},
		{"open.py:f --pool aci --image i", 1, "hint: give the schema of the parameters with --param-schema"},
		{"open.py:f --pool aci --image i --param-schema schema.json", 0, "created deployment f/default"},
		{"made.py:f --pool aci --image i", 0, "created flow Assigned"},
		{"made.py:g --pool aci --image i", 1, `"g" is not a flow that can be read` + "\npacific: hint: write it as NAME = flow(FUNCTION, ...)"},
		{"./etl --pool aci", 2, "a Go program is in an image: give --image"},
	} {
		r := h.Run(append([]string{"deploy"}, strings.Fields(test.args)...)...)
		if r.Code != test.code || !strings.Contains(r.Stderr, test.says) {
			t.Errorf("%s: exit code %d, %s\nwant %d, %s", test.args, r.Code, r.Stderr, test.code, test.says)
		}
	}
}
