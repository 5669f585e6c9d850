package docker

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/moby/moby/api/pkg/stdcopy"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"

	"github.com/pacific-aci/pacific/emulator/azure/internal/engine"
)

// dockerContainer is a container on the daemon:
//
//	created ──▶ started ── wait: the daemon says that it has ended ──▶ done ── removed ──▶ gone
//	   │          │ ▲                                                  ▲ ▲
//	   │          │ └ Stop: SIGTERM, and after the grace SIGKILL       │ │
//	   │          └ the daemon is silent, or does not know: Unknown ───┘ │
//	   └ the program cannot be run: 126 or 127 ──────────────────────────┘
//
// done means that the output is complete too. One goroutine, follow, takes it from started to gone.
type dockerContainer struct {
	group   *group
	id      string
	limited bool // it has a memory limit
	output  io.Writer
	event   func(name, message string)

	ctx  context.Context // ends when the daemon is given up
	lose context.CancelCauseFunc

	done chan struct{} // closed when it has ended and its output is complete; exit is valid then
	exit engine.Exit
	gone chan struct{} // closed when it was removed from the daemon, or left there; left says why
	left error

	mu     sync.Mutex
	over   bool        // it has ended
	killed bool        // by us
	kill   *time.Timer // sends SIGKILL after a grace, at the time at
	at     time.Time
}

// newContainer stands for a container that the daemon has created and not started. Its ctx is the engine's: it outlives the
// request that made it, and ends with Close or when lose gives the daemon up.
func newContainer(g *group, id string, spec engine.ContainerSpec) *dockerContainer {
	c := &dockerContainer{
		group: g, id: id, limited: spec.MemoryGB > 0, output: spec.Output, event: spec.Event,
		done: make(chan struct{}), gone: make(chan struct{}),
	}
	c.ctx, c.lose = context.WithCancelCause(g.engine.ctx)
	if c.output == nil {
		c.output = io.Discard
	}
	return c
}

// start starts a container that was created. After an error there was no container, as far as the user is told.
func (c *dockerContainer) start(ctx context.Context, spec engine.ContainerSpec) error {
	e := c.group.engine
	if spec.CAFile != "" {
		content, err := os.ReadFile(spec.CAFile)
		if err == nil {
			err = e.copyTo(ctx, c.id, map[string][]byte{engine.CAPath[1:]: content})
		}
		if err != nil {
			return fmt.Errorf("giving container %s the certificate authorities that it is to trust: %w", spec.Name, err)
		}
	}
	stream, attached := e.cli.ContainerAttach(ctx, c.id, client.ContainerAttachOptions{Stream: true, Stdout: true, Stderr: true})
	// Started even if attaching has failed: podman fails to attach where the program is missing, and only the start says so.
	_, err := e.cli.ContainerStart(ctx, c.id, client.ContainerStartOptions{})
	if attached == nil && err != nil {
		stream.Close()
	}
	if err != nil {
		return c.notStarted(spec, err)
	}
	if attached != nil {
		return fmt.Errorf("attaching to container %s: %w", spec.Name, attached)
	}
	e.tasks.Go(func() { c.follow(stream.HijackedResponse) })
	return nil
}

// notStarted deals with a start that the daemon refused. If the program cannot be run, the container has started and ended
// at once as far as the user is told, as in Azure. Any other refusal is an error.
func (c *dockerContainer) notStarted(spec engine.ContainerSpec, err error) error {
	code := startFailure(err.Error())
	if code == 0 {
		return fmt.Errorf("starting container %s: %w", spec.Name, err)
	}
	c.group.engine.tasks.Go(func() {
		_, _ = fmt.Fprintf(c.output, "pacific: %s\n", oneLine(err.Error()))
		c.finish(engine.Exit{Code: code}, nil)
	})
	return nil
}

// patience is how long a stream may stay open without output after its container's end. A daemon that works closes it at
// once. The time that our own log takes does not count.
const patience = 5 * time.Second

// follow copies the output to its end and waits for the container's. It runs once, from a successful start, and is the only
// caller of finish on that way: whatever the daemon does, Done closes, because wait ends with the engine at the latest.
// The order matters: done is closed only after the last byte is copied, so that who waits for it can read the log.
func (c *dockerContainer) follow(stream client.HijackedResponse) {
	tail := &tail{r: stream.Reader, conn: stream.Conn}
	copied := make(chan struct{})
	go func() {
		defer close(copied)
		_, _ = stdcopy.StdCopy(c.output, c.output, tail) // its error does not matter: wait says how the container ended
	}()
	stop := context.AfterFunc(c.ctx, stream.Close) // for a daemon that is given up
	exit, err := c.wait()
	tail.ended()
	<-copied
	stop()
	stream.Close()
	if err != nil {
		c.lost(err)
	}
	c.finish(exit, err)
}

// lost tells the user that the end shown next is not the program's own.
func (c *dockerContainer) lost(err error) {
	message := "lost sight of the container: " + oneLine(err.Error())
	if c.event != nil {
		c.event("LostContainer", message)
	}
}

// lostCode is the exit code of a container whose daemon is gone. Exit.Unknown says that it means nothing.
const lostCode = 255

