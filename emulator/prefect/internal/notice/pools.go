package notice

import (
	"github.com/pacific-aci/pacific/emulator/prefect/internal/db"
)

// PoolStatus tells of a pool's new status; of agents' pools there is nothing to tell.
func PoolStatus(d *db.DB, p *db.WorkPool) {
	if status := p.Status(); status != nil {
		d.Emit(db.Event{Event: "prefect.work-pool." + kebab(*status), Resource: pool(p)})
	}
}

// Pool tells that a pool was created or deleted.
func Pool(d *db.DB, p *db.WorkPool, action string) {
	d.Emit(db.Event{
		Event: "prefect.work-pool." + action, Resource: in("work-pool", pool(p)),
		Related: []map[string]string{in("default-queue", resource("work-queue", p.DefaultQueueID))},
	})
}

// PoolUpdated tells of a pool's fields that changed.
func PoolUpdated(d *db.DB, p *db.WorkPool, updates map[string]Change) {
	d.Emit(db.Event{Event: "prefect.work-pool.updated", Resource: in("work-pool", pool(p)), Payload: changes(updates)})
}

// QueueStatus tells of a queue's new status.
func QueueStatus(d *db.DB, q *db.WorkQueue) { Queue(d, q, kebab(q.Status())) }

// Queue tells that a queue was created or deleted, or has another status.
func Queue(d *db.DB, q *db.WorkQueue, action string) { d.Emit(queueEvent(d, q, action)) }

// QueueUpdated tells of a queue's fields that changed.
func QueueUpdated(d *db.DB, q *db.WorkQueue, updates map[string]Change) {
	e := queueEvent(d, q, "updated")
	e.Payload = changes(updates)
	d.Emit(e)
}

func queueEvent(d *db.DB, q *db.WorkQueue, action string) db.Event {
	e := db.Event{Event: "prefect.work-queue." + action, Resource: in("work-queue", named("work-queue", q.ID, q.Name))}
	if p := d.WorkPools.Get(q.WorkPoolID); p != nil {
		e.Related = append(e.Related, in("work-pool", pool(p)))
	}
	return e
}
