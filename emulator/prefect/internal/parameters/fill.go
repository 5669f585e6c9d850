package parameters

import (
	"errors"
	"maps"
	"slices"

	"github.com/pacific-aci/pacific/emulator/prefect/internal/db"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/jinja"
	"github.com/pacific-aci/pacific/internal/pytext"
)

// FillError is why parameters cannot be filled in, in the server's words.
type FillError string

func (e FillError) Error() string { return string(e) }

// ErrBroken is for objects that the server does not refuse but fails with.
var ErrBroken = errors.New("the parameters are not what the server can fill in")

// removed is the value of an object that says too little: it is left out of what holds it.
type removed struct{}

const kindKey = "__prefect_kind"

// Fill fills in parameters with the variables of d. It wants the records' lock.
func Fill(values map[string]any, d *db.DB) (map[string]any, error) {
	value, err := hydrator{d}.value(values)
	if err != nil {
		return nil, err
	}
	switch v := value.(type) {
	case removed:
		return map[string]any{}, nil
	case map[string]any:
		return v, nil
	}
	return nil, ErrBroken
}

type hydrator struct{ db *db.DB }

func (h hydrator) value(value any) (any, error) {
	switch v := value.(type) {
	case map[string]any:
		if kind, ok := v[kindKey]; ok {
			return h.object(kind, v)
		}
		made := map[string]any{}
		for _, key := range slices.Sorted(maps.Keys(v)) { // so that of two errors always the same is told
			item, err := h.value(v[key])
			if err != nil {
				return nil, err
			}
			if _, ok := item.(removed); !ok {
				made[key] = item
			}
		}
		return made, nil
	case []any:
		made := []any{}
		for _, item := range v {
			item, err := h.value(item)
			if err != nil {
				return nil, err
			}
			if _, ok := item.(removed); !ok {
				made = append(made, item)
			}
		}
		return made, nil
	}
	return value, nil
}

// object gives what an object with a kind stands for. One of a kind that is not known is its value as it is.
func (h hydrator) object(kind any, object map[string]any) (any, error) {
	switch kind {
	case "none":
		value, ok := object["value"]
		if !ok {
			return nil, FillError("Missing 'value' key in __prefect object")
		}
		return h.value(value)
	case "json":
		return h.json(object)
	case "jinja":
		return h.template(object)
	case "workspace_variable":
		return h.variable(object)
	}
	switch kind.(type) {
	case []any, map[string]any:
		return nil, ErrBroken
	}
	return object["value"], nil
}

// nested is what an object has under a key, filled in if that is an object too.
func (h hydrator) nested(object map[string]any, key string) (value any, ok bool, err error) {
	if value, ok = object[key]; !ok {
		return nil, false, nil
	}
	if inner, isObject := value.(map[string]any); isObject {
		value, err = h.value(inner)
	}
	return value, true, err
}

func (h hydrator) json(object map[string]any) (any, error) {
	value, ok, err := h.nested(object, "value")
	if !ok {
		return removed{}, nil
	}
	text, isText := value.(string)
	if err != nil || !isText {
		return value, err
	}
	if value, err = pytext.Loads(text); err != nil {
		return nil, FillError("Invalid JSON: " + err.Error())
	}
	return value, nil
}

func (h hydrator) template(object map[string]any) (any, error) {
	value, ok, err := h.nested(object, "template")
	if !ok {
		return nil, FillError("Missing 'template' key in __prefect object")
	}
	if _, none := value.(removed); err != nil || none {
		return value, err
	}
	text, isText := value.(string)
	if !isText {
		return nil, ErrBroken
	}
	rendered, err := jinja.Render(text)
	if err != nil {
		return nil, FillError("Invalid jinja: " + err.Error())
	}
	return rendered, nil
}

func (h hydrator) variable(object map[string]any) (any, error) {
	value, ok, err := h.nested(object, "variable_name")
	if !ok {
		return removed{}, nil
	}
	if _, none := value.(removed); err != nil || none {
		return value, err
	}
	switch value.(type) {
	case []any, map[string]any:
		return nil, ErrBroken
	}
	for v := range h.db.Variables.All() {
		if name, isText := value.(string); isText && v.Name == name {
			return pytext.Decode(v.Value)
		}
	}
	name, isText := value.(string)
	if !isText {
		name = pytext.Repr(value)
	}
	return nil, FillError("Variable '" + name + "' not found in workspace.")
}
