package orchestration

import "github.com/pacific-aci/pacific/emulator/prefect/internal/api"

// Register adds the room's routes.
func (o *Rules) Register(r *api.Router) {
}
