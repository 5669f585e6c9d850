package view

import (
	"github.com/pacific-aci/pacific/emulator/prefect/internal/api"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/db"
)

// EmitVariable emits that a variable was created, updated or deleted.
func EmitVariable(d *db.DB, v *db.Variable, action string) {
	d.Emit(db.Event{
		Event: "prefect.variable." + action, Resource: named("variable", v.ID, v.Name),
		Payload: api.Raw(map[string]any{"name": v.Name, "value": v.Value, "tags": v.Tags}),
	})
}

// EmitArtifactCollection emits that a key got its first artifact, another latest one, or lost its last.
func EmitArtifactCollection(d *db.DB, c *db.ArtifactCollection, action string) {
	related := []map[string]string{in("latest", resource("artifact", c.LatestID))}
	if c.FlowRunID != nil {
		related = append(related, in("flow-run", resource("flow-run", *c.FlowRunID)))
	}
	if c.TaskRunID != nil {
		related = append(related, in("task-run", resource("task-run", *c.TaskRunID)))
	}
	d.Emit(db.Event{
		Event: "prefect.artifact-collection." + action, Resource: named("artifact-collection", c.ID, *c.Key), Related: related,
		Payload: api.Raw(map[string]any{"key": c.Key, "type": c.Type, "data": c.Data, "description": c.Description}),
	})
}
