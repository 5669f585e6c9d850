package cli_test

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/pacific-aci/pacific/emulator/azure"
)

// showJob is a container that prints its command and the variables that a job has of its own.
func showJob(_ context.Context, c azureemulator.ContainerCall) int {
	fmt.Fprintln(c.Spec.Output, "command", strings.Join(c.Spec.Command, " "))
	for _, name := range []string{"A", "B", "PREFECT_API_URL", "PREFECT_API_KEY"} {
		fmt.Fprintf(c.Spec.Output, "env %s=%s\n", name, c.Getenv(name))
	}
	return 3
}

// blockAzure has an Azure, a Prefect with a job block for it, and nothing of the account in the environment.
func blockAzure(t *testing.T, flags ...string) *harness {
	t.Helper()
	h := newHarness(t, showJob)
	h.prefect = newPrefect(t)
	h.env["PREFECT_API_URL"], h.env["HOME"], h.env["PREFECT_API_KEY"] = prefectURL, t.TempDir(), "hunter2"
	h.must("block", "create", "azure-container-instance-credentials", "sp", "--from-env")
	h.must(append([]string{"block", "create", "azure-container-instance-job", "job", "--from-env", "--resource-group", testGroup, "--credentials", "sp"}, flags...)...)
	for _, name := range []string{"AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET", "AZURE_SUBSCRIPTION_ID", "PACIFIC_RESOURCE_GROUP"} {
		delete(h.env, name)
	}
	return h
}

const jobBlock = "azure-container-instance-job/job"

func TestRunBlock(t *testing.T) { synctest.Test(t, runBlock) }

func runBlock(t *testing.T) {
	h := blockAzure(t, "--name", "etl", "--env", "A=block", "--env", "B=block", "--unset-env", "PREFECT_API_KEY", "--label", "team=data", "--stream-output=false",
		"--", "echo", "block")
	r := h.run("run", "--block", jobBlock, "--env", "B=flag", "--output", "json")
	r.wants(t, 3, "command /opt/prefect/entrypoint.sh echo block\n", "deleted etl-")
	for _, line := range []string{"env A=block\n", "env B=flag\n", "env PREFECT_API_URL=" + prefectURL + "\n"} {
		r.wants(t, 3, line, "")
	}
	r.wants(t, 3, "env PREFECT_API_KEY=\n", "") // null in the block
	// Flags win, and without a flag the environment does not.
	h.env["PACIFIC_RESOURCE_GROUP"], h.env["PACIFIC_IMAGE"], h.env["AZURE_CLIENT_SECRET"] = "nowhere", "other", "wrong"
	r = h.run("run", "--block", jobBlock, "--name", "mine", "--entrypoint", "/tini", "--", "echo", "flag")
	r.wants(t, 3, "command /tini echo flag\n", "deleted mine\n")
	delete(h.env, "AZURE_CLIENT_SECRET")
	h.run("run", "--block", jobBlock, "--resource-group", "other").wants(t, 125, "", "other")
}

// TestRunBlockDetached: other commands, which know no block, are told where the job is.
func TestRunBlockDetached(t *testing.T) {
	h := blockAzure(t)
	r := h.run("run", "--block", jobBlock, "--detach", "--name", "mine")
	r.wants(t, 0, "mine\n", "pacific logs -f --subscription ")
	r.wants(t, 0, "mine\n", " --resource-group "+testGroup+" mine\n")
}

// TestRunBlockSignsInOtherwise: a flag of the account puts the block's credentials aside.
func TestRunBlockSignsInOtherwise(t *testing.T) { synctest.Test(t, runBlockSignsInOtherwise) }

func runBlockSignsInOtherwise(t *testing.T) {
	h := blockAzure(t)
	account := h.server.Account()
	r := h.run("run", "--block", jobBlock, "--client-id", account.ClientID)
	r.wants(t, 125, "", "no way to sign in to Azure works")
	h.env["AZURE_TENANT_ID"], h.env["AZURE_CLIENT_SECRET"] = account.TenantID, account.ClientSecret
	h.run("run", "--block", jobBlock, "--client-id", account.ClientID).wants(t, 3, "command", "")
	// A block without credentials signs in as every other job does.
	h.env["AZURE_SUBSCRIPTION_ID"] = account.SubscriptionID
	h.must("block", "create", "azure-container-instance-job", "plain", "--from-env", "--resource-group", testGroup)
	h.env["AZURE_CLIENT_ID"] = account.ClientID
	h.run("run", "--block", "azure-container-instance-job/plain").wants(t, 3, "", "deleted")
}

