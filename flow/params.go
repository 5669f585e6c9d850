package flow

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// parameters are the fields of a flow's parameter struct.
type parameters struct {
	fields []field
}

// field is one parameter.
type field struct {
	name     string
	required bool
	preset   json.RawMessage // the default; nil if there is none
	choices  []string        // the only values; nil if any
	schema   object
}

func parametersOf[P any]() (*parameters, error) {
	t := reflect.TypeFor[P]()
	if t.Kind() != reflect.Struct {
		return nil, fmt.Errorf("the parameters are %v, want a struct (flow.None if there are none)", t)
	}
	fields, err := fieldsOf(t, nil)
	if err != nil {
		return nil, err
	}
	return &parameters{fields}, nil
}

// names are all parameters, for people.
func (p *parameters) names() string {
	var names []string
	for _, f := range p.fields {
		names = append(names, f.name)
	}
	return strings.Join(names, ", ")
}

// encode gives the parameters as the server keeps them.
func (p *parameters) encode(params any) (map[string]any, error) {
	text, err := json.Marshal(params)
	if err != nil {
		return nil, err
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber() // a large int64 stays what it is
	values := map[string]any{}
	return values, decoder.Decode(&values)
}

// decode puts values over the defaults into params, a pointer to the struct. Unknown and missing names are errors, and so is
// a value of another type: a flow must not run with parameters that it would misunderstand.
func (p *parameters) decode(values map[string]any, params any) *ParameterError {
	fault := func(name, problem string) *ParameterError {
		return &ParameterError{Name: name, Problem: problem, known: p.names()}
	}
	known := map[string]bool{}
	all := map[string]any{}
	for _, f := range p.fields {
		known[f.name] = true
		value, given := values[f.name]
		if text, ok := value.(string); ok && f.choices != nil && !slices.Contains(f.choices, text) {
			return fault(f.name, fmt.Sprintf("is %q, want %s", text, strings.Join(f.choices, " or ")))
		}
		switch {
		case given && (value != nil || !f.required && f.preset == nil): // null is nothing
			all[f.name] = value
		case f.preset != nil:
			all[f.name] = f.preset
		case f.required:
			return fault(f.name, "is required")
		}
	}
	for name := range values {
		if !known[name] {
			return fault(name, "does not exist")
		}
	}
	text, err := json.Marshal(all)
	if err == nil {
		err = json.Unmarshal(text, params)
	}
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return fault(wrong.Field, fmt.Sprintf("is a JSON %s, want %v", wrong.Value, wrong.Type))
	}
	if err != nil {
		return fault("", err.Error())
	}
	return nil
}

// defaults sets the defaults in params, a pointer to the struct.
func (p *parameters) defaults(params any) {
	presets := object{}
	for _, f := range p.fields {
		if f.preset != nil {
			presets = append(presets, member{f.name, f.preset})
		}
	}
	text, err := json.Marshal(presets)
	if err == nil {
		err = json.Unmarshal(text, params)
	}
	if err != nil {
		panic("flow: the defaults cannot be read: " + err.Error()) // New has read each of them
	}
}

// parse reads NAME=VALUE as the schema has it: text is taken as it is, all else is JSON.
func (p *parameters) parse(args []string) (map[string]any, *ParameterError) {
	values := map[string]any{}
	for _, arg := range args {
		name, text, ok := strings.Cut(arg, "=")
		if !ok {
			return nil, &ParameterError{Problem: fmt.Sprintf("%q is not NAME=VALUE", arg), known: p.names()}
		}
		values[name] = text
		for _, f := range p.fields {
			if f.name == name && f.schema.get("type") != "string" && json.Valid([]byte(text)) {
				values[name] = json.RawMessage(text)
			}
		}
	}
	return values, nil
}

// usage shows the parameters as parse reads them, those that are not required in brackets.
func (p *parameters) usage() string {
	var shown []string
	for _, f := range p.fields {
		kind, _ := f.schema.get("type").(string)
		text := f.name + "=" + cmp.Or(strings.ToUpper(kind), "JSON")
		switch {
		case f.preset != nil:
			text = "[" + f.name + "=" + string(f.preset) + "]"
		case !f.required:
			text = "[" + text + "]"
		}
		shown = append(shown, text)
	}
	return strings.Join(shown, " ")
}
