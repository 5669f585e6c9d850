package graph

import (
	"fmt"
	"net/http"
	"time"
)

// Error is a refusal of Microsoft Graph.
type Error struct {
	Status        int
	Code, Message string
}

func (e *Error) Error() string { return e.Code + ": " + e.Message }

// refuse makes an Error.
func refuse(status int, code, format string, args ...any) *Error {
	return &Error{Status: status, Code: code, Message: fmt.Sprintf(format, args...)}
}

// badRequest is the 400 with the common code.
func badRequest(format string, args ...any) *Error {
	return refuse(http.StatusBadRequest, "Request_BadRequest", format, args...)
}

// notFound is the 404 for an object.
func notFound(id string) *Error {
	return refuse(http.StatusNotFound, "Request_ResourceNotFound",
		"Resource '%s' does not exist or one of its queried reference-property objects are not present.", id)
}

// reply is the error's body, with the ids of the answer that h belongs to.
func (e *Error) reply(h http.Header) reply {
	return reply{e.Status, object{"error": object{
		"code": e.Code, "message": e.Message,
		"innerError": object{
			"date": time.Now().UTC().Format("2006-01-02T15:04:05"), "request-id": h.Get("Request-Id"), "client-request-id": h.Get("Client-Request-Id"),
		},
	}}}
}
