package jobtemplate

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/pacific-aci/pacific/prefect"
)

// Template is a base job template whose variables get defaults. Everything else stays as it was read, and in its order, by
// which Prefect's UI shows the variables. Make it with [ReadTemplate].
type Template struct {
	root, variables, properties ordered
	// schemas are the variables as read, definitions what they refer to.
	schemas, definitions map[string]any
	required             []string
}

// ReadTemplate reads a pool's base job template. The errors are about a template without variables, such as that of a pool
// whose worker has not started yet.
func ReadTemplate(raw json.RawMessage) (*Template, error) {
	t := &Template{}
	if !utf8.Valid(raw) {
		return nil, &Error{Kind: ErrTemplate, Problem: "the base job template must be valid UTF-8"}
	}
	var err error
	if t.root, err = readOrdered(raw); err != nil {
		return nil, &Error{Kind: ErrTemplate, Problem: "the base job template is not a JSON object"}
	}
	if t.variables, err = readOrdered(t.root.raw("variables")); err != nil {
		return nil, &Error{Kind: ErrTemplate, Field: "variables", Problem: "the base job template has none"}
	}
	if t.properties, err = readOrdered(t.variables.raw("properties")); err != nil {
		return nil, &Error{Kind: ErrTemplate, Field: "variables.properties", Problem: "the base job template has none"}
	}
	var variables struct {
		Properties, Definitions map[string]any
		Defs                    map[string]any `json:"$defs"`
		Required                []string
	}
	if err := decode(t.root.raw("variables"), &variables); err != nil {
		return nil, &Error{Kind: ErrTemplate, Field: "variables", Problem: "this is not a JSON schema"}
	}
	t.schemas, t.required = variables.Properties, variables.Required
	t.definitions = map[string]any{"definitions": variables.Definitions, "$defs": variables.Defs}
	return t, nil
}

// Names lists the variables in the template's order.
func (t *Template) Names() []string {
	names := make([]string, len(t.properties))
	for i, m := range t.properties {
		names[i] = m.name
	}
	return names
}

// Missing lists the variables that a run needs and that have no default.
func (t *Template) Missing() []string {
	return slices.DeleteFunc(slices.Clone(t.required), func(name string) bool {
		property, err := readOrdered(t.properties.raw(name))
		return err != nil || property.raw("default") != nil
	})
}

// BlockTypes lists the slugs of the block types that a variable takes a block of.
func (t *Template) BlockTypes(name string) []string {
	var slugs []string
	t.parts(t.schemas[name], func(s object) {
		if slug, ok := s["block_type_slug"].(string); ok && !slices.Contains(slugs, slug) {
			slugs = append(slugs, slug)
		}
	})
	return slugs
}

// SetDefault gives a variable a default that was written as text, of the kind that the variable's schema asks for: a number,
// true or false, null, a list or an object as JSON; a text as it is. A text that the schema takes both ways is read as JSON.
func (t *Template) SetDefault(name, text string) error {
	schema, known := t.schemas[name]
	if !known {
		return unknownVariable(name)
	}
	if !utf8.ValidString(text) {
		return &Error{Kind: ErrValue, Field: name, Problem: "the value must be valid UTF-8"}
	}
	value, isJSON := jsonValue(text)
	if _, isText := value.(string); isJSON && !isText && t.fits(schema, value, 0) {
		return t.set(name, json.RawMessage(text))
	}
	if !t.fits(schema, text, 0) {
		return &Error{Kind: ErrValue, Field: name, Problem: "the value does not fit the template's schema", Want: "give " + t.want(schema)}
	}
	return t.set(name, text)
}

// SetBlock makes a variable's default a reference to a block, as Prefect's UI writes it.
func (t *Template) SetBlock(name string, id prefect.ID) error {
	if _, known := t.schemas[name]; !known {
		return unknownVariable(name)
	}
	return t.set(name, object{"$ref": object{"block_document_id": id}})
}

// Default returns a variable's default, as JSON; nil for none.
func (t *Template) Default(name string) json.RawMessage {
	property, err := readOrdered(t.properties.raw(name))
	if err != nil {
		return nil
	}
	return property.raw("default")
}

