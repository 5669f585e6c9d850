package flowdata

import (
	"net/http"
	"regexp"
	"slices"

	"github.com/google/uuid"

	"github.com/pacific-aci/pacific/emulator/prefect/internal/api"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/db"
)

func (h *handlers) registerInputs(r *api.Router) {
	r.Handle("POST /flow_runs/{id}/input", h.createInput)
	r.Handle("POST /flow_runs/{id}/input/filter", h.filterInputs)
	r.Handle("GET /flow_runs/{id}/input/{key}", h.readInput)
	r.Handle("DELETE /flow_runs/{id}/input/{key}", h.deleteInput)
}

var (
	inputKeyForm = regexp.MustCompile(`^[a-z0-9-]*$`)
	noInput      = api.NotFound("Flow run input")
)

func (h *handlers) createInput(r *api.Request) (api.Reply, error) {
	id, err := r.ID("id")
	if err != nil {
		return api.Reply{}, err
	}
	var body struct {
		api.Loose
		Key    string  `json:"key" req:"true"`
		Value  string  `json:"value" req:"true"`
		Sender *string `json:"sender"`
	}
	if err := r.Decode(&body); err != nil {
		return api.Reply{}, err
	}
	if !inputKeyForm.MatchString(body.Key) {
		return api.Reply{}, api.Invalid(nil, api.Detail{
			Type: "value_error", Loc: []any{"key"}, Input: body.Key, Context: map[string]any{"error": map[string]any{}},
			Message: "Value error, value must only contain lowercase letters, numbers, and dashes.",
		})
	}
	if h.input(id, body.Key) >= 0 {
		return api.Reply{}, api.Problem(http.StatusConflict, "A flow run input with this key already exists.")
	}
	if h.db.FlowRuns.Get(id) == nil {
		return api.Reply{}, api.NotFound("Flow run")
	}
	h.db.Inputs[id] = append(h.db.Inputs[id], &db.FlowRunInput{
		Base: db.NewBase(), FlowRunID: id, Key: body.Key, Value: body.Value, Sender: body.Sender,
	})
	return api.Created(nil)
}

// input is where a flow run has the input of a key; -1 if it has none.
func (h *handlers) input(flowRun uuid.UUID, key string) int {
	return slices.IndexFunc(h.db.Inputs[flowRun], func(i *db.FlowRunInput) bool { return i.Key == key })
}

// pathInput finds the input that the path names.
func (h *handlers) pathInput(r *api.Request) (flowRun uuid.UUID, at int, err error) {
	if flowRun, err = r.ID("id"); err != nil {
		return flowRun, 0, err
	}
	if at = h.input(flowRun, r.Path("key")); at < 0 {
		return flowRun, 0, noInput
	}
	return flowRun, at, nil
}

func (h *handlers) filterInputs(r *api.Request) (api.Reply, error) {
	id, err := r.ID("id")
	if err != nil {
		return api.Reply{}, err
	}
	body := struct {
		api.Loose
		Prefix      string   `json:"prefix" req:"true"`
		Limit       int      `json:"limit"`
		ExcludeKeys []string `json:"exclude_keys"`
	}{Limit: 1}
	if err := r.Decode(&body); err != nil {
		return api.Reply{}, err
	}
	found := []*db.FlowRunInput{}
	for _, i := range h.db.Inputs[id] {
		// A negative limit is none, as in SQLite.
		if body.Limit >= 0 && len(found) == body.Limit {
			break
		}
		if api.LikePrefix(i.Key, body.Prefix) && !slices.Contains(body.ExcludeKeys, i.Key) {
			found = append(found, i)
		}
	}
	return api.OK(found)
}

func (h *handlers) readInput(r *api.Request) (api.Reply, error) {
	id, at, err := h.pathInput(r)
	if err != nil {
		return api.Reply{}, err
	}
	return api.Text("text/plain; charset=utf-8", h.db.Inputs[id][at].Value)
}

func (h *handlers) deleteInput(r *api.Request) (api.Reply, error) {
	id, at, err := h.pathInput(r)
	if err != nil {
		return api.Reply{}, err
	}
	h.db.Inputs[id] = slices.Delete(h.db.Inputs[id], at, at+1)
	return api.NoContent()
}
