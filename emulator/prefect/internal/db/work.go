package db

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/api"
)

// When a queue, a deployment or a worker counts as gone, with the server's own figures.
const (
	// PollTimeout is how long a queue, or a deployment, is ready after a poll.
	PollTimeout = 60 * time.Second
	// HeartbeatFallback is between the heartbeats of a worker that never said.
	HeartbeatFallback = 30 * time.Second
	// MissedHeartbeats is after how many intervals a worker is offline.
	MissedHeartbeats = 3
)

// AgentType is the type of pools that agents poll: they have no status.
const AgentType = "prefect-agent"

// Status is the pool's on the wire; nil for one of agents.
func (p *WorkPool) Status() *string {
	switch {
	case p.Type == AgentType:
		return nil
	case p.IsPaused:
		return new("PAUSED")
	case p.Ready:
		return new("READY")
	}
	return new("NOT_READY")
}

// Status is the queue's on the wire.
func (q *WorkQueue) Status() string {
	switch {
	case q.IsPaused:
		return "PAUSED"
	case q.Ready:
		return "READY"
	}
	return "NOT_READY"
}

// OfflineAt is when the worker counts as gone unless it sends a heartbeat.
func (w *Worker) OfflineAt() time.Time {
	interval := HeartbeatFallback
	if w.Interval != nil && *w.Interval > 0 {
		interval = time.Duration(*w.Interval) * time.Second
	}
	return w.LastHeartbeat.Add(MissedHeartbeats * interval)
}

// Online tells whether the worker's last heartbeat is recent.
func (w *Worker) Online() bool { return time.Now().Before(w.OfflineAt()) }

// HasOnlineWorker tells whether one of the pool's workers is online.
func (d *DB) HasOnlineWorker(pool uuid.UUID) bool {
	return d.Workers.Find(func(w *Worker) bool { return w.WorkPoolID == pool && w.Online() }) != nil
}

// PolledRecently tells whether somebody asked for the queue's runs within the last minute.
func (q *WorkQueue) PolledRecently() bool {
	return !q.LastPolled.IsZero() && time.Since(q.LastPolled.Time) <= PollTimeout
}

// MarkPolled notes that somebody asks for the queues' runs: they and the deployments that use them are ready for the
// next minute. A paused queue stays paused.
func (d *DB) MarkPolled(queues []*WorkQueue) {
	now := api.Now()
	ids := map[uuid.UUID]bool{}
	for _, q := range queues {
		ids[q.ID] = true
		q.LastPolled = now
		if !q.Ready && !q.IsPaused {
			q.Ready = true
			q.Touch()
			d.EmitQueueStatus(q)
		}
	}
	for deployment := range d.Deployments.All() {
		if deployment.WorkQueueID != nil && ids[*deployment.WorkQueueID] {
			deployment.LastPolled = now
			d.SetDeploymentReady(deployment, true)
		}
	}
	d.Wake(now.Add(PollTimeout))
}

// AddQueue makes a queue of a pool. Without a priority it gets the first that is free; with one it moves others on.
func (d *DB) AddQueue(p *WorkPool, q WorkQueue) *WorkQueue {
	q.Base, q.WorkPoolID = NewBase(), p.ID
	wanted := q.Priority
	if wanted == 0 {
		q.Priority = d.freePriority(p.ID)
	}
	d.WorkQueues.Put(q.ID, &q)
	if wanted != 0 {
		d.Prioritize(&q, wanted)
	}
	d.EmitQueue("created", &q, nil)
	return &q
}

func (d *DB) freePriority(pool uuid.UUID) int {
	for i, q := range d.Queues(pool) {
		if q.Priority != i+1 {
			return i + 1
		}
	}
	return len(d.Queues(pool)) + 1
}

// Queues are a pool's, by priority.
func (d *DB) Queues(pool uuid.UUID) []*WorkQueue {
	var queues []*WorkQueue
	for q := range d.WorkQueues.All() {
		if q.WorkPoolID == pool {
			queues = append(queues, q)
		}
	}
	slices.SortStableFunc(queues, func(a, b *WorkQueue) int { return cmp.Compare(a.Priority, b.Priority) })
	return queues
}

// Prioritize gives a queue a priority; those that have it, or get into its way, move on by as little as is needed.
func (d *DB) Prioritize(q *WorkQueue, priority int) {
	others := slices.DeleteFunc(d.Queues(q.WorkPoolID), func(other *WorkQueue) bool { return other.ID == q.ID })
	q.Priority = priority
	at, _ := slices.BinarySearchFunc(others, priority, func(other *WorkQueue, p int) int { return cmp.Compare(other.Priority, p) })
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
func (d *DB) DeleteQueue(q *WorkQueue) {
	d.EmitQueue("deleted", q, nil)
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

// poolResource names a pool in an event, as what it is about or, with a role, as what it is related to.
func poolResource(p *WorkPool, role string) map[string]string {
	resource := map[string]string{"prefect.resource.id": "prefect.work-pool." + p.ID.String(), "prefect.resource.name": p.Name, "prefect.work-pool.type": p.Type}
	if role != "" {
		resource["prefect.resource.role"] = role
	}
	return resource
}

// EmitPoolStatus tells of a pool's new status; of agents' pools there is nothing to tell.
func (d *DB) EmitPoolStatus(p *WorkPool) {
	status := p.Status()
	if status == nil {
		return
	}
	d.Emit(Event{ID: uuid.New(), Occurred: api.Now(), Event: "prefect.work-pool." + kebab(*status), Resource: poolResource(p, ""), Related: []map[string]string{}})
}

// EmitPool tells that a pool was created, updated or deleted; updates are the fields that changed, by name.
func (d *DB) EmitPool(action string, p *WorkPool, updates map[string]Change) {
	e := Event{ID: uuid.New(), Occurred: api.Now(), Event: "prefect.work-pool." + action, Resource: poolResource(p, "work-pool"), Related: []map[string]string{}, Payload: changes(updates)}
	if action != "updated" {
		e.Related = append(e.Related, map[string]string{"prefect.resource.id": "prefect.work-queue." + p.DefaultQueueID.String(), "prefect.resource.role": "default-queue"})
	}
	d.Emit(e)
}

// EmitQueueStatus tells of a queue's new status.
func (d *DB) EmitQueueStatus(q *WorkQueue) { d.EmitQueue(kebab(q.Status()), q, nil) }

// EmitQueue tells that a queue was created, updated or deleted, or has another status.
func (d *DB) EmitQueue(action string, q *WorkQueue, updates map[string]Change) {
	e := Event{ID: uuid.New(), Occurred: api.Now(), Event: "prefect.work-queue." + action, Payload: changes(updates), Related: []map[string]string{},
		Resource: map[string]string{"prefect.resource.id": "prefect.work-queue." + q.ID.String(), "prefect.resource.name": q.Name, "prefect.resource.role": "work-queue"}}
	if p := d.WorkPools.Get(q.WorkPoolID); p != nil {
		e.Related = append(e.Related, poolResource(p, "work-pool"))
	}
	d.Emit(e)
}

// Change is a field's value before and after an update.
type Change struct {
	From any `json:"from"`
	To   any `json:"to"`
}

func changes(updates map[string]Change) json.RawMessage {
	if updates == nil {
		return json.RawMessage("{}")
	}
	var fields []string
	for name := range updates {
		fields = append(fields, name)
	}
	slices.Sort(fields)
	return api.Raw(map[string]any{"updated_fields": fields, "updates": updates})
}

func kebab(status string) string { return strings.ReplaceAll(strings.ToLower(status), "_", "-") }