// SetJSON makes a value that is written as JSON a variable's default. It is not held against the variable's schema: Prefect
// itself writes defaults that are not of its kind, such as a reference.
func (t *Template) SetJSON(name string, value json.RawMessage) error {
	if _, known := t.schemas[name]; !known {
		return unknownVariable(name)
	}
	return t.set(name, value)
}

// ClearDefault takes a variable's default away; one that has none stays as it is.
func (t *Template) ClearDefault(name string) error {
	if _, known := t.schemas[name]; !known {
		return unknownVariable(name)
	}
	property, err := readOrdered(t.properties.raw(name))
	if err != nil {
		return &Error{Kind: ErrTemplate, Field: name, Problem: "the variable's schema is not a JSON object"}
	}
	t.write(name, property.without("default"))
	return nil
}

// SetOptional makes variables ones that need no value. Names that the template does not require are passed over.
func (t *Template) SetOptional(names ...string) {
	t.required = slices.DeleteFunc(slices.Clone(t.required), func(name string) bool { return slices.Contains(names, name) })
	t.variables = t.variables.with("required", t.required)
	t.root = t.root.with("variables", t.variables)
}

// LeavePlaceToWorker makes the variables optional that say where container groups are made, and as whom: for pools that a
// worker of Pacific's serves, which has a place of its own for runs that name none. The server would refuse such runs.
func (t *Template) LeavePlaceToWorker() {
	t.SetOptional("resource_group_name", "subscription_id", "aci_credentials")
}

func unknownVariable(name string) error {
	return &Error{Kind: ErrTemplate, Field: name, Problem: "the template has no such variable"}
}

// set writes a default into the variable, at its place where it has one already.
func (t *Template) set(name string, value any) error {
	property, err := readOrdered(t.properties.raw(name))
	if err != nil {
		return &Error{Kind: ErrTemplate, Field: name, Problem: "the variable's schema is not a JSON object"}
	}
	t.write(name, property.with("default", value))
	return nil
}

// write puts a variable's schema in its place.
func (t *Template) write(name string, property ordered) {
	t.properties = t.properties.with(name, property)
	t.variables = t.variables.with("properties", t.properties)
	t.root = t.root.with("variables", t.variables)
}

// MarshalJSON writes the template with its new defaults.
func (t *Template) MarshalJSON() ([]byte, error) { return t.root.MarshalJSON() }

// readOrdered reads a JSON object and leaves its members as they are. null and what is no object are errors.
func readOrdered(raw json.RawMessage) (ordered, error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	if token, err := d.Token(); err != nil || token != json.Delim('{') {
		return nil, fmt.Errorf("this is not a JSON object")
	}
	o := ordered{}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return nil, err
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return nil, err
		}
		o = o.with(name.(string), value)
	}
	_, err := d.Token()
	return o, err
}

// raw is a member as it was read or written; nil for none.
func (o ordered) raw(name string) json.RawMessage {
	i := slices.IndexFunc(o, func(m member) bool { return m.name == name })
	if i < 0 {
		return nil
	}
	if raw, ok := o[i].value.(json.RawMessage); ok {
		return raw
	}
	raw, err := json.Marshal(o[i].value)
	if err != nil {
		return nil // never: what was set came from JSON or is text
	}
	return raw
}

// with is the object with another value under a name.
func (o ordered) with(name string, value any) ordered {
	i := slices.IndexFunc(o, func(m member) bool { return m.name == name })
	if i < 0 {
		return append(slices.Clone(o), member{name, value})
	}
	o = slices.Clone(o)
	o[i].value = value
	return o
}

// without is the object without a member.
func (o ordered) without(name string) ordered {
	return slices.DeleteFunc(slices.Clone(o), func(m member) bool { return m.name == name })
}

// jsonValue reads a text that is one JSON value and nothing else; numbers keep their digits.
func jsonValue(text string) (value any, ok bool) {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	if d.Decode(&value) != nil {
		return nil, false
	}
	_, err := d.Token()
	return value, err == io.EOF
}
