package jinja

import (
	"fmt"
	"maps"
	"strings"

	"github.com/pacific-aci/pacific/internal/pytext"
)

// Render gives the text that a template makes without any variables: the server renders parameters so. Filters, tests and
// tags that this package does not know fail, also those that the server has: macros, blocks and calls of methods among
// them.
func Render(template string) (text string, err error) {
	body, refused := parse(template)
	if refused != nil {
		return "", refused
	}
	if !strings.Contains(template, "{{") && !strings.Contains(template, "{%") {
		return template, nil
	}
	defer func() {
		if failure := recover(); failure != nil {
			told, ok := failure.(renderError)
			if !ok {
				panic(failure)
			}
			text, err = "", told
		}
	}()
	r := renderer{scope: scope{}}
	checkNames(body)
	r.statements(body)
	return r.out.String(), nil
}

// renderError is an exception of Python's: its class and its text.
type renderError struct{ class, text string }

func (e renderError) Error() string {
	return "Failed to render template due to the following error: " + e.class + "(" + pytext.Repr(e.text) + ")"
}

func raise(class, format string, values ...any) {
	panic(renderError{class, fmt.Sprintf(format, values...)})
}

// unsupported fails with what the server would render.
func unsupported(what string) {
	raise("NotImplementedError", "the emulated API does not render %s", what)
}

// undefined is a name that stands for nothing, or what is sought in one. It prints as nothing.
type undefined struct{ name string }

// tuple is a list in parentheses.
type tuple []any

// scope are the names that a template has given values to.
type scope map[string]any

type renderer struct {
	out   strings.Builder
	scope scope
	// steps bounds the work that a template can make.
	steps int
}

// maxSteps is how many statements and expressions a template may take: loops are of at most 100 turns each.
const maxSteps = 1_000_000

func (r *renderer) step() {
	if r.steps++; r.steps > maxSteps {
		unsupported("a template of so many steps")
	}
}

// checkNames fails with filters and tests that are not known, which the server finds before it begins.
func checkNames(body []*statement) {
	var check func(e *expression)
	check = func(e *expression) {
		if e == nil {
			return
		}
		if e.kind == "filter" && filters[e.name] == nil {
			raise("TemplateAssertionError", "No filter named %s.", pytext.Repr(e.name))
		}
		if e.kind == "test" && tests[e.name] == nil {
			raise("TemplateAssertionError", "No test named %s.", pytext.Repr(e.name))
		}
		for _, a := range e.args {
			check(a)
		}
		for _, a := range e.named {
			check(a)
		}
	}
	for _, s := range body {
		for _, e := range s.exprs {
			check(e)
		}
		checkNames(s.body)
		checkNames(s.other)
	}
}

func (r *renderer) statements(body []*statement) {
	for _, s := range body {
		r.step()
		switch s.kind {
		case "data":
			r.out.WriteString(s.text)
		case "output", "print":
			for _, e := range s.exprs {
				r.out.WriteString(text(r.eval(e)))
			}
		case "if":
			if truth(r.eval(s.exprs[0])) {
				r.statements(s.body)
			} else {
				r.statements(s.other)
			}
		case "for":
			r.loop(s)
		case "set":
			r.set(s)
		case "with":
			r.inner(func() {
				for i := 0; i < len(s.exprs); i += 2 {
					r.assign(s.exprs[i], r.eval(s.exprs[i+1]))
				}
				r.statements(s.body)
			})
		case "autoescape":
			r.inner(func() { r.statements(s.body) })
		case "filter":
			r.out.WriteString(text(r.captured(s.exprs[0], s.body)))
		case "extends", "include", "import", "from":
			raise("TypeError", "no loader for this environment specified")
		default:
			unsupported("the tag " + s.kind)
		}
	}
}

// inner runs what gives names values that end with it.
func (r *renderer) inner(run func()) {
	outer := r.scope
	r.scope = maps.Clone(outer)
	run()
	r.scope = outer
}

// captured gives what statements write, through a filter if there is one.
func (r *renderer) captured(filter *expression, body []*statement) any {
	part := renderer{scope: maps.Clone(r.scope), steps: r.steps}
	part.statements(body)
	r.steps = part.steps
	if filter == nil {
		return part.out.String()
	}
	return r.filter(filter, part.out.String())
}

func (r *renderer) set(s *statement) {
	if s.name != "block" {
		r.assign(s.exprs[0], r.eval(s.exprs[1]))
		return
	}
	var filter *expression
	if len(s.exprs) > 1 {
		filter = s.exprs[1]
	}
	r.assign(s.exprs[0], r.captured(filter, s.body))
}

func (r *renderer) assign(target *expression, value any) {
	switch target.kind {
	case "name":
		r.scope[target.name] = value
	case "tuple":
		values := items(value)
		if len(values) < len(target.args) {
			raise("ValueError", "not enough values to unpack (expected %d, got %d)", len(target.args), len(values))
		}
		if len(values) > len(target.args) {
			raise("ValueError", "too many values to unpack (expected %d)", len(target.args))
		}
		for i, t := range target.args {
			r.assign(t, values[i])
		}
	default:
		raise("TemplateRuntimeError", "cannot assign attribute on non-namespace object")
	}
}

// loop runs a for: with those of its values that meet its condition, or its else without any.
func (r *renderer) loop(s *statement) {
	if s.name != "" {
		unsupported("a recursive loop")
	}
	var kept []any
	for _, value := range items(r.eval(s.exprs[1])) {
		r.step()
		if len(s.exprs) == 2 {
			kept = append(kept, value)
			continue
		}
		r.inner(func() {
			r.assign(s.exprs[0], value)
			if truth(r.eval(s.exprs[2])) {
				kept = append(kept, value)
			}
		})
	}
	for i, value := range kept {
		r.inner(func() {
			r.assign(s.exprs[0], value)
			r.scope["loop"] = map[string]any{
				"index": int64(i + 1), "index0": int64(i), "revindex": int64(len(kept) - i), "revindex0": int64(len(kept) - i - 1),
				"first": i == 0, "last": i == len(kept)-1, "length": int64(len(kept)), "depth": int64(1), "depth0": int64(0),
			}
			r.statements(s.body)
		})
	}
	if len(kept) == 0 {
		r.inner(func() { r.statements(s.other) })
	}
}
