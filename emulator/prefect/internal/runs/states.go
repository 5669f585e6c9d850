package runs

import (
	"github.com/pacific-aci/pacific/emulator/prefect/internal/api"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/db"
)

// registerStates adds the routes of the states of one kind of run: the list of a run's, the oldest first, and one by its
// own id. common is what runs of that kind share with those of the other.
func registerStates[Run any](r *api.Router, kind string, table *db.Table[Run], common func(*Run) *db.Run) {
	param := kind + "_id"
	r.Handle("GET /"+kind+"_states/", func(r *api.Request) (api.Reply, error) {
		id, err := r.QueryID(param)
		if err != nil {
			return api.Reply{}, err
		}
		if id == nil {
			return api.Reply{}, api.Invalid(nil, api.Detail{Type: "missing", Loc: []any{"query", param}, Message: "Field required"})
		}
		states := []*db.State{}
		if run := table.Get(*id); run != nil {
			states = append(states, common(run).States...)
		}
		return api.OK(states)
	})
	r.Handle("GET /"+kind+"_states/{id}", func(r *api.Request) (api.Reply, error) {
		id, err := r.ID("id")
		if err != nil {
			return api.Reply{}, err
		}
		for run := range table.All() { // no index of states: nothing but a person at a terminal asks for one of them
			for _, state := range common(run).States {
				if state.ID == id {
					return api.OK(state)
				}
			}
		}
		return api.Reply{}, api.NotFound("Flow run state") // the server says so of task runs' too
	})
}
