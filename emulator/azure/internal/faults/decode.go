package faults

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math"
	"reflect"
	"slices"
	"strings"
	"time"
)

// FieldError says which field of a settings or fault document is wrong, and why.
type FieldError struct {
	// Field is the path, such as latency.pull or [0].effect.status; empty for the document itself.
	Field string
	// Reason reads on after the field's name.
	Reason string
}

func (e *FieldError) Error() string {
	if e.Field == "" {
		return "the document " + e.Reason
	}
	return e.Field + " " + e.Reason
}

// Decode reads JSON into a struct by a rule stricter than encoding/json's: field names
// are exact, unknown and repeated ones are errors, null is no value, numbers and durations are not negative.
// Every error is a *FieldError that names the field by its path.
func Decode(data []byte, into any) error {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	var doc any
	if err := dec.Decode(&doc); err != nil {
		return &FieldError{Reason: "is not JSON: " + err.Error()}
	}
	if _, err := dec.Token(); err != io.EOF {
		return &FieldError{Reason: "has something after its end"}
	}
	if err := check("", doc, reflect.TypeOf(into).Elem()); err != nil {
		return err
	}
	if err := once("", json.NewDecoder(bytes.NewReader(data))); err != nil {
		return err
	}
	if err := json.Unmarshal(data, into); err != nil {
		return &FieldError{Reason: "cannot be read: " + err.Error()}
	}
	return nil
}

// check compares a decoded JSON value with the Go type that it is meant for.
func check(path string, v any, t reflect.Type) error {
	if t == reflect.TypeFor[Duration]() {
		return checkDuration(path, v)
	}
	switch t.Kind() {
	case reflect.Struct:
		return checkObject(path, v, t)
	case reflect.Slice:
		list, ok := v.([]any)
		if !ok {
			return &FieldError{Field: path, Reason: "must be a list, not " + kind(v)}
		}
		for i, item := range list {
			if err := check(fmt.Sprintf("%s[%d]", path, i), item, t.Elem()); err != nil {
				return err
			}
		}
		return nil
	case reflect.Int, reflect.Float64:
		return checkNumber(path, v, t.Kind() == reflect.Int)
	case reflect.Bool:
		if _, ok := v.(bool); !ok {
			return &FieldError{Field: path, Reason: "must be true or false, not " + kind(v)}
		}
	case reflect.String:
		if _, ok := v.(string); !ok {
			return &FieldError{Field: path, Reason: "must be a string, not " + kind(v)}
		}
	}
	return nil
}

func checkObject(path string, v any, t reflect.Type) error {
	object, ok := v.(map[string]any)
	if !ok {
		return &FieldError{Field: path, Reason: "must be an object, not " + kind(v)}
	}
	types := map[string]reflect.Type{}
	for f := range t.Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		types[name] = f.Type
	}
	names := slices.Sorted(maps.Keys(object)) // the same error each time
	for _, name := range names {
		field := strings.TrimPrefix(path+"."+name, ".")
		if types[name] == nil {
			return &FieldError{Field: field, Reason: "is not known here; known are " + strings.Join(slices.Sorted(maps.Keys(types)), ", ")}
		}
		if err := check(field, object[name], types[name]); err != nil {
			return err
		}
	}
	return nil
}

// once refuses an object that names a field twice: check has seen the last alone, and encoding/json would lay
// both into the struct. The document is JSON of a bounded depth already.
func once(path string, dec *json.Decoder) error {
	open, err := dec.Token()
	if err != nil {
		return &FieldError{Reason: "is not JSON: " + err.Error()}
	}
	seen := map[string]bool{}
	for i := 0; open == json.Delim('{') || open == json.Delim('['); i++ {
		if !dec.More() {
			_, err = dec.Token() // the closing one
			break
		}
		field := fmt.Sprintf("%s[%d]", path, i)
		if open == json.Delim('{') {
			name, _ := dec.Token()
			field = strings.TrimPrefix(fmt.Sprintf("%s.%s", path, name), ".")
			if seen[field] {
				return &FieldError{Field: field, Reason: "is there twice"}
			}
			seen[field] = true
		}
		if err := once(field, dec); err != nil {
			return err
		}
	}
	return err
}

func checkDuration(path string, v any) error {
	text, ok := v.(string)
	if !ok {
		return &FieldError{Field: path, Reason: `must be a duration such as "1m30s", not ` + kind(v)}
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		return &FieldError{Field: path, Reason: fmt.Sprintf("must be a duration such as \"1m30s\", not %q", text)}
	}
	if d < 0 {
		return &FieldError{Field: path, Reason: fmt.Sprintf("must not be negative: %q", text)}
	}
	return nil
}

func checkNumber(path string, v any, whole bool) error {
	number, ok := v.(json.Number)
	if !ok {
		return &FieldError{Field: path, Reason: "must be a number, not " + kind(v)}
	}
	f, err := number.Float64()
	if err != nil || f < 0 || whole && (f != math.Trunc(f) || f > math.MaxInt32) {
		want := "a number of 0 or more"
		if whole {
			want = "a whole number from 0 to 2147483647"
		}
		return &FieldError{Field: path, Reason: fmt.Sprintf("must be %s, not %s", want, number)}
	}
	if _, err := number.Int64(); whole && err != nil {
		return &FieldError{Field: path, Reason: fmt.Sprintf("must be written as a whole number, not %s", number)}
	}
	return nil
}

func kind(v any) string {
	switch v.(type) {
	case nil:
		return "null"
	case bool:
		return "a boolean"
	case json.Number:
		return "a number"
	case string:
		return "a string"
	case []any:
		return "a list"
	}
	return "an object"
}
