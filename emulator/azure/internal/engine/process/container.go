package process

import (
	"context"
	"io"
	"os"
	"time"

	"github.com/pacific-aci/pacific/emulator/azure/internal/engine"
)

type container struct {
	group  *group
	folder string // its working folder
	env    []string
	child  *child
}

func (c *container) Done() <-chan struct{}    { return c.child.done }
func (c *container) Exit() engine.Exit        { return engine.Exit{Code: c.child.code} }
func (c *container) Stop(grace time.Duration) { c.child.stop(grace) }

// Exec runs a further program in the container's folder and environment, over pipes: this engine has no terminal to
// give, and Rows and Cols are ignored.
func (c *container) Exec(ctx context.Context, spec engine.ExecSpec) (int, error) {
	if c.child.ended() {
		return 0, engine.ErrNotRunning
	}
	command := spec.Argv()
	if len(command) == 0 {
		command = []string{""} // no such program: 127
	}
	l := launch{command: command, env: c.env, folder: c.folder, output: spec.Output}
	if spec.Stdin != nil {
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
