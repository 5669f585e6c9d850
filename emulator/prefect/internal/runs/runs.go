// Package runs is the part of the emulated Prefect API for flows, deployments, flow runs and task runs. Call Register.
package runs

import (
	"maps"
	"net/http"

	"github.com/google/uuid"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/api"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/db"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/orchestration"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/parameters"
)

// handlers answer the routes; this is what they share.
type handlers struct {
	db      *db.DB
	rules   *orchestration.Rules
	schemas parameters.Schemas // of the pools' templates
}

// Register adds the room's routes. States that runs are made with, or that are set for many at once, go through the rules.
func Register(r *api.Router, d *db.DB, rules *orchestration.Rules) {
	x := &handlers{db: d, rules: rules}
	x.registerFlows(r)
	x.registerDeployments(r)
	x.registerSchedules(r)
	x.registerFlowRuns(r)
	x.registerTaskRuns(r)
	registerAutomations(r)
}

// labels are what a request says of a thing: texts, numbers and yes or no, by key.
type labels map[string]any

// Check refuses lists and objects.
func (l labels) Check() string {
	for _, value := range l {
		switch value.(type) {
		case nil, []any, map[string]any:
			return "labels can be text, numbers, or true and false"
		}
	}
	return ""
}

// given are the labels themselves; nil for a request that says null.
func (l *labels) given() map[string]any {
	if l == nil {
		return nil
	}
	return *l
}

// merge makes one map of several; later ones win.
func merge(all ...map[string]any) map[string]any {
	merged := map[string]any{}
	for _, one := range all {
		maps.Copy(merged, one)
	}
	return merged
}

// find gives the record that an address names, or the reply that there is none.
func find[T any](r *api.Request, table *db.Table[T], what string) (*T, error) {
	id, err := r.ID("id")
	if err != nil {
		return nil, err
	}
	row := table.Get(id)
	if row == nil {
		return nil, api.NotFound(what)
	}
	return row, nil
}

// pool finds a pool by name, or gives the reply that there is none.
func (x *handlers) pool(name string) (*db.WorkPool, error) {
	p := x.db.Pool(name)
	if p == nil {
		return nil, api.Problem(http.StatusNotFound, `Work pool "`+name+`" not found.`)
	}
	return p, nil
}

// queuePool is the queue's pool; nil without one.
func (x *handlers) queuePool(queue *uuid.UUID) *db.WorkPool {
	if queue == nil {
		return nil
	}
	q := x.db.WorkQueues.Get(*queue)
	if q == nil {
		return nil
	}
	return x.db.WorkPools.Get(q.WorkPoolID)
}
