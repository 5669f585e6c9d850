package flow

import (
	"slices"
	"time"
)

// Option changes how a flow or a task runs: [Retries], [Timeout], [Tags], [RunName], [Results], [After].
type Option func(*options)

type options struct {
	retries int
	delays  []time.Duration
	timeout time.Duration
	tags    []string
	runName string
	results Store
	after   []string
}

func apply(opts []Option) options {
	var o options
	for _, option := range opts {
		option(&o)
	}
	return o
}

// Retries runs the function again after an error or a timeout, up to n times. delays are the pauses before the first retry,
// the second and so on; the last one holds for all that follow, and without any there is no pause.
//
// Panics and cancelled runs are not retried. A flow on a server is retried by the server's word, which knows one delay in
// whole seconds: the first one, rounded up.
func Retries(n int, delays ...time.Duration) Option {
	return func(o *options) { o.retries, o.delays = max(0, n), slices.Clone(delays) }
}

// Timeout ends the context of one attempt after d. An attempt that then returns an error has failed with state TimedOut; one
// that returns a result all the same has not. 0 is no limit.
func Timeout(d time.Duration) Option { return func(o *options) { o.timeout = d } }

// Tags are added to the run on the server.
func Tags(tags ...string) Option {
	return func(o *options) { o.tags = append(slices.Clip(o.tags), tags...) }
}

// RunName names the runs. Without it the server chooses one for a flow run, and a task's run is called NAME-0, NAME-1, ….
func RunName(name string) Option { return func(o *options) { o.runName = name } }

// Results keeps the results of a task in store, or of all tasks when it is an option of a flow: in a container that is
// evicted and comes back with the same flow run, a task with the same input whose result is stored is not run again. Nor is
// it in a retry of the flow. Input and result must survive encoding/json. nil keeps nothing, also in a flow that keeps
// results. Without a server nothing is kept, as no run comes back there.
func Results(store Store) Option {
	if store == nil {
		store = noStore{}
	}
	return func(o *options) { o.results = store }
}

// After draws an edge in the run's graph from the last runs of the named tasks and subflows to this task or subflow. It does
// not wait for them. Values that were passed from one task to another draw theirs without it; numbers cannot be followed,
// and need it. A flow that no other one calls has no such graph, and ignores it.
func After(tasks ...string) Option {
	return func(o *options) { o.after = append(slices.Clip(o.after), tasks...) }
}

// delay is the pause before retry n, which is 1 for the first.
func (o *options) delay(n int) time.Duration {
	if len(o.delays) == 0 {
		return 0
	}
	return max(0, o.delays[min(n, len(o.delays))-1])
}
