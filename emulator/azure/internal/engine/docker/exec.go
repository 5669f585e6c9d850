package docker

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/moby/moby/api/pkg/stdcopy"
	"github.com/moby/moby/client"

	"github.com/pacific-aci/pacific/emulator/azure/internal/engine"
)

// Exec runs a further program, in a terminal if it has rows and columns. When ctx ends, the program is killed where that
// is possible (a daemon on this machine, and the right to); elsewhere it goes on until the container ends, since
// the daemon has no call for it.
func (c *dockerContainer) Exec(ctx context.Context, spec engine.ExecSpec) (int, error) {
	e := c.group.engine
	select {
	case <-c.done:
		return 0, engine.ErrNotRunning
	default:
	}
	command := spec.Argv()
	if len(command) == 0 {
		return 127, nil
	}
	tty := spec.Rows > 0 && spec.Cols > 0
	var size client.ConsoleSize
	if tty {
		size = client.ConsoleSize{Height: uint(spec.Rows), Width: uint(spec.Cols)}
	}
	made, err := e.cli.ExecCreate(ctx, c.id, client.ExecCreateOptions{
		Cmd: command, TTY: tty, ConsoleSize: size, AttachStdin: spec.Stdin != nil, AttachStdout: true, AttachStderr: true,
	})
	if err != nil {
		return c.execError(ctx, err)
	}
	stream, err := e.cli.ExecAttach(ctx, made.ID, client.ExecAttachOptions{TTY: tty, ConsoleSize: size})
	if err != nil {
		return c.execError(ctx, err)
	}
	defer stream.Close()
	if tty { // a daemon before API 1.42 knows no size at the start
		_, _ = e.cli.ExecResize(ctx, made.ID, client.ExecResizeOptions(size))
	}
	if spec.Stdin != nil {
		// It ends with the caller's Stdin, or with the next Read of it after the program's end.
		go func() {
			_, _ = io.Copy(stream.Conn, spec.Stdin)
			_ = stream.CloseWrite()
		}()
	}
	copied := make(chan struct{})
	go func() {
		defer close(copied)
		copyOutput(spec.Output, stream.Reader, tty)
	}()
	select {
	case <-copied:
		return c.execCode(ctx, made.ID)
	case <-c.done:
		stream.Close()
		<-copied
		return 137, nil
	case <-ctx.Done():
		c.killExec(made.ID)
		stream.Close()
		<-copied
		return 0, context.Cause(ctx)
	}
}

// copyOutput copies to the end of r. Without a terminal the daemon sends stdout and stderr in frames, with one as they are.
func copyOutput(w io.Writer, r io.Reader, tty bool) {
	if w == nil {
		w = io.Discard
	}
	if tty {
		_, _ = io.Copy(w, r)
		return
	}
	_, _ = stdcopy.StdCopy(w, w, r)
}

// execCode asks for the exit code of a program whose output has ended: it may take the daemon a moment to know.
func (c *dockerContainer) execCode(ctx context.Context, id string) (int, error) {
	ask := time.NewTicker(10 * time.Millisecond)
	defer ask.Stop()
	for {
		found, err := c.group.engine.cli.ExecInspect(ctx, id, client.ExecInspectOptions{})
		if err != nil {
			return c.execError(ctx, err)
		}
		if !found.Running {
			return found.ExitCode, nil
		}
		select {
		case <-ask.C:
		case <-c.done:
			return 137, nil
		case <-ctx.Done():
			c.killExec(id)
			return 0, context.Cause(ctx)
		}
	}
}

// execError is an exec's error: ErrNotRunning if the container has ended, which may happen at any time, else the daemon's.
func (c *dockerContainer) execError(ctx context.Context, err error) (int, error) {
	if ctx.Err() != nil {
		return 0, context.Cause(ctx)
	}
	select {
	case <-c.done:
		return 137, nil
	case <-time.After(patience / 5): // the daemon may know of it before we do
		return 0, fmt.Errorf("running a command in the container: %w", err)
	}
}

// killExec kills an exec's program.
func (c *dockerContainer) killExec(id string) {
	e := c.group.engine
	if !e.daemon.local {
		return
	}
	ctx, cancel := call(e.ctx)
	defer cancel()
	if found, err := e.cli.ExecInspect(ctx, id, client.ExecInspectOptions{}); err == nil && found.Running && found.PID > 0 {
		killInContainer(found.PID, c.id)
	}
}
