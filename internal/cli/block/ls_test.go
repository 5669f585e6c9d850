package block_test

import (
	std "cmp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pacific-aci/pacific/internal/cli/clitest"
)

func TestBlockLs(t *testing.T) {
	h, _ := clitest.NewPrefectBlocks(t)
	type block struct {
		Type, Name, ID string
		References     map[string]string
	}
	var all, some []block
	h.JSON(h.Must("block", "ls", "-o", "json"), &all)
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
	h.JSON(h.Must("block", "ls", "--type", "secret", "-o", "json"), &some)
	if len(some) == 0 || slices.ContainsFunc(some, func(b block) bool { return b.Type != "secret" }) {
		t.Errorf("--type secret lists %+v", some)
	}
	h.Must("block", "ls", "--type", "secret").Wants(t, 0, "secret  token  ", "")
	h.Run("block", "ls", "--type", "nope").Wants(t, 1, "", "the server has no block type nope\npacific: hint: pacific block types")
	h.Run("block", "ls", "--type", "").Wants(t, 2, "", "--type is empty")
	h.Run("block", "ls", "secret").Wants(t, 2, "", "takes no arguments")
}
