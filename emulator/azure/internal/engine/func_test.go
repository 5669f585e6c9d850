package engine_test

import (
	"context"
	"errors"
	"io"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pacific-aci/pacific/emulator/azure/internal/engine"
	"github.com/pacific-aci/pacific/emulator/azure/internal/engine/enginetest"
)

func TestFuncContract(t *testing.T) {
	enginetest.Run(t, enginetest.Target{
		Around: synctest.Test,
		New: func(t *testing.T) engine.Engine {
			forever := make(chan struct{})
			e := engine.NewFunc(func(ctx context.Context, c engine.Call) int {
				return enginetest.Program(ctx, enginetest.World{
					Args: c.Spec.Command, Stdin: c.Stdin, Stdout: c.Spec.Output, Forever: forever,
					LookupEnv: func(k string) (string, bool) { return engine.Lookup(c.Spec.Env, k) },
				})
			})
			return closing{e, sync.OnceFunc(func() { close(forever) })}
		},
		Spec:        func(p ...string) *engine.ContainerSpec { return &engine.ContainerSpec{Command: p} },
		ExecCommand: func(p ...string) string { return strings.Join(p, " ") },
	})
}

// closing lets functions return that ignore their context, before Close waits for them.
type closing struct {
	engine.Engine
	before func()
}

func (c closing) Close() error {
	c.before()
	return c.Engine.Close()
}

// one starts a container of a function.
func one(t *testing.T, f engine.Func, spec engine.ContainerSpec) (engine.Engine, engine.Container) {
	t.Helper()
	e := engine.NewFunc(f)
	g, err := e.NewGroup(t.Context(), engine.GroupSpec{Name: "group"})
	if err != nil {
		t.Fatal(err)
	}
	c, err := g.Start(t.Context(), spec)
	if err != nil {
		t.Fatal(err)
	}
	return e, c
}

func TestFuncCause(t *testing.T) {
	for _, tt := range []struct {
		name  string
		grace time.Duration
		want  error
	}{{"stop", time.Minute, engine.ErrStopped}, {"kill", 0, engine.ErrKilled}} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var cause error
				e, c := one(t, func(ctx context.Context, _ engine.Call) int {
					<-ctx.Done()
					cause = context.Cause(ctx)
					return 0
				}, engine.ContainerSpec{})
				c.Stop(tt.grace)
				<-c.Done()
				if err := e.Close(); err != nil {
					t.Fatal(err)
				}
				if !errors.Is(cause, tt.want) {
					t.Errorf("cause: got %v, want %v", cause, tt.want)
				}
			})
		})
	}
}

func TestFuncLateOutputIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log enginetest.Log
		release, late := make(chan struct{}), make(chan error, 1)
		e, c := one(t, func(_ context.Context, c engine.Call) int {
			<-release
			_, err := io.WriteString(c.Spec.Output, "too late")
			late <- err
			return 0
		}, engine.ContainerSpec{Output: &log})
		c.Stop(time.Second)
		<-c.Done()
		close(release)
		if err := <-late; !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("late write: got %v, want io.ErrClosedPipe", err)
		}
		if got := c.Exit().Code; got != 137 {
			t.Errorf("exit code: got %d, want 137", got)
		}
		if err := e.Close(); err != nil {
			t.Fatal(err)
		}
		if got := log.String(); got != "" {
			t.Errorf("log: got %q, want nothing", got)
		}
	})
}

func TestFuncGoexit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, c := one(t, func(_ context.Context, c engine.Call) int {
			runtime.Goexit()
			return 0
		}, engine.ContainerSpec{})
		<-c.Done()
		if got := c.Exit().Code; got != 255 {
			t.Errorf("exit code: got %d, want 255", got)
		}
		if err := e.Close(); err != nil {
			t.Fatal(err)
		}
	})
}

func TestFuncCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var got engine.Call
		e, c := one(t, func(_ context.Context, c engine.Call) int {
			got = c
			n, err := c.Stdin.Read(make([]byte, 1))
			_, werr := c.Spec.Output.Write([]byte("nobody listens"))
			if n != 0 || err != io.EOF || werr != nil {
				return 1
			}
			return 0
		}, engine.ContainerSpec{Name: "job", Env: []string{"A=1"}})
		<-c.Done()
		if c.Exit().Code != 0 || got.Group.Name != "group" || got.Spec.Name != "job" || got.Getenv("A") != "1" || got.Exec {
			t.Errorf("exit %+v, call %+v", c.Exit(), got)
		}
		if err := e.Close(); err != nil {
			t.Fatal(err)
		}
	})
}
