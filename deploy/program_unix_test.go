//go:build unix

package deploy_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/pacific-aci/pacific/deploy"
)

// A program may leave something running that has its output: that is waited for no longer than it takes to see it.
func TestReadProgram(t *testing.T) {
	dir := t.TempDir()
	gate := filepath.Join(dir, "gate")
	if err := syscall.Mkfifo(gate, 0o600); err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(dir, "etl")
	text := "#!/bin/sh\ncat " + gate + " &\necho '[{\"name\":\"nightly\",\"parameter_openapi_schema\":{}}]'\n"
	if err := os.WriteFile(program, []byte(text), 0o700); err != nil {
		t.Fatal(err)
	}
	flow, err := deploy.ReadProgram(t.Context(), program, "")
	if err != nil || flow.Name != "nightly" || flow.Command != "/usr/local/bin/etl" {
		t.Errorf("got %+v, %v", flow, err)
	}
	open, err := os.OpenFile(gate, os.O_WRONLY, 0) // ends cat
	if err != nil {
		t.Fatal(err)
	}
	_ = open.Close()

	endless := filepath.Join(dir, "endless")
	if err := os.WriteFile(endless, []byte("#!/bin/sh\nexec cat /dev/zero\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	argued := filepath.Join(dir, "tool")
	text = "#!/bin/sh\n[ \"$*\" = 'my flows --flows' ] && echo '[{\"name\":\"nightly\",\"parameter_openapi_schema\":{}}]'\n"
	if err := os.WriteFile(argued, []byte(text), 0o700); err != nil {
		t.Fatal(err)
	}
	flow, err = deploy.ReadProgram(t.Context(), argued, "", "my", "flows")
	if err != nil || flow.Command != "/usr/local/bin/tool" || len(flow.Args) != 2 || flow.Entrypoint != "tool my flows" {
		t.Errorf("with arguments: got %+v, %v", flow, err)
	}
	if _, err := deploy.ReadProgram(t.Context(), endless, ""); err == nil || !strings.Contains(err.Error(), "it answers with more than 4 MB") {
		t.Errorf("endless: %v", err)
	}
	hung := filepath.Join(dir, "hung")
	if err := os.WriteFile(hung, []byte("#!/bin/sh\nexec cat "+gate+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	go func() { // once the program has begun
		if open, err := os.OpenFile(gate, os.O_WRONLY, 0); err == nil {
			defer open.Close()
		}
		cancel()
		<-t.Context().Done()
	}()
	if _, err := deploy.ReadProgram(ctx, hung, ""); !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted: %v", err)
	}
}
