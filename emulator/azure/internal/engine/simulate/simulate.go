// Package simulate is an engine that runs nothing: a container behaves as its own environment says. It serves tests
// of scale, and it works in package testing/synctest. Call [New] first.
//
// A container's variables, and their defaults: SIM_RUN_FOR (1s) is how long it runs, SIM_EXIT_CODE (0) how it ends;
// SIM_LINES_PER_SECOND (0) and SIM_LINE_BYTES (80, the newline counted) say what it prints: lines that start with their
// number, from 1. A container waits on a timer, not in a goroutine, and costs about half a kilobyte.
package simulate

import (
	"context"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	"github.com/pacific-aci/pacific/emulator/azure/internal/engine"
)

// New makes the engine.
func New() engine.Engine { return &simulator{} }

type simulator struct {
	groups  engine.Groups
	buffers sync.Pool // of *[]byte, for the lines of one write
}

func (*simulator) Name() string { return "simulate" }

// OnLoopback is false: nothing runs.
func (*simulator) OnLoopback() bool { return false }

func (e *simulator) NewGroup(context.Context, engine.GroupSpec) (engine.Group, error) {
	g := &group{engine: e}
	if err := e.groups.Add(g); err != nil {
		return nil, err
	}
	return g, nil
}

func (e *simulator) Close() error { return e.groups.Close(context.Background()) }

type group struct {
	engine *simulator

	mu         sync.Mutex
	removed    bool
	containers []*container
}

// Pull asks for images of emulated registries alone.
func (*group) Pull(ctx context.Context, spec engine.PullSpec) (engine.Image, error) {
	return engine.LookupImage(ctx, spec)
}

// Start fails with a *StartError for a variable that says nothing.
func (g *group) Start(_ context.Context, spec engine.ContainerSpec) (engine.Container, error) {
	b, err := parse(spec.Env)
	if err != nil {
		return nil, &engine.StartError{Container: spec.Name, Message: err.Error()}
	}
	c := &container{
		behaviour: b, buffers: &g.engine.buffers, out: spec.Output,
		started: time.Now(), done: make(chan struct{}),
	}
	if c.out == nil {
		c.out = io.Discard
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.removed {
		return nil, engine.ErrClosed
	}
	g.containers = slices.DeleteFunc(g.containers, (*container).ended)
	g.containers = append(g.containers, c)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.timer = time.AfterFunc(c.pause(0), c.tick)
	return c, nil
}

func (g *group) Remove(ctx context.Context) error {
	g.mu.Lock()
	g.removed = true
	containers := g.containers
	g.mu.Unlock()
	for _, c := range containers {
		c.Stop(0)
	}
	for _, c := range containers {
		select {
		case <-c.done:
		case <-ctx.Done():
			return fmt.Errorf("waiting for the log of a simulated container: %w", context.Cause(ctx))
		}
	}
	g.engine.groups.Forget(g)
	return nil
}
