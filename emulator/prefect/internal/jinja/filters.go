package jinja

import (
	"cmp"
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/pacific-aci/pacific/internal/pytext"
)

// filter applies one. Named arguments are taken where Jinja's own names of them are known.
func (r *renderer) filter(e *expression, value any) any {
	args := r.evalAll(e.args[1:])
	names := map[string][]string{
		"default": {"default_value", "boolean"}, "d": {"default_value", "boolean"}, "join": {"d"}, "int": {"default", "base"},
		"float": {"default"}, "replace": {"old", "new"}, "round": {"precision"}, "trim": {"chars"},
	}[e.name]
	for name, given := range e.named {
		at := slices.Index(names, name)
		if at < 0 || e.spread {
			unsupported("the argument " + name + " of the filter " + e.name)
		}
		for len(args) <= at {
			args = append(args, missing{})
		}
		args[at] = r.eval(given)
	}
	return filters[e.name](value, args)
}

// missing is an argument that was left out before one that was named.
type missing struct{}

// argument is the one at a place, or what it is without.
func argument(args []any, at int, otherwise any) any {
	if at >= len(args) {
		return otherwise
	}
	if _, out := args[at].(missing); out {
		return otherwise
	}
	return args[at]
}

var filters = map[string]func(value any, args []any) any{
	"upper": onText(strings.ToUpper), "lower": onText(strings.ToLower), "title": onText(title), "capitalize": onText(capitalize),
	"string": onText(func(s string) string { return s }), "trim": trimFilter, "length": lengthFilter, "count": lengthFilter,
	"default": defaultFilter, "d": defaultFilter, "join": joinFilter, "replace": replaceFilter, "int": intFilter, "float": floatFilter,
	"list": func(v any, _ []any) any { return slices.Clone(items(v)) }, "first": endFilter(true), "last": endFilter(false),
	"reverse": reverseFilter, "abs": absFilter, "sum": sumFilter, "sort": sortFilter, "min": extremeFilter(-1), "max": extremeFilter(1),
	"round": roundFilter, "tojson": jsonFilter, "safe": func(v any, _ []any) any { return v },
}

func onText(change func(string) string) func(any, []any) any {
	return func(value any, _ []any) any { return change(text(value)) }
}

func capitalize(s string) string {
	first, size := utf8.DecodeRuneInString(s)
	if size == 0 {
		return s
	}
	return string(unicode.ToUpper(first)) + strings.ToLower(s[size:])
}

// title writes each word with a large first letter. Words end at blanks, hyphens and opening brackets.
func title(s string) string {
	var out strings.Builder
	begin := true
	for _, r := range s {
		if begin {
			out.WriteRune(unicode.ToUpper(r))
		} else {
			out.WriteRune(unicode.ToLower(r))
		}
		begin = unicode.IsSpace(r) || strings.ContainsRune("-({[<", r)
	}
	return out.String()
}

func trimFilter(value any, args []any) any {
	if chars := argument(args, 0, nil); chars != nil {
		return strings.Trim(text(value), text(chars))
	}
	return strings.TrimSpace(text(value))
}

func lengthFilter(value any, _ []any) any {
	if _, ok := asFloat(value); ok || value == nil {
		raise("TypeError", "object of type '%s' has no len()", className(value))
	}
	return int64(len(items(value)))
}

func defaultFilter(value any, args []any) any {
	if _, ok := value.(undefined); ok || truth(argument(args, 1, false)) && !truth(value) {
		return argument(args, 0, "")
	}
	return value
}

