//go:build e2e

package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pacific-aci/pacific/internal/docpages"
)

const azLogin = `az login --service-principal -u "$AZURE_CLIENT_ID" -p "$AZURE_CLIENT_SECRET" --tenant "$AZURE_TENANT_ID" >"$TMPDIR/az.log"` + "\n"

// azScripts are the pages with commands of az's. TestPagesRun of internal/cli runs those that need nothing but Pacific.
var azScripts = map[string]docpages.Script{
	"docs/bootstrap.md": {
		Setup: azLogin + `
pacific work-pool create my-pool --type azure-container-instance
echo key >key.txt; chmod 600 key.txt
echo '{"workerImage": {"value": "registry.example.com/worker:1"}, "workPool": {"value": "my-pool"}}' >parameters.json
`,
		Instead: map[string]string{
			"pacific bootstrap --work-pool":  "pacific bootstrap --yes --location westeurope --work-pool",
			"--prefect-api-key-file key.txt": "--prefect-api-key-file key.txt --yes",
			// The local Azure's account is no user.
			`"$(az ad signed-in-user show --query id --output tsv)"`: `"$AZURE_CLIENT_ID"`,
			"pacific bootstrap --destroy":                            "pacific bootstrap --destroy --purge --yes", // or az finds its name taken
			"workerImage=… workPool=my-pool":                         "workerImage=registry.example.com/worker:1 workPool=my-pool",
			"--parameters parameters.json":                           "--parameters parameters.json --yes",
		},
	},
	"docs/demo.md": {
		Setup: "cp " + "$PAGES_ROOT/examples/key_vault_demo/python/flow.py .\n",
		Instead: map[string]string{
			"--queue armaci --image":           "--yes --queue armaci --image",
			"pacific bootstrap --destroy":      "pacific bootstrap --destroy --yes",
			"service-principal rm prefect-aci": "service-principal rm --yes prefect-aci",
		},
	},
	"examples/key_vault_demo/README.md": {
		Setup:   readsTheVault,
		Instead: map[string]string{"https://NAME.": `"https://$KV_NAME".`},
	},
	"docs/local-azure.md": {
		Setup: azLogin,
		Instead: map[string]string{
			"--env-file azure.env &":   "--listen 127.0.0.1:0 --env-file azure.env & OTHER=$!; trap 'kill $OTHER' EXIT; until test -s azure.env; do sleep 0.1; done",
			"-- make integration-test": "-- true",
			"/subscriptions/…/":        "/subscriptions/$AZURE_SUBSCRIPTION_ID/resourceGroups/demo/providers/Microsoft.ContainerInstance/",
			`"resourceId": "/sub`:      `"resourceId": "'"/sub`,
			`containerGroups/job"}'`:   `containerGroups/job"'"}'`,
		},
		Left: map[string]string{
			"az acr login": "TestDockerRegistry: the daemon must know the local Azure's proxy",
			"docker push":  "TestDockerRegistry",
		},
	},
}

// readsTheVault makes a key vault whose secret the local Azure's account may read.
const readsTheVault = azLogin + `
pacific bootstrap --no-worker --yes >"$TMPDIR/kv.env"
. "$TMPDIR/kv.env"
az role assignment create --role "Key Vault Secrets User" --assignee "$AZURE_CLIENT_ID" \
    --scope "$(az keyvault show --name "$KV_NAME" --query id --output tsv)"
`

// TestPagesRunWithAz types the commands of the pages above with the real az, each page in a local Azure of its own. All must end
// with 0.
func TestPagesRunWithAz(t *testing.T) {
	seconds(t)
	az := os.Getenv("PACIFIC_E2E_AZ")
	if az == "" {
		t.Fatal("PACIFIC_E2E_AZ is not set: run e2e/run, which installs az")
	}
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	all, err := docpages.Load(root)
	if err != nil {
		t.Fatal(err)
	}
	for page, script := range azScripts {
		t.Run(page, func(t *testing.T) {
			how := typing{dir: t.TempDir(), path: filepath.Dir(az), root: root}
			if strings.HasPrefix(page, "examples/") {
				how.dir = root
			}
			runPage(t, script, all[page], how)
		})
	}
}

// typing is how a page is typed: in which folder, with what before the PATH, and in which local Azure.
type typing struct {
	dir, path, root string
	flags           []string
}