// wait waits for the container's end. Its error means that the daemon can no longer say how the container ended.
//
//	wait (inspectEvery at most) ──▶ inspect ──┬─ not running ──────────────────▶ its exit code
//	  ▲                                       ├─ no such container ────────────▶ 137: somebody removed it
//	  │                                       ├─ no answer in time ────────────▶ Unknown, errSilent
//	  └── 200 ms ◀── still there or an error ─┴─ ten tries in a row, or Close ▶ Unknown
//
// The inspection alone decides. The wait only says when to inspect: it may also end by its deadline, or with an
// error of the daemon's.
func (c *dockerContainer) wait() (engine.Exit, error) {
	e := c.group.engine
	for tries := 0; ; tries++ {
		began := time.Now()
		// A wait has a deadline, after which the container is inspected: a daemon that hangs would not end the wait.
		ctx, cancel := context.WithTimeout(c.ctx, e.inspectEvery)
		wait := e.cli.ContainerWait(ctx, c.id, client.ContainerWaitOptions{Condition: container.WaitConditionNotRunning})
		select {
		case <-wait.Result:
		case err := <-wait.Error:
			if notFound(err) {
				cancel()
				return engine.Exit{Code: 137}, nil // somebody has removed it
			}
		}
		cancel()
		ctx, cancel = context.WithTimeout(c.ctx, e.inspectEvery)
		found, err := e.cli.ContainerInspect(ctx, c.id, client.ContainerInspectOptions{})
		silent := ctx.Err() != nil
		cancel()
		switch state := found.Container.State; {
		case err == nil && state != nil && !state.Running:
			return engine.Exit{Code: state.ExitCode, OOMKilled: c.outOfMemory(state)}, nil
		case notFound(err):
			return engine.Exit{Code: 137}, nil
		case c.ctx.Err() != nil:
			return engine.Exit{Code: lostCode, Unknown: true}, context.Cause(c.ctx)
		case err != nil && silent:
			return engine.Exit{Code: lostCode, Unknown: true}, errSilent
		case err == nil && time.Since(began) > min(answerTime, e.inspectEvery):
			tries = 0 // the wait reached its deadline, and the container runs
		case tries == 10: // two seconds, in which a daemon that restarts is back
			if err == nil {
				err = errors.New("it runs, but cannot be waited for")
			}
			return engine.Exit{Code: lostCode, Unknown: true}, err
		}
		time.Sleep(200 * time.Millisecond)
	}
}

// outOfMemory reports whether the memory limit ended the container. Podman does not say, and a busy dockerd says it late: so
// a SIGKILL that we did not send counts as the limit's, where there is one.
func (c *dockerContainer) outOfMemory(state *container.State) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return state.ExitCode != 0 && state.OOMKilled || c.limited && !c.killed && state.ExitCode == 137
}

// finish is called once for each container that was started. It tells those who wait that the container has ended, and then removes it. A silent daemon keeps it until the next New.
func (c *dockerContainer) finish(exit engine.Exit, lost error) {
	c.mu.Lock()
	c.over, c.exit = true, exit
	if c.kill != nil {
		c.kill.Stop()
	}
	c.mu.Unlock()
	close(c.done)
	defer c.lose(nil)
	defer close(c.gone)
	if errors.Is(lost, errSilent) {
		c.left = lost
		return
	}
	ctx, cancel := c.group.engine.ending(c.ctx)
	defer cancel()
	c.left = orSilence(ctx, c.group.engine.removeContainer(ctx, c.id))
}

// isGone reports whether the daemon has the container no more. One that was left there is not gone.
func (c *dockerContainer) isGone() bool {
	select {
	case <-c.gone:
		return c.left == nil
	default:
		return false
	}
}

// Done is closed when the container has ended and its output is complete.
func (c *dockerContainer) Done() <-chan struct{} { return c.done }

// Exit is how it ended; it is valid after Done.
func (c *dockerContainer) Exit() engine.Exit { return c.exit }

// Stop asks the container to end and returns at once; SIGKILL follows after the grace. A second call may only shorten the
// grace. Both signals are sent in the background, since a daemon may take seconds.
func (c *dockerContainer) Stop(grace time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.over {
		return
	}
	if grace <= 0 {
		c.killed = true
		c.signal("SIGKILL")
		return
	}
	at := time.Now().Add(grace)
	switch {
	case c.kill == nil:
		c.signal("SIGTERM")
		c.kill = time.AfterFunc(grace, func() { c.Stop(0) })
	case at.Before(c.at):
		c.kill.Reset(grace)
	default:
		return
	}
	c.at = at
}

// signal sends a signal in the background. Call it with mu held and only before the container is over: so Close waits for it.
// It does no harm if the container ends meanwhile.
func (c *dockerContainer) signal(name string) {
	e := c.group.engine
	e.tasks.Go(func() {
		ctx, cancel := e.ending(c.ctx)
		defer cancel()
		_, err := e.cli.ContainerKill(ctx, c.id, client.ContainerKillOptions{Signal: name})
		if err != nil && ctx.Err() != nil && name == "SIGKILL" {
			c.lose(context.Cause(ctx)) // the daemon cannot end it, and may never report its end
		}
	})
}

// tail reads a stream that may stay open after the container's end.
type tail struct {
	r    io.Reader
	conn net.Conn
	over atomic.Bool
}

func (t *tail) Read(p []byte) (int, error) {
	if t.over.Load() {
		_ = t.conn.SetReadDeadline(time.Now().Add(patience)) // before each read: the log may have taken any time
	}
	return t.r.Read(p)
}

func (t *tail) ended() {
	t.over.Store(true)
	_ = t.conn.SetReadDeadline(time.Now().Add(patience)) // for the read that is under way
}
