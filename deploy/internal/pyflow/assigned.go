package pyflow

import (
	"slices"
	"strings"
)

// A definition is how a file makes a flow: a function, and the options that it is given one after the other.
type definition struct {
	function *stmt
	// options are those of flow(...), and after them those of each with_options(...), which count only where they are given.
	options [][]keyword
}

const hintAssigned = "write it as NAME = flow(FUNCTION, ...), flow(...)(FUNCTION) or FLOW.with_options(...), with a function of this file; or decorate the function with @flow"

// findFlow is how the file makes the flow of a name. A name that is bound twice is refused: which one a run would find
// depends on what happens before.
func findFlow(m *module, name string) definition {
	bound := m.names[name]
	hint := "decorate a function of the file with @flow of Prefect"
	if names := flowNames(m); len(names) > 0 {
		hint = "its flows are: " + strings.Join(names, ", ")
	}
	switch {
	case len(bound) == 0:
		failf(-1, hint, "the file has no function %q", name)
	case len(bound) > 1:
		failf(bound[1].at, "give each function a name of its own", "%q is bound %d times in this file", name, len(bound))
	case bound[0].kind != function && bound[0].kind != assigned:
		failf(bound[0].at, hint, "%q is not a function", name)
	}
	return m.definition(bound[0], nil)
}

// definition follows the statement that makes a flow. within are the assignments on the way to it.
func (m *module) definition(s *stmt, within []*stmt) definition {
	if slices.Contains(within, s) {
		failf(s.at, hintAssigned, "%q leads back to itself", s.name)
	}
	within = append(within, s)
	switch {
	case s.kind == function:
		d := definition{function: s}
		if arguments := decoration(m, s); arguments != nil {
			if len(arguments.items) > 0 {
				failf(arguments.items[0].at, "", "@flow(...) takes no positional arguments")
			}
			d.options = append(d.options, arguments.keywords)
		}
		return d
	case s.kind == assigned && s.value.kind == nameExpr:
		if other := m.statement(s.value); other != nil && (other.kind == function || other.kind == assigned) {
			return m.definition(other, within)
		}
	case s.kind == assigned && s.value.kind == call:
		if d, ok := m.called(s.value, within); ok {
			return d
		}
	}
	failf(s.at, hintAssigned, "%q is not a flow that can be read", s.name)
	return definition{}
}

// called is the flow that a call makes: flow(f, ...), flow(...)(f) or g.with_options(...).
func (m *module) called(e *expr, within []*stmt) (definition, bool) {
	if e.x.kind == attribute && e.x.text == "with_options" && e.x.x.kind == nameExpr && len(e.items) == 0 {
		s := m.statement(e.x.x)
		if s == nil || s.kind != function && s.kind != assigned {
			return definition{}, false
		}
		d := m.definition(s, within)
		d.options = append(slices.Clone(d.options), e.keywords)
		return d, true
	}
	options := e.keywords
	if e.x.kind == call && len(e.x.items) == 0 && len(e.keywords) == 0 {
		options, e = e.x.keywords, &expr{kind: call, at: e.at, x: e.x.x, items: e.items}
	}
	if len(e.items) != 1 || e.items[0].kind != nameExpr || !m.isFlow(e.x) {
		return definition{}, false
	}
	of := m.statement(e.items[0])
	if of == nil || of.kind != function {
		return definition{}, false
	}
	if len(of.decorators) > 0 {
		failf(of.decorators[0].at, "", "the function %s has decorators, which may change its parameters", of.name)
	}
	return definition{of, [][]keyword{options}}, true
}

// isFlow reports whether an expression is Prefect's flow.
func (m *module) isFlow(e *expr) bool {
	if e.kind != nameExpr && e.kind != attribute {
		return false
	}
	var of meaning
	return caught("", func() { of = m.resolve(e) }) == nil && of.external == "prefect.flow"
}

// statement is the one statement of the file that binds a name; nil for none.
func (m *module) statement(e *expr) *stmt {
	if bound := m.names[e.text]; len(bound) == 1 {
		return bound[0]
	}
	return nil
}