func joinFilter(value any, args []any) any {
	var parts []string
	between, length := text(argument(args, 0, "")), 0
	for _, item := range items(value) {
		part := text(item)
		if length += len(part) + len(between); length > maxText+len(between) {
			unsupported("so long a text")
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, between)
}

func replaceFilter(value any, args []any) any {
	if len(args) != 2 {
		unsupported("the filter replace with other than two arguments")
	}
	whole, old, other := text(value), text(args[0]), text(args[1])
	if strings.Count(whole, old)*len(other) > maxText {
		unsupported("so long a text")
	}
	return strings.ReplaceAll(whole, old, other)
}

func intFilter(value any, args []any) any {
	if len(args) > 1 {
		unsupported("the filter int with a base")
	}
	if n, ok := asFloat(value); ok {
		return int64(n)
	}
	words := strings.TrimSpace(text(value))
	if n, err := strconv.ParseInt(words, 10, 64); err == nil {
		return n
	}
	if f, err := strconv.ParseFloat(words, 64); err == nil && math.Abs(f) < 1<<62 {
		return int64(f)
	}
	return argument(args, 0, int64(0))
}

func floatFilter(value any, args []any) any {
	if f, ok := asFloat(value); ok {
		return f
	}
	if f, err := strconv.ParseFloat(strings.TrimSpace(text(value)), 64); err == nil {
		return f
	}
	return argument(args, 0, 0.0)
}

func endFilter(first bool) func(any, []any) any {
	return func(value any, _ []any) any {
		list := items(value)
		switch {
		case len(list) == 0:
			return undefined{}
		case first:
			return list[0]
		}
		return list[len(list)-1]
	}
}

func reverseFilter(value any, _ []any) any {
	list := slices.Clone(items(value))
	slices.Reverse(list)
	if _, ok := value.(string); ok {
		return likeOf(value, list)
	}
	return list
}

func absFilter(value any, _ []any) any {
	number := number64(value)
	if compareValues(number, int64(0)) < 0 {
		return arithmetic("sub", int64(0), number)
	}
	return number
}

func sumFilter(value any, _ []any) any {
	var sum any = int64(0)
	for _, item := range items(value) {
		sum = arithmetic("add", sum, item)
	}
	return sum
}

func sortFilter(value any, args []any) any {
	if len(args) > 0 {
		unsupported("the filter sort with arguments")
	}
	return slices.SortedStableFunc(slices.Values(items(value)), compareFolded)
}

// compareFolded compares texts without their case, as Jinja's filters do.
func compareFolded(a, b any) int {
	left, leftOK := a.(string)
	right, rightOK := b.(string)
	if leftOK && rightOK {
		return cmp.Compare(strings.ToLower(left), strings.ToLower(right))
	}
	return compareValues(a, b)
}

func extremeFilter(sign int) func(any, []any) any {
	return func(value any, _ []any) any {
		list := items(value)
		if len(list) == 0 {
			return undefined{}
		}
		best := list[0]
		for _, item := range list[1:] {
			if compareFolded(item, best)*sign > 0 {
				best = item
			}
		}
		return best
	}
}

func roundFilter(value any, args []any) any {
	f, ok := asFloat(value)
	precision, whole := argument(args, 0, int64(0)).(int64)
	if !ok || !whole || len(args) > 1 {
		unsupported("the filter round with these arguments")
	}
	rounded, _ := strconv.ParseFloat(strconv.FormatFloat(f, 'f', int(max(precision, 0)), 64), 64)
	return rounded
}

// jsonFilter writes JSON that is safe in HTML.
func jsonFilter(value any, args []any) any {
	if len(args) > 0 {
		unsupported("the filter tojson with an indent")
	}
	var plain func(value any) any
	plain = func(value any) any {
		switch v := value.(type) {
		case undefined:
			raise("TypeError", "Object of type ChainableUndefined is not JSON serializable")
		case int64, float64:
			return json.Number(repr(v))
		case []any:
			list := []any{}
			for _, item := range v {
				list = append(list, plain(item))
			}
			return list
		case tuple:
			return plain([]any(v))
		case map[string]any:
			object := map[string]any{}
			for key, item := range v {
				object[key] = plain(item)
			}
			return object
		}
		return value
	}
	return strings.NewReplacer("<", `\u003c`, ">", `\u003e`, "&", `\u0026`, "'", `\u0027`).Replace(pytext.Dumps(plain(value)))
}
