package block_test

import (
	"testing"

	"github.com/pacific-aci/pacific/internal/cli/clitest"
	"github.com/pacific-aci/pacific/prefect"
)

func TestBlockTypes(t *testing.T) {
	h, _ := clitest.NewPrefectLog(t)
	var types []struct {
		Slug, Name          string
		Registered, Pacific bool
	}
	h.JSON(h.Must("block", "types", "-o", "json"), &types)
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
	h.Must("block", "types").Wants(t, 0, "azure-container-instance-credentials", "")
}
