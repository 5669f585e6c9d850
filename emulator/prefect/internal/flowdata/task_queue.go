package flowdata

import (
	"encoding/json"
	"slices"

	"github.com/pacific-aci/pacific/emulator/prefect/internal/api"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/db"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/view"
)

// backgroundRun is a task run that waits for a task worker, as it was when it was scheduled.
type backgroundRun struct {
	taskKey string
	text    json.RawMessage
}

// taskQueues hand deferred task runs to the task workers that serve their task keys. The records' lock guards it. A server
// keeps its queues in memory too, though no more than 1,000 runs of a key.
type taskQueues struct {
	// scheduled waits by task key, in order. retry holds what a worker took and did not acknowledge; it goes first.
	scheduled, retry map[string][]backgroundRun
	// workers are the open subscriptions, oldest first.
	workers []*taskWorker
}

// taskWorker is one subscription.
type taskWorker struct {
	clientID string
	keys     []string
	// wake has room for one signal: there is something to take.
	wake chan struct{}
}

func newTaskQueues() *taskQueues {
	return &taskQueues{scheduled: map[string][]backgroundRun{}, retry: map[string][]backgroundRun{}}
}

// schedule queues a task run that was deferred.
func (q *taskQueues) schedule(run *db.TaskRun) {
	q.put(q.scheduled, backgroundRun{run.TaskKey, api.Raw(view.TaskRun(run))})
}

// giveBack queues a run again that its worker did not acknowledge.
func (q *taskQueues) giveBack(run backgroundRun) { q.put(q.retry, run) }

func (q *taskQueues) put(queue map[string][]backgroundRun, run backgroundRun) {
	queue[run.taskKey] = append(queue[run.taskKey], run)
	for _, w := range q.workers {
		if slices.Contains(w.keys, run.taskKey) {
			select {
			case w.wake <- struct{}{}:
			default:
			}
		}
	}
}

// take gives the worker's next run: the first of its keys that has one decides.
func (q *taskQueues) take(w *taskWorker) (backgroundRun, bool) {
	for _, key := range w.keys {
		for _, queue := range []map[string][]backgroundRun{q.retry, q.scheduled} {
			if waiting := queue[key]; len(waiting) > 0 {
				queue[key] = waiting[1:]
				if len(waiting) == 1 {
					delete(queue, key)
				}
				return waiting[0], true
			}
		}
	}
	return backgroundRun{}, false
}

func (q *taskQueues) join(w *taskWorker) { q.workers = append(q.workers, w) }

func (q *taskQueues) leave(w *taskWorker) {
	q.workers = slices.DeleteFunc(q.workers, func(other *taskWorker) bool { return other == w })
}
