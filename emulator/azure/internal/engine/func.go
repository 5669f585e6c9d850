package engine

import (
	"context"
	"errors"
	"io"
	"slices"
	"sync"
	"time"
)

// Func is a container as a Go function; its result is the exit code. It may run in many goroutines at once.
//
// ctx ends when the container is stopped ([ErrStopped] is its cause) or killed ([ErrKilled]). A function that has
// not returned when the grace is over has its container ended without it, with exit code 137; what it writes from then
// on is refused. [Engine].Close waits for the function itself, so it should return when ctx ends.
type Func func(ctx context.Context, c Call) int

// Call is what a Func is called with: a container's start, or an exec in it.
type Call struct {
	// Group is the container's group.
	Group GroupSpec
	// Spec is the container, its Output always usable. In an exec, Command and Output are those of the exec.
	Spec ContainerSpec
	// Exec is true where this is a further command in a running container.
	Exec bool
	// Stdin is the input of an exec; never nil, and empty for a container.
	Stdin io.Reader
	// Rows and Cols are the terminal of an exec; 0 × 0 is no terminal.
	Rows, Cols int
}

// Getenv gives a variable of the container, empty if it is not set.
func (c Call) Getenv(key string) string {
	v, _ := Lookup(c.Spec.Env, key)
	return v
}

// ErrStopped is the cause with which a Func's context ends when its container is asked to stop.
var ErrStopped = errors.New("the container is asked to stop")

// ErrKilled is the cause with which a Func's context ends when its container is killed.
var ErrKilled = errors.New("the container is killed")

// killedCode is how a container ends that gets SIGKILL.
const killedCode = 137

// goexitCode is the exit code of a function that leaves by runtime.Goexit (a test's FailNow): it must not leave a
// container that runs for ever.
const goexitCode = 255

// NewFunc makes a function the engine: every container of every group is a call of it. Images are not looked up, and
// volumes are the function's own business (Call.Group has them). It works in package testing/synctest.
func NewFunc(f Func) Engine { return &funcEngine{f: f} }

type funcEngine struct {
	f      Func
	groups Groups
	calls  sync.WaitGroup
}

func (*funcEngine) Name() string { return "func" }

// OnLoopback is false: a function listens nowhere, as far as the emulator knows.
func (*funcEngine) OnLoopback() bool { return false }

func (e *funcEngine) NewGroup(_ context.Context, spec GroupSpec) (Group, error) {
	g := &funcGroup{engine: e, spec: spec}
	if err := e.groups.Add(g); err != nil {
		return nil, err
	}
	return g, nil
}

func (e *funcEngine) Close() error {
	err := e.groups.Close(context.Background())
	e.calls.Wait()
	return err
}

type funcGroup struct {
	engine *funcEngine
	spec   GroupSpec

	mu         sync.Mutex
	removed    bool
	containers []*funcContainer
}

func (*funcGroup) Pull(ctx context.Context, spec PullSpec) (Image, error) {
	return LookupImage(ctx, spec)
}

func (g *funcGroup) Start(ctx context.Context, spec ContainerSpec) (Container, error) {
	c := &funcContainer{group: g, out: newGate(spec.Output), done: make(chan struct{})}
	spec.Output = c.out
	c.call = Call{Group: g.spec, Spec: spec, Stdin: eof{}}
	// The container outlives its start, so only ctx's values go on.
	c.ctx, c.cancel = context.WithCancelCause(context.WithoutCancel(ctx))

	g.mu.Lock()
	defer g.mu.Unlock()
	if g.removed {
		c.cancel(ErrClosed)
		return nil, ErrClosed
	}
	g.containers = slices.DeleteFunc(g.containers, (*funcContainer).ended)
	g.containers = append(g.containers, c)
	g.engine.calls.Go(c.run)
	return c, nil
}

func (g *funcGroup) Remove(ctx context.Context) error {
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
			return context.Cause(ctx)
		}
	}
	g.engine.groups.Forget(g)
	return nil
}

type funcContainer struct {
	group  *funcGroup
	call   Call
	ctx    context.Context // the container's life, not a call's
	cancel context.CancelCauseFunc
	out    *gate
	done   chan struct{}

	mu     sync.Mutex
	over   bool
	killed bool
	exit   Exit
	timers []*time.Timer
}

func (c *funcContainer) run() {
	code := goexitCode
	defer func() { c.end(Exit{Code: code}) }()
	code = c.group.engine.f(c.ctx, c.call)
}

// end ends the container, unless it has ended: no further output, then Done.
func (c *funcContainer) end(exit Exit) {
	c.mu.Lock()
	if c.over {
		c.mu.Unlock()
		return
	}
	if c.killed { // whatever the function makes of it
		exit = Exit{Code: killedCode}
	}
	c.over, c.exit = true, exit
	for _, t := range c.timers {
		t.Stop()
	}
	c.mu.Unlock()
	c.cancel(ErrKilled)
	c.out.close()
	close(c.done)
}

func (c *funcContainer) ended() bool {
	select {
	case <-c.done:
		return true
	default:
		return false
	}
}

func (c *funcContainer) Done() <-chan struct{} { return c.done }
func (c *funcContainer) Exit() Exit            { return c.exit }

func (c *funcContainer) Stop(grace time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.over {
		return
	}
	if grace <= 0 {
		c.kill()
		return
	}
	c.cancel(ErrStopped)
	c.timers = append(c.timers, time.AfterFunc(grace, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.kill()
	}))
}

// kill ends the container whatever its function does. It is called with mu held.
func (c *funcContainer) kill() {
	if c.over || c.killed {
		return
	}
	c.killed = true
	c.out.refuse()
	c.cancel(ErrKilled)
	// In a goroutine of its own: end waits for a write that is under way, and Stop must not.
	c.group.engine.calls.Go(func() { c.end(Exit{Code: killedCode}) })
}

func (c *funcContainer) Exec(ctx context.Context, spec ExecSpec) (int, error) {
	call := c.call
	call.Exec, call.Rows, call.Cols = true, spec.Rows, spec.Cols
	call.Spec.Command = spec.Argv()
	if spec.Stdin != nil {
		call.Stdin = spec.Stdin
	}
	out := newGate(spec.Output)
	call.Spec.Output = out

	defer out.close()
	run, cancel := context.WithCancelCause(ctx)
	defer cancel(ErrKilled)
	result := make(chan int, 1)
	c.mu.Lock()
	if c.over {
		c.mu.Unlock()
		return 0, ErrNotRunning
	}
	c.group.engine.calls.Go(func() {
		code := goexitCode
		defer func() { result <- code }()
		code = c.group.engine.f(run, call)
	})
	c.mu.Unlock()
	select {
	case code := <-result:
		if err := context.Cause(ctx); err != nil {
			return 0, err // the function has returned because of that
		}
		return code, nil
	case <-c.done:
		return killedCode, nil
	case <-ctx.Done():
		return 0, context.Cause(ctx)
	}
}

// eof is an empty input.
type eof struct{}

func (eof) Read([]byte) (int, error) { return 0, io.EOF }
