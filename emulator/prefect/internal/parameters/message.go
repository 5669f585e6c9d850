package parameters

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"

	"github.com/pacific-aci/pacific/internal/pytext"
)

// unescape reads a key of a JSON pointer in a URL.
func unescape(key string) string {
	if plain, err := url.PathUnescape(key); err == nil {
		key = plain
	}
	return strings.NewReplacer("~1", "/", "~0", "~").Replace(key)
}

// message is what Python's validator says of a value that a single keyword refuses.
func (f *finder) message(err *jsonschema.ValidationError) string {
	value := f.repr(err)
	switch k := err.ErrorKind.(type) {
	case *kind.Type:
		if text, ok := f.enumFirst(err, value); ok {
			return text
		}
		types := slices.Clone(k.Want)
		if _, ours := f.schemaAt(err).(map[string]any); !ours {
			slices.Reverse(types) // drafts say "object", "boolean" where they say two
		}
		if written, ok := f.keyword(err, "type").([]any); ok {
			types = nil
			for _, t := range written {
				types = append(types, fmt.Sprint(t))
			}
		}
		for i := range types {
			types[i] = pytext.Repr(types[i])
		}
		return value + " is not of type " + strings.Join(types, ", ")
	case *kind.Enum:
		return value + " is not one of " + pytext.Repr(k.Want)
	case *kind.Const:
		return pytext.Repr(k.Want) + " was expected"
	case *kind.Format:
		return value + " is not a " + pytext.Repr(k.Want)
	case *kind.FalseSchema:
		return "False schema does not allow " + value
	case *kind.Not:
		return value + " should not be valid under " + pytext.Repr(f.keyword(err, "not"))
	case *kind.AdditionalProperties:
		return f.additional(err, k.Properties)
	case *kind.UniqueItems:
		return value + " has non-unique elements"
	case *kind.Contains:
		return value + " does not contain items matching the given schema"
	case *kind.MinContains:
		if len(k.Got) == 0 {
			return value + " does not contain items matching the given schema"
		}
		return fmt.Sprintf("Too few items match the given schema (expected at least %d but only %d matched)", k.Want, len(k.Got))
	case *kind.MaxContains:
		return fmt.Sprintf("Too many items match the given schema (expected at most %d)", k.Want)
	case *kind.Pattern:
		return value + " does not match " + pytext.Repr(k.Want)
	}
	return f.bound(err, value)
}

// bound is for what is too small or too big.
func (f *finder) bound(err *jsonschema.ValidationError, value string) string {
	limit := func(keyword string) string {
		if k, ok := err.ErrorKind.(*kind.Minimum); ok && f.keyword(err, keyword) == nil {
			return k.Want.RatString() // a draft's own, of lengths: a whole number
		}
		return pytext.Repr(f.keyword(err, keyword))
	}
	few := func(want int, text string) string {
		if want == 1 {
			return value + " should be non-empty"
		}
		return value + text
	}
	many := func(want int, text string) string {
		if want == 0 {
			return value + " is expected to be empty"
		}
		return value + text
	}
	switch k := err.ErrorKind.(type) {
	case *kind.Minimum:
		return value + " is less than the minimum of " + limit("minimum")
	case *kind.Maximum:
		return value + " is greater than the maximum of " + limit("maximum")
	case *kind.ExclusiveMinimum:
		return value + " is less than or equal to the minimum of " + limit("exclusiveMinimum")
	case *kind.ExclusiveMaximum:
		return value + " is greater than or equal to the maximum of " + limit("exclusiveMaximum")
	case *kind.MultipleOf:
		return value + " is not a multiple of " + limit("multipleOf")
	case *kind.MinLength:
		return few(k.Want, " is too short")
	case *kind.MaxLength:
		return many(k.Want, " is too long")
	case *kind.MinItems:
		return few(k.Want, " is too short")
	case *kind.MaxItems:
		return many(k.Want, " is too long")
	case *kind.MinProperties:
		return few(k.Want, " does not have enough properties")
	case *kind.MaxProperties:
		return many(k.Want, " has too many properties")
	}
	return value + " is not valid"
}

// enumFirst is for a value of a wrong type where values are listed too: pydantic writes the list first, and the first
// thing that is wrong is told.
func (f *finder) enumFirst(err *jsonschema.ValidationError, value string) (string, bool) {
	list, ok := f.keyword(err, "enum").([]any)
	if !ok {
		return "", false
	}
	return value + " is not one of " + pytext.Repr(list), true
}

// keyword is what the schema says that the value does not fit; nil in a draft's own schema.
func (f *finder) keyword(err *jsonschema.ValidationError, name string) any {
	object, _ := f.schemaAt(err).(map[string]any)
	return object[name]
}

func (f *finder) additional(err *jsonschema.ValidationError, names []string) string {
	names = slices.Sorted(slices.Values(names))
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = pytext.Repr(name)
	}
	list := strings.Join(quoted, ", ")
	if patterns, ok := f.keyword(err, "patternProperties").(map[string]any); ok {
		var regexes []string
		for pattern := range patterns {
			regexes = append(regexes, pytext.Repr(pattern))
		}
		slices.Sort(regexes)
		verb := "do"
		if len(names) == 1 {
			verb = "does"
		}
		return fmt.Sprintf("%s %s not match any of the regexes: %s", list, verb, strings.Join(regexes, ", "))
	}
	verb := "were"
	if len(names) == 1 {
		verb = "was"
	}
	return fmt.Sprintf("Additional properties are not allowed (%s %s unexpected)", list, verb)
}
