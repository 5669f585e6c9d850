package work

import (
	"cmp"
	"slices"

	"github.com/google/uuid"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/api"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/db"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/view"
)

// maxRuns is the most of a queue or a pool at once.
const maxRuns = 1000

// span is between two moments, either of which may be missing.
type span struct{ after, before api.Time }

// has reports whether a run should start in it.
func (s span) has(run *db.FlowRun) bool {
	next := run.NextScheduledTime
	if next.IsZero() {
		return s.after.IsZero() && s.before.IsZero()
	}
	return (s.after.IsZero() || !next.Before(s.after.Time)) && (s.before.IsZero() || !next.After(s.before.Time))
}

// dueRun is a run that a worker may start, with the queue that it waits in.
type dueRun struct {
	run   *db.FlowRun
	queue *db.WorkQueue
}

// poll answers a worker: which runs of a pool, or of some of its queues, it may start.
func (w *handlers) poll(r *api.Request) (api.Reply, error) {
	var body struct {
		api.Loose
		Queues *[]string `json:"work_queue_names"`
		Before api.Time  `json:"scheduled_before"`
		After  api.Time  `json:"scheduled_after"`
		Limit  *int      `json:"limit"`
	}
	if err := r.Decode(&body); err != nil {
		return api.Reply{}, err
	}
	limit, _, err := api.Page{Limit: body.Limit}.Range()
	if err != nil {
		return api.Reply{}, err
	}
	p, err := w.pool(r)
	if err != nil {
		return api.Reply{}, err
	}
	queues := w.db.Queues(p.ID)
	if body.Queues != nil && len(*body.Queues) > 0 {
		queues = nil
		for _, name := range *body.Queues {
			q, err := w.queueNamed(p.Name, name)
			if err != nil {
				return api.Reply{}, err
			}
			queues = append(queues, q)
		}
	}
	due := w.due(p, queues, span{body.After, body.Before})
	due = due[:min(limit, len(due))]
	reply := api.Map(slices.Values(due), func(d dueRun) any {
		return struct {
			WorkPoolID  uuid.UUID `json:"work_pool_id"`
			WorkQueueID uuid.UUID `json:"work_queue_id"`
			FlowRun     any       `json:"flow_run"`
		}{p.ID, d.queue.ID, view.ScheduledFlowRun(d.run)}
	})
	MarkPolled(w.db, queues) // paused or not
	return api.OK(reply)
}

// due are the runs of queues of a pool that may start: by the queues' priorities and then by time, no more than the
// free slots of each queue and of the pool. Runs that a flow's own process retries are not for workers.
func (w *handlers) due(p *db.WorkPool, queues []*db.WorkQueue, when span) []dueRun {
	if p.IsPaused {
		return nil
	}
	waiting := map[uuid.UUID][]*db.FlowRun{}
	running := map[uuid.UUID]int{}
	for run := range w.db.FlowRuns.All() {
		if run.State == nil || run.WorkQueueID == nil {
			continue
		}
		switch {
		case busy(run):
			running[*run.WorkQueueID]++
		case run.State.Type == db.Scheduled && when.has(run) && (run.Policy.RetryType == nil || *run.Policy.RetryType != "in_process"):
			waiting[*run.WorkQueueID] = append(waiting[*run.WorkQueueID], run)
		}
	}
	queues = slices.Clone(queues)
	slices.SortStableFunc(queues, func(a, b *db.WorkQueue) int { return cmp.Compare(a.Priority, b.Priority) })
	queues = slices.Compact(queues) // a worker may name one twice
	var due []dueRun
	for _, q := range queues {
		if q.IsPaused {
			continue
		}
		runs := waiting[q.ID]
		slices.SortStableFunc(runs, func(a, b *db.FlowRun) int { return a.NextScheduledTime.Compare(b.NextScheduledTime.Time) })
		for _, run := range runs[:min(len(runs), free(q.ConcurrencyLimit, running[q.ID]))] {
			due = append(due, dueRun{run, q})
		}
	}
	taken := 0
	for _, q := range w.db.Queues(p.ID) {
		taken += running[q.ID]
	}
	return due[:min(len(due), free(p.ConcurrencyLimit, taken))]
}

// free is how many slots of a limit there are left.
func free(limit *int, taken int) int {
	if limit == nil {
		return maxRuns
	}
	return min(maxRuns, max(0, *limit-taken))
}
