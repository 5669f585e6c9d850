//go:build unix

package image_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/pacific-aci/pacific/image"
)

// TestDockerConfigPipe: a pipe in the place of the file would be waited for without end.
func TestDockerConfigPipe(t *testing.T) {
	helpers(t)
	path := filepath.Join(t.TempDir(), "config.json")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	d := &image.DockerConfig{Path: path}
	if err := d.Check(); err == nil || !strings.Contains(err.Error(), "is a pipe") {
		t.Errorf("a pipe: %v", err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/dev/zero", path); err != nil {
		t.Fatal(err)
	}
	if err := d.Check(); err == nil || !strings.Contains(err.Error(), "has more than 16 MB") {
		t.Errorf("a device: %v", err)
	}
}
