package prefect

import (
	"cmp"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"unicode/utf8"

	"github.com/pacific-aci/pacific/internal/pytext"
)

// encodeJSON writes what is sent. Text that is not UTF-8 is refused: the encoder would change it in silence.
func encodeJSON(body any) ([]byte, error) {
	encoded, err := json.Marshal(body)
	if err != nil {
		return nil, fmt.Errorf("the request cannot be written as JSON: %w", err)
	}
	if !pytext.Replaced(encoded) && utf8.Valid(encoded) {
		return encoded, nil
	}
	if path, found := invalidText(reflect.ValueOf(body)); found {
		return nil, fmt.Errorf("%s must be valid UTF-8", cmp.Or(strings.TrimPrefix(path, "."), "the value"))
	}
	return encoded, nil // JSON of the caller's own that has the escape
}

// invalidText finds text in v that is not UTF-8, and names its place as JSON does: .tags[1], .job_variables.env.A.
func invalidText(v reflect.Value) (path string, found bool) {
	switch v.Kind() {
	case reflect.String:
		return "", !utf8.ValidString(v.String())
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			return invalidText(v.Elem())
		}
	case reflect.Slice, reflect.Array:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return "", v.Type() == reflect.TypeFor[json.RawMessage]() && !utf8.Valid(v.Bytes())
		}
		for i := range v.Len() {
			if path, found := invalidText(v.Index(i)); found {
				return fmt.Sprintf("[%d]%s", i, path), true
			}
		}
	case reflect.Map:
		return invalidInMap(v)
	case reflect.Struct:
		for i := range v.NumField() {
			if path, found := invalidText(v.Field(i)); found {
				return jsonName(v.Type().Field(i)) + path, true
			}
		}
	}
	return "", false
}

func invalidInMap(v reflect.Value) (path string, found bool) {
	for entries := v.MapRange(); entries.Next(); {
		name := entries.Key().String()
		if !utf8.ValidString(name) {
			return ": the name " + strings.ToValidUTF8(name, "\uFFFD"), true
		}
		if path, found := invalidText(entries.Value()); found {
			return "." + name + path, true
		}
	}
	return "", false
}

// jsonName is a field's name in JSON after a dot; empty for fields that do not show there, such as those of [Field].
func jsonName(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	if name == "" || name == "-" {
		return ""
	}
	return "." + name
}
