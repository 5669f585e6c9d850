package graph

import (
	"net/http"
	"slices"
	"strings"
)

// parseFilter reads a $filter: terms joined by and, alternatives of these by or, without parentheses around them. A term is
// startswith(PROPERTY,'TEXT'), PROPERTY eq VALUE, PROPERTY in ('TEXT',…) or PROPERTY/any(x:x eq 'TEXT'). Case does not count in texts. The
// function that it returns fails for a property that the object does not have.
func parseFilter(text, kind string) (func(object) (bool, error), error) {
	if strings.TrimSpace(text) == "" {
		return func(object) (bool, error) { return true, nil }, nil
	}
	var alternatives [][]term
	for _, either := range split(text, " or ") {
		var all []term
		for _, one := range split(either, " and ") {
			t, ok := parseTerm(strings.TrimSpace(one))
			if !ok {
				return nil, refuse(http.StatusBadRequest, "Request_UnsupportedQuery", "Unsupported or invalid query filter clause specified: '%s'.", one)
			}
			all = append(all, t)
		}
		alternatives = append(alternatives, all)
	}
	return func(o object) (bool, error) {
		for _, all := range alternatives {
			matches := true
			for _, t := range all {
				value, there := o[t.property]
				if !there {
					return false, refuse(http.StatusBadRequest, "Request_UnsupportedQuery",
						"Unsupported or invalid query filter clause specified for property '%s' of resource '%s'.", t.property, kind)
				}
				matches = matches && t.matches(value)
			}
			if matches {
				return true, nil
			}
		}
		return false, nil
	}, nil
}

// split cuts a text at a separator, in any case, except within quotes.
func split(text, separator string) []string {
	var parts []string
	quoted, from := false, 0
	for i := 0; i < len(text); i++ {
		if text[i] == '\'' {
			quoted = !quoted
		}
		if !quoted && len(text)-i >= len(separator) && strings.EqualFold(text[i:i+len(separator)], separator) {
			parts, from = append(parts, text[from:i]), i+len(separator)
			i = from - 1
		}
	}
	return append(parts, text[from:])
}

// term is a part of a filter.
type term struct {
	property string
	// value is a text, true, false or null; prefix says that a text need only begin with it, list that the property is a
	// list that must have it.
	value        any
	prefix, list bool
	// among are texts of which the property must be one, in the place of value.
	among []string
}

func parseTerm(text string) (term, bool) {
	if rest, ok := strings.CutPrefix(strings.ToLower(text), "startswith("); ok && strings.HasSuffix(rest, ")") {
		inner := text[len("startswith(") : len(text)-1]
		property, value, ok := strings.Cut(inner, ",")
		prefix, quoted := unquote(value)
		return term{property: strings.TrimSpace(property), value: prefix, prefix: true}, ok && quoted
	}
	property, rest, list := strings.Cut(text, "/any(")
	if !list {
		if t, ok := parseIn(text); ok {
			return t, true
		}
		return parseEqual(text)
	}
	variable, condition, ok := strings.Cut(strings.TrimSuffix(rest, ")"), ":")
	t, equal := parseEqual(strings.TrimSpace(condition))
	if !ok || !equal || !strings.HasSuffix(rest, ")") || t.property != strings.TrimSpace(variable) {
		return term{}, false
	}
	return term{property: strings.TrimSpace(property), value: t.value, list: true}, true
}

// parseIn reads PROPERTY in ('TEXT','TEXT').
func parseIn(text string) (term, bool) {
	parts := strings.SplitN(text, " ", 3)
	if len(parts) != 3 || !strings.EqualFold(parts[1], "in") {
		return term{}, false
	}
	inner, opened := strings.CutPrefix(strings.TrimSpace(parts[2]), "(")
	inner, closed := strings.CutSuffix(inner, ")")
	t := term{property: parts[0]}
	for _, item := range split(inner, ",") {
		value, quoted := unquote(item)
		if !quoted {
			return term{}, false
		}
		t.among = append(t.among, value)
	}
	return t, opened && closed
}

func parseEqual(text string) (term, bool) {
	parts := strings.SplitN(text, " ", 3)
	if len(parts) != 3 || !strings.EqualFold(parts[1], "eq") {
		return term{}, false
	}
	t := term{property: parts[0]}
	switch value := strings.TrimSpace(parts[2]); value {
	case "true", "false":
		t.value = value == "true"
	case "null":
	default:
		quoted, ok := unquote(value)
		if !ok {
			return term{}, false
		}
		t.value = quoted
	}
	return t, true
}

func (t term) matches(value any) bool {
	if len(t.among) > 0 {
		text, ok := value.(string)
		return ok && slices.ContainsFunc(t.among, func(one string) bool { return strings.EqualFold(one, text) })
	}
	if !t.list {
		return t.same(value)
	}
	switch list := value.(type) {
	case []string:
		return slices.ContainsFunc(list, func(item string) bool { return t.same(item) })
	case []any: // a property that is kept as it was written
		return slices.ContainsFunc(list, t.same)
	}
	return false
}

func (t term) same(value any) bool {
	want, text := t.value.(string)
	got, isText := value.(string)
	if !text || !isText {
		return !text && t.value == value
	}
	if t.prefix {
		return len(got) >= len(want) && strings.EqualFold(got[:len(want)], want)
	}
	return strings.EqualFold(got, want)
}