// runPage types the commands of a page in a local Azure.
func runPage(t *testing.T, script docpages.Script, page string, how typing) {
	t.Helper()
	text, err := script.Text(page)
	if err != nil {
		t.Fatal(err)
	}
	pacific, home := binary(t), t.TempDir()
	args := append([]string{"emulator", "run", "--with-prefect"}, how.flags...)
	cmd := exec.Command(pacific, append(args, "--", "bash", "-c", text)...)
	cmd.Dir = how.dir
	cmd.Env = []string{
		"PATH=" + filepath.Dir(pacific) + ":" + how.path + ":" + os.Getenv("PATH"), "HOME=" + home, "TMPDIR=" + home, "DO_NOT_TRACK=1",
		"PAGES_ROOT=" + how.root, "GOFLAGS=" + os.Getenv("GOFLAGS"), "GOCACHE=" + goEnv(t, "GOCACHE"), "GOMODCACHE=" + goEnv(t, "GOMODCACHE"),
	}
	if host := os.Getenv("DOCKER_HOST"); host != "" {
		cmd.Env = append(cmd.Env, "DOCKER_HOST="+host)
	}
	if output, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v; the last lines are of the command that failed:\n%s", err, output)
	}
}

// goEnv is a setting of the go command.
func goEnv(t *testing.T, name string) string {
	t.Helper()
	text, err := exec.Command("go", "env", name).Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(text))
}

// TestSimpleDemoPage types what the README of examples/simple_demo shows, with the containers in Docker.
func TestSimpleDemoPage(t *testing.T) {
	seconds(t)
	all, err := docpages.Load("..")
	if err != nil {
		t.Fatal(err)
	}
	runPage(t, docpages.Script{
		Setup: "BUILT=$TMPDIR/simple_demo\n",
		Instead: map[string]string{
			"--type azure-container-instance\n": "--type azure-container-instance --yes; REGISTRY=$(pacific work-pool inspect aci --output json | grep -o 'prefect[0-9a-z]*.azurecr.io' | head -n 1)\n",
			"REGISTRY.azurecr.io":               "$REGISTRY",
			"go build ":                         "go build -o $BUILT ",
			"deploy ./simple_demo":              "deploy $BUILT",
			"--run-once\n":                      "--run-once; pacific flow-run ls --state completed --output json | grep -q 'Simple Demo'\n",
		},
	}, all["examples/simple_demo/README.md"], typing{dir: "../examples/simple_demo", flags: []string{"--engine", "docker"}})
}

// TestPytestPage types what docs/prefect-tests.md shows, in the folder of its example.
func TestPytestPage(t *testing.T) {
	seconds(t)
	all, err := docpages.Load("..")
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "pytest_prefect")
	if err := os.CopyFS(dir, os.DirFS("../examples/pytest_prefect")); err != nil {
		t.Fatal(err)
	}
	runPage(t, docpages.Script{}, all["docs/prefect-tests.md"], typing{dir: dir, path: filepath.Dir(pythons(t)[3])})
}

// TestWorkerPage types what docs/worker.md shows for a laptop, with Prefect's own command line and its flow: on the Prefect API of
// Pacific, which stands in for the server that the page starts.
func TestWorkerPage(t *testing.T) {
	seconds(t)
	all, err := docpages.Load("..")
	if err != nil {
		t.Fatal(err)
	}
	blocks, _ := docpages.Split(all["docs/worker.md"])
	dir := t.TempDir()
	var shell []docpages.Block
	for _, block := range blocks {
		switch {
		case block.Kind == "python":
			if err := os.WriteFile(filepath.Join(dir, "hello.py"), []byte(block.Text), 0o644); err != nil {
				t.Fatal(err)
			}
		case block.Commands():
			shell = append(shell, block)
		}
	}
	page := "```sh\n" + shell[0].Text + "```\n```sh\n" + shell[1].Text + "```\n"
	runPage(t, docpages.Script{
		Instead: map[string]string{
			"--create-pool-if-not-found":          "--create-pool-if-not-found & WORKER=$!; until pacific work-pool inspect aci >pool.json 2>&1; do sleep 0.1; done",
			"prefect deployment run hello/laptop": "RUN=$(prefect deployment run hello/laptop | grep -o 'UUID: .*' | cut -c 7-); test -n \"$RUN\"",
			"pacific flow-run logs -f frisky-fox": "pacific flow-run logs -f \"$RUN\" | grep 'hello from a container'; kill $WORKER; wait $WORKER",
		},
		Left: map[string]string{"prefect server start": "the API is there", "export PREFECT_API_URL": "and its address too"},
	}, page, typing{dir: dir, path: filepath.Dir(pythons(t)[3])})
}
