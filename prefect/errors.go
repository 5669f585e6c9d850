package prefect

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/pacific-aci/pacific/internal/neterr"
)

// The kinds of failure that a caller can act on; find them with errors.Is.
var (
	// ErrNotFound: the object does not exist (HTTP 404), or a lease is over (410).
	ErrNotFound = errors.New("not found")
	// ErrConflict: the name is taken, or parameters do not fit the flow's schema (HTTP 409).
	ErrConflict = errors.New("conflict")
	// ErrInvalid: the request is wrong and will stay wrong (HTTP 400, 413, 422). [Error.Details] names the fields.
	ErrInvalid = errors.New("not valid")
	// ErrUnauthorised: the key or the auth string is missing or wrong (HTTP 401).
	ErrUnauthorised = errors.New("unauthorised")
	// ErrForbidden: known, but not allowed (HTTP 403): a reserved name, a protected block type, a missing permission.
	ErrForbidden = errors.New("forbidden")
	// ErrConnection: no answer can come before a setting, the network or the server is changed: the server's certificate, a
	// proxy that refuses, TLS on a port without it, an unknown host.
	ErrConnection = errors.New("no connection possible")
	// ErrUnavailable: no answer for now, or 408, 423, 429, 5xx, after all repeats. What a write did may be unknown: [Error.Unclear].
	ErrUnavailable = errors.New("unavailable")
	// ErrUnsupported: this server's version cannot do it.
	ErrUnsupported = errors.New("not supported by this server")
	// ErrNotPrefect: somebody else answered, such as a proxy's sign-in page.
	ErrNotPrefect = errors.New("not Prefect's answer")
)

// Error is what every method of the client returns when it fails, for errors.AsType. Its text is one line and holds no
// secret of ours and no value of the request's body.
type Error struct {
	// Doing is what failed, as a gerund and a noun.
	Doing string
	// Kind is one of the Err values of this package; nil if only the context ended.
	Kind error
	// Status is the HTTP status; 0 if no answer came.
	Status int
	// Message is the server's own text, or what became of the connection.
	Message string
	// Details are the fields that the server objects to. May be empty even for [ErrInvalid].
	Details []Detail
	// RetryAfter is how long the server asks to wait. 0: it does not ask.
	RetryAfter time.Duration
	// Unclear: a write that may have been carried out all the same.
	Unclear bool

	// maintenance: the server says that repeats shall not be counted.
	maintenance bool
	// busy: the server's database was locked. It says so at once, and the next attempt may well be carried out.
	busy bool
	// noConnection: none was made to the server at all.
	noConnection bool
	// network is why no answer came; nil: one came, or the reason is not the network's.
	network *neterr.Error
	cause   error
}

// Detail is one objection to a request.
type Detail struct {
	// Field is the path of the field, as a.b.0.c; empty for the request as a whole.
	Field string
	// Message is the server's sentence about it.
	Message string
}

// Error says what failed and why, in one line. What to do is [Error.Hint].
func (e *Error) Error() string {
	var b strings.Builder
	if e.Doing != "" {
		b.WriteString(e.Doing + ": ")
	}
	if e.Status != 0 && e.Kind != ErrNotPrefect {
		fmt.Fprintf(&b, "Prefect answers %d: ", e.Status)
	}
	b.WriteString(e.Message)
	for i, d := range e.Details {
		b.WriteString([]string{": ", "; "}[min(i, 1)] + d.String())
	}
	if e.Unclear {
		b.WriteString("; it may have been carried out all the same")
	}
	return oneLine(b.String())
}

// String is "field: message", or the message alone.
func (d Detail) String() string {
	if d.Field == "" {
		return d.Message
	}
	return d.Field + ": " + d.Message
}

// Maintenance reports that the server said that it is under maintenance. The client repeats such a request until its context
// ends, so this is only seen in [Delay].
func (e *Error) Maintenance() bool { return e.maintenance }

// Unwrap gives the kind and the cause to errors.Is and errors.AsType.
func (e *Error) Unwrap() []error {
	var all []error
	for _, err := range []error{e.Kind, e.cause} {
		if err != nil {
			all = append(all, err)
		}
	}
	return all
}

// refused describes an answer with a bad status.
func (c *Client) refused(call *call, resp *http.Response, body []byte) *Error {
	fault := &Error{
		Doing: call.doing, Status: resp.StatusCode, Kind: kindOfStatus(resp.StatusCode),
		RetryAfter:  retryAfter(resp.Header, time.Now()),
		maintenance: resp.Header.Get("Prefect-Maintenance") == "true",
	}
	switch resp.StatusCode {
	case http.StatusRequestTimeout, http.StatusInternalServerError, http.StatusBadGateway,
		http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		// A proxy says so whatever the server behind it has done.
		call.unclear = true
		fault.Unclear = writes(call.method)
	}
	said, ok := readErrorBody(body)
	// The words are those of Prefect's own server for a lock. Others in front of it have others, or say when to come again.
	fault.busy = ok && resp.StatusCode == http.StatusServiceUnavailable && said.message == "Service Unavailable" &&
		fault.RetryAfter == 0 && !fault.maintenance
	if !ok && (fault.Kind == ErrUnavailable || resp.StatusCode == http.StatusUnauthorized) {
		// A load balancer's own 502 page is what one expects there; it need not be Prefect's.
		said.message, ok = http.StatusText(resp.StatusCode), true
	}
	if !ok {
		page := c.pageInstead(call, &answer{resp.StatusCode, resp.Header, body})
		page.RetryAfter, page.Unclear = fault.RetryAfter, fault.Unclear
		return page
	}
	fault.Message, fault.Details = c.auth.redact(said.message), said.details
	for i := range fault.Details {
		fault.Details[i].Message = c.auth.redact(fault.Details[i].Message)
	}
	return fault
}

func kindOfStatus(status int) error {
	switch status {
	case http.StatusNotFound, http.StatusGone:
		return ErrNotFound
	case http.StatusConflict:
		return ErrConflict
	case http.StatusUnauthorized:
		return ErrUnauthorised
	case http.StatusForbidden:
		return ErrForbidden
	case http.StatusRequestTimeout, http.StatusLocked, http.StatusTooManyRequests:
		return ErrUnavailable
	}
	if status >= 500 {
		return ErrUnavailable
	}
	if status >= 400 {
		return ErrInvalid
	}
	return ErrNotPrefect
}

// ended is the error of a call whose context ended while it waited to be repeated: both are told.
func (e *Error) ended(err error) *Error {
	both := *e
	if fault, ok := errors.AsType[*Error](err); ok {
		both.Message += "; then " + fault.Message
	} else {
		both.Message = strings.TrimPrefix(e.Message+"; stopped: "+err.Error(), "; ")
	}
	both.cause = errors.Join(e.cause, err)
	return &both
}

// during says in whose service a helping request failed.
func (e *Error) during(doing string) *Error {
	inner := *e
	if inner.Doing != "" && inner.Doing != doing {
		inner.Doing = doing + ": " + inner.Doing
	} else {
		inner.Doing = doing
	}
	return &inner
}

// asError is err as [*Error], which all errors of do are.
func asError(err error) *Error {
	if fault, ok := errors.AsType[*Error](err); ok {
		return fault
	}
	return &Error{Kind: ErrInvalid, Message: err.Error(), cause: err}
}
