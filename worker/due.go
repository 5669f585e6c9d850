package worker

import (
	"context"
	"maps"
	"time"

	"github.com/pacific-aci/pacific/prefect"
)

// passedOver is a run that the server did not let this worker start. It is left out of polls for a while, unless its state changes:
// else it would take the place of one that may start, in the worker's limit and in the server's list, again and again.
type passedOver struct {
	state prefect.ID
	until time.Time
}

// passOver leaves a run out for three polls.
func (w *Worker) passOver(run prefect.FlowRun) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.passed[run.ID] = passedOver{run.StateID, time.Now().Add(3 * w.cfg.Poll)}
}

// fresh are the runs that are not left out.
func (w *Worker) fresh(runs []prefect.FlowRun) []prefect.FlowRun {
	w.mu.Lock()
	defer w.mu.Unlock()
	maps.DeleteFunc(w.passed, func(_ prefect.ID, p passedOver) bool { return !time.Now().Before(p.until) })
	var fresh []prefect.FlowRun
	for _, run := range runs {
		if p, passed := w.passed[run.ID]; !passed || p.state != run.StateID {
			fresh = append(fresh, run)
		}
	}
	return fresh
}

// due are the runs that the server has for this worker. full: it may have more of them. Those that are left out are none.
func (w *Worker) due(ctx context.Context) (runs []prefect.FlowRun, full bool, _ error) {
	before := time.Now().Add(w.cfg.Prefetch)
	if w.cfg.RunOnce { // what falls due while the limit holds others back is left to the next worker
		before = w.onlyBefore
	}
	if w.queues != nil {
		all, err := w.queues.due(ctx, before)
		runs = w.fresh(all)
		return runs, len(all) >= mostClaims && len(runs) > 0, err
	}
	first, err := w.scheduled(ctx, prefect.ScheduledQuery{WorkQueueNames: w.cfg.Queues, Before: before, Limit: mostClaims})
	if err != nil {
		return nil, false, err
	}
	full = len(first) >= mostClaims
	runs = w.fresh(first)
	if full && len(runs) == 0 {
		runs, err = w.dueBehind(ctx, before)
	}
	return runs, full && len(runs) > 0, err
}

// dueBehind are runs that a list lacks because those that the server refuses fill it. Each queue is read for itself: the pool's list
// is in the order of the queues' priorities first, and only one of times can be read on from where another ended.
func (w *Worker) dueBehind(ctx context.Context, before time.Time) (found []prefect.FlowRun, _ error) {
	queues := w.cfg.Queues
	if len(queues) == 0 {
		all, err := prefect.Collect(w.cfg.Prefect.WorkQueues(ctx, w.cfg.Pool))
		if err != nil {
			return nil, err
		}
		for _, queue := range all {
			queues = append(queues, queue.Name)
		}
	}
	for _, queue := range queues {
		query := prefect.ScheduledQuery{WorkQueueNames: []string{queue}, Before: before, Limit: mostClaims}
		for len(found) < mostClaims {
			runs, err := w.scheduled(ctx, query)
			if err != nil {
				return nil, err
			}
			found = append(found, w.fresh(runs)...)
			if len(runs) < mostClaims {
				break
			}
			last := runs[len(runs)-1].NextScheduledStartTime.Time
			if !last.After(query.After) {
				last = query.After.Add(time.Microsecond) // more runs than a list has are due at the same time
			}
			query.After = last
		}
	}
	return found, nil
}

func (w *Worker) scheduled(ctx context.Context, q prefect.ScheduledQuery) ([]prefect.FlowRun, error) {
	found, err := w.cfg.Prefect.ScheduledFlowRuns(ctx, w.cfg.Pool, q)
	runs := make([]prefect.FlowRun, 0, len(found))
	for _, due := range found {
		runs = append(runs, due.FlowRun)
	}
	return runs, err
}
