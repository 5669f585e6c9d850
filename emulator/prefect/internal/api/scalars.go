package api

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// Time is a moment as the server writes it: UTC, microseconds, Z. Its zero value is written as null.
type Time struct{ time.Time }

// Now is the present, to the microsecond.
func Now() Time { return At(time.Now()) }

// At is a moment in UTC to the microsecond, which is what the server's database keeps.
func At(t time.Time) Time { return Time{t.UTC().Truncate(time.Microsecond)} }

// timeForm always has a fraction: the server leaves it out of a whole second, and no client minds.
const timeForm = "2006-01-02T15:04:05.000000Z"

// MarshalJSON writes the moment.
func (t Time) MarshalJSON() ([]byte, error) {
	if t.IsZero() {
		return []byte("null"), nil
	}
	return []byte(t.UTC().Format(`"` + timeForm + `"`)), nil
}

// timeForms are the ISO 8601 forms that clients send; without a zone it is UTC.
var timeForms = []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02T15:04:05.999999999Z0700", "2006-01-02T15:04Z07:00", "2006-01-02T15:04", "2006-01-02"}

// ParseTime reads a moment in one of the forms that pydantic takes.
func ParseTime(text string) (Time, error) {
	form := strings.Replace(strings.TrimSpace(text), " ", "T", 1)
	for _, layout := range timeForms {
		if t, err := time.Parse(layout, form); err == nil {
			return At(t), nil
		}
	}
	return Time{}, fmt.Errorf("reading the time %q: it is not ISO 8601", text)
}

// UnmarshalJSON reads what a record holds.
func (t *Time) UnmarshalJSON(data []byte) error {
	var text *string
	if err := json.Unmarshal(data, &text); err != nil || text == nil {
		return err
	}
	var err error
	*t, err = ParseTime(*text)
	return err
}

// Optional is a field that a request may leave out, which is not the same as null.
type Optional[T any] struct {
	// Given says that the request names the field.
	Given bool
	// Value is the zero value of T if it names null and T has no null of its own.
	Value T
}

// Apply writes the value to where it belongs if the request names it.
func (o Optional[T]) Apply(to *T) {
	if o.Given {
		*to = o.Value
	}
}

func (o *Optional[T]) field() any { o.Given = true; return &o.Value }

// optional is every Optional.
type optional interface{ field() any }

// Enum is a string that may only be one of some.
type Enum interface{ Values() []string }

// Literal is an Enum whose refusal the server words as that of a literal: its models spell out what the value may be.
type Literal interface {
	Enum
	Literal()
}

// Checked is a body, or a part of one, with rules of its own beyond its fields' types. Check gives pydantic's reason,
// without its "Value error, ", or "".
type Checked interface{ Check() string }

// ValueReader is a part of a body that reads itself: what comes in several forms. value is what JSON made of it, with
// json.Number for numbers, and loc where it is in the body.
type ValueReader interface {
	ReadValue(value any, loc []any) []Detail
}

// Sequence is a list that the server takes as any sequence, and refuses in other words.
type Sequence interface{ IsSequence() }

// Lenient is a body, or a part of one, whose unknown fields are left alone: those of routes that take single parameters,
// such as lists, and the server's own models within other bodies.
type Lenient interface{ IgnoresUnknown() }

// Loose makes a struct Lenient that embeds it.
type Loose struct{}

// IgnoresUnknown marks it.
func (Loose) IgnoresUnknown() {}

// Raw is a value as JSON, written as replies are. It must be one that came from JSON.
func Raw(value any) json.RawMessage {
	text, err := encode(value)
	if err != nil {
		panic("api: " + err.Error()) // a mistake of ours
	}
	return text
}
