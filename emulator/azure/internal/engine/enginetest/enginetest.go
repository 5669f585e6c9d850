// Package enginetest is the contract of the engines as tests: one table of behaviours, run on every implementation.
// Call [Run].
package enginetest

import (
	"context"
	"testing"
	"time"

	"github.com/pacific-aci/pacific/emulator/azure/internal/engine"
)

// Target is one implementation and what it can do.
type Target struct {
	// New makes a fresh engine. Run closes it.
	New func(t *testing.T) engine.Engine
	// Spec makes the container that runs one of Program's programs; nil where the engine cannot.
	Spec func(program ...string) *engine.ContainerSpec
	// ExecCommand is the command of an exec of a program; nil where the engine cannot exec.
	ExecCommand func(program ...string) string
	// MountPrefix comes before the path of a mounted file: "." where mounts are below the working folder.
	MountPrefix string
	// Files and Network say that containers have volumes, and a localhost together.
	Files, Network bool
	// Around runs each test, such as in a bubble of testing/synctest; nil runs it as it is.
	Around func(t *testing.T, test func(t *testing.T))
}

// bench is one engine with one group under test.
type bench struct {
	Target
	engine engine.Engine
	group  engine.Group
	share  string // the folder of the volume "share"
}

// newGroup makes a group with the volumes of the tests.
func (b *bench) newGroup(t *testing.T) engine.Group {
	t.Helper()
	g, err := b.engine.NewGroup(t.Context(), engine.GroupSpec{ID: "g-1", Name: "group", Volumes: []engine.Volume{
		{Name: "shared"}, {Name: "secret", Files: map[string][]byte{"key": []byte("s3cret")}}, {Name: "share", Share: b.share},
	}})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// Run runs every behaviour on a target.
func Run(t *testing.T, target Target) {
	for _, behaviour := range slicesOf(lifecycle, execs, volumes) {
		t.Run(behaviour.name, func(t *testing.T) {
			test := func(t *testing.T) {
				e := target.New(t)
				defer func() {
					if err := e.Close(); err != nil {
						t.Errorf("closing the engine: %v", err)
					}
				}()
				b := &bench{Target: target, engine: e, share: t.TempDir()}
				b.group = b.newGroup(t)
				behaviour.test(t, b)
			}
			if target.Around != nil {
				target.Around(t, test)
			} else {
				test(t)
			}
		})
	}
}

// behaviour is one row of the contract.
type behaviour struct {
	name string
	test func(t *testing.T, b *bench)
}

func slicesOf(tables ...[]behaviour) (all []behaviour) {
	for _, t := range tables {
		all = append(all, t...)
	}
	return all
}

// spec makes a container's spec, or skips the test.
func (b *bench) spec(t *testing.T, program ...string) (engine.ContainerSpec, *Log) {
	t.Helper()
	spec := b.Spec(program...)
	if spec == nil {
		t.Skipf("%s runs no %q", b.engine.Name(), program[0])
	}
	if spec.Name == "" {
		spec.Name = "job"
	}
	log := &Log{}
	spec.Output = log
	return *spec, log
}

// start starts a program as the container "job".
func (b *bench) start(t *testing.T, program ...string) (engine.Container, *Log) {
	t.Helper()
	spec, log := b.spec(t, program...)
	return b.run(t, spec), log
}

func (b *bench) run(t *testing.T, spec engine.ContainerSpec) engine.Container {
	t.Helper()
	// The start's context ends at once: the container must not care.
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	if _, err := b.group.Pull(ctx, engine.PullSpec{Image: spec.Image}); err != nil {
		t.Fatal(err)
	}
	c, err := b.group.Start(ctx, spec)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// wantExit waits for the end of a container.
func wantExit(t *testing.T, c engine.Container, code int) {
	t.Helper()
	select {
	case <-c.Done():
	case <-t.Context().Done():
		t.Fatal("the container never ended")
	}
	if got := c.Exit(); got.Code != code || got.OOMKilled {
		t.Errorf("exit: got %+v, want code %d", got, code)
	}
}

// Long is longer than any test takes.
const Long = time.Hour
