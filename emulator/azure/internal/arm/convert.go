package arm

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
)

// converter lays JSON into Go values by the rules of Json.NET, which Azure's services read
// with, and not by those of encoding/json: text that holds a number is a number, a number is
// text where text is wanted, and names have no case. Its input is JSON that was found valid.
type converter struct {
	// body is the whole document, for positions in errors.
	body []byte
}

// location is where in the document a value is.
type location struct {
	// path is as Json.NET writes it, such as properties.containers[0].name; empty for the document.
	path   string
	offset int
}

func (at location) member(name string, offset int) location {
	return location{strings.TrimPrefix(at.path+"."+name, "."), offset}
}

func (at location) item(index, offset int) location {
	return location{fmt.Sprintf("%s[%d]", at.path, index), offset}
}

// convert stores the JSON value raw in into. null leaves into as it is, or nil.
func (c *converter) convert(at location, raw []byte, into reflect.Value) error {
	if raw[0] == 'n' {
		if k := into.Kind(); k == reflect.Pointer || k == reflect.Map || k == reflect.Slice || k == reflect.Interface {
			into.SetZero()
		}
		return nil
	}
	if custom, ok := into.Addr().Interface().(json.Unmarshaler); ok {
		if custom.UnmarshalJSON(raw) != nil {
			return c.wrong(at, raw, "a value of this property")
		}
		return nil
	}
	switch into.Kind() {
	case reflect.Pointer:
		if into.IsNil() {
			into.Set(reflect.New(into.Type().Elem()))
		}
		return c.convert(at, raw, into.Elem())
	case reflect.Interface:
		return json.Unmarshal(raw, into.Addr().Interface())
	case reflect.Struct:
		return c.object(at, raw, into)
	case reflect.Map:
		return c.dictionary(at, raw, into)
	case reflect.Slice:
		return c.list(at, raw, into)
	}
	return c.scalar(at, raw, into)
}

func (c *converter) object(at location, raw []byte, into reflect.Value) error {
	if raw[0] != '{' {
		return c.wrong(at, raw, "an object")
	}
	return eachValue(at, raw, func(at location, name string, value []byte) error {
		if field, ok := fieldNamed(into, name); ok {
			return c.convert(at, value, field)
		}
		return nil
	})
}

// fieldNamed finds the field of a JSON name: spelt the same, or else in another case.
func fieldNamed(object reflect.Value, name string) (field reflect.Value, found bool) {
	for _, f := range reflect.VisibleFields(object.Type()) {
		known, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if known == "" {
			known = f.Name
		}
		switch {
		case !f.IsExported() || f.Anonymous || known == "-":
		case known == name:
			return object.FieldByIndex(f.Index), true
		case strings.EqualFold(known, name):
			field, found = object.FieldByIndex(f.Index), true
		}
	}
	return field, found
}

func (c *converter) dictionary(at location, raw []byte, into reflect.Value) error {
	if raw[0] != '{' {
		return c.wrong(at, raw, "an object")
	}
	into.Set(reflect.MakeMap(into.Type()))
	return eachValue(at, raw, func(at location, name string, value []byte) error {
		item := reflect.New(into.Type().Elem()).Elem()
		if err := c.convert(at, value, item); err != nil {
			return err
		}
		into.SetMapIndex(reflect.ValueOf(name).Convert(into.Type().Key()), item)
		return nil
	})
}

func (c *converter) list(at location, raw []byte, into reflect.Value) error {
	if raw[0] != '[' {
		return c.wrong(at, raw, "a list")
	}
	items := reflect.MakeSlice(into.Type(), 0, 0)
	err := eachValue(at, raw, func(at location, _ string, value []byte) error {
		items = reflect.Append(items, reflect.Zero(into.Type().Elem()))
		return c.convert(at, value, items.Index(items.Len()-1))
	})
	into.Set(items)
	return err
}

