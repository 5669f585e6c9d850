package clitest

import (
	"encoding/json"
	"testing"

	"github.com/pacific-aci/pacific/prefect"
)

// MakeBlockType registers a block type that Pacific does not know.
func (h *Harness) MakeBlockType(slug string) {
	h.T.Helper()
	client := h.Client()
	kind, err := client.CreateBlockType(h.T.Context(), prefect.BlockTypeCreate{Name: slug, Slug: slug})
	if err != nil {
		h.T.Fatal(err)
	}
	fields := json.RawMessage(`{"title":"` + slug + `","type":"object","properties":{"url":{"type":"string"},"token":{"type":"string"},"count":{"type":"number"},
		"store":{"type":"object"}},"required":["url"],"secret_fields":["token"],"block_type_slug":"` + slug + `","block_schema_references":{}}`)
	if _, err := client.CreateBlockSchema(h.T.Context(), prefect.BlockSchemaCreate{Fields: fields, BlockTypeID: kind.ID, Capabilities: []string{}}); err != nil {
		h.T.Fatal(err)
	}
}

// JobBlock is the job of [NewPrefectBlocks].
const JobBlock = "azure-container-instance-job/job"

// NewPrefectBlocks has a Prefect with a job block, its credentials, and a secret.
func NewPrefectBlocks(t *testing.T) (*Harness, *PrefectLog) {
	t.Helper()
	h, log := NewPrefectLog(t)
	h.Stdin = "hunter2"
	h.Must("block", "create", "azure-container-instance-credentials", "sp", "--tenant-id", "t", "--client-id", "c", "--client-secret-stdin")
	h.Must("block", "create", "azure-container-instance-job", "job", "--subscription", "sub-id", "--resource-group", "g", "--credentials", "sp")
	h.Must("block", "create", "secret", "token", "--value-stdin")
	return h, log
}

// Block reads a block with its secrets, as inspect has it.
func (h *Harness) Block(path string) (b struct {
	ID         string
	References map[string]string
	Data       map[string]any
}) {
	h.T.Helper()
	h.JSON(h.Must("block", "inspect", path, "--show-secrets", "--output", "json"), &b)
	return b
}
