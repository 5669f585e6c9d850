// Package fields names the place in a job that an error is about: Env["A"], Base.properties.volumes[0].name.
package fields

import (
	"encoding/json"
	"reflect"
	"strconv"
	"unicode/utf8"
)

// At names an element of a list.
func At(field string, index int) string { return field + "[" + strconv.Itoa(index) + "]" }

// Keyed names the value of a key in a map.
func Keyed(field, key string) string { return field + "[" + strconv.Quote(key) + "]" }

// InvalidByte gives the offset of the first byte of a text that is not UTF-8, -1 if there is none.
func InvalidByte(text []byte) int {
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRune(text[i:])
		if r == utf8.RuneError && size <= 1 {
			return i
		}
		i += size
	}
	return -1
}

// JSONName is the JSON name of field i of an SDK type, empty if it has none. The SDK has the names in its encoder alone,
// so the field is set and encoded on its own.
func JSONName(t reflect.Type, i int) string {
	value := reflect.New(t)
	field := value.Elem().Field(i)
	switch field.Kind() {
	case reflect.Pointer:
		field.Set(reflect.New(field.Type().Elem()))
	case reflect.Slice:
		field.Set(reflect.MakeSlice(field.Type(), 0, 0))
	case reflect.Map:
		field.Set(reflect.MakeMap(field.Type()))
	case reflect.Interface:
		field.Set(reflect.ValueOf(map[string]any{}))
	default:
		return ""
	}
	encoded, err := json.Marshal(value.Interface())
	var object map[string]any
	if err != nil || json.Unmarshal(encoded, &object) != nil {
		return ""
	}
	for name := range object {
		return name
	}
	return ""
}
