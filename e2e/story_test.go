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
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob"

	"github.com/pacific-aci/pacific/prefect"
)

// storyDeployment is what docs/demo.md deploys, into the blob container flows.
const storyDeployment = "Key Vault Demo/Manual Deployment"

// TestDemoPage types what docs/demo.md shows in one shell, on real servers: with an agent on 2.20, and with a worker on 3.x. The
// local Azure runs real containers, the code is in Azurite, and Prefect's own client tells how the run went. The names are the
// page's: it does not run beside other tests that have them.
func TestDemoPage(t *testing.T) {
	page := readDemoPage(t)
	t.Cleanup(func() { // whose name is the page's, too
		if blobs, err := azblob.NewClientFromConnectionString(os.Getenv("PACIFIC_E2E_STORAGE_CONNECTION_STRING"), nil); err == nil {
			_, _ = blobs.DeleteContainer(context.Background(), "flows", nil)
		}
	})
	for name, on := range map[string]server{"2.20": prefect2, "3": prefect3} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			seconds(t)
			steps := []string{"What you need", "1.", "2.", "3.", "4.", "5.", "6."}
			serves, want := "agent start -q armaci", ranStory{Pool: "default-agent-pool", Queue: "armaci", Infrastructure: "azure-container-instance-job"}
			if on == prefect3 {
				steps = []string{"What you need", "1.", "2.", "4.", "With Prefect 3", "6."}
				serves, want = "worker start --pool aci", ranStory{Pool: "aci", Queue: "default"}
			}
			got := page.play(t, on, steps, serves)
			got.judge(t, want, "read the secret testsecret, version ")
		})
	}
}

// demoPage is docs/demo.md.
type demoPage struct {
	text     string
	sections map[string]string // by their headings
}

func readDemoPage(t *testing.T) demoPage {
	t.Helper()
	text, err := os.ReadFile("../docs/demo.md")
	if err != nil {
		t.Fatal(err)
	}
	page := demoPage{string(text), map[string]string{}}
	for section := range strings.SplitSeq(page.text, "\n## ") {
		heading, rest, _ := strings.Cut(section, "\n")
		page.sections[heading] = rest
	}
	return page
}

var (
	shellBlock  = regexp.MustCompile("(?ms)^```sh\n(.*?)^```$")
	indentBlock = regexp.MustCompile(`(?m)^    (.*)$`)
)

// commands are those of one section, whose heading begins so.
func (p demoPage) commands(t *testing.T, heading string, form *regexp.Regexp) (all string) {
	t.Helper()
	for full, text := range p.sections {
		if strings.HasPrefix(full, heading) {
			for _, found := range form.FindAllStringSubmatch(text, -1) {
				all += strings.TrimSuffix(found[1], "\n") + "\n"
			}
		}
	}
	if all == "" {
		t.Fatalf("the page has no commands below %q", heading)
	}
	return all
}

