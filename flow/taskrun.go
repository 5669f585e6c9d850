package flow

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/pacific-aci/pacific/prefect"
)

// taskRun is one run of a task. It belongs to one goroutine. Others, which the task has started, read its flow, its attempts, and the
// id and name of its run, which are settled when the function is called.
type taskRun struct {
	flow     *flowRun
	options  options
	run      prefect.TaskRun
	attempts atomic.Int64
	state    *prefect.State // the last one recorded; nil before the first
}

// newTask makes the next run of a task. Nothing is told to the server yet.
func (r *flowRun) newTask(name string, o options, inputs prefect.TaskInputs) *taskRun {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := r.counts[name]
	r.counts[name]++
	if len(o.after) > 0 {
		waited := []prefect.TaskInput{}
		for _, task := range o.after {
			if id := r.last[task]; id != "" {
				waited = append(waited, prefect.TaskInput{InputType: "task_run", ID: id})
			}
		}
		inputs["wait_for"] = waited // as in Prefect's client
	}
	t := &taskRun{flow: r, options: o, run: prefect.TaskRun{
		ID: newID(), Name: o.runName, FlowRunID: r.id, TaskKey: name, DynamicKey: strconv.Itoa(n), Tags: o.tags, TaskInputs: inputs,
	}}
	if t.run.Name == "" {
		t.run.Name = fmt.Sprintf("%s-%d", name, n)
	}
	if r.session != nil && r.session.events != nil {
		// The server takes the key once a flow run, and a run that is executed again comes with new task runs. On 2.20 it
		// takes up the old ones.
		t.run.DynamicKey = uuid.NewString()
		t.run.EmpiricalPolicy = o.taskPolicy()
	}
	r.last[name] = t.run.ID
	return t
}

// newID is a UUID that sorts by time, as Prefect's client makes them.
func newID() prefect.ID {
	id, err := uuid.NewV7()
	if err != nil {
		id = uuid.New()
	}
	return prefect.ID(id.String())
}

// taskPolicy is for people to see: retries of tasks are this package's.
func (o *options) taskPolicy() prefect.TaskRunPolicy {
	delays := []int{}
	for _, delay := range o.delays {
		delays = append(delays, int(math.Ceil(delay.Seconds())))
	}
	policy := prefect.TaskRunPolicy{Retries: new(o.retries), RetryDelay: delays}
	switch len(delays) {
	case 0:
		policy.RetryDelay = 0
	case 1:
		policy.RetryDelay = delays[0] // the UI shows a number in seconds, but no list of one
	}
	return policy
}

// execute takes the task run from Pending to its end:
//
//	Pending ─▶ Running (Retrying) ─┬─▶ Completed
//	             ▲                 ├─▶ Failed, TimedOut   no retries left
//	             │                 ├─▶ Crashed            a panic, a signal
//	             │                 ├─▶ Cancelled          the context ended
//	             └─ AwaitingRetry ◀┘   retries left
func (t *taskRun) execute(ctx context.Context, call func(context.Context) error) error {
	if err := t.enter(ctx, prefect.State{Type: prefect.StatePending}); err != nil {
		return err
	}
	running := prefect.State{Type: prefect.StateRunning}
	for attempt := 1; ; attempt++ {
		if err := t.enter(ctx, running); err != nil {
			return t.brokenOff(ctx, err)
		}
		failure := t.attempt(ctx, call)
		again := ending(t, failure).Type == prefect.StateFailed && attempt <= t.options.retries && ctx.Err() == nil
		if !again {
			logPanic(ctx, t.what(), failure)
			return t.leave(ctx, failure)
		}
		waiting := awaitingRetry(t.options.delay(attempt))
		waiting.Message = failure.Error()
		Logger(ctx).WarnContext(ctx, "the task failed and is run again: "+failure.Error(), "retry", attempt, "of", t.options.retries)
		if err := t.enter(ctx, waiting); err != nil {
			return t.brokenOff(ctx, err)
		}
		if err := sleepUntil(ctx, t, waiting.Details.ScheduledTime); err != nil {
			return t.leave(ctx, err)
		}
		running.Name = prefect.StateNameRetrying
	}
}

func (t *taskRun) what() string { return fmt.Sprintf("task %q", t.run.TaskKey) }

