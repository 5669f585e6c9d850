package orchestration

import (
	"net/http"
	"regexp"

	"github.com/google/uuid"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/api"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/db"
)

// Register adds the room's routes.
func (o *Rules) Register(r *api.Router) {
	r.Handle("POST /flow_runs/{id}/set_state", o.setFlowRunState)
	r.Handle("POST /flow_runs/{id}/resume", o.resume)
	r.Handle("POST /task_runs/{id}/set_state", o.setTaskRunState)
}

// setState is the body of both set_state routes.
type setState struct {
	api.Loose
	State StateCreate `json:"state" req:"true"`
	Force bool        `json:"force"`
}

func (o *Rules) setFlowRunState(r *api.Request) (api.Reply, error) {
	run, body, err := proposed(r, &o.db.FlowRuns, "Flow")
	if err != nil {
		return api.Reply{}, err
	}
	return o.setBy(run, proposal{State: body.State.State(), Force: body.Force, Client: client(r)}).reply()
}

func (o *Rules) setTaskRunState(r *api.Request) (api.Reply, error) {
	run, body, err := proposed(r, &o.db.TaskRuns, "Task")
	if err != nil {
		return api.Reply{}, err
	}
	return o.SetTask(run, body.State.State(), body.Force).reply()
}

// proposed reads a request for a new state, and finds the run that it is for.
func proposed[T any](r *api.Request, runs *db.Table[T], kind string) (run *T, body setState, err error) {
	id, err := r.ID("id")
	if err != nil {
		return nil, body, err
	}
	if err := r.Decode(&body); err != nil {
		return nil, body, err
	}
	if run = runs.Get(id); run == nil {
		return nil, body, missing(kind, id)
	}
	return run, body, nil
}

// reply tells by its status whether a state was written, which a REJECT may do as well as an ACCEPT.
func (r Result) reply() (api.Reply, error) {
	if r.New {
		return api.Created(r)
	}
	return api.OK(r)
}

// missing is how the server says so here; elsewhere it has a detail.
func missing(kind string, id uuid.UUID) error {
	return &api.Error{Status: http.StatusNotFound, Body: map[string]any{"exception_message": kind + " run with id " + id.String() + " not found"}}
}

// userAgent is how Prefect's own client names itself.
var userAgent = regexp.MustCompile(`^prefect/(\d+\.\d+\.\d+(?:[a-z.+0-9]+)?) \(API \S+\)$`)

// client is the version of Prefect's own client that made a request; empty for others.
func client(r *api.Request) string {
	if found := userAgent.FindStringSubmatch(r.HTTP.UserAgent()); found != nil {
		return found[1]
	}
	return ""
}
