// Package concurrency is the part of the emulated Prefect API for concurrency limits: their slots, and the leases by which
// slots are held. Call Register for the routes; the rules of runs take slots with [Take] and [AddLease]. Whoever looks at
// what time makes due calls [ExpireLeases]. All of it wants the records' lock.
package concurrency

import (
	"github.com/pacific-aci/pacific/emulator/prefect/internal/api"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/db"
)

// handlers answer the routes; this is what they share.
type handlers struct{ db *db.DB }

// Register adds the room's routes.
func Register(r *api.Router, d *db.DB) {
	x := &handlers{db: d}
	x.registerTags(r)
	r.Handle("POST /v2/concurrency_limits/", x.createLimit)
	r.Handle("GET /v2/concurrency_limits/{name}", x.readLimit)
	r.Handle("POST /v2/concurrency_limits/filter", x.listLimits)
	r.Handle("PATCH /v2/concurrency_limits/{name}", x.updateLimit)
	r.Handle("DELETE /v2/concurrency_limits/{name}", x.deleteLimit)
	r.Handle("POST /v2/concurrency_limits/increment", x.increment)
	r.Handle("POST /v2/concurrency_limits/increment-with-lease", x.incrementWithLease)
	r.Handle("POST /v2/concurrency_limits/decrement", x.decrement)
	r.Handle("POST /v2/concurrency_limits/decrement-with-lease", x.decrementWithLease)
	r.Handle("POST /v2/concurrency_limits/leases/{id}/renew", x.renew)
}
