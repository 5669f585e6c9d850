package emulator_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pacific-aci/pacific/internal/cli/clitest"
)

// TestEmulatorSaysWhyItFailed: where the emulator fails, the client gets an answer of 500, and the standard error of
// `pacific emulator start` says what happened.
func TestEmulatorSaysWhyItFailed(t *testing.T) {
	scratch := filepath.Join(t.TempDir(), "scratch")
	if err := os.Mkdir(scratch, 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("TMPDIR", scratch)
	t.Setenv("TMP", scratch)
	real := clitest.NewBare(t)
	envFile := filepath.Join(t.TempDir(), "env")
	emulator := real.StartReal("emulator", "start", "--listen", "127.0.0.1:0", "--engine", "process", "--env-file", envFile, "--output", "json")
	emulator.Out.WaitFor(t, "}\n")
	var ready struct{ URL string }
	if err := json.Unmarshal([]byte(emulator.Out.String()), &ready); err != nil {
		t.Fatal(err)
	}
	for line := range strings.SplitSeq(read(t, envFile), "\n") {
		if name, value, ok := strings.Cut(strings.TrimPrefix(line, "export "), "="); ok {
			real.Vars[name] = strings.Trim(value, "'")
		}
	}
	if err := os.RemoveAll(scratch); err != nil { // so that no container has a folder
		t.Fatal(err)
	}
	job := real.StartReal("run", "--name", "job", "--", "true")
	if code := <-job.Code; code != 125 {
		t.Errorf("exit code %d, want 125", code)
	}
	job.Err.WaitFor(t, "ContainerGroupSandboxFailed")
	emulator.Err.WaitFor(t, "level=ERROR")
	for _, want := range []string{"preparing a container group", "group=job", "error="} {
		if !strings.Contains(emulator.Err.String(), want) {
			t.Errorf("%q is missing in what the emulator said:\n%s", want, emulator.Err)
		}
	}
	emulator.Signals <- os.Interrupt
	if code := <-emulator.Code; code != 0 {
		t.Errorf("the emulator ended with %d\n%s", code, emulator.Err)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
