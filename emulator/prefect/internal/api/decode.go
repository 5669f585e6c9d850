package api

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"

	"github.com/google/uuid"
)

// Request is one call.
type Request struct {
	HTTP *http.Request
	body []byte
}

// HasBody reports whether the request has a body. To the server null is none too.
func (r *Request) HasBody() bool {
	return len(r.body) > 0 && !bytes.Equal(bytes.TrimSpace(r.body), []byte("null"))
}

// Path is a part of the address, such as the name in "/work_pools/{name}".
func (r *Request) Path(name string) string { return r.HTTP.PathValue(name) }

// ID parses a UUID path segment; a malformed one is a 404, as on a real server.
func (r *Request) ID(name string) (uuid.UUID, error) {
	id, detail := parseID(r.Path(name), nil)
	if detail != nil {
		return id, Problem(http.StatusNotFound, "Not Found")
	}
	return id, nil
}

// QueryBool is a parameter of the address that is yes or no; missing is no.
func (r *Request) QueryBool(name string) (bool, error) {
	text := r.HTTP.URL.Query().Get(name)
	if text == "" {
		return false, nil
	}
	yes, err := parseBool(text)
	if err != nil {
		return false, Invalid(nil, Detail{Type: "bool_parsing", Loc: []any{"query", name}, Message: "Input should be a valid boolean, unable to interpret input", Input: text})
	}
	return yes, nil
}

// QueryID is a parameter of the address that is an id, nil if it is missing.
func (r *Request) QueryID(name string) (*uuid.UUID, error) {
	text := r.HTTP.URL.Query().Get(name)
	if text == "" {
		return nil, nil
	}
	id, detail := parseID(text, []any{"query", name})
	if detail != nil {
		return nil, Invalid(nil, *detail)
	}
	return &id, nil
}

// Decode reads the body into a struct, a slice or a map, as strictly as the server: a field that the struct lacks, one
// of a wrong type and a missing one with the tag `req:"true"` are refused with 422. What into holds before stays where
// the body names nothing, so defaults go there. A pointer, a json.RawMessage and any may be null; Optional
// tells that from nothing; tags min, above and max bound numbers, maxlen a text's characters, maxsize too where they are
// counted after a check of their own, and minitems a list's items.
// Without any body, the parameters of a Lenient one are as in {}; any other is refused as a whole.
func (r *Request) Decode(into any) error {
	lenient := isLenient(into)
	if !r.HasBody() {
		if !lenient {
			return Invalid(nil, Detail{Type: "missing", Loc: []any{"body"}, Message: "Field required"})
		}
		return decodeValue(into, map[string]any{}, r.body)
	}
	value, err := parse(r.body)
	if err != nil {
		return err
	}
	if object, ok := value.(map[string]any); ok && lenient {
		// To a route of single parameters null is as nothing: the default counts, and what is required is missing.
		maps.DeleteFunc(object, func(_ string, value any) bool { return value == nil })
	}
	return decodeValue(into, value, r.body)
}

// parse reads a text as JSON, with json.Number for numbers.
func parse(text []byte) (value any, err error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	err = d.Decode(&value)
	if err == nil && d.More() {
		err = fmt.Errorf("something follows the JSON value")
	}
	if err == nil {
		return value, nil
	}
	at, reason := d.InputOffset(), err.Error()
	if err == io.EOF { // blanks alone
		at, reason = int64(len(text)), "Expecting value"
	}
	shown, _ := json.Marshal(string(text)) // a string never fails
	return nil, Invalid(shown, Detail{Type: "json_invalid", Loc: []any{"body", at}, Message: "JSON decode error", Input: map[string]any{}, Context: map[string]any{"error": reason}})
}

// decodeValue reads a value that was parsed from text.
func decodeValue(into, value any, text []byte) error {
	reader := reader{body: text}
	reader.read(reflect.ValueOf(into).Elem(), value, []any{"body"})
	if slices.ContainsFunc(reader.details, func(d Detail) bool { return d.Fatal }) {
		return Failure()
	}
	if len(reader.details) > 0 {
		return Invalid(text, reader.details...)
	}
	return nil
}

// reader gathers everything that is wrong before it refuses.
type reader struct {
	details []Detail
	body    []byte
	// shape is that of the body, once something is read whose order is kept.
	shape *shape
}

// wrong notes a refusal; its Loc may go on being written to.
func (d *reader) wrong(detail Detail) {
	detail.Loc = slices.Clone(detail.Loc)
	detail.Input = d.input(detail.Input, detail.Loc)
	d.details = append(d.details, detail)
}

func (d *reader) read(to reflect.Value, value any, loc []any) {
	before := len(d.details)
	d.readKind(to, value, loc)
	if len(d.details) > before || !to.CanAddr() {
		return
	}
	if checked, ok := to.Addr().Interface().(Checked); ok {
		if reason := checked.Check(); reason != "" {
			d.wrong(Detail{Type: "value_error", Loc: loc, Message: "Value error, " + reason, Input: value, Context: map[string]any{"error": map[string]any{}}})
		}
	}
}

