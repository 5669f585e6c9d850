package prefect

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// ID is a UUID of the server's, in its usual text form. Empty is written as null, and left out of requests.
type ID string

// MarshalJSON writes null for the empty ID: the server refuses "".
func (id ID) MarshalJSON() ([]byte, error) {
	if id == "" {
		return []byte("null"), nil
	}
	return json.Marshal(string(id))
}

// Time is a moment as the server writes it: UTC, at most microseconds. The zero value is null.
type Time struct{ time.Time }

// At makes a [Time].
func At(t time.Time) Time { return Time{t} }

const timeLayout = "2006-01-02T15:04:05.000000Z"

// MarshalJSON writes UTC with microseconds: Python's datetime has no more.
func (t Time) MarshalJSON() ([]byte, error) {
	if t.IsZero() {
		return []byte("null"), nil
	}
	return []byte(`"` + t.UTC().Format(timeLayout) + `"`), nil
}

// UnmarshalJSON reads what 3.x (…Z) and 2.20 (…+00:00) write; a time without a zone is UTC.
func (t *Time) UnmarshalJSON(b []byte) error {
	if bytes.Equal(b, []byte("null")) {
		t.Time = time.Time{}
		return nil
	}
	var text string
	if err := json.Unmarshal(b, &text); err != nil {
		return fmt.Errorf("a time must be text, not %s", shorten(string(b), 20))
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02 15:04:05.999999999Z07:00"} {
		if parsed, err := time.Parse(layout, text); err == nil {
			t.Time = parsed.UTC()
			return nil
		}
	}
	return fmt.Errorf("%q is not a time", shorten(text, 40))
}

// Seconds is a length of time; on the wire a number of seconds, with fractions.
type Seconds time.Duration

// Duration is the same length as [time.Duration].
func (s Seconds) Duration() time.Duration { return time.Duration(s) }

// MarshalJSON writes a float as Python does: 30.0, 0.5.
func (s Seconds) MarshalJSON() ([]byte, error) {
	text := strconv.FormatFloat(time.Duration(s).Seconds(), 'f', -1, 64)
	if !strings.Contains(text, ".") {
		text += ".0"
	}
	return []byte(text), nil
}

// UnmarshalJSON reads a number; null is 0.
func (s *Seconds) UnmarshalJSON(b []byte) error {
	if bytes.Equal(b, []byte("null")) {
		*s = 0
		return nil
	}
	seconds, err := strconv.ParseFloat(strings.Trim(string(b), `"`), 64)
	if err != nil {
		return fmt.Errorf("%s is not a number of seconds", shorten(string(b), 40))
	}
	*s = Seconds(seconds * float64(time.Second))
	return nil
}

// Field is a field of an update that can be left alone (the zero value), set to null ([Null]) or set ([Set]): the server
// writes exactly the fields that are sent.
type Field[T any] struct {
	value T
	state fieldState
}

type fieldState int

const (
	fieldUnset fieldState = iota
	fieldNull
	fieldSet
)

// Set is a field to be written.
func Set[T any](value T) Field[T] { return Field[T]{value: value, state: fieldSet} }

// Null is a field to be emptied.
func Null[T any]() Field[T] { return Field[T]{state: fieldNull} }

// IsZero reports whether the field is left alone; encoding/json's omitzero asks it.
func (f Field[T]) IsZero() bool { return f.state == fieldUnset }

// Get gives the value, and whether there is one: false for a field left alone and for null.
func (f Field[T]) Get() (T, bool) { return f.value, f.state == fieldSet }

// MarshalJSON writes the value or null.
func (f Field[T]) MarshalJSON() ([]byte, error) {
	if f.state != fieldSet {
		return []byte("null"), nil
	}
	return json.Marshal(f.value)
}

// UnmarshalJSON reads a value or null, for those who serve this API.
func (f *Field[T]) UnmarshalJSON(b []byte) error {
	if bytes.Equal(b, []byte("null")) {
		*f = Null[T]()
		return nil
	}
	f.state = fieldSet
	return decodeNumbers(b, &f.value)
}
