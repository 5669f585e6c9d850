// Package blocks is the part of the emulated Prefect API for block types, schemas and documents. Call Register.
package blocks

import (
	"github.com/pacific-aci/pacific/emulator/prefect/internal/api"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/db"
)

// Register adds the room's routes.
func Register(r *api.Router, d *db.DB) {
}
