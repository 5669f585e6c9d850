package cli_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pacific-aci/pacific/internal/cli"
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
	real := &harness{t: t, dir: t.TempDir(), env: map[string]string{"HOME": t.TempDir()}}
	envFile := filepath.Join(t.TempDir(), "env")
	emulator := real.startReal("emulator", "start", "--listen", "127.0.0.1:0", "--engine", "process", "--env-file", envFile, "--output", "json")
	emulator.out.waitFor(t, "}\n")
	var ready struct{ URL string }
	if err := json.Unmarshal([]byte(emulator.out.String()), &ready); err != nil {
		t.Fatal(err)
	}
	for line := range strings.SplitSeq(read(t, envFile), "\n") {
		if name, value, ok := strings.Cut(strings.TrimPrefix(line, "export "), "="); ok {
			real.env[name] = strings.Trim(value, "'")
		}
	}
	if err := os.RemoveAll(scratch); err != nil { // so that no container has a folder
		t.Fatal(err)
	}
	job := real.startReal("run", "--name", "job", "--", "true")
	if code := <-job.code; code != 125 {
		t.Errorf("exit code %d, want 125", code)
	}
	job.err.waitFor(t, "ContainerGroupSandboxFailed")
	emulator.err.waitFor(t, "level=ERROR")
	for _, want := range []string{"preparing a container group", "group=job", "error="} {
		if !strings.Contains(emulator.err.String(), want) {
			t.Errorf("%q is missing in what the emulator said:\n%s", want, emulator.err)
		}
	}
	emulator.signals <- os.Interrupt
	if code := <-emulator.code; code != 0 {
		t.Errorf("the emulator ended with %d\n%s", code, emulator.err)
	}
}

// startReal begins a command line that goes to the network of this machine.
func (h *harness) startReal(args ...string) *running {
	r := &running{out: newWatched(), err: newWatched(), signals: make(chan os.Signal, 2), code: make(chan int, 1)}
	w := h.world(r.out, r.err, args)
	w.Signals, w.Transport = r.signals, nil
	go func() { r.code <- cli.Main(h.t.Context(), w) }()
	return r
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
