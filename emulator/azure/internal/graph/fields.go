package graph

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// fields are the properties of a body, by name.
type fields map[string]field

// field is a property's value in JSON.
type field json.RawMessage

// UnmarshalJSON keeps the value as it is.
func (f *field) UnmarshalJSON(data []byte) error {
	*f = bytes.Clone(data)
	return nil
}

// decode reads the body, which must be an object.
func (c *call) decode() (fields, error) {
	var f fields
	if len(bytes.TrimSpace(c.body)) == 0 {
		return nil, refuse(400, "BadRequest", "Empty Payload. JSON content expected.")
	}
	if err := json.Unmarshal(c.body, &f); err != nil {
		return nil, refuse(400, "BadRequest", "Unable to read JSON request payload. Please ensure Content-Type header is set and payload is of valid JSON format.")
	}
	return f, nil
}

// into reads the value into v.
func (f field) into(name string, v any) error {
	if json.Unmarshal(f, v) != nil {
		return badRequest("Invalid value specified for property '%s' of the resource.", name)
	}
	return nil
}

// text reads a text of at most a number of characters.
func (f field) text(name string, most int, v *string) error {
	if err := f.into(name, v); err != nil {
		return err
	}
	if len([]rune(*v)) > most || strings.TrimSpace(*v) == "" {
		return badRequest("Invalid value specified for property '%s' of the resource.", name)
	}
	return nil
}

func (f field) texts(name string, v *[]string) error {
	var list []string
	if err := f.into(name, &list); err != nil {
		return err
	}
	*v = list
	return nil
}

func (f field) oneOf(name string, known []string, v *string) error {
	var text string
	if err := f.into(name, &text); err != nil {
		return err
	}
	if !slices.Contains(known, text) {
		return badRequest("Invalid value specified for property '%s' of the resource: '%s'.", name, text)
	}
	*v = text
	return nil
}

// keep adds the value to a copy of properties that are kept as they are.
func (f field) keep(name string, kept map[string]any) (map[string]any, error) {
	var value any
	if err := f.into(name, &value); err != nil {
		return kept, err
	}
	kept = maps.Clone(kept)
	if kept == nil {
		kept = map[string]any{}
	}
	kept[name] = value
	return kept, nil
}
