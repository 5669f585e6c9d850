//go:build unix

package profiles_test

import (
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/pacific-aci/pacific/prefect/profiles"
)

// Reading a pipe that nobody writes to would wait for ever, deaf to signals.
func TestProfilesAreNoPipe(t *testing.T) {
	path := filepath.Join(t.TempDir(), "profiles.toml")
	check(t, syscall.Mkfifo(path, 0o600))
	if _, err := profiles.Read(path); err == nil || !strings.Contains(err.Error(), "profiles.toml is a pipe: give a file") {
		t.Errorf("got %v, want that it is a pipe", err)
	}
}