func (d *reader) readKind(to reflect.Value, value any, loc []any) {
	if o, ok := to.Addr().Interface().(optional); ok {
		d.read(reflect.ValueOf(o.field()).Elem(), value, loc)
		return
	}
	if own, ok := to.Addr().Interface().(ValueReader); ok {
		d.details = append(d.details, own.ReadValue(value, slices.Clone(loc))...)
		return
	}
	if o, ok := to.Addr().Interface().(keeper); ok {
		object, ok := value.(map[string]any)
		if !ok {
			d.wrong(Detail{Type: "dict_type", Message: "Input should be a valid dictionary", Loc: loc, Input: value})
			return
		}
		o.keep(object, d.text(value, loc))
		return
	}
	if to.Kind() == reflect.Slice && to.Type().Elem().Kind() == reflect.Uint8 { // json.RawMessage, or a type of its own made of it
		to.SetBytes(d.text(value, loc))
		return
	}
	switch to.Interface().(type) {
	case Time:
		d.readTime(to, value, loc)
		return
	case uuid.UUID:
		text, _ := value.(string)
		id, detail := parseID(text, loc)
		if detail != nil {
			detail.Input = value
			d.wrong(*detail)
			return
		}
		to.Set(reflect.ValueOf(id))
		return
	}
	switch to.Kind() {
	case reflect.Pointer:
		if value == nil {
			to.SetZero()
			return
		}
		fresh := reflect.New(to.Type().Elem())
		d.read(fresh.Elem(), value, loc)
		to.Set(fresh)
	case reflect.Struct:
		d.readStruct(to, value, loc)
	case reflect.Map:
		d.readMap(to, value, loc)
	case reflect.Slice:
		d.readSlice(to, value, loc)
	case reflect.Interface:
		if value == nil {
			to.SetZero()
			return
		}
		to.Set(reflect.ValueOf(value))
	default:
		d.readScalar(to, value, loc)
	}
}

func (d *reader) readStruct(to reflect.Value, value any, loc []any) {
	object, ok := value.(map[string]any)
	if !ok {
		d.wrong(Detail{Type: "model_attributes_type", Message: "Input should be a valid dictionary or object to extract fields from", Loc: loc, Input: value})
		return
	}
	known := d.readFields(to, object, loc)
	if isLenient(to.Addr().Interface()) {
		return
	}
	for _, name := range slices.Sorted(maps.Keys(object)) {
		if !slices.Contains(known, name) {
			d.wrong(Detail{Type: "extra_forbidden", Message: "Extra inputs are not permitted", Loc: append(loc, name), Input: object[name]})
		}
	}
}

// readFields reads what the fields of a struct name, and of those that are embedded in it, and gives all their names.
func (d *reader) readFields(to reflect.Value, object map[string]any, loc []any) (known []string) {
	for i := range to.NumField() {
		field := to.Type().Field(i)
		if field.Anonymous {
			known = append(known, d.readFields(to.Field(i), object, loc)...)
			continue
		}
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		if name == "" || name == "-" {
			continue
		}
		known = append(known, name)
		value, given := object[name]
		at := append(slices.Clone(loc), name)
		if !given {
			if field.Tag.Get("req") == "true" {
				d.wrong(Detail{Type: "missing", Message: "Field required", Loc: at, Input: missingFrom(to, object, loc)})
			}
			continue
		}
		before := len(d.details)
		d.read(to.Field(i), value, at)
		if len(d.details) == before {
			d.checkBounds(field.Tag, value, at)
		}
	}
	return known
}

func isLenient(into any) bool {
	_, lenient := into.(Lenient)
	return lenient
}

// missingFrom is what the server shows as the input that lacks a field: nothing where a body is single parameters.
func missingFrom(to reflect.Value, object map[string]any, loc []any) any {
	// By its type: an embedded struct whose name is not exported gives no value away.
	if reflect.PointerTo(to.Type()).Implements(reflect.TypeFor[Lenient]()) && len(loc) == 1 {
		return nil
	}
	return object
}

func (d *reader) readMap(to reflect.Value, value any, loc []any) {
	object, ok := value.(map[string]any)
	if !ok {
		d.wrong(Detail{Type: "dict_type", Message: "Input should be a valid dictionary", Loc: loc, Input: value})
		return
	}
	made := reflect.MakeMapWithSize(to.Type(), len(object))
	for _, key := range slices.Sorted(maps.Keys(object)) {
		item := reflect.New(to.Type().Elem()).Elem()
		d.read(item, object[key], append(slices.Clone(loc), key))
		made.SetMapIndex(reflect.ValueOf(key).Convert(to.Type().Key()), item)
	}
	to.Set(made)
}

func (d *reader) readSlice(to reflect.Value, value any, loc []any) {
	list, ok := value.([]any)
	if _, sequence := to.Addr().Interface().(Sequence); sequence && !ok {
		d.wrong(notSequence(value, loc))
		return
	}
	if !ok {
		d.wrong(Detail{Type: "list_type", Message: "Input should be a valid list", Loc: loc, Input: value})
		return
	}
	made := reflect.MakeSlice(to.Type(), len(list), len(list))
	for i, item := range list {
		d.read(made.Index(i), item, append(slices.Clone(loc), i))
	}
	to.Set(made)
}
