//go:build e2e

package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// pythonImage gives the daemon an image without any registry: this machine's Python, the packages of the environment that
// python is in, and files, by their paths in the image.
func pythonImage(t *testing.T, image, python string, files map[string]string) string {
	t.Helper()
	maker, err := filepath.Abs("testdata/python_image.sh")
	if err != nil {
		t.Fatal(err)
	}
	over := t.TempDir()
	for path, text := range files {
		path = filepath.Join(over, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command("bash", maker, image, filepath.Dir(filepath.Dir(python)), over)
	cmd.Dir = t.TempDir()
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("making the image %s: %v\n%s", image, err, text)
	}
	return image
}
