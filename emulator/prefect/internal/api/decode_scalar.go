package api

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
)

// readScalar reads text, numbers and yes or no, as loosely as pydantic does where it is loose: "3" is a number, 3 is no
// text.
func (d *reader) readScalar(to reflect.Value, value any, loc []any) {
	switch to.Kind() {
	case reflect.String:
		d.readText(to, value, loc)
	case reflect.Bool:
		d.readBool(to, value, loc)
	case reflect.Int, reflect.Int64:
		d.readInt(to, value, loc)
	case reflect.Float64:
		d.readFloat(to, value, loc)
	default:
		panic(fmt.Sprintf("api: a body's field is of type %s, which Decode does not know", to.Type())) // a mistake of ours
	}
}

func (d *reader) readText(to reflect.Value, value any, loc []any) {
	text, ok := value.(string)
	enum, limited := to.Interface().(Enum)
	if limited && (!ok || !slices.Contains(enum.Values(), text)) {
		expected, kind := oneOf(enum.Values()), "enum"
		if _, ok := enum.(Literal); ok {
			kind = "literal_error"
		}
		d.wrong(Detail{Type: kind, Loc: loc, Message: "Input should be " + expected, Input: value, Context: map[string]any{"expected": expected}})
		return
	}
	if !ok {
		d.wrong(Detail{Type: "string_type", Message: "Input should be a valid string", Loc: loc, Input: value})
		return
	}
	if _, isName := to.Interface().(named); isName && !nameForm.MatchString(text) {
		if n, isPool := to.Interface().(PoolName); isPool && strings.Trim(text, `' "`) == "" {
			to.SetString(string(n)) // Check says it: the server looks at that first
			return
		}
		d.wrong(Detail{Type: "string_pattern_mismatch", Loc: loc, Message: "String should match pattern '" + namePattern + "'", Input: value, Context: map[string]any{"pattern": namePattern}})
		return
	}
	to.SetString(text)
}

func (d *reader) readBool(to reflect.Value, value any, loc []any) {
	switch v := value.(type) {
	case bool:
		to.SetBool(v)
		return
	case string:
		if yes, err := parseBool(v); err == nil {
			to.SetBool(yes)
			return
		}
	case json.Number:
		if v == "0" || v == "1" {
			to.SetBool(v == "1")
			return
		}
	default:
		d.wrong(Detail{Type: "bool_type", Message: "Input should be a valid boolean", Loc: loc, Input: value})
		return
	}
	d.wrong(Detail{Type: "bool_parsing", Message: "Input should be a valid boolean, unable to interpret input", Loc: loc, Input: value})
}

// parseBool knows pydantic's words.
func parseBool(text string) (bool, error) {
	switch strings.ToLower(text) {
	case "1", "true", "t", "yes", "y", "on":
		return true, nil
	case "0", "false", "f", "no", "n", "off":
		return false, nil
	}
	return false, fmt.Errorf("%q is neither yes nor no", text)
}

// numberText is the text of a number, which may come in quotes; ok is false for what cannot be one.
func numberText(value any) (text string, ok bool) {
	switch v := value.(type) {
	case json.Number:
		return v.String(), true
	case string:
		return strings.TrimSpace(v), true
	}
	return "", false
}

func (d *reader) readInt(to reflect.Value, value any, loc []any) {
	text, ok := numberText(value)
	if !ok {
		d.wrong(Detail{Type: "int_type", Message: "Input should be a valid integer", Loc: loc, Input: value})
		return
	}
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		to.SetInt(n)
		return
	}
	f, err := strconv.ParseFloat(text, 64)
	switch {
	case err != nil:
		d.wrong(Detail{Type: "int_parsing", Message: "Input should be a valid integer, unable to parse string as an integer", Loc: loc, Input: value})
	case f != math.Trunc(f) || math.Abs(f) > 1<<53:
		d.wrong(Detail{Type: "int_from_float", Message: "Input should be a valid integer, got a number with a fractional part", Loc: loc, Input: value})
	default:
		to.SetInt(int64(f))
	}
}

func (d *reader) readFloat(to reflect.Value, value any, loc []any) {
	text, ok := numberText(value)
	if !ok {
		d.wrong(Detail{Type: "float_type", Message: "Input should be a valid number", Loc: loc, Input: value})
		return
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		d.wrong(Detail{Type: "float_parsing", Message: "Input should be a valid number, unable to parse string as a number", Loc: loc, Input: value})
		return
	}
	to.SetFloat(f)
}

func (d *reader) readTime(to reflect.Value, value any, loc []any) {
	switch v := value.(type) {
	case nil:
		to.SetZero()
	case string:
		t, err := ParseTime(v)
		if err != nil {
			d.wrong(Detail{Type: "value_error", Loc: loc, Message: fmt.Sprintf("Value error, Unable to parse string [%s]", v), Input: value,
				Context: map[string]any{"error": map[string]any{}}})
			return
		}
		to.Set(reflect.ValueOf(t))
	case json.Number:
		seconds, err := v.Float64()
		if err != nil {
			d.wrong(Detail{Type: "datetime_type", Message: "Input should be a valid datetime", Loc: loc, Input: value})
			return
		}
		to.Set(reflect.ValueOf(At(time.UnixMicro(int64(seconds * 1e6)))))
	default:
		d.wrong(Detail{Type: "datetime_type", Message: "Input should be a valid datetime", Loc: loc, Input: value})
	}
}

func parseID(text string, loc []any) (uuid.UUID, *Detail) {
	id, err := uuid.Parse(text)
	if err != nil {
		reason := notAnID(text)
		return id, &Detail{Type: "uuid_parsing", Loc: loc, Message: "Input should be a valid UUID, " + reason, Input: text, Context: map[string]any{"error": reason}}
	}
	return id, nil
}

// notAnID says what the server says of a text that is no id.
func notAnID(text string) string {
	for i, r := range text {
		if r != '-' && !strings.ContainsRune("0123456789abcdefABCDEF", r) {
			return fmt.Sprintf("invalid character: found `%c` at %d", r, i)
		}
	}
	return fmt.Sprintf("invalid length: expected length 32 for simple format, found %d", len(text))
}
