// Package events is the part of the emulated Prefect API for events and logs, by HTTP and by websocket. Call Register.
package events

import (
	"github.com/pacific-aci/pacific/emulator/prefect/internal/api"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/db"
)

// Register adds the room's routes.
func Register(r *api.Router, d *db.DB) {
}
