//go:build e2e

package e2e

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestMountOnDocker runs a script of a folder in a real container, as docs/commands.md shows it; what the script writes stays.
func TestMountOnDocker(t *testing.T) {
	seconds(t)
	dir := t.TempDir()
	const script = `from pathlib import Path
Path("figures.txt").write_text("42")
print("in", Path.cwd())
`
	if err := os.WriteFile(filepath.Join(dir, "report.py"), []byte(script), 0o644); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(binary(t), "run", "--local", "--quiet", "--mount", ".", "--engine", "docker", "--image", prefectImage(t, prefect3), "--", "python3", "report.py")
	cmd.Dir = dir
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	printed, err := cmd.Output()
	if err != nil || string(printed) != "in /mnt/pacific\n" {
		t.Errorf("%v, it printed %q\n%s", err, printed, &stderr)
	}
	if figures, err := os.ReadFile(filepath.Join(dir, "figures.txt")); err != nil || string(figures) != "42" {
		t.Errorf("what the script wrote is %q, %v", figures, err)
	}
}
