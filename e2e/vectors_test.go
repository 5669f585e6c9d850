//go:build e2e

package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestServerVectors asks the code of a real server anew for what rooms of the emulated one are held against.
func TestServerVectors(t *testing.T) {
	for _, room := range []string{"schedule", "jinja"} {
		t.Run(room, func(t *testing.T) {
			seconds(t)
			script, err := filepath.Abs("../emulator/prefect/internal/" + room + "/testdata/vectors.py")
			if err != nil {
				t.Fatal(err)
			}
			kept, err := os.ReadFile(strings.TrimSuffix(script, ".py") + ".jsonl")
			if err != nil {
				t.Fatal(err)
			}
			got := newWorld(t).run(t, nil, pythons(t)[3], script)
			if diff := cmp.Diff(strings.Split(string(kept), "\n"), strings.Split(string(got), "\n")); diff != "" {
				t.Errorf("vectors.jsonl is not what vectors.py gives (-kept +now):\n%s", diff)
			}
		})
	}
}
