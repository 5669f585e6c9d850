// Package work is the part of the emulated Prefect API for work pools, their queues and workers, the queues of agents, and what they poll. Call Register.
package work

import (
	"github.com/pacific-aci/pacific/emulator/prefect/internal/api"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/db"
)

// Register adds the room's routes.
func Register(r *api.Router, d *db.DB) {
}
