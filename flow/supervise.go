package flow

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"

	"github.com/pacific-aci/pacific/internal/supervise"
	"github.com/pacific-aci/pacific/prefect"
)

// supervise runs the program again as a child of this process, and gives its exit code.
func (p *program) supervise() int {
	self, err := os.Executable()
	if err != nil {
		return p.fail(fmt.Errorf("finding the program's own file: %w", err))
	}
	end, err := supervise.Run(self, os.Args, append(p.environ, childVariable+"=1"))
	if err != nil {
		return p.fail(fmt.Errorf("starting the program again below the container's first process: %w", err))
	}
	if end.Code != 0 && p.runID != "" && p.options.URL != "" {
		if err := p.reportCrash(end); err != nil {
			p.fail(fmt.Errorf("reporting flow run %s as crashed: %w", p.runID, err))
		}
	}
	return end.Code
}

// crashMessage is a run's last word when its process is gone.
func crashMessage(e supervise.End) string {
	switch {
	case e.Signal == "killed":
		return "the flow's process was killed; it may have run out of memory"
	case e.Signal != "":
		return "the flow's process was ended by signal: " + e.Signal
	}
	return "the flow's process exited with code " + strconv.Itoa(e.Code)
}

// reportCrash makes the run Crashed, unless it has come to an end already.
func (p *program) reportCrash(end supervise.End) error {
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
	_, err = r.leave(ctx, prefect.State{Type: prefect.StateCrashed, Message: crashMessage(end)})
	return err
}
