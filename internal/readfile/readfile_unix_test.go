//go:build unix

package readfile_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/pacific-aci/pacific/internal/readfile"
)

// TestRead reads a file, and refuses what would never end.
func TestRead(t *testing.T) {
	folder := t.TempDir()
	file := filepath.Join(folder, "file")
	if err := os.WriteFile(file, []byte("text"), 0o600); err != nil {
		t.Fatal(err)
	}
	if text, err := readfile.Read(file); err != nil || string(text) != "text" {
		t.Errorf("a file: %q, %v", text, err)
	}
	if text, err := readfile.Read(os.DevNull); err != nil || len(text) != 0 {
		t.Errorf("%s: %q, %v", os.DevNull, text, err)
	}
	if _, err := readfile.Read(filepath.Join(folder, "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
	pipe := filepath.Join(folder, "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{pipe: "is a pipe", "/dev/zero": "has more than 16 MB", folder: "is a directory"} {
		if _, err := readfile.Read(path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", path, err, want)
		}
	}
}
