package job_test

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/pacific-aci/pacific/emulator/azure"
	"github.com/pacific-aci/pacific/internal/cli/clitest"
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
func blockAzure(t *testing.T, flags ...string) *clitest.Harness {
	t.Helper()
	h := clitest.New(t, showJob)
	h.Prefect = clitest.StartPrefect(t)
	h.Vars["PREFECT_API_URL"], h.Vars["HOME"], h.Vars["PREFECT_API_KEY"] = clitest.PrefectURL, t.TempDir(), "hunter2"
	h.Must("block", "create", "azure-container-instance-credentials", "sp", "--from-env")
	h.Must(append([]string{"block", "create", "azure-container-instance-job", "job", "--from-env", "--resource-group", clitest.Group, "--credentials", "sp"}, flags...)...)
	for _, name := range []string{"AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET", "AZURE_SUBSCRIPTION_ID", "PACIFIC_RESOURCE_GROUP"} {
		delete(h.Vars, name)
	}
	return h
}

func TestRunBlock(t *testing.T) { synctest.Test(t, runBlock) }

func runBlock(t *testing.T) {
	h := blockAzure(t, "--name", "etl", "--env", "A=block", "--env", "B=block", "--unset-env", "PREFECT_API_KEY", "--label", "team=data", "--stream-output=false",
		"--", "echo", "block")
	r := h.Run("run", "--block", clitest.JobBlock, "--env", "B=flag", "--output", "json")
	r.Wants(t, 3, "command /opt/prefect/entrypoint.sh echo block\n", "deleted etl-")
	for _, line := range []string{"env A=block\n", "env B=flag\n", "env PREFECT_API_URL=" + clitest.PrefectURL + "\n"} {
		r.Wants(t, 3, line, "")
	}
	r.Wants(t, 3, "env PREFECT_API_KEY=\n", "") // null in the block
	// Flags win, and without a flag the environment does not.
	h.Vars["PACIFIC_RESOURCE_GROUP"], h.Vars["PACIFIC_IMAGE"], h.Vars["AZURE_CLIENT_SECRET"] = "nowhere", "other", "wrong"
	r = h.Run("run", "--block", clitest.JobBlock, "--name", "mine", "--entrypoint", "/tini", "--", "echo", "flag")
	r.Wants(t, 3, "command /tini echo flag\n", "deleted mine\n")
	delete(h.Vars, "AZURE_CLIENT_SECRET")
	h.Run("run", "--block", clitest.JobBlock, "--resource-group", "other").Wants(t, 125, "", "other")
}

// TestRunBlockDetached: other commands, which know no block, are told where the job is.
func TestRunBlockDetached(t *testing.T) {
	h := blockAzure(t)
	r := h.Run("run", "--block", clitest.JobBlock, "--detach", "--name", "mine")
	r.Wants(t, 0, "mine\n", "pacific logs -f --subscription ")
	r.Wants(t, 0, "mine\n", " --resource-group "+clitest.Group+" mine\n")
}

// TestRunBlockSignsInOtherwise: a flag of the account puts the block's credentials aside.
func TestRunBlockSignsInOtherwise(t *testing.T) { synctest.Test(t, runBlockSignsInOtherwise) }

func runBlockSignsInOtherwise(t *testing.T) {
	h := blockAzure(t)
	account := h.Server.Account()
	r := h.Run("run", "--block", clitest.JobBlock, "--client-id", account.ClientID)
	r.Wants(t, 125, "", "no way to sign in to Azure works")
	h.Vars["AZURE_TENANT_ID"], h.Vars["AZURE_CLIENT_SECRET"] = account.TenantID, account.ClientSecret
	h.Run("run", "--block", clitest.JobBlock, "--client-id", account.ClientID).Wants(t, 3, "command", "")
	// A block without credentials signs in as every other job does.
	h.Vars["AZURE_SUBSCRIPTION_ID"] = account.SubscriptionID
	h.Must("block", "create", "azure-container-instance-job", "plain", "--from-env", "--resource-group", clitest.Group)
	h.Vars["AZURE_CLIENT_ID"] = account.ClientID
	h.Run("run", "--block", "azure-container-instance-job/plain").Wants(t, 3, "", "deleted")
}

