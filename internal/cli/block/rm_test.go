package block_test

import (
	"testing"

	"github.com/pacific-aci/pacific/internal/cli/clitest"
	"github.com/pacific-aci/pacific/prefect"
)

func TestBlockRm(t *testing.T) {
	h, log := clitest.NewPrefectBlocks(t)
	log.Writes = nil
	const question = "delete block azure-container-instance-credentials/sp, which 1 other block refers to (azure-container-instance-job/job)"
	h.Run("block", "rm", "azure-container-instance-credentials/sp").Wants(t, 3, "", question+": cannot ask for confirmation: standard input is not a terminal")
	h.Run("block", "rm", "secret/token", "secret/nope", "--yes").Wants(t, 1, "", "there is no block secret/nope")
	h.Run("block", "rm").Wants(t, 2, "", "needs a block as SLUG/NAME")
	h.Run("block", "rm", "secret").Wants(t, 2, "", `"secret" is not a block`)
	h.Terminal, h.Stdin = true, "n\n"
	h.Run("block", "rm", "azure-container-instance-credentials/sp").Wants(t, 3, "", "D"+question[1:]+"? [y/N] ")
	if len(log.Writes) > 0 {
		t.Errorf("it wrote %v all the same", log.Writes)
	}
	h.Stdin = "y\n"
	h.Run("block", "rm", "secret/token").Wants(t, 0, "", "Delete block secret/token? [y/N] ")
	h.Terminal = false
	r := h.Run("block", "rm", "azure-container-instance-credentials/sp", "azure-container-instance-job/job", "azure-container-instance-job/job", "--yes", "-o", "json")
	r.Wants(t, 0, `"name":"job"`, "deleted block azure-container-instance-credentials/sp\npacific: deleted block azure-container-instance-job/job\n")
	var deleted []struct{ Deleted bool }
	h.JSON(r, &deleted)
	if len(deleted) != 2 || !deleted[0].Deleted || !deleted[1].Deleted {
		t.Errorf("the JSON says %s", r.Stdout)
	}
	for _, path := range []string{"azure-container-instance-credentials/sp", "azure-container-instance-job/job", "secret/token"} {
		h.Run("block", "inspect", path).Wants(t, 1, "", "there is no block "+path)
	}
}

// TestBlockRmDeployments: deployments that the server deletes with a block are named before.
func TestBlockRmDeployments(t *testing.T) {
	h, _ := clitest.NewPrefectBlocks(t)
	h.Must("block", "create", "azure", "code", "--bucket-path", "flows")
	const job = "azure-container-instance-job/job"
	client := h.Client()
	flow, err := client.CreateFlow(t.Context(), prefect.FlowCreate{Name: "flow"})
	if err != nil {
		t.Fatal(err)
	}
	for name, create := range map[string]prefect.DeploymentCreate{
		"infra": {InfrastructureDocumentID: prefect.ID(h.Block(job).ID)},
		"both":  {InfrastructureDocumentID: prefect.ID(h.Block(job).ID), StorageDocumentID: prefect.ID(h.Block("azure/code").ID)},
		"none":  {},
	} {
		create.Name, create.FlowID = name, flow.ID
		if _, err := client.CreateDeployment(t.Context(), create); err != nil {
			t.Fatal(err)
		}
	}
	h.Run("block", "rm", "azure-container-instance-credentials/sp").Wants(t, 3, "", "(azure-container-instance-job/job): cannot ask for confirmation")
	h.Run("block", "rm", "azure/code").Wants(t, 3, "", "delete block azure/code; with it go 1 deployment (both): cannot ask for confirmation")
	h.Run("block", "rm", job).Wants(t, 3, "", "job/job; with it go 2 deployments (both, infra), and all flow runs on the block: cannot ask for confirmation")
	h.Run("block", "rm", job, "--yes").Wants(t, 0, "", "warning: also deleted with the blocks: 2 deployments (both, infra), and all flow runs on the block\npacific: deleted block "+job)
}
