package flowdata

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"

	"github.com/pacific-aci/pacific/emulator/prefect/internal/api"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/db"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/filter"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/view"
)

func (h *handlers) registerVariables(r *api.Router) {
	r.Handle("POST /variables/", h.createVariable)
	r.Handle("POST /variables/filter", h.listVariables)
	r.Handle("POST /variables/count", h.countVariables)
	for path, find := range map[string]func(*api.Request) (*db.Variable, error){
		"/variables/{id}": h.variableByID, "/variables/name/{name}": h.variableByName,
	} {
		r.Handle("GET "+path, func(r *api.Request) (api.Reply, error) { return readVariable(r, find) })
		r.Handle("PATCH "+path, func(r *api.Request) (api.Reply, error) { return h.updateVariable(r, find) })
		r.Handle("DELETE "+path, func(r *api.Request) (api.Reply, error) { return h.deleteVariable(r, find) })
	}
}

// variableName is a variable's name: at most 255 characters of a small set.
type variableName string

var variableNameForm = regexp.MustCompile(`^[a-z0-9_-]*$`)

// Check refuses other characters. The length is checked before this, as a bound of the field.
func (n variableName) Check() string {
	if !variableNameForm.MatchString(string(n)) {
		return "Variable name must only contain lowercase letters, numbers, and dashes or underscores."
	}
	return ""
}

// maxVariableValue is the most bytes of JSON that a variable's value may have: MAX_VARIABLE_VALUE_LENGTH.
const maxVariableValue = 5000

// variableValue is any JSON, null included.
type variableValue json.RawMessage

// Check refuses what is too long.
func (v variableValue) Check() string {
	if len(v) > maxVariableValue {
		return fmt.Sprintf("Variable value must be less than %d characters", maxVariableValue)
	}
	return ""
}

var noVariable = api.Problem(http.StatusNotFound, "Variable not found.")

func (h *handlers) variableByID(r *api.Request) (*db.Variable, error) {
	return pathID(r, &h.db.Variables, noVariable)
}

func (h *handlers) variableByName(r *api.Request) (*db.Variable, error) {
	if v := h.variableNamed(r.Path("name")); v != nil {
		return v, nil
	}
	return nil, noVariable
}

func (h *handlers) variableNamed(name string) *db.Variable {
	return h.db.Variables.Find(func(v *db.Variable) bool { return v.Name == name })
}

func (h *handlers) createVariable(r *api.Request) (api.Reply, error) {
	body := struct {
		Name  variableName  `json:"name" req:"true" maxsize:"255"`
		Value variableValue `json:"value" req:"true"`
		Tags  []string      `json:"tags"`
	}{Tags: []string{}}
	if err := r.Decode(&body); err != nil {
		return api.Reply{}, err
	}
	name := string(body.Name)
	if h.variableNamed(name) != nil {
		return api.Reply{}, api.Problem(http.StatusConflict, "A variable with the name '"+name+"' already exists.")
	}
	v := &db.Variable{Base: db.NewBase(), Name: name, Value: json.RawMessage(body.Value), Tags: body.Tags}
	h.db.Variables.Put(v.ID, v)
	view.EmitVariable(h.db, v, "created")
	return api.Created(v)
}

func readVariable(r *api.Request, find func(*api.Request) (*db.Variable, error)) (api.Reply, error) {
	v, err := find(r)
	if err != nil {
		return api.Reply{}, err
	}
	return api.OK(v)
}

func (h *handlers) updateVariable(r *api.Request, find func(*api.Request) (*db.Variable, error)) (api.Reply, error) {
	var body struct {
		Name  api.Optional[*variableName] `json:"name" maxsize:"255"`
		Value api.Optional[variableValue] `json:"value"`
		Tags  api.Optional[*[]string]     `json:"tags"`
	}
	if err := r.Decode(&body); err != nil {
		return api.Reply{}, err
	}
	v, err := find(r)
	if err != nil {
		return api.Reply{}, err
	}
	// The database takes null for neither.
	if body.Name.Given && body.Name.Value == nil || body.Tags.Given && body.Tags.Value == nil {
		return api.Reply{}, api.IntegrityConflict()
	}
	if body.Name.Given {
		name := string(*body.Name.Value)
		if other := h.variableNamed(name); other != nil && other != v {
			return api.Reply{}, api.IntegrityConflict()
		}
		v.Name = name
	}
	if body.Value.Given {
		v.Value = json.RawMessage(body.Value.Value)
	}
	if body.Tags.Given {
		v.Tags = *body.Tags.Value
	}
	v.Touch()
	view.EmitVariable(h.db, v, "updated")
	return api.NoContent()
}

func (h *handlers) deleteVariable(r *api.Request, find func(*api.Request) (*db.Variable, error)) (api.Reply, error) {
	v, err := find(r)
	if err != nil {
		return api.Reply{}, err
	}
	view.EmitVariable(h.db, v, "deleted")
	h.db.Variables.Delete(v.ID)
	return api.NoContent()
}

// variableSort is an order of variables.
type variableSort string

// Values lists the orders.
func (variableSort) Values() []string {
	return []string{"CREATED_DESC", "UPDATED_DESC", "NAME_DESC", "NAME_ASC"}
}

func (s variableSort) compare(a, b *db.Variable) int {
	switch s {
	case "CREATED_DESC":
		return b.Created.Compare(a.Created.Time)
	case "UPDATED_DESC":
		return b.Updated.Compare(a.Updated.Time)
	case "NAME_DESC":
		return cmp.Compare(b.Name, a.Name)
	}
	return cmp.Compare(a.Name, b.Name)
}

func (h *handlers) matchingVariables(f *filter.Variable) []*db.Variable {
	return slices.DeleteFunc(slices.Collect(h.db.Variables.All()), func(v *db.Variable) bool { return !f.Match(v) })
}

func (h *handlers) listVariables(r *api.Request) (api.Reply, error) {
	body := struct {
		api.Loose
		api.Page
		Variables *filter.Variable `json:"variables"`
		Sort      variableSort     `json:"sort"`
	}{Sort: "NAME_ASC"}
	if err := r.Decode(&body); err != nil {
		return api.Reply{}, err
	}
	return list(h.matchingVariables(body.Variables), body.Sort.compare, body.Page)
}

func (h *handlers) countVariables(r *api.Request) (api.Reply, error) {
	var body struct {
		api.Loose
		Variables *filter.Variable `json:"variables"`
	}
	if err := r.Decode(&body); err != nil {
		return api.Reply{}, err
	}
	return api.OK(len(h.matchingVariables(body.Variables)))
}
