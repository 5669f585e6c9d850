package flow

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"

	"github.com/pacific-aci/pacific/prefect"
)

// supervise runs the program again as a child of this process, and gives its exit code.
func (p *program) supervise() int {
	self, err := os.Executable()
	if err != nil {
		return p.fail(fmt.Errorf("finding the program's own file: %w", err))
	}
	end, err := superviseChild(self, os.Args, append(p.environ, childVariable+"=1"))
	if err != nil {
		return p.fail(fmt.Errorf("starting the program again below the container's first process: %w", err))
	}
	if end.code != 0 && p.runID != "" && p.options.URL != "" {
		if err := p.reportCrash(end); err != nil {
			p.fail(fmt.Errorf("reporting flow run %s as crashed: %w", p.runID, err))
		}
	}
	return end.code
}

// processEnd is how a child ended.
type processEnd struct {
	// code is the exit code, or 128 and the signal's number as shells have it.
	code int
	// signal is the one that killed it; empty if it exited.
	signal string
}

func (e processEnd) String() string {
	switch {
	case e.signal == "killed":
		return "the flow's process was killed; it may have run out of memory"
	case e.signal != "":
		return "the flow's process was ended by signal: " + e.signal
	}
	return "the flow's process exited with code " + strconv.Itoa(e.code)
}

// reportCrash makes the run Crashed, unless it has come to an end already.
func (p *program) reportCrash(end processEnd) error {
	ctx, cancel := context.WithTimeout(context.Background(), finalWait)
	defer cancel()
	client, err := prefect.NewClient(p.options)
	if err != nil {
		return err
	}
	r := newFlowRun("", options{})
	r.id, r.states = p.runID, &serverStates{client: client, run: r}
	if err := r.states.check(ctx); err != nil {
		if _, over := errors.AsType[*StateError](err); over || errors.Is(err, ErrCancelled) {
			return nil
		}
		return err
	}
	_, err = r.leave(ctx, prefect.State{Type: prefect.StateCrashed, Message: end.String()})
	return err
}
