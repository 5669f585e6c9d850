package flow

import (
	"bytes"
	"cmp"
	"encoding"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"
)

// object is a JSON object whose keys keep their order.
type object []member

type member struct {
	key   string
	value any
}

func (o object) get(key string) any {
	for _, m := range o {
		if m.key == key {
			return m.value
		}
	}
	return nil
}

// MarshalJSON writes the members in their order.
func (o object) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	for i, m := range o {
		b.WriteByte("{,"[min(i, 1)])
		for j, part := range []any{m.key, m.value} {
			text, err := json.Marshal(part)
			if err != nil {
				return nil, err
			}
			b.Write(text)
			if j == 0 {
				b.WriteByte(':')
			}
		}
	}
	if len(o) == 0 {
		b.WriteByte('{')
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// schema is the form of Prefect's own parameter_schema: title "Parameters", a position for every property.
func (p *parameters) schema() json.RawMessage {
	text, err := json.Marshal(p.object())
	if err != nil {
		panic("flow: the schema cannot be written: " + err.Error()) // all of it was made here
	}
	return text
}

func (p *parameters) object() object {
	properties, required := object{}, []string{}
	for i, f := range p.fields {
		property := append(object{{"title", f.name}, {"position", i}}, f.schema...)
		if f.preset != nil {
			property = append(property, member{"default", f.preset})
		}
		properties = append(properties, member{f.name, property})
		if f.required {
			required = append(required, f.name)
		}
	}
	return object{
		{"title", "Parameters"}, {"type", "object"}, {"properties", properties}, {"required", required}, {"definitions", object{}},
	}
}

// fieldsOf reads a struct's fields as encoding/json names them, those of embedded structs included. within are the structs
// around it.
func fieldsOf(t reflect.Type, within []reflect.Type) ([]field, error) {
	if slices.Contains(within, t) {
		return nil, fmt.Errorf("%v contains itself", t)
	}
	within = append(slices.Clip(within), t)
	var fields []field
	for f := range t.Fields() {
		tag, flags, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case f.Anonymous && tag == "" && f.Type.Kind() == reflect.Pointer:
			return nil, fmt.Errorf("field %s: it is embedded by a pointer: embed %v itself, or give it a name", f.Name, f.Type.Elem())
		case slices.Contains(strings.Split(flags, ","), "string"):
			return nil, fmt.Errorf("field %s: its tag makes a text of a value of another type", f.Name)
		}
		if f.Anonymous && tag == "" && f.Type.Kind() == reflect.Struct {
			inner, err := fieldsOf(f.Type, within)
			if err != nil {
				return nil, err
			}
			fields = append(fields, inner...)
			continue
		}
		if !f.IsExported() || tag == "-" && flags == "" {
			continue
		}
		one, err := newField(f, cmp.Or(tag, f.Name), within)
		if err != nil {
			return nil, fmt.Errorf("field %s: %w", f.Name, err)
		}
		one.required = one.preset == nil && f.Type.Kind() != reflect.Pointer && !strings.Contains(flags, "omit")
		fields = append(fields, one)
	}
	seen := map[string]bool{}
	for _, one := range fields {
		if seen[one.name] {
			return nil, fmt.Errorf("two fields of %v are named %q", t, one.name)
		}
		seen[one.name] = true
	}
	return fields, nil
}

func newField(f reflect.StructField, name string, within []reflect.Type) (field, error) {
	one := field{name: name}
	var err error
	if one.schema, err = schemaOf(f.Type, within); err != nil {
		return field{}, err
	}
	if doc := f.Tag.Get("doc"); doc != "" {
		one.schema = append(one.schema, member{"description", doc})
	}
	if choices := f.Tag.Get("enum"); choices != "" {
		if f.Type.Kind() != reflect.String {
			return field{}, fmt.Errorf("the tag enum is for strings, not %v", f.Type)
		}
		one.schema = append(one.schema, member{"enum", strings.Split(choices, ",")})
	}
	if text, ok := f.Tag.Lookup("default"); ok {
		one.preset = json.RawMessage(text)
		if one.schema.get("type") == "string" {
			one.preset, err = json.Marshal(text)
			if err != nil {
				return field{}, err
			}
		}
		if err := json.Unmarshal(one.preset, reflect.New(f.Type).Interface()); err != nil {
			return field{}, fmt.Errorf("the default %q does not fit %v: %w", text, f.Type, err)
		}
	}
	return one, nil
}

// schemaOf is the JSON schema of a type.
func schemaOf(t reflect.Type, within []reflect.Type) (object, error) {
	switch {
	case t == reflect.TypeFor[time.Time]():
		return object{{"type", "string"}, {"format", "date-time"}}, nil
	case t == reflect.TypeFor[time.Duration]():
		return nil, fmt.Errorf("JSON has no form for %v that people write; use a string and time.ParseDuration", t)
	case implements[json.Unmarshaler](t):
		return object{}, nil // any value: what it takes is its own business
	case implements[encoding.TextUnmarshaler](t):
		return object{{"type", "string"}}, nil
	}
	switch t.Kind() {
	case reflect.String:
		return object{{"type", "string"}}, nil
	case reflect.Bool:
		return object{{"type", "boolean"}}, nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return object{{"type", "integer"}}, nil
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return object{{"type", "integer"}, {"minimum", 0}}, nil
	case reflect.Float32, reflect.Float64:
		return object{{"type", "number"}}, nil
	case reflect.Interface:
		return object{}, nil
	case reflect.Pointer:
		return schemaOf(t.Elem(), within)
	case reflect.Struct:
		return structSchema(t, within)
	case reflect.Slice, reflect.Array, reflect.Map:
		return containerSchema(t, within)
	}
	return nil, fmt.Errorf("JSON has no form for %v", t)
}

func containerSchema(t reflect.Type, within []reflect.Type) (object, error) {
	if t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Uint8 {
		return object{{"type", "string"}, {"format", "byte"}}, nil // base64
	}
	inner, err := schemaOf(t.Elem(), within)
	if err != nil {
		return nil, err
	}
	if t.Kind() != reflect.Map {
		return object{{"type", "array"}, {"items", inner}}, nil
	}
	if t.Key().Kind() != reflect.String {
		return nil, fmt.Errorf("keys of %v: JSON has text alone", t)
	}
	return object{{"type", "object"}, {"additionalProperties", inner}}, nil
}

func structSchema(t reflect.Type, within []reflect.Type) (object, error) {
	fields, err := fieldsOf(t, within)
	if err != nil {
		return nil, err
	}
	properties, required := object{}, []string{}
	for _, f := range fields {
		if f.preset != nil {
			return nil, fmt.Errorf("field %s of %v: only parameters themselves have defaults", f.name, t)
		}
		properties = append(properties, member{f.name, append(object{{"title", f.name}}, f.schema...)})
		if f.required {
			required = append(required, f.name)
		}
	}
	return object{{"type", "object"}, {"properties", properties}, {"required", required}}, nil
}

func implements[I any](t reflect.Type) bool {
	return t.Kind() != reflect.Interface && reflect.PointerTo(t).Implements(reflect.TypeFor[I]())
}
