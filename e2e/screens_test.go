//go:build e2e

package e2e

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/pacific-aci/pacific/prefect"
)

// TestScreens takes pictures of what the demo leaves to be seen in the user interface of a real 3.x server, for people to look
// at: make screens puts them into bin/screens. It checks that the pages say what they should.
func TestScreens(t *testing.T) {
	seconds(t)
	folder := os.Getenv("PACIFIC_SCREENS")
	if folder == "" {
		folder = t.TempDir()
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	client, address := serverClient(t, prefect3.api)
	pool := keptDemo(t, address)
	named := prefect.Query{Deployments: prefect.DeploymentFilter{Name: prefect.Match{Any: []string{pool}}}}
	runs, err := prefect.Collect(client.FlowRuns(t.Context(), named))
	if err != nil || len(runs) != 1 {
		t.Fatalf("the demo has %d runs, %v", len(runs), err)
	}
	b, site := openBrowser(t), strings.TrimSuffix(address, "/api")
	screen := func(name string) { b.screen(filepath.Join(folder, name+".png")) }
	b.open(site+"/runs/flow-run/"+string(runs[0].ID), "Key Vault Demo", "Completed", pool, "2 Task runs", "read the secret", "task run \"read secret-0\" finished: Completed")
	screen("run") // with its graph, which is a picture itself
	b.click("Logs")
	b.show("Logs")
	screen("logs")
	b.click("Task Runs")
	b.says("find key vault-0", "read secret-0")
	b.show("Task Runs")
	screen("tasks")
	b.open(site+"/blocks", "Block")
	b.fill("Search blocks", pool)
	b.says("3 Blocks", pool+"-kv-url", pool+"-sp", pool+"-pool")
	screen("blocks")
	b.click(pool + "-kv-url")
	b.says("String", ".vault.azure.net")
	screen("block")
	b.open(site+"/work-pools/work-pool/"+pool, "Made by pacific demo", "Key Vault Demo")
	screen("pool")
}

// poolForm is the name of a demo's work pool.
var poolForm = regexp.MustCompile(`work-pool inspect (pacific-demo-\w+)`)

// keptDemo starts a demo that goes on until the end of the test, and gives its work pool's name.
func keptDemo(t *testing.T, address string) (pool string) {
	t.Helper()
	cmd := exec.Command(binary(t), "demo", "--keep")
	cmd.Dir = t.TempDir()
	cmd.Env = []string{"HOME=" + cmd.Dir, "TMPDIR=" + t.TempDir(), "PREFECT_API_URL=" + address}
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGINT)
		for lines.Scan() { // its last words
		}
		if err := cmd.Wait(); err != nil {
			t.Errorf("the demo: %v\n%s", err, &stderr)
		}
	})
	for lines.Scan() {
		if found := poolForm.FindStringSubmatch(lines.Text()); found != nil {
			return found[1]
		}
	}
	t.Fatalf("the demo has ended\n%s", &stderr)
	return ""
}
