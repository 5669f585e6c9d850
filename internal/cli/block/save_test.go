package block_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pacific-aci/pacific/internal/cli/clitest"
)

func TestBlockOverwrite(t *testing.T) {
	h, log := clitest.NewPrefectLog(t)
	h.Must("block", "create", "string", "text", "--value", "one")
	before := h.Block("string/text")
	log.Writes = nil
	h.Run("block", "create", "string", "text", "--value", "two").Wants(t, 1, "",
		"pacific: error: block string/text already exists\npacific: hint: --overwrite gives it the new values\n")
	if len(log.Writes) > 0 {
		t.Errorf("it wrote %v all the same", log.Writes)
	}
	// A value that a later version of the type would have.
	if err := h.Client().UpdateBlock(t.Context(), "string", "text", map[string]any{"later": "kept"}); err != nil {
		t.Fatal(err)
	}
	r := h.Must("block", "create", "string", "text", "--value", "two", "--overwrite", "--output", "json")
	r.Wants(t, 0, `"outcome":"overwritten"`, "block string/text: overwritten\n")
	after := h.Block("string/text")
	if after.ID != before.ID {
		t.Errorf("the block's id is %s, was %s", after.ID, before.ID)
	}
	if diff := cmp.Diff(map[string]any{"value": "two", "later": "kept"}, after.Data); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	h.Must("block", "create", "string", "new", "--value", "", "--overwrite", "--output", "json").Wants(t, 0, `"outcome":"created"`, "")
}
