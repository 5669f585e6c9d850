package workpool_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pacific-aci/pacific/internal/cli/clitest"
)

// Pool is a work pool as the commands show it.
type pool struct {
	Name, Type, Status, Description, ID string
	Paused, Default                     bool
	ConcurrencyLimit                    *int
	Queues                              []struct{ Name, Status string }
	Workers                             []struct{ Name, Status string }
	BaseJobTemplate                     json.RawMessage
}

// Pool reads a pool with the command of that name.
func Pool(h *clitest.Harness, name string) pool {
	h.T.Helper()
	r := h.Run("work-pool", "inspect", name, "--output", "json")
	r.Wants(h.T, 0, "", "")
	var p pool
	if err := json.Unmarshal([]byte(r.Stdout), &p); err != nil {
		h.T.Fatalf("%v in %q; stderr %q", err, r.Stdout, r.Stderr)
	}
	return p
}

// inWorkersPlace is a template none of whose variables must say where containers run, or as whom.
func inWorkersPlace(t *testing.T, raw []byte) []byte {
	t.Helper()
	var template map[string]map[string]any
	if err := json.Unmarshal(raw, &template); err != nil {
		t.Fatal(err)
	}
	template["variables"]["required"] = []string{}
	raw, err := json.Marshal(template)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// wantsTemplate holds a pool to a template.
func (p pool) wantsTemplate(t *testing.T, want []byte) {
	t.Helper()
	var a, b any
	if json.Unmarshal(want, &a) != nil || json.Unmarshal(p.BaseJobTemplate, &b) != nil {
		t.Fatalf("a template is no JSON: %s and %s", want, p.BaseJobTemplate)
	}
	if diff := cmp.Diff(a, b); diff != "" {
		t.Errorf("template of %s: -want +got:\n%s", p.Name, diff)
	}
}
