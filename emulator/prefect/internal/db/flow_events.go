package db

import "github.com/pacific-aci/pacific/emulator/prefect/internal/api"

// EmitFlow tells that a flow was created, updated or deleted.
func (d *DB) EmitFlow(action string, f *Flow) {
	d.Emit(Event{
		Event:    "prefect.flow." + action,
		Resource: map[string]string{"prefect.resource.id": "prefect.flow." + f.ID.String(), "prefect.resource.name": f.Name},
		Payload:  api.Raw(map[string]any{"name": f.Name, "tags": listOr(f.Tags), "labels": mapOr(f.Labels)}),
	})
}
