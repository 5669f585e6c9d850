//go:build linux

package cli

import (
	"os"
	"path/filepath"
	"testing"
)

func TestTakesFiles(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o700); err != nil {
		t.Fatal(err)
	}
	for folder, want := range map[string]bool{
		t.TempDir():       true,
		file:              false,
		file + "-missing": false,
	} {
		if got := takesFiles(folder); got != want {
			t.Errorf("takesFiles(%q) = %t, want %t", folder, got, want)
		}
	}
}