// attempt runs the function once.
func (t *taskRun) attempt(ctx context.Context, call func(context.Context) error) (err error) {
	what := t.what()
	if ctx.Err() != nil {
		return whyEnded(ctx, t)
	}
	timed, cancel := withTimeout(ctx, what, t.options.timeout)
	defer cancel()
	guard(what, func() error { return call(timed) }, func(result error) { err = result })
	return explain(timed, t, err)
}

// brokenOff ends a task run whose state could not be set: err is why, unless ctx has ended.
func (t *taskRun) brokenOff(ctx context.Context, err error) error {
	if ctx.Err() == nil {
		return err
	}
	return t.leave(ctx, whyEnded(ctx, t))
}

// leave records the end. It is recorded even though ctx has ended.
func (t *taskRun) leave(ctx context.Context, failure error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), finalWait)
	defer cancel()
	end := ending(t, failure)
	err := t.enter(ctx, end)
	logState(ctx, fmt.Sprintf("task run %q", t.run.Name), t.flow.session != nil, end)
	if err != nil && failure == nil {
		return err
	}
	return failure
}

// skip records a task whose result was stored before.
func (t *taskRun) skip(ctx context.Context) error {
	if err := t.enter(ctx, prefect.State{Type: prefect.StatePending}); err != nil {
		return err
	}
	Logger(ctx).InfoContext(ctx, "the task's result is stored; it is not run again")
	return t.enter(ctx, prefect.State{Type: prefect.StateCompleted, Name: "Cached"})
}

// enter puts the task run in a state and tells the server. On 3.x that cannot fail: the event is sent later. On 2.20 the
// server is asked, and may say that the run must not go on.
func (t *taskRun) enter(ctx context.Context, to prefect.State) error {
	from := t.state
	t.move(&to)
	session := t.flow.session
	switch {
	case session == nil:
		return nil
	case session.events != nil:
		step := prefect.TaskRunTransition{Run: t.run, From: from, To: to, Related: []prefect.Resource{prefect.FlowRunResource(t.flow.id, t.flow.name)}}
		if from != nil {
			step.Follows = from.ID
		}
		if err := session.events.Publish(context.WithoutCancel(ctx), step.Event()); err != nil {
			Logger(ctx).WarnContext(ctx, "the task's state is not recorded", "state", stateName(to), "error", err)
		}
		return nil
	case from == nil:
		return t.create(ctx, session.client)
	}
	got, err := session.client.ProposeTaskRunState(ctx, t.run.ID, to)
	if aborted, ok := errors.AsType[*prefect.AbortError](err); ok {
		return &StateError{aborted.State}
	}
	if err == nil && to.Type == prefect.StateRunning && got.Type != prefect.StateRunning {
		return &StateError{got}
	}
	return err
}

// move keeps the run's own books, and dates the state after the one before: the server ignores an older one.
func (t *taskRun) move(to *prefect.State) {
	now := time.Now().Truncate(time.Microsecond)
	if t.state != nil {
		if last := t.state.Timestamp.Time; !now.After(last) {
			now = last.Add(time.Microsecond)
		}
		if t.state.Type == prefect.StateRunning {
			t.run.TotalRunTime += prefect.Seconds(now.Sub(t.state.Timestamp.Time))
		}
	}
	to.ID, to.Timestamp = newID(), prefect.At(now)
	switch {
	case to.Type == prefect.StateRunning:
		t.run.RunCount = int(t.attempts.Add(1))
		t.run.FlowRunRunCount = int(t.flow.attempts.Load())
		if t.run.StartTime.IsZero() {
			t.run.StartTime = to.Timestamp
		}
	case to.Type.Terminal():
		t.run.EndTime = to.Timestamp
	}
	if t.run.ExpectedStartTime.IsZero() {
		t.run.ExpectedStartTime = to.Timestamp
	}
	t.state = to
}

// create makes the task run by REST, or takes up the one that the flow run has.
func (t *taskRun) create(ctx context.Context, client *prefect.Client) error {
	made, err := client.CreateTaskRun(ctx, prefect.TaskRunCreate{
		Name: t.run.Name, FlowRunID: t.flow.id, TaskKey: t.run.TaskKey, DynamicKey: t.run.DynamicKey, Tags: t.run.Tags,
		TaskInputs: t.run.TaskInputs, EmpiricalPolicy: t.run.EmpiricalPolicy, State: &prefect.State{Type: prefect.StatePending},
	})
	if err != nil {
		return err
	}
	t.flow.mu.Lock()
	defer t.flow.mu.Unlock()
	t.run.ID = made.ID
	t.flow.last[t.run.TaskKey] = made.ID
	return nil
}
