package flow

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
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

// encode gives the parameters as the server keeps them.
func (p *parameters) encode(params any) (map[string]any, error) {
	text, err := json.Marshal(params)
	if err != nil {
		return nil, err
	}
	values := map[string]any{}
	return values, unmarshal(text, &values)
}

// unmarshal is json.Unmarshal, but a large int64 stays what it is.
func unmarshal(text []byte, into any) error {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	return decoder.Decode(into)
}

// decode puts values over the defaults into params, a pointer to the struct. Unknown and missing names are errors, and so is
// a value of another type: a flow must not run with parameters that it would misunderstand.
func (p *parameters) decode(values map[string]any, params any) *ParameterError {
	if fault := p.object().check("", values); fault != nil {
		return fault
	}
	all := maps.Clone(values)
	if all == nil {
		all = map[string]any{}
	}
	for _, f := range p.fields {
		if f.preset != nil && all[f.name] == nil { // null is nothing
			all[f.name] = f.preset
		}
	}
	text, err := json.Marshal(all)
	if err == nil {
		err = json.Unmarshal(text, params)
	}
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return &ParameterError{Name: wrong.Field, Problem: fmt.Sprintf("is a JSON %s, want %v", wrong.Value, wrong.Type)}
	}
	if err != nil {
		return &ParameterError{Problem: err.Error()}
	}
	return nil
}

// check holds a value, as JSON has it, against its schema: that no name is unknown, none is missing, and texts are among the choices.
// Types are left to encoding/json. at is the value's place, empty for all parameters.
func (o object) check(at string, value any) *ParameterError {
	switch value := value.(type) {
	case string:
		if choices, ok := o.get("enum").([]string); ok && !slices.Contains(choices, value) {
			return &ParameterError{Name: at, Problem: fmt.Sprintf("is %q, want %s", value, strings.Join(choices, " or "))}
		}
	case []any:
		items, _ := o.get("items").(object)
		for i, one := range value {
			if fault := items.check(fmt.Sprintf("%s[%d]", at, i), one); fault != nil {
				return fault
			}
		}
	case map[string]any:
		return o.checkMembers(at, value)
	}
	return nil
}

func (o object) checkMembers(at string, values map[string]any) *ParameterError {
	place := func(name string) string { return strings.TrimPrefix(at+"."+name, ".") }
	properties, isStruct := o.get("properties").(object)
	required, _ := o.get("required").([]string)
	others, _ := o.get("additionalProperties").(object)
	for _, name := range required {
		if values[name] == nil {
			return &ParameterError{Name: place(name), Problem: "is required", hint: properties.namesOf(at)}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		schema, known := properties.get(name).(object)
		if isStruct && !known {
			return &ParameterError{Name: place(name), Problem: "does not exist", hint: properties.namesOf(at)}
		}
		if !known {
			schema = others
		}
		if fault := schema.check(place(name), values[name]); fault != nil {
			return fault
		}
	}
	return nil
}

// namesOf says which members there are at a place.
func (o object) namesOf(at string) string {
	var names []string
	for _, m := range o {
		names = append(names, m.key)
	}
	switch all := strings.Join(names, ", "); {
	case at == "" && all == "":
		return "the flow has no parameters"
	case at == "":
		return "the flow's parameters are " + all
	case all == "":
		return at + " has no fields"
	default:
		return "the fields of " + at + " are " + all
	}
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
			properties, _ := p.object().get("properties").(object)
			return nil, &ParameterError{Problem: fmt.Sprintf("%q is neither NAME=VALUE nor a flow of this program", arg), hint: properties.namesOf("")}
		}
		values[name] = text
		for _, f := range p.fields {
			var value any
			if f.name == name && f.schema.get("type") != "string" && json.Valid([]byte(text)) && unmarshal([]byte(text), &value) == nil {
				values[name] = value
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
