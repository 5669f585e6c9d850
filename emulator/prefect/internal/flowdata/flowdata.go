// Package flowdata is the part of the emulated Prefect API for what flows keep on the server: variables, artifacts, the
// inputs of flow runs, and the background tasks that wait for a task worker. Call Register.
package flowdata

import (
	"cmp"
	"slices"

	"github.com/pacific-aci/pacific/emulator/prefect/internal/api"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/db"
)

// handlers serve the package's routes, under the router's lock.
type handlers struct {
	db    *db.DB
	tasks *taskQueues
}

// Register adds the package's routes.
func Register(r *api.Router, d *db.DB) {
	h := &handlers{db: d, tasks: newTaskQueues()}
	h.registerVariables(r)
	h.registerArtifacts(r)
	h.registerInputs(r)
	h.registerTaskWorkers(r)
}

// pathID finds the record that the path names. A missing one is the error missing.
func pathID[T any](r *api.Request, table *db.Table[T], missing *api.Error) (*T, error) {
	id, err := r.ID("id")
	if err != nil {
		return nil, err
	}
	row := table.Get(id)
	if row == nil {
		return nil, missing
	}
	return row, nil
}

// list replies with the part of the rows, in order, that a request asks for.
func list[T any](rows []*T, compare func(a, b *T) int, p api.Page) (api.Reply, error) {
	slices.SortStableFunc(rows, compare)
	part, err := api.Cut(p, rows)
	if err != nil {
		return api.Reply{}, err
	}
	return api.OK(part)
}

// compareKeys orders keys that may be missing: SQLite puts null before all else.
func compareKeys(a, b *string) int {
	switch {
	case a == nil && b == nil:
		return 0
	case a == nil:
		return -1
	case b == nil:
		return 1
	}
	return cmp.Compare(*a, *b)
}
