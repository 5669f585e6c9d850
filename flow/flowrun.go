package flow

import (
	"context"
	"fmt"
	"math"
	"sync"
	"sync/atomic"

	"github.com/google/uuid"
	"github.com/pacific-aci/pacific/prefect"
)

// flowRun is one run of a flow, in this process.
type flowRun struct {
	session *session // nil: no server
	id      prefect.ID
	flow    string // the flow's name
	name    string // the run's
	options options
	// states decides what becomes of a proposed state: the server, or its rules without one.
	states states
	// parentTask stands for a subflow among its parent's task runs; nil for others.
	parentTask *taskRun
	// parent is the flow run that called this one, and path its calls down to here, which name the results of tasks.
	parent *flowRun
	path   string

	lineage  lineage
	attempts atomic.Int64
	lease    prefect.ID // of the deployment's concurrency limit
	progress progress

	mu     sync.Mutex
	counts map[string]int        // how often each task was called
	calls  map[string]int        // how often each task and subflow was called with one input
	last   map[string]prefect.ID // the last run of each task
}

// newFlowRun is a run without a server, until begin says otherwise.
func newFlowRun(flow string, o options) *flowRun {
	r := &flowRun{flow: flow, name: o.runName, options: o, id: prefect.ID(uuid.NewString()), last: map[string]prefect.ID{}}
	r.states = &localStates{options: &r.options}
	r.restart()
	return r
}

// restart counts tasks anew: a retry calls the same ones again.
func (r *flowRun) restart() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.counts, r.calls = map[string]int{}, map[string]int{}
}

// launch is what to run.
type launch struct {
	flow     string
	options  options
	params   any              // as the caller has them
	values   map[string]any   // and as the server keeps them
	existing *prefect.FlowRun // nil: a new run
}

// begin makes the run, on the server if ctx has a client. done ends what it has opened.
func begin(ctx context.Context, l launch) (run *flowRun, done func(), err error) {
	run = newFlowRun(l.flow, l.options)
	parent := flowOf(ctx)
	if parent != nil && run.options.results == nil {
		run.options.results = parent.options.results
	}
	done = func() {}
	client := clientOf(ctx)
	switch {
	case parent != nil:
		run.session = parent.session
	case client != nil:
		if run.session, err = openSession(ctx, client); err != nil {
			return nil, nil, fmt.Errorf("starting flow %q: %w", l.flow, err)
		}
		done = func() { run.session.close(ctx) }
	}
	if parent != nil {
		call, err := parent.call(l.flow, l.values)
		if err != nil {
			return nil, nil, fmt.Errorf("starting flow %q: %w", l.flow, err)
		}
		run.parent, run.path = parent, call+" > "
		run.parentTask = parent.newTask(l.flow, options{tags: l.options.tags, after: l.options.after}, parent.lineage.inputs(l.params))
	}
	if run.session == nil {
		return run, done, nil
	}
	run.states = &serverStates{client: run.session.client, run: run}
	if err := run.register(ctx, l); err != nil {
		done()
		return nil, nil, fmt.Errorf("starting flow %q: %w", l.flow, err)
	}
	return run, done, nil
}

// register makes the flow run on the server, or takes the one that is there.
func (r *flowRun) register(ctx context.Context, l launch) error {
	client, policy := r.session.client, r.policy()
	if l.existing != nil {
		r.id, r.name = l.existing.ID, l.existing.Name
		if policy == (wirePolicy{}) {
			return nil
		}
		kept := l.existing.EmpiricalPolicy
		kept.Retries, kept.RetryDelay = policy.retries, policy.delay
		return client.UpdateFlowRun(ctx, r.id, prefect.FlowRunUpdate{EmpiricalPolicy: prefect.Set(kept)})
	}
	flow, err := client.CreateFlow(ctx, prefect.FlowCreate{Name: l.flow})
	if err != nil {
		return err
	}
	create := prefect.FlowRunCreate{
		FlowID: flow.ID, Name: r.name, Parameters: l.values, Tags: r.options.tags, State: &prefect.State{Type: prefect.StatePending},
		EmpiricalPolicy: prefect.RunPolicy{Retries: policy.retries, RetryDelay: policy.delay},
	}
	if r.parentTask != nil {
		// By REST on every server: the server itself then moves the task run with the subflow's state.
		if err := r.parentTask.create(ctx, r.session.client); err != nil {
			return err
		}
		create.ParentTaskRunID = r.parentTask.run.ID
	}
	made, err := client.CreateFlowRun(ctx, create)
	if err != nil {
		return err
	}
	r.id, r.name = made.ID, made.Name
	if r.parentTask != nil {
		r.parent.mu.Lock()
		defer r.parent.mu.Unlock()
		r.parent.last[l.flow] = r.node()
	}
	return nil
}

// node is what stands for a subflow in the graph of its parent's run. On 3.x that is the run itself: an edge that names the
// task run in its place is not drawn. Prefect's own client gives such an input the type flow_run, which old servers refuse and
// with which the first of 3.9's two user interfaces cannot show the task; the graph reads the id alone.
func (r *flowRun) node() prefect.ID {
	if r.session != nil && r.session.events != nil {
		return r.id
	}
	return r.parentTask.run.ID
}

// wirePolicy is the options' retries as the server knows them; its zero value is none.
type wirePolicy struct{ retries, delay *int }

func (r *flowRun) policy() wirePolicy {
	if r.options.retries == 0 {
		return wirePolicy{}
	}
	return wirePolicy{new(r.options.retries), new(int(math.Ceil(r.options.delay(1).Seconds())))}
}

func (r *flowRun) currentLease() prefect.ID {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.lease
}

// dropLease forgets a lease that is over, unless the next attempt has another one.
func (r *flowRun) dropLease(lease prefect.ID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.lease == lease {
		r.lease = ""
	}
}
