package flowdata

import "github.com/pacific-aci/pacific/emulator/prefect/internal/api"

// listTaskWorkers lists the task workers that listen for background tasks. They connect by a websocket that this API
// does not serve, so there is never one.
func listTaskWorkers(r *api.Request) (api.Reply, error) {
	var body struct {
		api.Loose
		Filter *struct {
			api.Loose
			TaskKeys []string `json:"task_keys" req:"true"`
		} `json:"task_worker_filter"`
	}
	if err := r.Decode(&body); err != nil {
		return api.Reply{}, err
	}
	return api.OK([]any{})
}
