package view

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/api"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/db"
)

// resource is a resource in an event: what the event is about or, with a role, what it is related to.
func resource(kind string, id uuid.UUID) map[string]string {
	return map[string]string{"prefect.resource.id": "prefect." + kind + "." + id.String()}
}

func named(kind string, id uuid.UUID, name string) map[string]string {
	r := resource(kind, id)
	r["prefect.resource.name"] = name
	return r
}

func in(role string, r map[string]string) map[string]string {
	r["prefect.resource.role"] = role
	return r
}

func pool(p *db.WorkPool) map[string]string {
	r := named("work-pool", p.ID, p.Name)
	r["prefect.work-pool.type"] = p.Type
	return r
}

// Change is a field's value before and after an update.
type Change struct {
	From any `json:"from"`
	To   any `json:"to"`
}

func changes(updates map[string]Change) json.RawMessage {
	return api.Raw(map[string]any{"updated_fields": slices.Sorted(maps.Keys(updates)), "updates": updates})
}

// kebab is a status as events name it: not-ready.
func kebab(status string) string { return strings.ReplaceAll(strings.ToLower(status), "_", "-") }
