package orchestration

import (
	"net/http"
	"regexp"

	"github.com/google/uuid"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/api"
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
	id, err := r.ID("id")
	if err != nil {
		return api.Reply{}, err
	}
	var body setState
	if err := r.Decode(&body); err != nil {
		return api.Reply{}, err
	}
	run := o.db.FlowRuns.Get(id)
	if run == nil {
		return api.Reply{}, missing("Flow", id)
	}
	return o.setBy(run, proposal{State: body.State.State(), Force: body.Force, Client: client(r)}).reply()
}

func (o *Rules) setTaskRunState(r *api.Request) (api.Reply, error) {
	id, err := r.ID("id")
	if err != nil {
		return api.Reply{}, err
	}
	var body setState
	if err := r.Decode(&body); err != nil {
		return api.Reply{}, err
	}
	run := o.db.TaskRuns.Get(id)
	if run == nil {
		return api.Reply{}, missing("Task", id)
	}
	return o.SetTask(run, body.State.State(), body.Force).reply()
}

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
