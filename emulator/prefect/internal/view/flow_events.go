package view

import (
	"github.com/pacific-aci/pacific/emulator/prefect/internal/api"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/db"
)

// EmitFlow tells that a flow was created, updated or deleted.
func EmitFlow(d *db.DB, f *db.Flow, action string) {
	d.Emit(db.Event{
		Event: "prefect.flow." + action, Resource: named("flow", f.ID, f.Name),
		Payload: api.Raw(map[string]any{"name": f.Name, "tags": List(f.Tags), "labels": Labels(f.Labels)}),
	})
}

// EmitLimit tells that a concurrency limit was created, updated or deleted.
func EmitLimit(d *db.DB, l *db.ConcurrencyLimit, action string) {
	d.Emit(db.Event{
		Event: "prefect.concurrency-limit." + action, Resource: named("concurrency-limit", l.ID, l.Name),
		Payload: api.Raw(map[string]any{"name": l.Name, "limit": l.Limit, "active": l.Active, "slot_decay_per_second": l.SlotDecayPerSecond}),
	})
}
