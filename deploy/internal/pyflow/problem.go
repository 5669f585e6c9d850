package pyflow

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// A Problem is one place in a Python file that cannot be read without running the file, or that Python or Prefect would
// refuse.
type Problem struct {
	Line   int    // from 1; 0 when no single place is at fault
	Column int    // in characters, from 1
	Reason string // what is there: "the default of \"when\" is not a literal"
	// NeedsSchema is set where a schema of the parameters that somebody gives takes the place of what cannot be read.
	NeedsSchema bool
	hint        string
}

// Error is "line 3, column 7: REASON".
func (p *Problem) Error() string {
	if p.Line == 0 {
		return p.Reason
	}
	return fmt.Sprintf("line %d, column %d: %s", p.Line, p.Column, p.Reason)
}

// Hint says what to do about it, or is empty.
func (p *Problem) Hint() string { return p.hint }

const (
	hintSchema  = "give a JSON schema of the parameters"
	hintLiteral = "write it as a literal: the file is read, never run"
)

// fault is a Problem on its way up to the exported function that returns it: the parts of this package give up at the
// first thing they cannot read, however deep, and the exported functions recover it. No fault leaves the package.
type fault struct {
	at     int // byte offset in the text, -1 when no single place is at fault
	reason string
	hint   string
}

func failf(at int, hint, format string, args ...any) {
	panic(&fault{at: at, reason: fmt.Sprintf(format, args...), hint: hint})
}

// caught turns a fault that do raises into a Problem with its place in text.
func caught(text string, do func()) (problem *Problem) {
	defer func() {
		switch f := recover().(type) {
		case nil:
		case *fault:
			problem = f.problem(text)
		default:
			panic(f)
		}
	}()
	do()
	return nil
}

func (f *fault) problem(text string) *Problem {
	p := &Problem{Reason: f.reason, NeedsSchema: f.hint == hintSchema, hint: f.hint}
	if f.at >= 0 {
		p.Line, p.Column = place(text, f.at)
	}
	return p
}

// place is the line and the column of a byte offset, both from 1.
func place(text string, at int) (line, column int) {
	at = min(at, len(text))
	before := text[:at]
	start := strings.LastIndexByte(before, '\n') + 1
	return strings.Count(before, "\n") + 1, utf8.RuneCountInString(before[start:]) + 1
}
