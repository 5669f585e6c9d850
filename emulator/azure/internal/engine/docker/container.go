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

// dockerContainer is a container on the daemon.
type dockerContainer struct {
	group   *group
	id      string
	limited bool // it has a memory limit
	output  io.Writer
	event   func(name, message string)

	ctx  context.Context // ends when the daemon is given up
	lose context.CancelCauseFunc

	done chan struct{} // ended, output complete; exit is valid
	exit engine.Exit
	gone chan struct{} // removed from the daemon; left is valid
	left error

	mu     sync.Mutex
	over   bool
	killed bool
	kill   *time.Timer
	at     time.Time // when kill fires
}

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

// start starts what is created. Its error is that of a container that never was.
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
	// Started even if that has failed: podman finds a missing program already then, and only now says so.
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

// notStarted makes a container of a start that has failed for its program's sake: for the user it has started, and ended
// at once. Any other failure is an error.
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

// patience is how long after a container's end its stream may stay open without a word, as it does not in a daemon that
// works. The time that our own log takes is not counted.
const patience = 5 * time.Second

// follow copies the output to its end and waits for the container's.
func (c *dockerContainer) follow(stream client.HijackedResponse) {
	tail := &tail{r: stream.Reader, conn: stream.Conn}
	copied := make(chan struct{})
	go func() {
		defer close(copied)
		_, _ = stdcopy.StdCopy(c.output, c.output, tail) // how it ends does not matter: the wait tells
	}()
	stop := context.AfterFunc(c.ctx, stream.Close) // a silent daemon has had its time
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

// lost tells the user that what is seen next is not the program's own end.
func (c *dockerContainer) lost(err error) {
	message := "lost sight of the container: " + oneLine(err.Error())
	if c.event != nil {
		c.event("LostContainer", message)
	}
}

// lostCode is what Exit.Code says of a container whose daemon is gone; nobody should read it.
const lostCode = 255

// wait waits for the container's end. It fails when the daemon can no longer tell.
func (c *dockerContainer) wait() (engine.Exit, error) {
	e := c.group.engine
	for tries := 0; ; tries++ {
		began := time.Now()
		// Cut off to look after it at times: a daemon that hangs would never say so.
		ctx, cancel := context.WithTimeout(c.ctx, e.look)
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
		ctx, cancel = context.WithTimeout(c.ctx, e.look)
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
		case err == nil && time.Since(began) > min(answerTime, e.look):
			tries = 0 // a wait that was cut off after a long time: wait again
		case tries == 10: // a daemon that restarts is back within these two seconds
			if err == nil {
				err = errors.New("it runs, but cannot be waited for")
			}
			return engine.Exit{Code: lostCode, Unknown: true}, err
		}
		time.Sleep(200 * time.Millisecond)
	}
}

// outOfMemory reports whether the memory limit ended the container. Podman does not know, and dockerd says it late when it is
// busy; but who else would have killed it?
func (c *dockerContainer) outOfMemory(state *container.State) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return state.ExitCode != 0 && state.OOMKilled || c.limited && !c.killed && state.ExitCode == 137
}

// finish ends the container for those who wait, and then removes it from the daemon; a silent one leaves it to the next start.
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

func (c *dockerContainer) isGone() bool {
	select {
	case <-c.gone:
		return c.left == nil
	default:
		return false
	}
}

func (c *dockerContainer) Done() <-chan struct{} { return c.done }
func (c *dockerContainer) Exit() engine.Exit     { return c.exit }

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

// signal sends a signal in the background; it is called with mu held, while the container is not over, so that Close waits
// for it. A container that has ended in the meantime does not mind.
func (c *dockerContainer) signal(name string) {
	e := c.group.engine
	e.tasks.Go(func() {
		ctx, cancel := e.ending(c.ctx)
		defer cancel()
		_, err := e.cli.ContainerKill(ctx, c.id, client.ContainerKillOptions{Signal: name})
		if err != nil && ctx.Err() != nil && name == "SIGKILL" {
			c.lose(context.Cause(ctx)) // nobody can end it any more, and its end may never be told
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
