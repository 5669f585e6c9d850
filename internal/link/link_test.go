package link_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/pacific-aci/pacific/internal/link"
)

func TestTarget(t *testing.T) {
	folder, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	at := func(name string) string { return filepath.Join(folder, filepath.FromSlash(name)) }
	for _, name := range []string{"real", "deep/er"} {
		if err := os.MkdirAll(at(name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for name, to := range map[string]string{
		"there": at("real"), "dangling": at("gone/file"), "relative": filepath.FromSlash("real/new"), "chain": "relative",
		"folder": filepath.FromSlash("deep/er"), "deep/er/up": filepath.FromSlash("../new"), "circle": "circle2", "circle2": "circle",
	} {
		if err := os.Symlink(to, at(name)); err != nil {
			t.Skip("there are no symbolic links: ", err)
		}
	}
	for name, want := range map[string]string{
		"there": "real", "dangling": "gone/file", "relative": "real/new", "chain": "real/new", "plain": "plain", "none/file": "none/file",
		"folder/file": "deep/er/file", "folder/up": "deep/new",
	} {
		if got, err := link.Target(at(name)); err != nil || got != at(want) {
			t.Errorf("%s leads to %s, %v; want %s", name, got, err, at(want))
		}
	}
	if got, err := link.Target(at("circle")); err == nil {
		t.Errorf("a circle leads to %s", got)
	}
}
