package work

import (
	"cmp"
	"encoding/json"
	"slices"

	"github.com/google/uuid"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/db"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/view"
)

// defaultQueue is the name of the queue that every pool has.
const defaultQueue = "default"

// AddPool makes a pool with its default queue.
func AddPool(d *db.DB, p db.WorkPool) *db.WorkPool {
	p.Base = db.NewBase()
	d.WorkPools.Put(p.ID, &p)
	p.DefaultQueueID = AddQueue(d, &p, db.WorkQueue{Name: defaultQueue, Description: "The work pool's default queue."}).ID
	view.EmitPool(d, &p, "created")
	return &p
}

// EnsureAgentPool gives the pool of queues that name none, which is made with the first of them.
func EnsureAgentPool(d *db.DB) *db.WorkPool {
	if p := d.Pool(db.AgentPool); p != nil {
		return p
	}
	return AddPool(d, db.WorkPool{Name: db.AgentPool, Type: db.AgentType, BaseJobTemplate: json.RawMessage("{}")})
}

// EnsureAgentQueue gives the queue that a deployment without a pool names. One that is made for it comes first.
func EnsureAgentQueue(d *db.DB, name string) *db.WorkQueue {
	p := EnsureAgentPool(d)
	if q := d.Queue(p.ID, name); q != nil {
		return q
	}
	return AddQueue(d, p, db.WorkQueue{Name: name, Priority: 1})
}

// EnsureQueue gives a pool's queue, which is made if there is none.
func EnsureQueue(d *db.DB, p *db.WorkPool, name string) *db.WorkQueue {
	if q := d.Queue(p.ID, name); q != nil {
		return q
	}
	return AddQueue(d, p, db.WorkQueue{Name: name})
}

// AddQueue makes a queue of a pool. Without a priority it gets the first that is free; with one it moves others on.
func AddQueue(d *db.DB, p *db.WorkPool, q db.WorkQueue) *db.WorkQueue {
	q.Base, q.WorkPoolID = db.NewBase(), p.ID
	wanted := q.Priority
	if wanted == 0 {
		q.Priority = freePriority(d, p.ID)
	}
	d.WorkQueues.Put(q.ID, &q)
	if wanted != 0 {
		Prioritize(d, &q, wanted)
	}
	view.EmitQueue(d, &q, "created")
	return &q
}

func freePriority(d *db.DB, pool uuid.UUID) int {
	queues := d.Queues(pool)
	for i, q := range queues {
		if q.Priority != i+1 {
			return i + 1
		}
	}
	return len(queues) + 1
}

// Prioritize gives a queue a priority; those that have it, or get into its way, move on by as little as is needed.
func Prioritize(d *db.DB, q *db.WorkQueue, priority int) {
	others := slices.DeleteFunc(d.Queues(q.WorkPoolID), func(other *db.WorkQueue) bool { return other.ID == q.ID })
	q.Priority = priority
	at, _ := slices.BinarySearchFunc(others, priority, func(other *db.WorkQueue, p int) int { return cmp.Compare(other.Priority, p) })
	last := 0
	for _, other := range slices.Insert(others, at, q) {
		if other.Priority <= last {
			other.Priority = last + 1
			other.Touch()
		}
		last = other.Priority
	}
}

// DeleteQueue forgets a queue; deployments and runs stay without one.
func DeleteQueue(d *db.DB, q *db.WorkQueue) {
	view.EmitQueue(d, q, "deleted")
	for deployment := range d.Deployments.All() {
		if deployment.WorkQueueID != nil && *deployment.WorkQueueID == q.ID {
			deployment.WorkQueueID = nil
		}
	}
	for run := range d.FlowRuns.All() {
		if run.WorkQueueID != nil && *run.WorkQueueID == q.ID {
			run.WorkQueueID = nil
		}
	}
	d.WorkQueues.Delete(q.ID)
}
