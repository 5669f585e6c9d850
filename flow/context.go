package flow

import (
	"context"

	"github.com/pacific-aci/pacific/prefect"
)

type clientKey struct{}

type scopeKey struct{}

// scope is where in a run a context is.
type scope struct {
	flow *flowRun
	task *taskRun // nil in the flow's own function
}

// WithClient returns a context in which flows are recorded on the client's server. [Main] makes one from the environment.
func WithClient(ctx context.Context, client *prefect.Client) context.Context {
	return context.WithValue(ctx, clientKey{}, client)
}

// Client returns the client of the server on which flows of ctx are recorded; nil without one. A flow reads blocks and variables
// with it.
func Client(ctx context.Context) *prefect.Client { return clientOf(ctx) }

func clientOf(ctx context.Context) *prefect.Client {
	client, _ := ctx.Value(clientKey{}).(*prefect.Client)
	return client
}

func scopeOf(ctx context.Context) scope {
	s, _ := ctx.Value(scopeKey{}).(scope)
	return s
}

func flowOf(ctx context.Context) *flowRun { return scopeOf(ctx).flow }

func withScope(ctx context.Context, s scope) context.Context {
	return context.WithValue(ctx, scopeKey{}, s)
}

// RunInfo says which run a context belongs to.
type RunInfo struct {
	// FlowRunID and FlowRunName are the flow run's. Without a server the id is a random one.
	FlowRunID   prefect.ID
	FlowRunName string
	// FlowName is the flow's name.
	FlowName string
	// TaskRunID and TaskRunName are the task run's; empty in the flow's own function.
	TaskRunID   prefect.ID
	TaskRunName string
	// Attempt counts from 1, and again in each process that executes the run.
	Attempt int
}

// Info tells which run ctx belongs to; false if to none.
func Info(ctx context.Context) (RunInfo, bool) {
	s := scopeOf(ctx)
	if s.flow == nil {
		return RunInfo{}, false
	}
	info := RunInfo{FlowRunID: s.flow.id, FlowRunName: s.flow.name, FlowName: s.flow.flow, Attempt: int(s.flow.attempts.Load())}
	if s.task != nil {
		info.TaskRunID, info.TaskRunName, info.Attempt = s.task.run.ID, s.task.run.Name, int(s.task.attempts.Load())
	}
	return info, true
}
