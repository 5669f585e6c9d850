package flow

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/pacific-aci/pacific/prefect"
)

// UnknownFlowError is a flow that the program does not have.
type UnknownFlowError struct {
	// Name is the flow's; Known are those that there are.
	Name  string
	Known []string
}

// Error is one line.
func (e *UnknownFlowError) Error() string {
	if e.Name == "" {
		return "no flow is named"
	}
	return fmt.Sprintf("this program has no flow %q", e.Name)
}

// Hint names the flows that there are.
func (e *UnknownFlowError) Hint() string { return "its flows are " + strings.Join(e.Known, ", ") }

// Execute executes a flow run that exists on the server of ctx ([WithClient]): that of flows whose name its flow has. It returns
// the result of the flow's function. The run ends as one of [Flow.Run] does; one of an unknown flow, or with parameters
// that do not fit, is Failed. A run that has ended already is left alone and gives a [*StateError].
func Execute(ctx context.Context, id prefect.ID, flows ...Definition) (any, error) {
	client := clientOf(ctx)
	if client == nil {
		return nil, errors.New("executing a flow run needs a context with a client")
	}
	run, err := client.FlowRun(ctx, id)
	if err != nil {
		return nil, err
	}
	if run.StateType.Terminal() && run.State != nil {
		return nil, &StateError{*run.State}
	}
	of, err := client.Flow(ctx, run.FlowID)
	if err != nil {
		return nil, err
	}
	chosen, unknown := find(of.Name, flows)
	if unknown != nil {
		return nil, refuse(ctx, &run, unknown.Error(), unknown)
	}
	return chosen.start(ctx, run.Parameters, &run)
}

func find(name string, flows []Definition) (Definition, *UnknownFlowError) {
	var known []string
	for _, f := range flows {
		if f.Name() == name {
			return f, nil
		}
		known = append(known, f.Name())
	}
	return nil, &UnknownFlowError{name, known}
}

// refuse ends a run that cannot begin, as Prefect's engine does: Failed, with the reason. It returns problem.
func refuse(ctx context.Context, run *prefect.FlowRun, reason string, problem error) error {
	client := clientOf(ctx)
	if run == nil || client == nil {
		return problem
	}
	if _, err := client.ProposeFlowRunState(ctx, run.ID, prefect.State{Type: prefect.StateFailed, Message: reason}); err != nil {
		return fmt.Errorf("%w (its state could not be set: %w)", problem, err)
	}
	return problem
}