func TestRunBlockDryRun(t *testing.T) {
	h := blockAzure(t, "--env", "A=hunter3", "--label", "team=data", "--cpu", "2")
	r := h.Run("run", "--block", "job", "--dry-run", "--memory", "4")
	r.Wants(t, 0, `"pacific-managed"`, "")
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
	if err := json.Unmarshal([]byte(r.Stdout), &group); err != nil {
		t.Fatal(err)
	}
	if got := group.Properties.Containers[0].Properties.Resources.Requests; got["cpu"] != 2 || got["memoryInGB"] != 4 || group.Tags["team"] != "data" {
		t.Errorf("it is\n%s", r.Stdout)
	}
	if strings.Contains(r.Stdout+r.Stderr, "hunter") {
		t.Errorf("it shows a secret:\n%s", r.Stdout)
	}
}

func TestRunBlockLocal(t *testing.T) {
	h, _ := clitest.NewPrefectBlocks(t)
	r := h.Run("run", "--local", "--engine", "simulate", "--block", clitest.JobBlock, "--env", "SIM_EXIT_CODE=7", "--env", "SIM_RUN_FOR=0s")
	r.Wants(t, 7, "", "--local: the block's credentials, subscription and resource group are not used\n")
	r = h.Run("run", "--local", "--quiet", "--engine", "simulate", "--block", clitest.JobBlock, "--env", "SIM_RUN_FOR=0s")
	r.Wants(t, 0, "", "")
	if r.Stderr != "" {
		t.Errorf("--quiet says\n%s", r.Stderr)
	}
	h.Run("run", "--local", "--block", clitest.JobBlock).Wants(t, 125, "", "--local needs a command")
}

func TestRunBlockRefused(t *testing.T) {
	h, log := clitest.NewPrefectBlocks(t)
	log.Writes = nil
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
			h.Run(append([]string{"run"}, strings.Fields(test.args)...)...).Wants(t, 125, "", test.problem)
		})
	}
	// A block that Prefect's own class would take, and no job can be made of.
	client := h.Client()
	if err := client.UpdateBlock(t.Context(), "azure-container-instance-job", "job", map[string]any{"gpu_count": 1}); err != nil {
		t.Fatal(err)
	}
	r := h.Run("run", "--block", clitest.JobBlock)
	r.Wants(t, 125, "", "block azure-container-instance-job/job: gpu_count and gpu_sku: must be given together\n")
	r.Wants(t, 125, "", "hint: pacific block inspect azure-container-instance-job/job shows it")
	if len(log.Writes) != 1 {
		t.Errorf("it wrote %v", log.Writes)
	}
	h.Vars["PREFECT_API_URL"] = ""
	h.Run("run", "--block", clitest.JobBlock).Wants(t, 125, "", "no Prefect API is set")
}

// TestBlockProfile: --profile says which Prefect, for the block commands and for run.
func TestBlockProfile(t *testing.T) {
	h, _ := clitest.NewPrefectBlocks(t)
	h.Vars["PREFECT_PROFILES_PATH"] = filepath.Join(h.Dir, "profiles.toml")
	delete(h.Vars, "PREFECT_API_URL")
	h.Write("profiles.toml", "active = \"empty\"\n[profiles.empty]\n[profiles.mine]\nPREFECT_API_URL = \""+clitest.PrefectURL+"\"\n")
	h.Run("block", "ls").Wants(t, 2, "", "no Prefect API is set")
	h.Must("block", "ls", "--profile", "mine").Wants(t, 0, "token", "")
	h.Must("run", "--dry-run", "--block", clitest.JobBlock, "--profile", "mine").Wants(t, 0, "pacific-managed", "")
}
