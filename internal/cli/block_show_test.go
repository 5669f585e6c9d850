package cli_test

import (
	std "cmp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pacific-aci/pacific/prefect"
)

// blocksOf makes a job with credentials, and a secret.
func blocksOf(t *testing.T) (*harness, *prefectLog) {
	t.Helper()
	h, log := blockHarness(t)
	h.stdin = "hunter2"
	h.must("block", "create", "azure-container-instance-credentials", "sp", "--tenant-id", "t", "--client-id", "c", "--client-secret-stdin")
	h.must("block", "create", "azure-container-instance-job", "job", "--subscription", "sub-id", "--resource-group", "g", "--credentials", "sp")
	h.must("block", "create", "secret", "token", "--value-stdin")
	return h, log
}

// TestBlockSecretsAreMasked looks for secrets in everything that a block command prints.
func TestBlockSecretsAreMasked(t *testing.T) {
	h, _ := blocksOf(t)
	h.env["TOKEN"] = "hunter2"
	for _, args := range [][]string{
		{"block", "ls"},
		{"block", "ls", "--output", "json"},
		{"block", "types", "--output", "json"},
		{"block", "inspect", "secret/token"},
		{"block", "inspect", "secret/token", "--output", "json"},
		{"block", "inspect", "azure-container-instance-job/job", "--output", "json"},
		{"block", "create", "secret", "token", "--value-env", "TOKEN", "--overwrite"},
		{"block", "create", "secret", "token", "--value-env", "TOKEN", "--overwrite", "--output", "json"},
		{"block", "create", "secret", "new", "--value-env", "TOKEN", "--dry-run"},
		{"block", "create", "secret", "new", "--value-env", "TOKEN", "--dry-run", "--output", "json"},
		{"block", "create", "azure", "new", "--bucket-path", "b", "--account-name", "hunter2", "--account-key-env", "TOKEN", "--dry-run"},
		{"block", "create", "azure-blob-storage-credentials", "new", "--connection-string-env", "TOKEN", "--dry-run"},
		{"block", "create", "docker-registry", "new", "--registry-url", "r", "--username", "u", "--password-env", "TOKEN", "--dry-run"},
		{"block", "create", "azure-container-instance-job", "new", "--subscription", "hunter2", "--resource-group", "g", "--credentials", "sp", "--dry-run"},
		{"run", "--dry-run", "--block", "azure-container-instance-job/job"},
		{"block", "rm", "secret/token", "--yes", "--output", "json"},
	} {
		r := h.must(args...)
		if strings.Contains(r.stdout+r.stderr, "hunter2") {
			t.Errorf("%v shows a secret:\n%s%s", args, r.stdout, r.stderr)
		}
	}
}

func TestBlockInspect(t *testing.T) {
	h, _ := blocksOf(t)
	var job struct {
		Type, Name   string
		SecretsShown bool
		References   map[string]string
		Data         map[string]any
	}
	h.json(h.must("block", "inspect", "azure-container-instance-job/job", "-o", "json"), &job)
	if job.Type != "azure-container-instance-job" || job.Name != "job" || job.SecretsShown || job.Data["subscription_id"] != prefect.SecretMask {
		t.Errorf("it is %+v", job)
	}
	if diff := cmp.Diff(map[string]any{"tenant_id": "t", "client_id": "c", "client_secret": "********", "credential_kwargs": map[string]any{}}, job.Data["aci_credentials"]); diff != "" {
		t.Errorf("the credentials in it: -want +got:\n%s", diff)
	}
	text := h.must("block", "inspect", "azure-container-instance-job/job").stdout
	for _, line := range []string{"type:    azure-container-instance-job\n", "name:    job\n", "azure-container-instance-credentials/sp\n", "subscription_id             ********\n", "cpu                         1\n"} {
		if !strings.Contains(text, line) {
			t.Errorf("%q is missing in\n%s", line, text)
		}
	}
	h.must("block", "inspect", "secret/token", "--show-secrets").wants(t, 0, "value  hunter2\n", "")
	h.run("block", "inspect", "secret/nope").wants(t, 1, "", "there is no block secret/nope\npacific: hint: pacific block ls lists them\n")
	h.run("block", "inspect", "nope").wants(t, 2, "", `"nope" is not a block`)
	h.run("block", "inspect").wants(t, 2, "", "needs a block as SLUG/NAME")
	h.run("block", "inspect", "secret/token", "secret/b").wants(t, 2, "", `takes one block, got also "secret/b"`)
}

func TestBlockLs(t *testing.T) {
	h, _ := blocksOf(t)
	type block struct {
		Type, Name, ID string
		References     map[string]string
	}
	var all, some []block
	h.json(h.must("block", "ls", "-o", "json"), &all)
	for _, want := range []block{
		{Type: "azure-container-instance-credentials", Name: "sp"},
		{Type: "azure-container-instance-job", Name: "job", References: map[string]string{"aci_credentials": "azure-container-instance-credentials/sp"}},
		{Type: "secret", Name: "token"},
	} {
		if !slices.ContainsFunc(all, func(b block) bool { id := b.ID; b.ID = ""; return id != "" && cmp.Equal(b, want) }) {
			t.Errorf("%+v is missing in %+v", want, all)
		}
	}
	if !slices.IsSortedFunc(all, func(a, b block) int { return std.Or(strings.Compare(a.Type, b.Type), strings.Compare(a.Name, b.Name)) }) {
		t.Errorf("they are not in order: %+v", all)
	}
	h.json(h.must("block", "ls", "--type", "secret", "-o", "json"), &some)
	if len(some) == 0 || slices.ContainsFunc(some, func(b block) bool { return b.Type != "secret" }) {
		t.Errorf("--type secret lists %+v", some)
	}
	h.must("block", "ls", "--type", "secret").wants(t, 0, "secret  token  ", "")
	h.run("block", "ls", "--type", "nope").wants(t, 1, "", "the server has no block type nope\npacific: hint: pacific block types")
	h.run("block", "ls", "--type", "").wants(t, 2, "", "--type is empty")
	h.run("block", "ls", "secret").wants(t, 2, "", "takes no arguments")
}

