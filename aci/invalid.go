package aci

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// An InvalidError is a value of a job that ACI would refuse, found before anything was sent.
// [Job.Validate] joins one for each such value; find them with errors.AsType or by unwrapping the joined error.
type InvalidError struct {
	// Field is the field of Job, with the key or index that is meant: `Env["1X"]`, "Base.properties.volumes[0].name".
	// For a field that a file should not have it is the object around it, empty for the job itself.
	Field string
	// Value is the value found, masked where it may be secret, empty where there is none.
	Value string
	// Rule is what ACI (or Pacific) asks.
	Rule string
	// Want is the right form, for example a value that would do. May be empty.
	Want string
	// Other is the other field that Rule names, for readers who have another name for it. May be empty.
	Other string
	// Line is where it stands in the job file that it was read from, 0 for a value of a [Job].
	Line int
}

// Error gives the problem as one line: the field, the value, the rule, the right form.
func (e *InvalidError) Error() string {
	var b strings.Builder
	if e.Line > 0 {
		fmt.Fprintf(&b, "line %d: ", e.Line)
	}
	if e.Field != "" {
		b.WriteString(e.Field)
		b.WriteString(": ")
	}
	if e.Value != "" {
		b.WriteString(strconv.Quote(e.Value))
		b.WriteString(": ")
	}
	b.WriteString(e.Rule)
	if e.Want != "" {
		b.WriteString("; give ")
		b.WriteString(e.Want)
	}
	return b.String()
}

// A Warning is something about a job that is allowed, but seldom meant.
type Warning struct {
	// Field is the field of Job that it is about.
	Field string `json:"field"`
	// Text is one sentence: what, why, and what to do.
	Text string `json:"text"`
}

// String gives the warning as one line.
func (w Warning) String() string { return w.Field + ": " + w.Text }

// masked stands for a value that may be secret.
const masked = "***"

// longestQuote bounds how much of a wrong value an error quotes.
const longestQuote = 120

// problems collects what is wrong with a job, so that all of it is told at once.
type problems struct {
	found []error
}

// add notes one problem. A value that may be secret is given as [masked].
func (p *problems) add(field, value, rule, want string) {
	p.note(&InvalidError{Field: field, Value: value, Rule: rule, Want: want})
}

// note notes one problem.
func (p *problems) note(e *InvalidError) {
	if len(e.Value) > longestQuote {
		e.Value = strings.ToValidUTF8(e.Value[:longestQuote], "") + "…"
	}
	p.found = append(p.found, e)
}

// err joins what was found; nil if nothing was.
func (p *problems) err() error { return errors.Join(p.found...) }
