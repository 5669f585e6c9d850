package view

import (
	"github.com/pacific-aci/pacific/emulator/prefect/internal/db"
)

// EmitPoolStatus tells of a pool's new status; of agents' pools there is nothing to tell.
func EmitPoolStatus(d *db.DB, p *db.WorkPool) {
	if status := p.Status(); status != nil {
		d.Emit(db.Event{Event: "prefect.work-pool." + kebab(*status), Resource: pool(p)})
	}
}

// EmitPool tells that a pool was created or deleted.
func EmitPool(d *db.DB, p *db.WorkPool, action string) {
	d.Emit(db.Event{
		Event: "prefect.work-pool." + action, Resource: in("work-pool", pool(p)),
		Related: []map[string]string{in("default-queue", resource("work-queue", p.DefaultQueueID))},
	})
}

// EmitPoolUpdate tells of a pool's fields that changed.
func EmitPoolUpdate(d *db.DB, p *db.WorkPool, updates map[string]Change) {
	d.Emit(db.Event{Event: "prefect.work-pool.updated", Resource: in("work-pool", pool(p)), Payload: changes(updates)})
}

// EmitQueueStatus tells of a queue's new status.
func EmitQueueStatus(d *db.DB, q *db.WorkQueue) { EmitQueue(d, q, kebab(q.Status())) }

// EmitQueue tells that a queue was created or deleted, or has another status.
func EmitQueue(d *db.DB, q *db.WorkQueue, action string) { d.Emit(queueEvent(d, q, action)) }

// EmitQueueUpdate tells of a queue's fields that changed.
func EmitQueueUpdate(d *db.DB, q *db.WorkQueue, updates map[string]Change) {
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
