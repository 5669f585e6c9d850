package simulate_test

import (
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pacific-aci/pacific/emulator/azure/internal/engine"
	"github.com/pacific-aci/pacific/emulator/azure/internal/engine/enginetest"
	"github.com/pacific-aci/pacific/emulator/azure/internal/engine/simulate"
)

func TestContract(t *testing.T) {
	enginetest.Run(t, enginetest.Target{
		Around: synctest.Test,
		New:    func(*testing.T) engine.Engine { return simulate.New() },
		Spec: func(program ...string) *engine.ContainerSpec {
			switch program[0] {
			case "exit":
				return &engine.ContainerSpec{Env: []string{"SIM_RUN_FOR=0s", "SIM_EXIT_CODE=" + program[1]}}
			case "lines":
				return &engine.ContainerSpec{Env: []string{"SIM_LINES_PER_SECOND=" + program[1]}}
			case "wait":
				return &engine.ContainerSpec{Env: []string{"SIM_RUN_FOR=1000h"}}
			}
			return nil
		},
	})
}

// start starts a container in a bubble; the engine is closed with the test.
func start(t *testing.T, spec engine.ContainerSpec) (engine.Container, error) {
	t.Helper()
	e := simulate.New()
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	g, err := e.NewGroup(t.Context(), engine.GroupSpec{Name: "group"})
	if err != nil {
		t.Fatal(err)
	}
	return g.Start(t.Context(), spec)
}

func TestBehaviour(t *testing.T) {
	for _, tt := range []struct {
		env   string
		took  time.Duration
		code  int
		lines int
		bytes int
	}{
		{"", time.Second, 0, 0, 0},
		{"SIM_RUN_FOR=0s", 0, 0, 0, 0},
		{"SIM_RUN_FOR=0s SIM_LINES_PER_SECOND=5", 0, 0, 0, 0},
		{"SIM_RUN_FOR=1500ms SIM_EXIT_CODE=3", 1500 * time.Millisecond, 3, 0, 0},
		{"SIM_RUN_FOR=9s SIM_RUN_FOR=2s", 2 * time.Second, 0, 0, 0},
		{"SIM_EXIT_CODE=-1", time.Second, -1, 0, 0},
		{"SIM_LINES_PER_SECOND=1 SIM_RUN_FOR=3s", 3 * time.Second, 0, 3, 3 * 80},
		{"SIM_LINES_PER_SECOND=1 SIM_RUN_FOR=3999ms", 3999 * time.Millisecond, 0, 3, 3 * 80},
		{"SIM_LINES_PER_SECOND=3 SIM_RUN_FOR=1h", time.Hour, 0, 10800, 10800 * 80},
		{"SIM_LINES_PER_SECOND=10000 SIM_RUN_FOR=10s", 10 * time.Second, 0, 100_000, 100_000 * 80},
		{"SIM_LINES_PER_SECOND=7 SIM_LINE_BYTES=1 SIM_RUN_FOR=2s", 2 * time.Second, 0, 14, 9*2 + 5*3},
		{"SIM_LINES_PER_SECOND=2 SIM_LINE_BYTES=1000", time.Second, 0, 2, 2000},
		{"SIM_LINES_PER_SECOND=1000000 SIM_LINE_BYTES=10", time.Second, 0, 1_000_000, 10_000_000},
	} {
		t.Run(tt.env, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var log enginetest.Log
				before := time.Now()
				c, err := start(t, engine.ContainerSpec{Env: strings.Fields(tt.env), Output: &log})
				if err != nil {
					t.Fatal(err)
				}
				<-c.Done()
				text := log.String()
				if took := time.Since(before); took != tt.took || c.Exit().Code != tt.code {
					t.Errorf("ran %v with code %d, want %v with %d", took, c.Exit().Code, tt.took, tt.code)
				}
				if lines := strings.Count(text, "\n"); lines != tt.lines || len(text) != tt.bytes {
					t.Errorf("got %d lines of %d bytes, want %d of %d", lines, len(text), tt.lines, tt.bytes)
				}
				i := 0
				for line := range strings.Lines(text) {
					i++
					if !strings.HasPrefix(line, fmt.Sprint(i)) {
						t.Fatalf("line %d is %q", i, line)
					}
				}
			})
		})
	}
}

func TestLinesComeInTime(t *testing.T) {
	for _, rate := range []int{1, 50, 10_000} {
		synctest.Test(t, func(t *testing.T) {
			var log enginetest.Log
			c, err := start(t, engine.ContainerSpec{Output: &log, Env: []string{"SIM_RUN_FOR=10s", fmt.Sprint("SIM_LINES_PER_SECOND=", rate)}})
			if err != nil {
				t.Fatal(err)
			}
			for second := range 9 {
				time.Sleep(time.Second) // fake time
				synctest.Wait()
				got, want := strings.Count(log.String(), "\n"), (second+1)*rate
				if got < want-rate/100-1 || got > want {
					t.Errorf("%d lines a second: %d after %d s, want %d", rate, got, second+1, want)
				}
			}
			<-c.Done()
		})
	}
}

