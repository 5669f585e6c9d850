// Package jinja reads Jinja templates as a Prefect server does, and refuses them in the same words: [Validate] is for the
// route that checks the templates of automations, [Render] for parameters that are templates.
//
// It is a reader of its own because clients see a refusal's line and words, and no library has them. Of the 192 templates in
// testdata/vectors.jsonl, whose results are a server's, 114 are refused. nikolalohinski/gonja/v2 refuses 93 of these and
// none in the server's words, takes 61 of the other 78, and renders 35 of them to the server's text.
package jinja

import "fmt"

// Error is why a template is refused.
type Error struct {
	// Line counts from 1. It is 0 for a template that is only too large.
	Line    int
	Message string
}

func (e *Error) Error() string { return e.Message }

// The most loops that a template may have, and how deep one may be in another: MAX_LOOP_COUNT and MAX_NESTED_LOOP_DEPTH.
const (
	maxLoops = 10
	maxDepth = 2
)

// Validate gives the server's reason against a template, nil if there is none.
func Validate(template string) *Error {
	_, err := parse(template)
	return err
}

// parse reads a template and holds it to the limits on loops.
func parse(template string) (body []*statement, err *Error) {
	defer func() {
		if failure := recover(); failure != nil {
			e, ok := failure.(*Error)
			if !ok {
				panic(failure)
			}
			body, err = nil, e
		}
	}()
	p := newParser(template)
	body = p.statements(nil)
	count, depth := loops(body)
	switch {
	case count > maxLoops:
		return nil, &Error{0, fmt.Sprintf("Contains %d for loops. Templates can contain no more than %d for loops.", count, maxLoops)}
	case depth > maxDepth:
		return nil, &Error{0, fmt.Sprintf("Contains nested for loops at a depth of %d. Templates can nest for loops no more than %d loops deep.", depth, maxDepth)}
	}
	return body, nil
}

// loops counts the loops of statements, and how many are in one another.
func loops(body []*statement) (count, depth int) {
	for _, s := range body {
		n, inner := loops(s.body)
		other, otherDepth := loops(s.other)
		n, inner = n+other, max(inner, otherDepth)
		if s.kind == "for" {
			n, inner = n+1, inner+1
		}
		count, depth = count+n, max(depth, inner)
	}
	return count, depth
}
