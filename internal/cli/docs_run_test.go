package cli_test

import (
	"os"
	"os/exec"
	"testing"

	"github.com/pacific-aci/pacific/internal/docpages"
)

const (
	// provisioned is a work pool with all that it needs.
	provisioned = `
pacific group create aci-rg --location westeurope
pacific provision my-pool --yes --resource-group aci-rg >script.py
`
	// deployed is a flow that can run in that pool, and the commands that make runs of it.
	deployed = provisioned + `
pacific bootstrap --no-worker --yes >kv.env
. ./kv.env
pacific block create string kv-url --value "https://$KV_NAME.vault.azure.net"
pacific deploy "$(command -v pacific)" --name pacific-demo --pool my-pool \
    --job-variable "command=pacific demo flow" --job-variable image_registry=null --job-variable keep_container_group=true \
    --job-variable "identities=[\"/subscriptions/$AZURE_SUBSCRIPTION_ID/resourceGroups/aci-rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/prefect-identity\"]" \
    -- demo flow
new_run() { pacific flow-run create --name "$1" "Key Vault Demo/pacific-demo"; }
new_run frisky-fox
`
)

// scripts are the pages whose commands need nothing but Pacific and a shell, or whose other commands are run by the test that is
// named.
var scripts = map[string]docpages.Script{
	"README.md": {
		Setup: "pacific group create aci-rg --location westeurope\n",
		Instead: map[string]string{
			"go run ./cmd/pacific":                                        "pacific",
			"bin/pacific":                                                 "pacific",
			"AZURE_SUBSCRIPTION_ID=… API_KEY=…":                           "API_KEY=secret",
			"--local --create-pool-if-not-found":                          "--local --create-pool-if-not-found --run-once",
			`python -c 'import os; print("hello", os.environ["PLANET"])'`: `sh -c 'echo "hello $PLANET"'`,
		},
		Left: map[string]string{
			"make build":  "compiles for minutes where nothing is cached; make e2e does it",
			"go install":  "needs a release",
			"cd bin/dist": "needs make dist, which compiles for six platforms",
			"tar -xzf":    "needs make dist too",
		},
	},
	"docs/commands.md": {
		Setup:      "pacific group create aci-rg --location westeurope\necho 'echo hello' >report.py\n",
		OnlyFenced: true, // the others are how each command is used, and tree_test.go reads them
		Instead:    map[string]string{"python report.py": "sh report.py", "| jq .exitCode": ""},
		Left: map[string]string{
			"pacific run --local --mount . --engine docker": "TestMountOnDocker of make e2e: it needs Docker",
			"az role definition create":                     "TestAzJobCreator of make e2e: it needs az",
		},
	},
	"docs/configuration.md": {},
	"docs/provision.md": {
		Setup: "export PACIFIC_LOCATION=westeurope\n",
		Instead: map[string]string{
			"pacific provision my-pool\n":                          "pacific provision my-pool --yes\n",
			"pacific provision my-pool >":                          "pacific provision my-pool --yes >",
			"--subscription my-subscription":                       `--subscription "$AZURE_SUBSCRIPTION_ID"`,
			`| jq '.plan.resources[] | select(.action != "keep")'`: "",
			"pacific worker start --pool my-pool":                  "pacific worker start --pool my-pool --run-once",
		},
		Left: map[string]string{"python example_deploy_script.py": "TestExampleDeployScript of make e2e: it needs Docker and Prefect"},
	},
	"docs/operations.md":      {Setup: provisioned},
	"docs/security.md":        {Setup: "pacific group create aci-rg --location westeurope\n"},
	"docs/troubleshooting.md": {},
	"docs/from-prefect-azure.md": {
		Setup: deployed,
		Instead: map[string]string{
			"preview NAME":                        "preview frisky-fox",
			"pacific worker start --pool my-pool": "pacific worker start --pool my-pool --run-once",
		},
	},
	"docs/worker.md": {
		Setup: deployed,
		Instead: map[string]string{
			"--local --create-pool-if-not-found":        "--local --create-pool-if-not-found --run-once",
			"prefect deployment run hello/laptop":       "pacific flow-run run frisky-fox",
			"pacific worker start --pool my-pool":       "pacific worker start --pool my-pool --run-once",
			"pacific flow-run ls --state running":       "new_run second-fox; new_run third-fox; pacific flow-run ls --state running",
			"preview frisky-fox":                        "preview second-fox",
			"pacific flow-run run frisky-fox  ":         "pacific flow-run run second-fox  ",
			"pacific flow-run cancel --wait frisky-fox": "pacific flow-run cancel --wait third-fox",
			// This worker must not end before the run is scheduled: with = the entry above does not add --run-once.
			"pacific flow-run retry --wait frisky-fox": "pacific worker start --pool=my-pool & WORKER=$!; pacific flow-run retry --wait third-fox; kill $WORKER; wait $WORKER",
			"agent start -q armaci":                    "agent start -q armaci --run-once",
		},
		Left: map[string]string{
			"prefect server start":     "TestWorkerPage of make e2e: it needs Prefect",
			"export PREFECT_API_URL":   "TestWorkerPage of make e2e",
			"python hello.py":          "TestWorkerPage of make e2e",
			"prefect deployment build": "TestAgent of make e2e: it needs Prefect 2",
		},
	},
}

// TestPagesRun types the commands of the pages above, each page in a local Azure of its own. All must end with 0.
func TestPagesRun(t *testing.T) {
	shell, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("no sh on this machine")
	}
	all, err := docpages.Load("../..")
	if err != nil {
		t.Fatal(err)
	}
	for page, script := range scripts {
		t.Run(page, func(t *testing.T) {
			t.Parallel()
			text, err := script.Text(all[page])
			if err != nil {
				t.Fatal(err)
			}
			cmd := exec.Command("pacific", "emulator", "run", "--with-prefect", "--", shell, "-c", text)
			cmd.Dir = t.TempDir()
			cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "TMPDIR=" + t.TempDir(), "GORACE=" + os.Getenv("GORACE")}
			if output, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%v; the last lines are of the command that failed:\n%s", err, output)
			}
		})
	}
}