func TestRunBlockDryRun(t *testing.T) {
	h := blockAzure(t, "--env", "A=hunter3", "--label", "team=data", "--cpu", "2")
	r := h.run("run", "--block", "job", "--dry-run", "--memory", "4")
	r.wants(t, 0, `"pacific-managed"`, "")
	var group struct {
		Properties struct {
			Containers []struct {
				Properties struct {
					Resources struct{ Requests map[string]float64 }
				}
			}
		}
		Tags map[string]string
	}
	if err := json.Unmarshal([]byte(r.stdout), &group); err != nil {
		t.Fatal(err)
	}
	if got := group.Properties.Containers[0].Properties.Resources.Requests; got["cpu"] != 2 || got["memoryInGB"] != 4 || group.Tags["team"] != "data" {
		t.Errorf("it is\n%s", r.stdout)
	}
	if strings.Contains(r.stdout+r.stderr, "hunter") {
		t.Errorf("it shows a secret:\n%s", r.stdout)
	}
}

func TestRunBlockLocal(t *testing.T) {
	h, _ := blocksOf(t)
	r := h.run("run", "--local", "--engine", "simulate", "--block", jobBlock, "--env", "SIM_EXIT_CODE=7", "--env", "SIM_RUN_FOR=0s")
	r.wants(t, 7, "", "--local: the block's credentials, subscription and resource group are not used\n")
	r = h.run("run", "--local", "--quiet", "--engine", "simulate", "--block", jobBlock, "--env", "SIM_RUN_FOR=0s")
	r.wants(t, 0, "", "")
	if r.stderr != "" {
		t.Errorf("--quiet says\n%s", r.stderr)
	}
	h.run("run", "--local", "--block", jobBlock).wants(t, 125, "", "--local needs a command")
}

func TestRunBlockRefused(t *testing.T) {
	h, log := blocksOf(t)
	log.writes = nil
	for _, test := range []struct {
		name, args, problem string
	}{
		{"no such block", "--block azure-container-instance-job/nope", "there is no block azure-container-instance-job/nope"},
		{"another type", "--block secret/token", "must be a block of type azure-container-instance-job"},
		{"nothing", "--block azure-container-instance-job/", "is not a block"},
		{"a file too", "--block job --file f", "--block and --file cannot be used together"},
		{"a profile for nothing", "--profile p", "--profile needs --block"},
		{"no such profile", "--profile nope --block job", `there is no profile "nope"`},
		{"a wrong flag", "--block job --cpu -1", "--cpu is -1: it must be more than 0"},
		{"a job that Azure refuses", "--block job --cpu 99", "--cpu"},
	} {
		t.Run(test.name, func(t *testing.T) {
			h.run(append([]string{"run"}, strings.Fields(test.args)...)...).wants(t, 125, "", test.problem)
		})
	}
	// A block that Prefect's own class would take, and no job can be made of.
	client := h.client()
	if err := client.UpdateBlock(t.Context(), "azure-container-instance-job", "job", map[string]any{"gpu_count": 1}); err != nil {
		t.Fatal(err)
	}
	r := h.run("run", "--block", jobBlock)
	r.wants(t, 125, "", "block azure-container-instance-job/job: gpu_count and gpu_sku: must be given together\n")
	r.wants(t, 125, "", "hint: pacific block inspect azure-container-instance-job/job shows it")
	if len(log.writes) != 1 {
		t.Errorf("it wrote %v", log.writes)
	}
	h.env["PREFECT_API_URL"] = ""
	h.run("run", "--block", jobBlock).wants(t, 125, "", "no Prefect API is set")
}

// TestBlockProfile: --profile says which Prefect, for the block commands and for run.
func TestBlockProfile(t *testing.T) {
	h, _ := blocksOf(t)
	h.env["PREFECT_PROFILES_PATH"] = filepath.Join(h.dir, "profiles.toml")
	delete(h.env, "PREFECT_API_URL")
	h.write("profiles.toml", "active = \"empty\"\n[profiles.empty]\n[profiles.mine]\nPREFECT_API_URL = \""+prefectURL+"\"\n")
	h.run("block", "ls").wants(t, 2, "", "no Prefect API is set")
	h.must("block", "ls", "--profile", "mine").wants(t, 0, "token", "")
	h.must("run", "--dry-run", "--block", jobBlock, "--profile", "mine").wants(t, 0, "pacific-managed", "")
}
