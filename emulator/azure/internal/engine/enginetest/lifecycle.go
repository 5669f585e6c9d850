package enginetest

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/pacific-aci/pacific/emulator/azure/internal/engine"
)

var lifecycle = []behaviour{
	{"an exit code is told", func(t *testing.T, b *bench) {
		c, _ := b.start(t, "exit", "3")
		wantExit(t, c, 3)
	}},
	{"all output is there when Done closes", func(t *testing.T, b *bench) {
		c, log := b.start(t, "lines", "20000")
		wantExit(t, c, 0)
		wantLines(t, log.String(), 20000)
	}},
	{"a slow log loses nothing", func(t *testing.T, b *bench) {
		spec, log := b.spec(t, "lines", "20000")
		spec.Output = slow{log}
		wantExit(t, b.run(t, spec), 0)
		wantLines(t, log.String(), 20000)
	}},
	{"stop lets a program end itself", func(t *testing.T, b *bench) {
		c, log := b.start(t, "graceful")
		log.Wait(t, "ready")
		c.Stop(Long)
		wantExit(t, c, 4)
		if got, want := strings.ReplaceAll(log.String(), "\r", ""), "ready\nstopped\n"; got != want {
			t.Errorf("log: got %q, want %q", got, want)
		}
	}},
	{"stop kills after the grace", func(t *testing.T, b *bench) {
		c, log := b.start(t, "stubborn")
		log.Wait(t, "ready")
		asked := time.Now()
		c.Stop(500 * time.Millisecond)
		wantExit(t, c, 137)
		if took := time.Since(asked); took < 500*time.Millisecond {
			t.Errorf("killed after %v, before the grace was over", took)
		}
	}},
	{"stop without a grace kills at once", func(t *testing.T, b *bench) {
		c, log := b.start(t, "graceful")
		log.Wait(t, "ready")
		c.Stop(0)
		wantExit(t, c, 137)
		if strings.Contains(log.String(), "stopped") {
			t.Error("the program had time for a last word")
		}
	}},
	{"of two stops the earlier kill counts", func(t *testing.T, b *bench) {
		c, log := b.start(t, "stubborn")
		log.Wait(t, "ready")
		c.Stop(Long)
		c.Stop(10 * time.Millisecond)
		c.Stop(Long)
		wantExit(t, c, 137)
	}},
	{"stop after the end does nothing", func(t *testing.T, b *bench) {
		c, _ := b.start(t, "exit", "5")
		wantExit(t, c, 5)
		c.Stop(0)
		c.Stop(Long)
		wantExit(t, c, 5)
	}},
	{"a name can be started again", func(t *testing.T, b *bench) {
		c, _ := b.start(t, "exit", "1")
		wantExit(t, c, 1)
		c, log := b.start(t, "lines", "2")
		wantExit(t, c, 0)
		wantLines(t, log.String(), 2)
	}},
	{"remove ends what runs, twice is no error", func(t *testing.T, b *bench) {
		c, _ := b.start(t, "wait")
		for range 2 {
			if err := b.group.Remove(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		wantExit(t, c, 137)
		spec, _ := b.spec(t, "wait")
		if _, err := b.group.Start(t.Context(), spec); !errors.Is(err, engine.ErrClosed) {
			t.Errorf("start after remove: got %v, want ErrClosed", err)
		}
	}},
	{"close ends what runs", func(t *testing.T, b *bench) {
		c, _ := b.start(t, "wait")
		for range 2 {
			if err := b.engine.Close(); err != nil {
				t.Fatal(err)
			}
		}
		wantExit(t, c, 137)
		if _, err := b.engine.NewGroup(t.Context(), engine.GroupSpec{ID: "g-2", Name: "late"}); !errors.Is(err, engine.ErrClosed) {
			t.Errorf("a group after close: got %v, want ErrClosed", err)
		}
	}},
	{"the container's own environment counts, its last value", func(t *testing.T, b *bench) {
		spec, log := b.spec(t, "env", "PLANET")
		spec.Env = append(spec.Env, "PLANET=mars", "PLANET=earth = blue")
		wantExit(t, b.run(t, spec), 0)
		if got, want := strings.TrimSpace(log.String()), `"earth = blue" true`; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}},
	{"arguments come as they are", func(t *testing.T, b *bench) {
		c, log := b.start(t, "args", "a b", "", "$HOME", `"q"`)
		wantExit(t, c, 0)
		if got, want := strings.TrimSpace(log.String()), fmt.Sprintf("%q", []string{"a b", "", "$HOME", `"q"`}); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}},
	{"a missing program starts and ends with 127", func(t *testing.T, b *bench) {
		spec, log := b.spec(t, "no-such-program")
		if b.ExecCommand == nil || !b.Files {
			t.Skip("the engine has no programs to miss")
		}
		spec.Command = []string{"/no/such/program"}
		wantExit(t, b.run(t, spec), 127)
		if !strings.Contains(log.String(), "/no/such/program") {
			t.Errorf("the log does not say what is missing: %q", log.String())
		}
	}},
}

// slow takes its time with every write.
type slow struct{ log *Log }

func (s slow) Write(p []byte) (int, error) {
	time.Sleep(time.Millisecond)
	return s.log.Write(p)
}

// wantLines checks that a log is n lines, each starting with its number.
func wantLines(t *testing.T, log string, n int) {
	t.Helper()
	count := 0
	for line := range strings.Lines(log) {
		count++
		if number, _, _ := strings.Cut(line, " "); number != strconv.Itoa(count) {
			t.Fatalf("line %d: got %q", count, line)
		}
	}
	if count != n {
		t.Errorf("got %d lines, want %d", count, n)
	}
}
