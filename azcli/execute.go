package azcli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"time"
)

// output is how a command ended.
type output struct {
	// stdout has no white space around it; stderr is as az wrote it.
	stdout, stderr string
	code           int
}

// execute starts a program and waits for its end.
func (r *Runner) execute(ctx context.Context, path string, argv []string, stdin string) (output, error) {
	cmd := exec.Command(path, argv...)
	cmd.Env = append(r.environment(cmd), "AZURE_CORE_NO_COLOR=1")
	cmd.Stdin = strings.NewReader(stdin)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	grace := r.Grace
	if grace <= 0 {
		grace = DefaultGrace
	}
	// What az leaves running in the background must not hold its output open for ever.
	cmd.WaitDelay = grace
	prepare(cmd)
	if err := cmd.Start(); err != nil {
		return output{code: -1}, fmt.Errorf("starting %s: %w", path, err)
	}
	group := newGroup(cmd.Process)
	defer group.close()
	ended := make(chan struct{})
	stopped := make(chan bool, 1)
	go func() { stopped <- group.stopAfter(ctx, ended, grace) }()
	err := cmd.Wait()
	close(ended)
	if <-stopped {
		return output{code: -1}, fmt.Errorf("running %s: %w", r.shown(argv), context.Cause(ctx))
	}
	out := output{stdout: strings.TrimSpace(stdout.String()), stderr: stderr.String(), code: cmd.ProcessState.ExitCode()}
	if err != nil {
		if _, exited := errors.AsType[*exec.ExitError](err); !exited && !errors.Is(err, exec.ErrWaitDelay) {
			return out, fmt.Errorf("running %s: %w", r.shown(argv), err)
		}
	}
	return out, nil
}

func (r *Runner) environment(cmd *exec.Cmd) []string {
	if r.Env != nil {
		return append([]string(nil), r.Env...)
	}
	return cmd.Environ()
}

// stopAfter ends the group if the context ends before the command does, and reports whether it had to. The group is gone
// when it returns true.
func (g group) stopAfter(ctx context.Context, ended <-chan struct{}, grace time.Duration) bool {
	select {
	case <-ended:
		return false
	case <-ctx.Done():
	}
	g.terminate()
	timer := time.NewTimer(grace)
	defer timer.Stop()
	select {
	case <-ended:
	case <-timer.C:
	}
	g.kill() // az may have ended before what it started
	return true
}
