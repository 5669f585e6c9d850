//go:build unix

package deploy_test

import (
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/pacific-aci/pacific/deploy"
)

// A named pipe has no writer: opening it would hang for ever.
func TestNamedPipes(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"flow.py", deploy.IgnoreFile} {
		if err := syscall.Mkfifo(filepath.Join(dir, name), 0o600); err != nil {
			t.Skip(err)
		}
	}
	_, err := deploy.ReadFlow(dir, "flow.py:f")
	_, treeErr := deploy.ReadTree(dir)
	for _, err := range []error{err, treeErr} {
		if err == nil || !strings.Contains(err.Error(), "not a regular file") {
			t.Errorf("got %v", err)
		}
	}
}
