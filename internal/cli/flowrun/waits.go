package flowrun

import (
	"context"
	"fmt"
	"time"

	"github.com/pacific-aci/pacific/prefect"
	"github.com/pacific-aci/pacific/worker"
)

// dueFor is how long after its time a run that nobody has taken is asked about: a poll takes up to ten seconds.
const dueFor = 15 * time.Second

// waits finds out what runs wait for that are due and have not begun. It reads each pool, queue and count once; what cannot be
// read is no reason.
type waits struct {
	client *prefect.Client
	pools  map[string]string    // the reason that holds for a whole pool, by its name; empty: none
	queues map[[2]string]string // the same for a pool and a queue
}

func newWaits(client *prefect.Client) *waits {
	return &waits{client: client, pools: map[string]string{}, queues: map[[2]string]string{}}
}

// of says what a run waits for; empty: for nothing, or nothing is known.
func (w *waits) of(ctx context.Context, run prefect.FlowRun) string {
	state := stateOf(run)
	switch {
	case state.Type == prefect.StatePending:
		return worker.WaitOf(state)
	case state.Type == prefect.StateCancelling && run.WorkPoolName != "":
		return w.stopOf(ctx, run.WorkPoolName)
	case state.Name == prefect.StateNameAwaitingConcurrencySlot:
		return worker.DeploymentLimitReached
	case state.Type != prefect.StateScheduled || !overdue(run, time.Now()):
		return ""
	case run.WorkPoolName == "" && run.DeploymentID != "":
		return "it has no work pool, so only a program that serves its deployment starts it"
	case run.WorkPoolName == "": // the process that made it runs it
		return ""
	}
	reason, known := w.pools[run.WorkPoolName]
	if !known {
		reason = w.ofPool(ctx, run.WorkPoolName)
		w.pools[run.WorkPoolName] = reason
	}
	if reason != "" || run.WorkQueueName == "" {
		return reason
	}
	key := [2]string{run.WorkPoolName, run.WorkQueueName}
	if reason, known = w.queues[key]; !known {
		reason = w.ofQueue(ctx, run.WorkPoolName, run.WorkQueueName)
		w.queues[key] = reason
	}
	return reason
}

// overdue reports that a run's time was some while ago.
func overdue(run prefect.FlowRun, now time.Time) bool {
	due := run.NextScheduledStartTime.Time
	if due.IsZero() {
		due = run.ExpectedStartTime.Time
	}
	return !due.IsZero() && now.Sub(due) >= dueFor
}

// stopOf says what a run that is being cancelled waits for: its worker stops it, and another one does if that is gone.
func (w *waits) stopOf(ctx context.Context, name string) string {
	if pool, err := w.client.WorkPool(ctx, name); err != nil || pool.Status != "NOT_READY" {
		return ""
	}
	return noWorker(name)
}

func noWorker(pool string) string {
	return fmt.Sprintf("no worker of the work pool %s is online", pool)
}

func (w *waits) ofPool(ctx context.Context, name string) string {
	pool, err := w.client.WorkPool(ctx, name)
	if err != nil {
		return ""
	}
	query := prefect.Query{WorkPools: prefect.WorkPoolFilter{Name: prefect.Match{Any: []string{name}}}}
	switch {
	case pool.IsPaused:
		return fmt.Sprintf("the work pool %s is paused", name)
	case w.full(ctx, query, pool.ConcurrencyLimit):
		return fmt.Sprintf("the work pool %s has reached its concurrency limit of %d", name, *pool.ConcurrencyLimit)
	case pool.Status == "NOT_READY":
		return noWorker(name)
	}
	return ""
}

func (w *waits) ofQueue(ctx context.Context, pool, name string) string {
	queue, err := w.client.WorkQueue(ctx, pool, name)
	if err != nil {
		return ""
	}
	query := prefect.Query{WorkPoolQueues: prefect.WorkQueueFilter{ID: prefect.Match{Any: []string{string(queue.ID)}}}}
	switch {
	case queue.IsPaused:
		return fmt.Sprintf("the work queue %s of the work pool %s is paused", name, pool)
	case w.full(ctx, query, queue.ConcurrencyLimit):
		return fmt.Sprintf("the work queue %s of the work pool %s has reached its concurrency limit of %d", name, pool, *queue.ConcurrencyLimit)
	}
	return ""
}

// full reports whether as many runs of those that match are under way as the limit allows, as the server counts them.
func (w *waits) full(ctx context.Context, query prefect.Query, limit *int) bool {
	if limit == nil {
		return false
	}
	query.FlowRuns.State.Type.Any = []string{string(prefect.StatePending), string(prefect.StateRunning)}
	n, err := w.client.CountFlowRuns(ctx, query)
	return err == nil && n >= *limit
}
