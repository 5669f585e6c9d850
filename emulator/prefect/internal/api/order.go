package api

import (
	"bytes"
	"encoding/json"
	"maps"
	"reflect"
	"slices"
)

// A server keeps the objects that clients give it in the order in which they were written, and the user interface shows
// them so. Go's maps have no order: what is kept of one is written in the order of the texts that it came from.

// Object is an object in a request that a server keeps as it was written. It is embedded by types with a Check.
type Object struct {
	// Map is what is in it, to be read alone; nil if there is none.
	Map map[string]any
	// Text is the object as JSON, in the order in which it was written; nil if there is none.
	Text json.RawMessage
}

func (o *Object) keep(object map[string]any, text json.RawMessage) { o.Map, o.Text = object, text }

// JSON is the object's text, that of an empty one if there is none.
func (o Object) JSON() json.RawMessage {
	if o.Text == nil {
		return json.RawMessage("{}")
	}
	return o.Text
}

// MarshalJSON writes it.
func (o Object) MarshalJSON() ([]byte, error) { return o.JSON(), nil }

// keeper is every Object, and what embeds one.
type keeper interface {
	keep(object map[string]any, text json.RawMessage)
}

// InOrder is an object as JSON that was put together from others, of which later ones won: its keys come in the order that
// the first text has them in, then those that only later texts have, and what lies under a key is in the order of the last
// text with the key. Keys that no text has come last, by the alphabet.
func InOrder(value any, texts ...json.RawMessage) json.RawMessage {
	var shapes []*shape
	for _, text := range texts {
		if s := shapeOf(text); s != nil {
			shapes = append(shapes, s)
		}
	}
	latest := slices.Clone(shapes)
	slices.Reverse(latest)
	return mustAppend(appendInOrder(nil, reflect.ValueOf(value), order{shapes, latest}))
}

// inShape is a value that has this shape as JSON.
func inShape(value any, s *shape) json.RawMessage {
	return mustAppend(appendInOrder(nil, reflect.ValueOf(value), only([]*shape{s})))
}

func mustAppend(text []byte, err error) json.RawMessage {
	if err != nil {
		panic("api: " + err.Error()) // a mistake of ours
	}
	return text
}

// order is what a value is written in the order of: its own keys by the one, and what lies under them by the other.
type order struct{ keys, inner []*shape }

func only(shapes []*shape) order { return order{shapes, shapes} }

// shape is the order of the keys of a JSON value and of all those in it.
type shape struct {
	keys   []string // of an object
	fields map[string]*shape
	items  []*shape // of a list
}

// shapeOf is nil for what is no JSON.
func shapeOf(text []byte) *shape {
	s, err := readShape(json.NewDecoder(bytes.NewReader(text)))
	if err != nil {
		return nil
	}
	return s
}

// readShape reads the next value.
func readShape(d *json.Decoder) (*shape, error) {
	token, err := d.Token()
	if err != nil {
		return nil, err
	}
	s := &shape{}
	switch token {
	case json.Delim('['):
		for d.More() {
			item, err := readShape(d)
			if err != nil {
				return nil, err
			}
			s.items = append(s.items, item)
		}
	case json.Delim('{'):
		s.fields = map[string]*shape{}
		for d.More() {
			key, err := d.Token()
			if err != nil {
				return nil, err
			}
			field, err := readShape(d)
			if err != nil {
				return nil, err
			}
			name, _ := key.(string)
			if s.fields[name] == nil { // of a key that is there twice the first place counts, and the last value
				s.keys = append(s.keys, name)
			}
			s.fields[name] = field
		}
	default:
		return s, nil
	}
	_, err = d.Token() // the end of the object or list
	return s, err
}

// at walks to a value inside, by the names of fields and, in lists, numbers. It is nil where there is none.
func (s *shape) at(way []any) *shape {
	for _, key := range way {
		if s == nil {
			return nil
		}
		switch k := key.(type) {
		case string:
			s = s.fields[k]
		case int:
			s = s.item(k)
		default:
			return nil
		}
	}
	return s
}

func (s *shape) item(i int) *shape {
	if i >= len(s.items) {
		return nil
	}
	return s.items[i]
}

// appendInOrder writes a value after what is there. No shape is nil.
func appendInOrder(out []byte, value reflect.Value, by order) ([]byte, error) {
	for value.IsValid() && (value.Kind() == reflect.Interface || value.Kind() == reflect.Pointer) && !value.IsNil() {
		value = value.Elem()
	}
	switch {
	case !value.IsValid():
		return append(out, "null"...), nil
	case value.Kind() == reflect.Map && value.Type().Key().Kind() == reflect.String && !value.IsNil():
		return appendObject(out, value, by)
	case value.Kind() == reflect.Slice && value.Type().Elem().Kind() != reflect.Uint8 && !value.IsNil():
		out = append(out, '[')
		for i := range value.Len() {
			if i > 0 {
				out = append(out, ',')
			}
			var err error
			if out, err = appendInOrder(out, value.Index(i), inner(by.inner, func(s *shape) *shape { return s.item(i) })); err != nil {
				return nil, err
			}
		}
		return append(out, ']'), nil
	}
	text, err := encode(value.Interface())
	return append(out, text...), err
}

func appendObject(out []byte, object reflect.Value, by order) ([]byte, error) {
	left := map[string]reflect.Value{}
	for fields := object.MapRange(); fields.Next(); {
		left[fields.Key().String()] = fields.Value()
	}
	out = append(out, '{')
	begun := len(out)
	add := func(key string) error {
		value, ok := left[key]
		if !ok {
			return nil
		}
		delete(left, key)
		if len(out) > begun {
			out = append(out, ',')
		}
		name, err := encode(key)
		if err != nil {
			return err
		}
		out = append(append(out, name...), ':')
		out, err = appendInOrder(out, value, inner(by.inner, func(s *shape) *shape { return s.fields[key] }))
		return err
	}
	for _, s := range by.keys {
		for _, key := range s.keys {
			if err := add(key); err != nil {
				return nil, err
			}
		}
	}
	for _, key := range slices.Sorted(maps.Keys(left)) {
		if err := add(key); err != nil {
			return nil, err
		}
	}
	return append(out, '}'), nil
}

// inner is what the shapes have inside, without those that have nothing there.
func inner(shapes []*shape, pick func(*shape) *shape) order {
	var found []*shape
	for _, s := range shapes {
		if picked := pick(s); picked != nil {
			found = append(found, picked)
		}
	}
	return only(found)
}

// text is a value of the body as JSON, in the order in which it was written.
func (d *reader) text(value any, loc []any) json.RawMessage {
	if s := d.shapeAt(value, loc); s != nil {
		return inShape(value, s)
	}
	return Raw(value)
}

// input is the value that a refusal shows: what is at the place, or, of something that is missing, what it is missing from.
func (d *reader) input(value any, loc []any) any {
	if s := d.shapeAt(value, loc); s != nil {
		return inShape(value, s)
	}
	if s := d.shapeAt(value, loc[:len(loc)-1]); s != nil {
		return inShape(value, s)
	}
	return value
}

// shapeAt is the shape of the object or list at a place in the body, nil if there is none.
func (d *reader) shapeAt(value any, loc []any) *shape {
	switch value.(type) {
	case map[string]any, []any:
	default:
		return nil
	}
	if len(loc) == 0 || loc[0] != "body" {
		return nil
	}
	if d.shape == nil {
		d.shape = shapeOf(d.body)
	}
	return d.shape.at(loc[1:])
}