func TestStop(t *testing.T) {
	for grace, code := range map[time.Duration]int{time.Minute: 143, 0: 137} {
		synctest.Test(t, func(t *testing.T) {
			c, err := start(t, engine.ContainerSpec{Env: []string{"SIM_RUN_FOR=1h", "SIM_LINES_PER_SECOND=10000"}})
			if err != nil {
				t.Fatal(err)
			}
			before := time.Now()
			c.Stop(grace)
			<-c.Done()
			if c.Exit().Code != code || time.Since(before) > 0 {
				t.Errorf("code %d after %v, want %d at once", c.Exit().Code, time.Since(before), code)
			}
		})
	}
}

func TestStopWhileTheLogIsFull(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, w := io.Pipe()
		c, err := start(t, engine.ContainerSpec{Env: []string{"SIM_LINES_PER_SECOND=1000000"}, Output: w})
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute) // fake time: long after its end, were it not for the log
		synctest.Wait()
		select {
		case <-c.Done():
			t.Fatal("it has ended with output that nobody has read")
		default:
		}
		c.Stop(0)
		synctest.Wait()
		buf := make([]byte, 1<<20)
		n, err := io.ReadAtLeast(r, buf, 1)
		if err != nil || n == 0 {
			t.Fatal(n, err)
		}
		go func() { _, _ = io.Copy(io.Discard, r) }()
		<-c.Done()
		w.Close()
		if c.Exit().Code != 137 {
			t.Errorf("code: got %d, want 137", c.Exit().Code)
		}
	})
}

func TestRefusals(t *testing.T) {
	for _, bad := range []string{
		"SIM_RUN_FOR=", "SIM_RUN_FOR=5", "SIM_RUN_FOR=-1s", "SIM_RUN_FOR=soon",
		"SIM_LINES_PER_SECOND=", "SIM_LINES_PER_SECOND=-1", "SIM_LINES_PER_SECOND=1.5", "SIM_LINES_PER_SECOND=1000001",
		"SIM_LINE_BYTES=0", "SIM_LINE_BYTES=-1", "SIM_LINE_BYTES=2000000", "SIM_LINE_BYTES=80b",
		"SIM_EXIT_CODE=", "SIM_EXIT_CODE=one", "SIM_EXIT_CODE=3221225786",
	} {
		synctest.Test(t, func(t *testing.T) {
			_, err := start(t, engine.ContainerSpec{Name: "job", Env: []string{bad}})
			refused, ok := errors.AsType[*engine.StartError](err)
			if !ok {
				t.Fatalf("%s: got %v, want a *StartError", bad, err)
			}
			name, _, _ := strings.Cut(bad, "=")
			if refused.Container != "job" || !strings.HasPrefix(refused.Message, name+" is ") || strings.Contains(err.Error(), "\n") {
				t.Errorf("%s: the error does not say what is wrong: %v", bad, err)
			}
		})
	}
}

func TestExec(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, err := start(t, engine.ContainerSpec{})
		if err != nil {
			t.Fatal(err)
		}
		var out enginetest.Log
		code, err := c.Exec(t.Context(), engine.ExecSpec{Command: "ls", Output: &out})
		if code != 127 || err != nil || !strings.Contains(out.String(), "runs no programs") {
			t.Errorf("got %d, %v, %q", code, err, out.String())
		}
		<-c.Done()
		if _, err := c.Exec(t.Context(), engine.ExecSpec{Command: "ls"}); !errors.Is(err, engine.ErrNotRunning) {
			t.Errorf("after the end: got %v, want ErrNotRunning", err)
		}
	})
}

// A thousand groups must fit where an emulator has 20 KB for each, most of which is not the engine's.
func TestMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := simulate.New()
		defer e.Close()
		const n = 1000
		env := []string{"SIM_RUN_FOR=1h", "SIM_LINES_PER_SECOND=1"}
		before, goroutines := heap(), runtime.NumGoroutine()
		groups := make([]engine.Group, n)
		for i := range groups {
			g, err := e.NewGroup(t.Context(), engine.GroupSpec{Name: "group"})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := g.Start(t.Context(), engine.ContainerSpec{Env: env, Output: io.Discard}); err != nil {
				t.Fatal(err)
			}
			groups[i] = g
		}
		synctest.Wait()
		each := (heap() - before) / n
		if each > 2048 {
			t.Errorf("a group costs %d bytes, want at most 2048", each)
		}
		t.Logf("a group costs %d bytes", each)
		if more := runtime.NumGoroutine() - goroutines; more > 10 {
			t.Errorf("%d groups run %d goroutines: want timers", n, more)
		}
		runtime.KeepAlive(groups)
	})
}

func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