// eachValue calls f for each member of an object and each item of a list.
func eachValue(at location, raw []byte, f func(at location, name string, value []byte) error) error {
	dec := json.NewDecoder(bytes.NewReader(raw))
	open, err := dec.Token()
	for i := 0; err == nil && dec.More(); i++ {
		var name string
		if open == json.Delim('{') {
			token, _ := dec.Token()
			name, _ = token.(string)
		}
		var value json.RawMessage
		if err = dec.Decode(&value); err != nil {
			break
		}
		offset := at.offset + int(dec.InputOffset()) - len(value)
		where := at.item(i, offset)
		if open == json.Delim('{') {
			where = at.member(name, offset)
		}
		err = f(where, name, value)
	}
	return err
}

// scalar stores text, a number or a boolean in a field of any of these kinds.
func (c *converter) scalar(at location, raw []byte, into reflect.Value) error {
	if raw[0] == '{' || raw[0] == '[' {
		return c.wrong(at, raw, scalarName(into.Kind()))
	}
	text := string(raw)
	if raw[0] == '"' {
		text = ""
		if err := json.Unmarshal(raw, &text); err != nil {
			return c.wrong(at, raw, scalarName(into.Kind()))
		}
	}
	ok := true
	switch into.Kind() {
	case reflect.String:
		into.SetString(text)
	case reflect.Bool:
		ok = setBool(into, raw, strings.TrimSpace(text))
	default:
		ok = setNumber(into, raw, strings.TrimSpace(text))
	}
	if !ok {
		return c.wrong(at, raw, scalarName(into.Kind()))
	}
	return nil
}

// setBool takes true and false in any case as text too, and numbers, of which 0 is false.
// Empty text is no value.
func setBool(into reflect.Value, raw []byte, text string) bool {
	switch number, err := strconv.ParseFloat(text, 64); {
	case text == "":
	case strings.EqualFold(text, "true") || strings.EqualFold(text, "false"):
		into.SetBool(strings.EqualFold(text, "true"))
	case err == nil && raw[0] != '"':
		into.SetBool(number != 0)
	default:
		return false
	}
	return true
}

// setNumber takes numbers as text too; a whole number may be written 1.0. Empty text is no value.
func setNumber(into reflect.Value, raw []byte, text string) bool {
	if text == "" {
		return true
	}
	number, err := strconv.ParseFloat(text, 64)
	if raw[0] == 't' || raw[0] == 'f' || err != nil || math.IsNaN(number) || math.IsInf(number, 0) || strings.ContainsAny(text, "xX_") {
		return false
	}
	if into.CanFloat() {
		into.SetFloat(number)
		return !into.OverflowFloat(number)
	}
	// No number of Azure's files is beyond what a float holds exactly.
	const exact = 1 << 53
	if !into.CanInt() || number != math.Trunc(number) || math.Abs(number) > exact || into.OverflowInt(int64(number)) {
		return false
	}
	into.SetInt(int64(number))
	return true
}

func scalarName(k reflect.Kind) string {
	switch k {
	case reflect.String:
		return "text"
	case reflect.Bool:
		return "a boolean"
	case reflect.Float32, reflect.Float64:
		return "a number"
	}
	return "a whole number"
}

// wrong is the error for a value that cannot be what the property wants. It shows plain
// values; of objects and lists, which may hold secrets, it names the kind alone.
func (c *converter) wrong(at location, raw []byte, want string) *Error {
	shown := string(raw)
	switch {
	case raw[0] == '{':
		shown = "an object"
	case raw[0] == '[':
		shown = "a list"
	case len(shown) > 64:
		shown = strings.ToValidUTF8(shown[:64], "") + "…"
	}
	before := c.body[:at.offset]
	line := 1 + bytes.Count(before, []byte("\n"))
	column := at.offset - bytes.LastIndexByte(before, '\n') - 1
	e := InvalidRequestContent("Could not convert %s to %s. Path '%s', line %d, position %d.", shown, want, at.path, line, column)
	e.Target = at.path
	return e
}
