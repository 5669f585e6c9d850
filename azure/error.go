package azure

import (
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Class sorts errors by what a caller can do: which are tried again, and how soon. It
// comes from Azure's code and only for unknown codes from the HTTP status, because the
// status lies: no capacity is sent as 409, for instance.
type Class string

const (
	// ClassCapacity: the region has no room for this size now. Another region or size, or later.
	ClassCapacity Class = "capacity"
	// ClassQuota: the subscription's own limit is used up. Ends when something is deleted or the
	// limit is raised.
	ClassQuota Class = "quota"
	// ClassThrottled: asked too often. Wait RetryAfter.
	ClassThrottled Class = "throttled"
	// ClassRegistry: the image's registry failed or limited us; may pass by itself.
	ClassRegistry Class = "registry"
	// ClassImage: the image cannot be used: absent, not permitted, wrong platform, too large.
	ClassImage Class = "image"
	// ClassNetworkJoin: the container group could not join its subnet.
	ClassNetworkJoin Class = "network join"
	// ClassAuthorisation: signed in, but a right is missing (or not there yet).
	ClassAuthorisation Class = "authorisation"
	// ClassAuthentication: not signed in.
	ClassAuthentication Class = "authentication"
	// ClassPolicy: the organisation's policy or a lock forbids it.
	ClassPolicy Class = "policy"
	// ClassInvalid: the request is wrong and will stay wrong.
	ClassInvalid Class = "invalid value"
	// ClassNotFound: the resource is not there (or not yet).
	ClassNotFound Class = "not found"
	// ClassConflict: the resource is busy or in a state that does not allow it.
	ClassConflict Class = "conflict"
	// ClassUnavailable: no answer from Azure itself, 408, 5xx or a broken network. What the request
	// did, if anything, is unknown: see [Error.Sent].
	ClassUnavailable Class = "unavailable"
	// ClassConnection: Azure cannot be reached, and trying again will not help before a setting is
	// changed: a certificate, a proxy's password, a host name that does not exist. Nothing was sent.
	ClassConnection Class = "unreachable"
	// ClassUnknown: nothing of the above could be told.
	ClassUnknown Class = "unknown"
)

// maxMessage bounds [Error.Message] in characters: a deployment can nest hundreds of errors, and
// a line should stay one.
const maxMessage = 2000

// Error is an error of Azure that a person can read and a program can decide on.
type Error struct {
	// Class says which rule applies.
	Class Class
	// Code is Azure's own code that decided Class, the innermost one that says most. Empty if
	// there was none.
	Code string
	// Status is the HTTP status; 0 if no answer came or it did not come over HTTP.
	Status int
	// Message is what Azure said, nested details included, in one line of at most 2,000 characters.
	Message string
	// RetryAfter is how long Azure asks to wait; 0: it does not ask.
	RetryAfter time.Duration
	// RequestID and CorrelationID are what Azure's support asks for. May be empty.
	RequestID, CorrelationID string

	codes []string
	hint  string
	lost  bool
	sent  bool
	cause error
	// foreign: somebody on the way to Azure answered.
	foreign bool
}

// Error says what happened and why, in one line. What to do is apart: [Error.Hint].
func (e *Error) Error() string {
	var facts []string
	if e.Code != "" {
		facts = append(facts, e.Code)
	}
	if e.Status >= http.StatusBadRequest {
		facts = append(facts, fmt.Sprintf("HTTP %d", e.Status))
	}
	if e.RequestID != "" {
		facts = append(facts, "request "+e.RequestID)
	}
	text := string(e.Class) + ": " + e.Message
	if e.Class == ClassUnknown || says(e.Class, e.Message) {
		text = uncapitalised(e.Message)
	}
	if len(facts) > 0 {
		text += " (" + strings.Join(facts, ", ") + ")"
	}
	return text
}

// Names reports whether Azure's message names the resource, so that nobody need name it again.
func (e *Error) Names(resource string) bool {
	return strings.Contains(strings.ToLower(e.Message), "'"+strings.ToLower(resource)+"'")
}

// Hint says what to do next. May be empty.
func (e *Error) Hint() string { return e.hint }

// Unwrap returns the error that was explained, such as an *azcore.ResponseError; nil for one
// made by [NewError].
func (e *Error) Unwrap() error { return e.cause }

// Codes returns every code that Azure gave, outermost first, each once.
func (e *Error) Codes() []string { return slices.Clone(e.codes) }

// Has reports whether Azure gave that code at any depth. Case does not count.
func (e *Error) Has(code string) bool {
	return slices.ContainsFunc(e.codes, func(c string) bool { return strings.EqualFold(c, code) })
}

// Lost reports that we do not know what is true, because the view of Azure is lost for now:
// 408, 429, 5xx, or no answer at all. A watch goes on after it. It is false for the end of an
// operation, which is a fact whatever its code, and for [ClassConnection], which does not pass by
// itself.
func (e *Error) Lost() bool { return e.lost }

// Sent reports that the request may have taken effect though no good answer came: the connection
// was lost after something of it was sent, or the answer was 408 or 5xx, which a gateway gives
// whatever the service behind it has done. It is false where that is impossible: no connection was
// made, nobody was signed in, or Azure refused, 429 included.
func (e *Error) Sent() bool { return e.sent }

// Foreign reports that the answer is not in Azure's form, so that it is a proxy's, a firewall's or a gateway's on the way. It says
// nothing about what Azure has or would do.
func (e *Error) Foreign() bool { return e.foreign }

// LogValue gives the fields by name.
func (e *Error) LogValue() slog.Value {
	return slog.GroupValue(
		slog.String("class", string(e.Class)), slog.String("code", e.Code), slog.Int("status", e.Status),
		slog.String("message", e.Message), slog.Duration("retryAfter", e.RetryAfter),
		slog.String("request", e.RequestID), slog.String("correlation", e.CorrelationID),
	)
}

// classWords are what Azure writes where its message says the class itself.
var classWords = map[Class][]string{
	ClassNotFound:      {"not found", "not be found", "not exist"},
	ClassQuota:         {"quota"},
	ClassThrottled:     {"throttled", "too many requests"},
	ClassAuthorisation: {"does not have authorization"},
}

// says reports whether a message says the class itself.
func says(class Class, message string) bool {
	message = strings.ToLower(message)
	return slices.ContainsFunc(classWords[class], func(words string) bool { return strings.Contains(message, words) })
}

// lostStatus is the statuses after which nothing is known. 501 is none of them: the server understood and will not do it,
// now or later.
func lostStatus(status int) bool {
	return status == http.StatusRequestTimeout || status == http.StatusTooManyRequests ||
		status >= http.StatusInternalServerError && status != http.StatusNotImplemented
}

// classOfStatus is the last resort, for codes that nobody told us of.
func classOfStatus(status int) Class {
	switch {
	case status == http.StatusTooManyRequests:
		return ClassThrottled
	case lostStatus(status):
		return ClassUnavailable
	case status == http.StatusUnauthorized || status == http.StatusProxyAuthRequired:
		return ClassAuthentication
	case status == http.StatusForbidden:
		return ClassAuthorisation
	case status == http.StatusNotFound || status == http.StatusGone:
		return ClassNotFound
	case status == http.StatusConflict || status == http.StatusPreconditionFailed || status == http.StatusLocked:
		return ClassConflict
	case status >= http.StatusBadRequest:
		return ClassInvalid
	}
	return ClassUnknown
}
