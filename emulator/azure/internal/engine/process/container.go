package process

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/pacific-aci/pacific/emulator/azure/internal/engine"
)

// container is a program of this machine that stands for a container. Its end is that of its first process.
type container struct {
	group  *group
	folder string // its working folder
	env    []string
	child  *child
}

// Done, Exit and Stop are those of the container's first process: its end is the container's, as
// that of PID 1 is.
func (c *container) Done() <-chan struct{}    { return c.child.done }
func (c *container) Exit() engine.Exit        { return engine.Exit{Code: c.child.code} }
func (c *container) Stop(grace time.Duration) { c.child.stop(grace) }

// Exec runs a further program in the container's folder and environment: on a terminal of its own where one is asked
// for, with its echo, line editing, signal keys and size, else over pipes, which carry any bytes. Windows has pipes alone.
// The program ends by itself, with the container or with ctx; in the last case its exit code is not known to anybody.
func (c *container) Exec(ctx context.Context, spec engine.ExecSpec) (int, error) {
	if c.child.ended() {
		return 0, engine.ErrNotRunning
	}
	command := spec.Argv()
	if len(command) == 0 {
		command = []string{""} // no such program: 127
	}
	l := launch{command: command, env: c.env, folder: c.folder, output: spec.Output}
	if spec.Rows > 0 && spec.Cols > 0 && hasTerminals {
		t, err := openTerminal(spec.Rows, spec.Cols)
		if err != nil {
			return 0, fmt.Errorf("making a terminal: %w", err)
		}
		defer t.close()
		l.terminal, l.env = t, withTerm(c.env)
		// It ends with the caller's Stdin, or with the next Read of it after the program's end.
		go t.typeIn(spec.Stdin)
	} else if spec.Stdin != nil {
		r, w, err := os.Pipe()
		if err != nil {
			return 0, err
		}
		defer r.Close()
		defer w.Close()
		l.stdin = r
		// It ends with the caller's Stdin, or with the next Read of it after the program's end.
		go func() {
			_, _ = io.Copy(w, spec.Stdin)
			w.Close()
		}()
	}
	child, err := c.group.exec(l)
	if err != nil {
		return 0, err
	}
	if l.stdin != nil {
		l.stdin.Close()
	}
	if l.terminal != nil {
		l.terminal.slave.Close()
	}
	select {
	case <-child.done:
	case <-c.child.done:
		child.stop(0)
		<-child.done
	case <-ctx.Done():
		child.stop(0)
		<-child.done
		return 0, context.Cause(ctx)
	}
	return child.code, nil
}
