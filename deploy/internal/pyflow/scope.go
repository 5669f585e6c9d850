package pyflow

import (
	"slices"
	"strings"
)

// A module is a parsed file.
type module struct {
	text  string
	names map[string][]*stmt // what binds a name, in the order of the file
	stars []*stmt
}

func parseModule(text string) *module {
	b := &block{parser: &parser{tokens: tokenize(text)}}
	b.statements()
	m := &module{text: text, names: map[string][]*stmt{}}
	for _, s := range append(b.stmts, b.globals...) {
		if s.kind == starImport {
			m.stars = append(m.stars, s)
			continue
		}
		m.names[s.name] = append(m.names[s.name], s)
	}
	return m
}

// A meaning is what a name stands for: either something outside of the file or a statement in it.
type meaning struct {
	external string // "typing.Optional"
	local    *stmt
	member   string // of the local class, for Color.RED
}

// resolve finds what a name or a dotted name stands for. It fails on a name that several statements bind to different
// things, on one that is there only for type checkers, and on one that nothing binds.
func (m *module) resolve(e *expr) meaning {
	switch e.kind {
	case nameExpr:
		return m.lookup(e)
	case attribute:
		of := m.resolve(e.x)
		switch {
		case of.external != "":
			return meaning{external: canonical(of.external + "." + e.text)}
		case of.local.kind == class && of.member == "":
			return meaning{local: of.local, member: e.text}
		}
	}
	failf(e.at, hintSchema, "%s is not a name that can be followed in this file", describeExpr(e))
	return meaning{}
}

func (m *module) lookup(e *expr) meaning {
	bound := m.names[e.text]
	if slices.ContainsFunc(bound, func(s *stmt) bool { return !s.typeChecking }) {
		bound = slices.DeleteFunc(slices.Clone(bound), func(s *stmt) bool { return s.typeChecking })
	}
	switch {
	case len(bound) == 0:
		return m.unbound(e)
	case bound[0].typeChecking:
		failf(e.at, hintSchema, "%q is there only for type checkers", e.text)
	case bound[0].kind == imported:
		module := canonical(bound[0].module)
		same := func(s *stmt) bool { return s.kind == imported && canonical(s.module) == module }
		if !slices.ContainsFunc(bound, func(s *stmt) bool { return !same(s) }) {
			return meaning{external: module}
		}
	case len(bound) == 1 && bound[0].kind != skipped:
		return meaning{local: bound[0]}
	}
	if len(bound) == 1 {
		failf(e.at, hintSchema, "%q is not known without running the file", e.text)
	}
	failf(e.at, hintSchema, "%q is bound %d times in this file", e.text, len(bound))
	return meaning{}
}

// unbound looks a name up behind "from m import *", then among the built-in names.
func (m *module) unbound(e *expr) meaning {
	for _, star := range m.stars {
		if external := canonical(star.module + "." + e.text); known(external) {
			return meaning{external: external}
		}
	}
	if external := "builtins." + e.text; known(external) {
		return meaning{external: external}
	}
	if len(m.stars) > 0 {
		failf(e.at, hintSchema, "%q may come from \"from %s import *\"", e.text, m.stars[0].module)
	}
	failf(e.at, hintSchema, "nothing in this file is called %q", e.text)
	return meaning{}
}

// aliases are the modules whose names are also those of another.
var aliases = []struct{ module, same string }{
	{"typing_extensions.", "typing."},
	{"collections.abc.", "typing."},
	{"collections.deque", "typing.Deque"},
	{"collections.defaultdict", "typing.DefaultDict"},
	{"collections.OrderedDict", "typing.OrderedDict"},
	{"re.Pattern", "typing.Pattern"},
	{"prefect.flows.flow", "prefect.flow"},
	{"pydantic.main.", "pydantic."},
	{"pydantic.fields.", "pydantic."},
	{"pydantic.types.", "pydantic."},
	{"pydantic.networks.", "pydantic."},
	{"pydantic.config.", "pydantic."},
}

// canonical gives what has several import paths one name.
func canonical(external string) string {
	for _, alias := range aliases {
		if rest, ok := strings.CutPrefix(external, alias.module); ok {
			return alias.same + rest
		}
	}
	return external
}

// describeExpr names an expression in an error.
func describeExpr(e *expr) string {
	switch e.kind {
	case nameExpr:
		return e.text
	case attribute:
		if e.x.kind == nameExpr || e.x.kind == attribute {
			return describeExpr(e.x) + "." + e.text
		}
	case call:
		return "a call of " + describeExpr(e.x)
	case subscript:
		return describeExpr(e.x) + "[...]"
	case constant:
		if problem, ok := e.value.(unreadable); ok {
			return string(problem)
		}
		return "a constant"
	case opaque:
		return e.text
	}
	return "this expression"
}
