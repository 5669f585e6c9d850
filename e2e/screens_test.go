//go:build e2e

package e2e

import (
	"bufio"
	"image/png"
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
	u := uiTest{command: command{t: t}, client: client, site: strings.TrimSuffix(address, "/api"), name: pool}
	run := "/runs/flow-run/" + string(runs[0].ID)
	for name, page := range map[string]struct {
		path string
		says []string
	}{
		"run":    {run, []string{"Key Vault Demo", "Completed", pool}},
		"logs":   {run + "?tab=Logs", []string{"read the secret"}},
		"tasks":  {run + "?tab=Task+Runs", []string{"read secret", "find key vault"}},
		"blocks": {"/blocks", []string{pool + "-kv-url", pool + "-sp"}},
		"pool":   {"/work-pools/work-pool/" + pool, []string{"Made by pacific demo"}},
	} {
		_, text := u.page(page.path)
		u.wants(page.path, text, page.says...)
		u.screen(page.path, filepath.Join(folder, name+".png"))
	}
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

// screen takes a picture of a page.
func (u uiTest) screen(path, file string) {
	u.t.Helper()
	cmd := exec.CommandContext(u.t.Context(), os.Getenv("PACIFIC_E2E_BROWSER"), "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--user-data-dir="+u.t.TempDir(),
		"--window-size=1280,1000", "--virtual-time-budget=20000", "--screenshot="+file, u.site+path)
	if out, err := cmd.CombinedOutput(); err != nil {
		u.t.Fatalf("taking a picture of %s: %v\n%s", path, err, out)
	}
	picture, err := os.Open(file)
	if err != nil {
		u.t.Fatal(err)
	}
	defer picture.Close()
	if size, err := png.DecodeConfig(picture); err != nil || size.Width != 1280 {
		u.t.Errorf("the picture of %s is %d pixels wide, %v", path, size.Width, err)
	}
}