// play runs the commands of some sections and gives what Prefect's client says of the run.
func (p demoPage) play(t *testing.T, on server, steps []string, serves string) (ran ranStory) {
	t.Helper()
	client, address := serverClient(t, on.api)
	forgetStory(client)
	t.Cleanup(func() { forgetStory(client) })
	image, connection, python := prefectImage(t, on), os.Getenv("PACIFIC_E2E_STORAGE_CONNECTION_STRING"), os.Getenv(on.python)
	if connection == "" {
		t.Fatal("PACIFIC_E2E_STORAGE_CONNECTION_STRING is not set: run e2e/run")
	}
	if !strings.Contains(p.text, "`pacific "+serves+"`") {
		t.Fatalf("the page does not say how to serve its runs: pacific %s", serves)
	}
	judge, err := filepath.Abs("testdata/story/judge.py")
	if err != nil {
		t.Fatal(err)
	}
	// az does not make the account, which is Azurite's.
	var script strings.Builder
	script.WriteString("set -ex\nexec 2>&1\n")
	for _, step := range steps {
		if step == "4." {
			_, container, _ := strings.Cut(p.commands(t, step, indentBlock), "az storage container create")
			script.WriteString("az storage container create" + container)
		}
		if step == "6." {
			fmt.Fprintf(&script, "pacific %s &\nserves=$!\ntrap 'kill $serves; wait $serves' EXIT\n", serves)
		}
		script.WriteString(strings.ReplaceAll(p.commands(t, step, shellBlock), "myregistry.azurecr.io/flows:1", image))
	}
	fmt.Fprintf(&script, "%s -W ignore %s '%s' >judged\n", python, judge, storyDeployment)
	deleted := ""
	if on == prefect3 { // an agent may look for the end of a run only after half a minute
		script.WriteString("while pacific ps --all --resource-group aci-rg --output json | grep -q '\"name\"'; do sleep 1; done\n")
		// Whoever sits at a terminal is asked.
		deletes := strings.NewReplacer("--destroy", "--destroy --yes", "rm prefect-aci", "rm prefect-aci --yes")
		script.WriteString(deletes.Replace(p.commands(t, "Delete it", indentBlock)))
		deleted = "resource group aci-rg deleted"
	}
	script.WriteString("trap - EXIT\nkill $serves\nwait $serves\n")

	pacific, dir, home := binary(t), t.TempDir(), t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("../examples/key_vault_demo/python")); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 8*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, pacific, "emulator", "run", "--engine", "docker", "--", "bash", "-c", script.String())
	cmd.Cancel, cmd.WaitDelay = func() error { return cmd.Process.Signal(os.Interrupt) }, time.Minute
	cmd.Dir = dir
	cmd.Env = []string{"PATH=" + filepath.Dir(pacific) + ":" + filepath.Dir(os.Getenv("PACIFIC_E2E_AZ")) + ":/usr/bin:/bin", "HOME=" + home, "PREFECT_API_URL=" + address,
		"DOCKER_HOST=" + os.Getenv("DOCKER_HOST"), "CONNECTION=" + connection, "PREFECT_WORKER_QUERY_SECONDS=1", "PREFECT_AGENT_QUERY_INTERVAL=1", "PYTHONDONTWRITEBYTECODE=1"}
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	if err := cmd.Run(); err != nil || !strings.Contains(output.String(), deleted) {
		t.Fatalf("%v, and %q is wanted\n%s", err, deleted, &output)
	}
	text, err := os.ReadFile(filepath.Join(dir, "judged"))
	if err == nil {
		err = json.Unmarshal(text, &ran)
	}
	if err != nil {
		t.Fatalf("%v\n%s", err, &output)
	}
	return ran
}

// forgetStory deletes what the page makes on a server.
func forgetStory(client *prefect.Client) {
	ctx := context.Background()
	for _, block := range []string{"azure-container-instance-credentials/aci-sp", "azure-container-instance-job/aci", "azure/az-storage", "string/kv-url"} {
		kind, name, _ := strings.Cut(block, "/")
		if document, err := client.BlockDocumentByName(ctx, kind, name, prefect.MaskSecrets); err == nil {
			_ = client.DeleteBlockDocument(ctx, document.ID)
		}
	}
	flow, name, _ := strings.Cut(storyDeployment, "/")
	if deployment, err := client.DeploymentByName(ctx, flow, name); err == nil {
		_ = client.DeleteDeployment(ctx, deployment.ID)
	}
	_ = client.DeleteWorkPool(ctx, "aci")
}

// ranStory is how the page's run went, as Prefect's client says.
type ranStory struct {
	Runs                               int
	States, Logs                       []string
	Message                            string
	Pool, Queue, Infrastructure, Group string
}

// judge wants a run that has read the secret, where it should have run, and that says so.
func (r ranStory) judge(t *testing.T, want ranStory, says string) {
	t.Helper()
	if n := len(r.States); r.Runs != 1 || n == 0 || r.States[n-1] != "Completed" || !slices.Contains(r.States, "Running") || !slices.Contains(r.States, "Pending") {
		t.Errorf("%d runs, of which one was %q: %s", r.Runs, r.States, r.Message)
	}
	if r.Pool != want.Pool || r.Queue != want.Queue || r.Infrastructure != want.Infrastructure || r.Group == "" {
		t.Errorf("it ran in pool %q, queue %q, by block %q, as %q", r.Pool, r.Queue, r.Infrastructure, r.Group)
	}
	if said := strings.Join(r.Logs, "\n"); !strings.Contains(said, says) {
		t.Errorf("the log does not say %q:\n%s", says, said)
	}
}
