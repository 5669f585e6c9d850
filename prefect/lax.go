package prefect

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"github.com/pacific-aci/pacific/internal/pytext"
)

// unmarshalLax reads a block's data as Prefect's classes do, which take a number given as text, and the reverse: other
// programs and older releases have saved cpu: "0.5" and env: {A: 1}, and Prefect runs such blocks. Data that is of the
// right kinds takes the short way. An error names the value's place and kind in JSON's words, never its text.
func unmarshalLax(data []byte, into any) error {
	before := reflect.ValueOf(into).Elem()
	defaults := reflect.New(before.Type()).Elem()
	defaults.Set(before)
	err := json.Unmarshal(data, into)
	if _, wrong := errors.AsType[*json.UnmarshalTypeError](err); !wrong {
		return err
	}
	before.Set(defaults) // what the failed attempt has written
	tree, err := pytext.Decode(data)
	if err != nil {
		return err
	}
	fitted, err := fit(tree, before.Type(), "")
	if err != nil {
		return err
	}
	encoded, err := json.Marshal(fitted)
	if err != nil {
		return err
	}
	return json.Unmarshal(encoded, into)
}

// fit gives value as type t takes it.
func fit(value any, t reflect.Type, path string) (any, error) {
	if value == nil {
		return nil, nil
	}
	if t.Kind() == reflect.Pointer {
		return fit(value, t.Elem(), path)
	}
	switch t.Kind() {
	case reflect.String:
		return fitText(value, path)
	case reflect.Bool:
		return fitBool(value, path)
	case reflect.Int, reflect.Float64:
		return fitNumber(value, t.Kind() == reflect.Int, path)
	}
	if reflect.PointerTo(t).Implements(reflect.TypeFor[json.Unmarshaler]()) {
		return value, nil // it reads its own data
	}
	switch t.Kind() {
	case reflect.Struct, reflect.Map:
		return fitObject(value, t, path)
	case reflect.Slice:
		list, ok := value.([]any)
		if !ok {
			return nil, otherKind(path, "a list", value)
		}
		for i := range list {
			var err error
			if list[i], err = fit(list[i], t.Elem(), path+"["+strconv.Itoa(i)+"]"); err != nil {
				return nil, err
			}
		}
	}
	return value, nil
}

func fitObject(value any, t reflect.Type, path string) (any, error) {
	object, ok := value.(map[string]any)
	if !ok {
		return nil, otherKind(path, "an object", value)
	}
	fields := map[string]reflect.Type{}
	if t.Kind() == reflect.Struct {
		for i := range t.NumField() {
			name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
			fields[name] = t.Field(i).Type
		}
	}
	for key, member := range object {
		kind := fields[key]
		if t.Kind() == reflect.Map {
			kind = t.Elem()
		}
		if kind == nil {
			continue // a field that this class does not have
		}
		var err error
		if object[key], err = fit(member, kind, strings.TrimPrefix(path+"."+key, ".")); err != nil {
			return nil, err
		}
	}
	return object, nil
}

// fitText writes numbers and booleans as Python does.
func fitText(value any, path string) (any, error) {
	switch v := value.(type) {
	case string:
		return v, nil
	case json.Number, bool:
		return pytext.Str(v), nil
	}
	return nil, otherKind(path, "text", value)
}

// fitNumber reads text that holds a number. A fraction is cut off where a whole number is wanted, as Python's int() does;
// true is 1.
func fitNumber(value any, whole bool, path string) (any, error) {
	text := ""
	switch v := value.(type) {
	case string:
		text = strings.TrimSpace(v)
	case json.Number:
		text = v.String()
	case bool:
		text = map[bool]string{true: "1", false: "0"}[v]
	}
	number, err := strconv.ParseFloat(text, 64)
	if whole && err == nil {
		_, isText := value.(string)
		if cut := int64(number); !isText || float64(cut) == number {
			return cut, nil
		}
	}
	if err != nil || whole || !json.Valid([]byte(strconv.FormatFloat(number, 'g', -1, 64))) {
		want := "a number"
		if whole {
			want = "a whole number"
		}
		return nil, otherKind(path, want, value)
	}
	return number, nil
}

// fitBool reads true and false in the words that Prefect takes.
func fitBool(value any, path string) (any, error) {
	text, _ := fitText(value, path)
	word, _ := text.(string)
	switch strings.ToLower(word) {
	case "true", "t", "yes", "y", "on", "1", "1.0":
		return true, nil
	case "false", "f", "no", "n", "off", "0", "0.0":
		return false, nil
	}
	return nil, otherKind(path, "true or false", value)
}

// otherKind is the error for a value of the wrong kind.
func otherKind(path, want string, value any) error {
	if path == "" {
		path = "the data"
	}
	kind := "text"
	switch value.(type) {
	case map[string]any:
		kind = "an object"
	case []any:
		kind = "a list"
	case json.Number:
		kind = "a number"
	case bool:
		kind = "true or false"
	}
	if kind == want {
		kind = "other " + kind
	}
	return fmt.Errorf("%s must be %s, not %s", path, want, kind)
}
