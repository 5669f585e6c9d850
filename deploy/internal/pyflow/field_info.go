package pyflow

import (
	"maps"
	"strings"
)

// A fieldInfo is what pydantic's Field(...) or the dataclasses' field(...) says.
type fieldInfo struct {
	defaulted   bool   // a default, or a factory of one
	value       any    // the default as JSON
	given       *expr  // the default as written
	factory     string // what default_factory names, as far as it is known
	shown       bool   // the default stands in the schema, which a factory's does not
	alias       string
	words       object // title, description and examples
	constraints []constraint
}

type constraint struct {
	name  string
	at    int
	value any
}

// fieldOf reads a call of Field or field.
func (r *reader) fieldOf(e *expr) *fieldInfo {
	of := r.calls(e)
	f := &fieldInfo{words: object{}}
	switch of {
	case "pydantic.Field":
	case "dataclasses.field":
	default:
		failf(e.at, hintSchema, "%s is not read here", describeExpr(e))
	}
	if len(e.items) > 1 || of == "dataclasses.field" && len(e.items) > 0 {
		failf(e.at, hintSchema, "%s has too many positional arguments", describeExpr(e))
	}
	for _, item := range e.items {
		f.setDefault(r, item)
	}
	for _, k := range e.keywords {
		switch {
		case k.name == "default":
			f.setDefault(r, k.value)
		case k.name == "default_factory":
			f.defaulted = true
			if k.value.kind == nameExpr || k.value.kind == attribute {
				_ = caught("", func() { f.factory = r.resolve(k.value).external })
			}
		case k.name == "repr" || k.name == "frozen" || k.name == "compare" || k.name == "hash" || k.name == "kw_only":
		case of == "dataclasses.field":
			failf(k.at, hintSchema, "%q of field is not read", k.name)
		case k.name == "title" || k.name == "description" || k.name == "examples":
			if value := r.literal(k.value); value != nil {
				f.words[k.name] = value
			}
		case k.name == "alias":
			f.alias, _ = r.literal(k.value).(string)
		default:
			f.constrain(r, k)
		}
	}
	return f
}

// calls is the name of what a call calls, or "".
func (r *reader) calls(e *expr) string {
	if e.kind != call || e.x.kind != nameExpr && e.x.kind != attribute {
		return ""
	}
	return r.resolve(e.x).external
}

func (f *fieldInfo) setDefault(r *reader, e *expr) {
	if e.isConstant(ellipsis{}) {
		return
	}
	f.defaulted, f.shown, f.given, f.value = true, true, e, r.literal(e)
}

func (f *fieldInfo) constrain(r *reader, k keyword) {
	switch k.name {
	case "gt", "ge", "lt", "le", "multiple_of", "min_length", "max_length", "pattern":
		if value := r.literal(k.value); value != nil {
			f.constraints = append(f.constraints, constraint{k.name, k.at, value})
		}
	default:
		failf(k.at, hintSchema, "%q of Field is not read", k.name)
	}
}

// apply puts the constraints and the words on a type. In Annotated a default and an alias are not read.
func (f *fieldInfo) apply(t *pyType, e *expr, inAnnotated bool) *pyType {
	if inAnnotated && (f.defaulted || f.alias != "") {
		failf(e.at, hintSchema, "a default or an alias in Annotated is not read")
	}
	for _, c := range f.constraints {
		constrained, ok := t.constrained(c.name, c.value)
		if !ok {
			failf(c.at, hintSchema, "%q on this type is not read", c.name)
		}
		t = constrained
	}
	if len(f.words) == 0 {
		return t
	}
	worded := t.sealed()
	worded.schema = object{}
	for _, words := range []object{t.schema, f.words} {
		maps.Copy(worded.schema, words)
	}
	return worded
}

// fieldTitle is pydantic's title for a field without one: some_name becomes Some Name, by the rules of str.title.
func fieldTitle(name string) string {
	var b strings.Builder
	inWord := false
	for _, r := range name {
		letter := r == 'ß' || strings.ToUpper(string(r)) != strings.ToLower(string(r))
		switch {
		case letter && !inWord:
			b.WriteString(strings.ToUpper(string(r)))
		case letter:
			b.WriteString(strings.ToLower(string(r)))
		case r == '_':
			b.WriteByte(' ')
		default:
			b.WriteRune(r)
		}
		inWord = letter
	}
	return strings.TrimSpace(b.String())
}
