package flow

import (
	"context"
	"fmt"
)

// Task runs fn with in as a task of the flow run that ctx belongs to, and returns what fn returned, after all retries.
// The task runs in the caller's goroutine; for several at a time, start goroutines as for any function.
//
// A panic of fn is recorded as Crashed and returned as a [*CrashError], so that it never takes the process down with runs that
// nobody has reported; a flow that returns that error is Crashed itself. Outside of a flow nothing is recorded.
func Task[In, Out any](ctx context.Context, name string, fn func(ctx context.Context, in In) (Out, error), in In, opts ...Option) (Out, error) {
	var out, none Out
	parent, o := flowOf(ctx), apply(opts)
	if parent == nil {
		parent = newFlowRun("", options{})
	}
	if o.results == nil {
		o.results = parent.options.results
	}
	task := parent.newTask(name, o, parent.lineage.inputs(in))
	if flowOf(ctx) != nil {
		ctx = withScope(ctx, scope{flow: parent, task: task})
	}
	keep, err := task.stored(in)
	if err != nil {
		return none, err
	}
	switch found, err := keep.load(ctx, &out); {
	case err != nil:
		return none, fmt.Errorf("reading the stored result of task %q: %w", name, err)
	case found:
		parent.lineage.result(out, task.run.ID)
		return out, task.skip(ctx)
	}
	err = task.execute(ctx, func(ctx context.Context) (err error) {
		if out, err = fn(ctx, in); err == nil {
			keep.save(ctx, out)
		}
		return err
	})
	if err != nil {
		return none, err
	}
	parent.lineage.result(out, task.run.ID)
	return out, nil
}

// Do is [Task] for a function without input and result.
func Do(ctx context.Context, name string, fn func(ctx context.Context) error, opts ...Option) error {
	_, err := Task(ctx, name, func(ctx context.Context, _ None) (None, error) { return None{}, fn(ctx) }, None{}, opts...)
	return err
}
