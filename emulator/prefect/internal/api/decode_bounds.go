package api

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"unicode/utf8"
)

// checkBounds holds a number, also one in quotes or one that a pointer or an Optional is for, to the field's bounds. What
// is no number, as "NaN" says of itself, is within none.
func (d *reader) checkBounds(tag reflect.StructTag, value any, loc []any) {
	d.checkLength(tag.Get("maxlen"), value, loc)
	d.checkSize(tag.Get("maxsize"), value, loc)
	d.checkItems(tag.Get("minitems"), value, loc)
	text, ok := numberText(value)
	if !ok {
		return
	}
	n, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return
	}
	for _, bound := range []struct {
		tag, kind, words, sign string
		holds                  func(limit float64) bool
	}{
		{"min", "greater_than_equal", "greater than or equal to ", "ge", func(limit float64) bool { return n >= limit }},
		{"above", "greater_than", "greater than ", "gt", func(limit float64) bool { return n > limit }},
		{"max", "less_than_equal", "less than or equal to ", "le", func(limit float64) bool { return n <= limit }},
	} {
		text := tag.Get(bound.tag)
		if text == "" {
			continue
		}
		if limit, err := strconv.ParseFloat(text, 64); err == nil && bound.holds(limit) {
			continue
		}
		d.wrong(Detail{Type: bound.kind, Loc: loc, Message: "Input should be " + bound.words + text, Input: value,
			Context: map[string]any{bound.sign: json.Number(text)}})
	}
}

// checkLength holds a text to the most characters that its field may have; most is empty where there is no limit.
func (d *reader) checkLength(most string, value any, loc []any) {
	text, ok := value.(string)
	limit, err := strconv.Atoi(most)
	if !ok || err != nil || utf8.RuneCountInString(text) <= limit {
		return
	}
	d.wrong(Detail{Type: "string_too_long", Loc: loc, Message: "String should have at most " + most + " characters", Input: value,
		Context: map[string]any{"max_length": limit}})
}

// checkSize is checkLength for a text that pydantic measures after a validator, and then calls a value with items.
func (d *reader) checkSize(most string, value any, loc []any) {
	text, ok := value.(string)
	limit, err := strconv.Atoi(most)
	length := utf8.RuneCountInString(text)
	if !ok || err != nil || length <= limit {
		return
	}
	d.wrong(Detail{Type: "too_long", Loc: loc, Message: fmt.Sprintf("Value should have at most %d items after validation, not %d", limit, length), Input: value,
		Context: map[string]any{"field_type": "Value", "max_length": limit, "actual_length": length}})
}

// notSequence refuses what is no list where the server takes any sequence.
func notSequence(value any, loc []any) Detail {
	if _, ok := value.(string); ok {
		return Detail{Type: "sequence_str", Loc: loc, Message: "'str' instances are not allowed as a Sequence value", Input: value, Context: map[string]any{"type_name": "str"}}
	}
	return Detail{Type: "is_instance_of", Loc: loc, Message: "Input should be an instance of Sequence", Input: value, Context: map[string]any{"class": "Sequence"}}
}

// checkItems holds a list to the fewest items that its field may have; fewest is empty where there is no limit.
func (d *reader) checkItems(fewest string, value any, loc []any) {
	list, ok := value.([]any)
	limit, err := strconv.Atoi(fewest)
	if !ok || err != nil || len(list) >= limit {
		return
	}
	items := "items"
	if limit == 1 {
		items = "item"
	}
	d.wrong(Detail{Type: "too_short", Loc: loc, Message: fmt.Sprintf("List should have at least %d %s after validation, not %d", limit, items, len(list)),
		Input: value, Context: map[string]any{"field_type": "List", "min_length": limit, "actual_length": len(list)}})
}
