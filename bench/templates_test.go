package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/pacific-aci/pacific/jobtemplate"
	"github.com/pacific-aci/pacific/prefect"
)

// largeBlock is the bytes of the block that a job template refers to.
const largeBlock = 1 << 20

// measureTemplates times many references of a job template into one large block, beside a tenth of them, so that a cost that
// grows with their square is seen, and, where there is a Python, beside Prefect's own code.
func measureTemplates(t *testing.T, b *bench) {
	references := 300
	if !b.size.full {
		references = 50
	}
	data := map[string]any{"k": "v", "large": strings.Repeat("x", largeBlock)}
	many, few := resolveTime(t, b, data, references), resolveTime(t, b, data, references/10)
	b.table.add(row{
		what: fmt.Sprintf("job template, %d references into a block of 1 MB", references), got: millis(many),
		beside: fmt.Sprintf("%d references %s", references/10, millis(few)), ratio: times(many, few),
		expected: "under 10×", missed: many > 10*max(few, time.Millisecond),
	})
	python := os.Getenv(pythonEnv)
	if python == "" {
		return
	}
	theirs := resolveByPython(t, python, configuration(references), data)
	b.table.add(row{
		what: fmt.Sprintf("the same %d references", references), got: millis(many), beside: "Prefect's own code " + millis(theirs),
		ratio: times(many, theirs), expected: "under 10×", missed: many > 10*theirs,
	})
}

// configuration is a job configuration of so many references to a small value in the block.
func configuration(references int) map[string]any {
	c := map[string]any{}
	for i := range references {
		c[fmt.Sprint("k", i)] = "{{ prefect.blocks.json.large.k }}"
	}
	return c
}

// resolveTime is the median time to resolve so many references into a block.
func resolveTime(t *testing.T, b *bench, data map[string]any, references int) time.Duration {
	t.Helper()
	template, err := json.Marshal(map[string]any{"job_configuration": configuration(references)})
	if err != nil {
		t.Fatal(err)
	}
	in := jobtemplate.Input{FlowRun: prefect.FlowRun{ID: "2c3a7d7e-3d8f-4e24-9c73-7d8f3f2c9a10"}, Template: template}
	in.Lookups.Block = func(context.Context, jobtemplate.BlockKey) (map[string]any, error) { return data, nil }
	var taken sample
	for range max(b.size.rounds, 3) {
		began := time.Now()
		resolved, err := jobtemplate.Resolve(t.Context(), in)
		taken.add(time.Since(began))
		if err != nil || resolved["k0"] != "v" {
			t.Fatalf("k0 is %v, %v; want v", resolved["k0"], err)
		}
	}
	return taken.median()
}

// resolveByPython gives what Prefect's own code says of the same, without the start of Python.
func resolveByPython(t *testing.T, python string, template, data map[string]any) time.Duration {
	t.Helper()
	given, err := json.Marshal(map[string]any{"template": template, "data": data})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "given.json")
	if err := os.WriteFile(file, given, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), python, "testdata/resolve.py", file)
	cmd.Env = append(os.Environ(), "PREFECT_HOME="+t.TempDir(), "PREFECT_SERVER_ANALYTICS_ENABLED=false")
	cmd.Stderr = t.Output()
	text, err := cmd.Output()
	if err != nil {
		t.Fatalf("resolving references by Prefect's code: %v", err)
	}
	seconds, err := strconv.ParseFloat(strings.TrimSpace(string(text)), 64)
	if err != nil {
		t.Fatalf("Prefect's code printed %q", text)
	}
	return time.Duration(seconds * float64(time.Second))
}
