package block_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pacific-aci/pacific/internal/cli/clitest"
	"github.com/pacific-aci/pacific/prefect"
)

func TestBlockInspect(t *testing.T) {
	h, _ := clitest.NewPrefectBlocks(t)
	var job struct {
		Type, Name   string
		SecretsShown bool
		References   map[string]string
		Data         map[string]any
	}
	h.JSON(h.Must("block", "inspect", "azure-container-instance-job/job", "-o", "json"), &job)
	if job.Type != "azure-container-instance-job" || job.Name != "job" || job.SecretsShown || job.Data["subscription_id"] != prefect.SecretMask {
		t.Errorf("it is %+v", job)
	}
	if diff := cmp.Diff(map[string]any{"tenant_id": "t", "client_id": "c", "client_secret": "********", "credential_kwargs": map[string]any{}}, job.Data["aci_credentials"]); diff != "" {
		t.Errorf("the credentials in it: -want +got:\n%s", diff)
	}
	text := h.Must("block", "inspect", "azure-container-instance-job/job").Stdout
	for _, line := range []string{"type:    azure-container-instance-job\n", "name:    job\n", "azure-container-instance-credentials/sp\n", "subscription_id             ********\n", "cpu                         1\n"} {
		if !strings.Contains(text, line) {
			t.Errorf("%q is missing in\n%s", line, text)
		}
	}
	h.Must("block", "inspect", "secret/token", "--show-secrets").Wants(t, 0, "value  hunter2\n", "")
	h.Run("block", "inspect", "secret/nope").Wants(t, 1, "", "there is no block secret/nope\npacific: hint: pacific block ls lists them\n")
	h.Run("block", "inspect", "nope").Wants(t, 2, "", `"nope" is not a block`)
	h.Run("block", "inspect").Wants(t, 2, "", "needs a block as SLUG/NAME")
	h.Run("block", "inspect", "secret/token", "secret/b").Wants(t, 2, "", `takes one block, got also "secret/b"`)
}
