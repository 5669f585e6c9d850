package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

// Error is a reply that says no.
type Error struct {
	Status int
	Body   any
	// Header is sent with it, such as Retry-After.
	Header map[string]string
}

// Error is for logs; clients read the body.
func (e *Error) Error() string { return fmt.Sprintf("%d: %v", e.Status, e.Body) }

// Problem is the usual body, {"detail": …}.
func Problem(status int, detail string) *Error {
	return &Error{Status: status, Body: map[string]any{"detail": detail}}
}

// NotFound says that a thing is not there: "Flow run not found".
func NotFound(what string) *Error { return Problem(http.StatusNotFound, what+" not found") }

// Failure is the reply with which the server itself fails, where it does.
func Failure() *Error {
	return &Error{Status: http.StatusInternalServerError, Body: map[string]any{"exception_message": "Internal Server Error"}}
}

// IntegrityConflict is the reply to rows that the server's database refuses: a name that is taken or an id of what is not
// there, where the server does not look itself.
func IntegrityConflict() *Error {
	return Problem(http.StatusConflict, "Data integrity conflict. This usually means a unique or foreign key constraint was violated. See server logs for details.")
}

// Detail is one reason why a body was refused, in pydantic's words.
type Detail struct {
	Type string `json:"type"`
	// Loc is the way to the value: names and, in lists, numbers.
	Loc     []any          `json:"loc"`
	Message string         `json:"msg"`
	Input   any            `json:"input"`
	Context map[string]any `json:"ctx,omitempty"`
	// Fatal marks what the server fails with, where it should refuse it: the reply is 500.
	Fatal bool `json:"-"`
}

// Invalid refuses a request with 422, as pydantic's errors come out of the server. body is the request's, nil for one
// without.
func Invalid(body json.RawMessage, details ...Detail) *Error {
	if len(body) == 0 || !json.Valid(body) {
		body = json.RawMessage("null")
	}
	return &Error{Status: http.StatusUnprocessableEntity, Body: struct {
		Message string          `json:"exception_message"`
		Details []Detail        `json:"exception_detail"`
		Body    json.RawMessage `json:"request_body"`
	}{"Invalid request received.", details, body}}
}

// oneOf is how pydantic lists what a value may be: 'A', 'B' or 'C'.
func oneOf(values []string) string {
	quoted := make([]string, len(values))
	for i, v := range values {
		quoted[i] = "'" + v + "'"
	}
	if len(quoted) < 2 {
		return strings.Join(quoted, "")
	}
	return strings.Join(quoted[:len(quoted)-1], ", ") + " or " + quoted[len(quoted)-1]
}
