// Package runs is the part of the emulated Prefect API for flows, deployments, flow runs and task runs. Call Register.
package runs

import (
	"github.com/pacific-aci/pacific/emulator/prefect/internal/api"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/db"
)

// Register adds the room's routes.
func Register(r *api.Router, d *db.DB) {
}
