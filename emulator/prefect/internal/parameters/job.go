package parameters

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"

	"github.com/google/uuid"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/api"
	"github.com/pacific-aci/pacific/internal/pytext"
)

// JobVariables are what a pool's defaults, a deployment and a run say about a job, in this order: later ones win.
type JobVariables struct {
	// Template is the pool's base job template. One that is empty allows everything.
	Template json.RawMessage
	// Layers are the deployment's variables and the run's; each an object, or null.
	Layers []json.RawMessage
	// Complete says that everything required must be there: so it is with a run.
	Complete bool
	// Defaults says that the pool's own defaults must fit too: so it is when they are set. Otherwise those that do not
	// are left out, and then nothing is required either.
	Defaults bool
	// Block reads the data of a block that a default refers to.
	Block func(uuid.UUID) (json.RawMessage, bool)
	// What begins the server's reason: "Error creating deployment: ".
	What string
	// Schemas keeps what is compiled of the template; nil: nothing is kept.
	Schemas *Schemas
}

// Validate gives the reply that refuses them, an *api.Error: 422, or 404 for a block that is not there.
func (j JobVariables) Validate() error {
	var template struct {
		Variables json.RawMessage `json:"variables"`
	}
	if err := json.Unmarshal(j.Template, &template); err != nil || len(template.Variables) == 0 {
		return nil // nothing to hold them against
	}
	variables := j.Schemas.of(template.Variables)
	if variables.schema == nil {
		return nil
	}
	if err := variables.wrong(); err != nil {
		return api.Problem(http.StatusUnprocessableEntity, err.Error())
	}
	values, left, err := j.defaults(variables)
	if err != nil {
		return err
	}
	for _, layer := range j.Layers {
		if set, err := pytext.Decode(layer); err == nil {
			if object, ok := set.(map[string]any); ok {
				maps.Copy(values, object)
			}
		}
	}
	err = variables.check(values, j.Complete && !left)
	if err == nil {
		return nil
	}
	if why, ok := errors.AsType[reason](err); ok && why != ErrCircular {
		return api.Problem(http.StatusUnprocessableEntity, j.What+why.Error())
	}
	return fmt.Errorf("validating job variables: %w", err) // the server fails here too
}

// defaults are the pool's own values, and whether one was left out as it does not fit.
func (j JobVariables) defaults(variables *variables) (values map[string]any, left bool, err error) {
	values = map[string]any{}
	properties, _ := variables.schema["properties"].(map[string]any)
	fits := func(name string, value any) bool {
		c, err := variables.defaults()
		return err == nil && c.check(map[string]any{name: value}) == nil
	}
	for _, name := range slices.Sorted(maps.Keys(properties)) {
		property, _ := properties[name].(map[string]any)
		value, ok := property["default"]
		if !ok {
			continue
		}
		if object, isObject := value.(map[string]any); isObject && object["$ref"] != nil {
			if value, ok, err = j.resolve(object["$ref"]); err != nil {
				return nil, false, err
			}
			if !ok {
				continue
			}
		}
		if !j.Defaults && !fits(name, value) {
			left = true
			continue
		}
		values[name] = value
	}
	return values, left, nil
}

// resolve reads the block of {"block_document_id": …}; another reference is no value.
func (j JobVariables) resolve(reference any) (any, bool, error) {
	object, _ := reference.(map[string]any)
	text, ok := object["block_document_id"].(string)
	if !ok {
		return nil, false, nil
	}
	id, err := uuid.Parse(text)
	if err != nil || j.Block == nil {
		return nil, false, api.Problem(http.StatusNotFound, "Block not found.")
	}
	raw, ok := j.Block(id)
	if !ok {
		return nil, false, api.Problem(http.StatusNotFound, "Block not found.")
	}
	value, err := pytext.Decode(raw)
	if err != nil {
		return nil, false, fmt.Errorf("reading block %s: %w", id, err)
	}
	return value, true, nil
}
