// Package work is the part of the emulated Prefect API for work pools, their queues and workers, the queues of agents,
// and what they poll. Call Register.
//
// Beneath the routes, and for other rooms: every pool has a default queue and its queues an order, and pools, queues and
// deployments are ready while somebody polls or sends heartbeats. These functions change the records and publish events,
// and want the records' lock. [AddPool] makes a pool, [MarkPolled] notes a poll.
package work

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"

	"github.com/pacific-aci/pacific/emulator/prefect/internal/api"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/db"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/view"
)

// handlers are what the routes work on, under the router's lock.
type handlers struct{ db *db.DB }

// Register adds the room's routes.
func Register(r *api.Router, d *db.DB) {
	w := &handlers{db: d}
	w.registerPools(r)
	w.registerQueues(r)
	w.registerAgentQueues(r)
	w.registerWorkers(r)
	w.registerConcurrency(r)
	r.Handle("POST /work_pools/{pool}/get_scheduled_flow_runs", w.poll)
	r.Handle("GET /collections/views/{view}", readView)
}

// pool finds the pool that the address names.
func (w *handlers) pool(r *api.Request) (*db.WorkPool, error) {
	name := r.Path("pool")
	if p := w.db.Pool(name); p != nil {
		return p, nil
	}
	return nil, api.Problem(http.StatusNotFound, `Work pool "`+name+`" not found.`)
}

// queue finds the queue of a pool that the address names. That the pool is missing shows as the queue missing: the
// server looks for both at once.
func (w *handlers) queue(r *api.Request) (*db.WorkQueue, error) {
	return w.queueNamed(r.Path("pool"), r.Path("queue"))
}

func (w *handlers) queueNamed(pool, name string) (*db.WorkQueue, error) {
	if p := w.db.Pool(pool); p != nil {
		if q := w.db.Queue(p.ID, name); q != nil {
			return q, nil
		}
	}
	return nil, api.Problem(http.StatusNotFound, fmt.Sprintf("Work pool queue '%s/%s' not found.", pool, name))
}

// changes are an update's, by field.
type changes map[string]view.Change

// note keeps a field that is another on the wire than before.
func (c changes) note(field string, from, to any) {
	if !bytes.Equal(api.Raw(from), api.Raw(to)) {
		c[field] = view.Change{From: from, To: to}
	}
}

// reserved reports whether a name is one that the server keeps for itself.
func reserved(name string) bool { return strings.HasPrefix(strings.ToLower(name), "prefect") }

// readView answers for the views of Prefect's registry of collections, which a server fetches from elsewhere. Here
// nothing is: that of workers names those types alone that Pacific knows, and the others are empty.
func readView(r *api.Request) (api.Reply, error) {
	view := r.Path("view")
	switch view {
	case "aggregate-worker-metadata":
		return api.OK(workerTypes())
	case "aggregate-block-metadata", "aggregate-flow-metadata", "demo-flows":
		return api.OK(map[string]any{})
	}
	return api.Reply{}, api.Problem(http.StatusNotFound, "View "+view+" not found in registry")
}

// slots counts the runs that hold a queue's or a pool's slots.
func (w *handlers) slots(holds func(*db.FlowRun) bool) int {
	n := 0
	for run := range w.db.FlowRuns.All() {
		if run.State != nil && holds(run) {
			n++
		}
	}
	return n
}

// busy reports whether a run holds a slot of its pool, and of its queue for workers.
func busy(run *db.FlowRun) bool {
	return run.State.Type == db.Running || run.State.Type == db.Pending
}
