package armtemplate

import (
	"errors"
	"fmt"
	"strings"

	"github.com/pacific-aci/pacific/armtemplate/internal/document"
	"github.com/pacific-aci/pacific/armtemplate/internal/expr"
	"github.com/pacific-aci/pacific/armtemplate/internal/value"
)

// ErrUnsupported is what an error wraps if the template is right but uses what this package does not do.
var ErrUnsupported = errors.New("not supported")

// The codes that an [Error] can have; they are ARM's.
const (
	CodeInvalidTemplate  = "InvalidTemplate"
	CodeOutputEvaluation = "DeploymentOutputEvaluationFailed"
)

// Error says what is wrong with a template or its parameters, in ARM's words.
type Error struct {
	Code    string // as ARM's: see the constants
	Message string // the whole message, as ARM would send it
	// Line and Column are where it happened, from one, as ARM counts: the last character of a string or number, the opening
	// bracket of an object or array. They are zero if it concerns no place of the template.
	Line, Column int
	Path         string // where it happened as a path: properties.template.resources[0].name; "" like Line
	Expression   string // the expression that failed, with its brackets; "" if none did
	Target       string // the output that failed; "" for other errors

	cause error
}

func (e *Error) Error() string {
	if e.Line == 0 {
		return e.Code + ": " + e.Message
	}
	at := fmt.Sprintf("line %d, column %d", e.Line, e.Column)
	if e.Expression != "" {
		at += ", " + e.Expression
	}
	return fmt.Sprintf("%s: %s (%s)", e.Code, e.Message, at)
}

// Unwrap is what caused the error: [ErrUnsupported], or what a [Resolver] returned.
func (e *Error) Unwrap() error { return e.cause }

// problem is an error on its way up: the words for it, and where it happened.
type problem struct {
	detail string
	node   *document.Node // the innermost place that is known
	cause  error
	whole  bool // detail is a message of its own, that no place further up wraps
}

func (p *problem) Error() string { return p.detail }
func (p *problem) Unwrap() error { return p.cause }

// at adds a place to an error that has none yet.
func at(n *document.Node, err error) error {
	if err == nil {
		return nil
	}
	p := asProblem(err)
	if p.node == nil && n != nil {
		p.node = n
	}
	return p
}

// shortened keeps a very long expression from filling a message.
func shortened(s string) string {
	if r := []rune(s); len(r) > 400 {
		return string(r[:397]) + "…]"
	}
	return s
}

func asProblem(err error) *problem {
	if p, ok := errors.AsType[*problem](err); ok {
		return p
	}
	p := &problem{detail: err.Error(), cause: err}
	if _, ok := errors.AsType[*value.Error](err); ok {
		p.cause = nil
	}
	return p
}

// problemf is a problem with a message of its own.
func problemf(n *document.Node, format string, args ...any) error {
	return &problem{detail: fmt.Sprintf(format, args...), node: n, whole: true}
}

// unsupported is a problem that is ours, not the template's.
func unsupported(n *document.Node, format string, args ...any) error {
	return &problem{detail: fmt.Sprintf(format, args...), node: n, whole: true, cause: ErrUnsupported}
}

// within says of which part of the template an error is, unless a part further in has said so.
func within(n *document.Node, err error, format string, args ...any) error {
	if err == nil {
		return nil
	}
	p := asProblem(at(n, err))
	if !p.whole {
		p.detail = fmt.Sprintf(format, args...) + ": " + sentence(p.detail)
		p.whole = true
	}
	return p
}

func sentence(s string) string {
	if strings.HasSuffix(s, ".") {
		return s
	}
	return s + "."
}

// invalid makes the error that leaves the package, for what is found before anything is deployed.
func (t *Template) invalid(err error) error {
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	p := asProblem(err)
	return t.failure(CodeInvalidTemplate, "Deployment template validation failed: '"+sentence(p.detail)+"'.", p)
}

func (t *Template) failure(code, message string, p *problem) *Error {
	e := &Error{Code: code, Message: message, cause: p.cause}
	if p.node != nil {
		if e.Expression == "" && p.node.Kind == document.String && expr.Is(p.node.Text) {
			e.Expression = shortened(p.node.Text)
		}
		e.Line, e.Column = p.node.Pos.Line, p.node.Pos.Column
		e.Path = "properties.template" + t.path(p.node)
	}
	return e
}

// path finds a node in the template.
func (t *Template) path(n *document.Node) string {
	path, _ := pathTo(t.root, n)
	return path
}

func pathTo(from, to *document.Node) (string, bool) {
	if from == to {
		return "", true
	}
	for i, item := range from.Items {
		if rest, ok := pathTo(item, to); ok {
			return fmt.Sprintf("[%d]%s", i, rest), true
		}
	}
	for _, m := range from.Members {
		if rest, ok := pathTo(m.Value, to); ok {
			return "." + m.Name + rest, true
		}
	}
	return "", false
}