func TestBlockTypes(t *testing.T) {
	h, _ := blockHarness(t)
	var types []struct {
		Slug, Name          string
		Registered, Pacific bool
	}
	h.json(h.must("block", "types", "-o", "json"), &types)
	found := map[string]bool{}
	for _, kind := range types {
		found[kind.Slug] = true
		if d, ours := prefect.FindBlockDefinition(kind.Slug, 3); ours != kind.Pacific || ours && d.Name != kind.Name {
			t.Errorf("%+v", kind)
		}
		if !kind.Registered && !kind.Pacific {
			t.Errorf("nobody knows %s", kind.Slug)
		}
		if kind.Slug == "azure-container-instance-credentials" && !kind.Registered {
			t.Error("the server's own type is not registered")
		}
	}
	if !found["azure-container-instance-job"] || !found["string"] || !found["secret"] {
		t.Errorf("types are missing: %v", found)
	}
	h.must("block", "types").wants(t, 0, "azure-container-instance-credentials", "")
}

func TestBlockRm(t *testing.T) {
	h, log := blocksOf(t)
	log.writes = nil
	const question = "deleting block azure-container-instance-credentials/sp, which 1 other block refers to (azure-container-instance-job/job)"
	h.run("block", "rm", "azure-container-instance-credentials/sp").wants(t, 3, "", question+": cannot ask for confirmation: standard input is not a terminal")
	h.run("block", "rm", "secret/token", "secret/nope", "--yes").wants(t, 1, "", "there is no block secret/nope")
	h.run("block", "rm").wants(t, 2, "", "needs a block as SLUG/NAME")
	h.run("block", "rm", "secret").wants(t, 2, "", `"secret" is not a block`)
	h.terminal, h.stdin = true, "n\n"
	h.run("block", "rm", "azure-container-instance-credentials/sp").wants(t, 3, "", question+"? [y/N] ")
	if len(log.writes) > 0 {
		t.Errorf("it wrote %v all the same", log.writes)
	}
	h.stdin = "y\n"
	h.run("block", "rm", "secret/token").wants(t, 0, "", "deleting block secret/token? [y/N] ")
	h.terminal = false
	r := h.run("block", "rm", "azure-container-instance-credentials/sp", "azure-container-instance-job/job", "azure-container-instance-job/job", "--yes", "-o", "json")
	r.wants(t, 0, `"name":"job"`, "deleted block azure-container-instance-credentials/sp\npacific: deleted block azure-container-instance-job/job\n")
	var deleted []struct{ Deleted bool }
	h.json(r, &deleted)
	if len(deleted) != 2 || !deleted[0].Deleted || !deleted[1].Deleted {
		t.Errorf("the JSON says %s", r.stdout)
	}
	for _, path := range []string{"azure-container-instance-credentials/sp", "azure-container-instance-job/job", "secret/token"} {
		h.run("block", "inspect", path).wants(t, 1, "", "there is no block "+path)
	}
}

// TestBlockRmDeployments: deployments that the server deletes with a block are named before.
func TestBlockRmDeployments(t *testing.T) {
	h, _ := blocksOf(t)
	h.must("block", "create", "azure", "code", "--bucket-path", "flows")
	const job = "azure-container-instance-job/job"
	client := h.client()
	flow, err := client.CreateFlow(t.Context(), prefect.FlowCreate{Name: "flow"})
	if err != nil {
		t.Fatal(err)
	}
	for name, create := range map[string]prefect.DeploymentCreate{
		"infra": {InfrastructureDocumentID: prefect.ID(h.block(job).ID)},
		"both":  {InfrastructureDocumentID: prefect.ID(h.block(job).ID), StorageDocumentID: prefect.ID(h.block("azure/code").ID)},
		"none":  {},
	} {
		create.Name, create.FlowID = name, flow.ID
		if _, err := client.CreateDeployment(t.Context(), create); err != nil {
			t.Fatal(err)
		}
	}
	h.run("block", "rm", "azure-container-instance-credentials/sp").wants(t, 3, "", "(azure-container-instance-job/job): cannot ask for confirmation")
	h.run("block", "rm", "azure/code").wants(t, 3, "", "deleting block azure/code; with it go 1 deployment (both): cannot ask for confirmation")
	h.run("block", "rm", job).wants(t, 3, "", "job/job; with it go 2 deployments (both, infra), and all flow runs on the block: cannot ask for confirmation")
	h.run("block", "rm", job, "--yes").wants(t, 0, "", "warning: also deleted with the blocks: 2 deployments (both, infra), and all flow runs on the block\npacific: deleted block "+job)
}
