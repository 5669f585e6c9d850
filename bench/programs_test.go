package bench

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// program is the path of pacific: the static binary, built as make build does, or this test's own binary for the small run.
func program(t *testing.T, full bool) string {
	t.Helper()
	if !full {
		path, err := exec.LookPath("pacific")
		if err != nil && !errors.Is(err, exec.ErrDot) {
			t.Fatal(err)
		}
		return path
	}
	path := filepath.Join(t.TempDir(), "pacific")
	cmd := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", path, "../cmd/pacific")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("building pacific: %v\n%s", err, text)
	}
	return path
}

// timed runs a program to its end and gives its time and its output; it must exit with 0.
func timed(t *testing.T, name string, args ...string) (time.Duration, string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	began := time.Now()
	err := cmd.Run()
	took := time.Since(began)
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", filepath.Base(name), strings.Join(args, " "), err, &stderr)
	}
	return took, stdout.String()
}

const (
	versionWithin  = 20 * time.Millisecond  // start of pacific version
	localWithin    = 100 * time.Millisecond // what run --local adds to a command
	emulatorWithin = 100 * time.Millisecond // start of the emulator to ready
)

// measurePrograms times whole processes, one after another in turns, so that all see the same machine.
func measurePrograms(t *testing.T, b *bench) {
	if runtime.GOOS == "windows" {
		t.Skip("echo is no program there")
	}
	const said = "hello world\n"
	var bare, version, local, emulator sample
	for range b.size.rounds {
		took, out := timed(t, "echo", "hello world")
		if bare.add(took); out != said {
			t.Fatalf("echo printed %q", out)
		}
		took, out = timed(t, b.pacific, "version")
		if version.add(took); !strings.HasPrefix(out, "pacific ") {
			t.Fatalf("version printed %q", out)
		}
		took, out = timed(t, b.pacific, "run", "--local", "--", "echo", "hello world")
		if local.add(took); out != said {
			t.Fatalf("run --local printed %q, want %q", out, said)
		}
		e := startEmulator(t, b.pacific)
		emulator.add(e.ready)
		e.stop()
	}
	base := bare.median()
	more := local.median() - base
	b.table.add(row{
		what: "start of pacific version, to its end", got: millis(version.median()), beside: "echo " + millis(base),
		ratio: times(version.median(), base), expected: "under 20 ms", missed: version.median() >= versionWithin,
	})
	b.table.add(row{
		what: "run --local -- echo: more than echo alone", got: millis(more), beside: "pacific version " + millis(version.median()),
		ratio: times(more, version.median()), expected: "under 100 ms", missed: more >= localWithin,
	})
	b.table.add(row{
		what: "pacific emulator start, to ready", got: millis(emulator.median()), beside: "pacific version " + millis(version.median()),
		ratio: times(emulator.median(), version.median()), expected: "under 100 ms", missed: emulator.median() >= emulatorWithin,
	})
}
