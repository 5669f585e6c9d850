package notice

import (
	"github.com/pacific-aci/pacific/emulator/prefect/internal/api"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/db"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/view"
)

// Flow tells that a flow was created, updated or deleted.
func Flow(d *db.DB, f *db.Flow, action string) {
	d.Emit(db.Event{
		Event: "prefect.flow." + action, Resource: named("flow", f.ID, f.Name),
		Payload: api.Raw(map[string]any{"name": f.Name, "tags": view.List(f.Tags), "labels": view.Labels(f.Labels)}),
	})
}

// Limit tells that a concurrency limit was created, updated or deleted.
func Limit(d *db.DB, l *db.ConcurrencyLimit, action string) {
	d.Emit(db.Event{
		Event: "prefect.concurrency-limit." + action, Resource: named("concurrency-limit", l.ID, l.Name),
		Payload: api.Raw(map[string]any{"name": l.Name, "limit": l.Limit, "active": l.Active, "slot_decay_per_second": l.SlotDecayPerSecond}),
	})
}
