package runs

import (
	"net/http"

	"github.com/pacific-aci/pacific/emulator/prefect/internal/api"
)

// registerAutomations answers those questions about automations that clients ask with every deployment. This API has none
// and makes none: all other routes of theirs say so.
func registerAutomations(r *api.Router) {
	none := func(status int, body any) api.Handler {
		return func(*api.Request) (api.Reply, error) { return api.Reply{Status: status, Body: body}, nil }
	}
	r.Handle("DELETE /automations/owned-by/{resource}", none(http.StatusAccepted, nil))
	r.Handle("GET /automations/related-to/{resource}", none(http.StatusOK, []any{}))
	r.Handle("POST /automations/filter", none(http.StatusOK, []any{}))
	r.Handle("POST /automations/count", none(http.StatusOK, 0))
}
