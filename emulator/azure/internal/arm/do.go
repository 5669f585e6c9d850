package arm

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// Host is Azure Resource Manager's host name.
const Host = "management.azure.com"

// Call is a request that one service makes of another, as [Core.Do] sends it.
type Call struct {
	Method string
	// URL is a path with its query, api-version included, or an absolute URL that an earlier answer named.
	URL string
	// Body is JSON; nil for none.
	Body []byte
}

// Answer is what a Call brought: its status is below 400.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte

	// operation is the long-running operation that the call began, if it began one.
	operation *AsyncOperation
}

// ErrNoAnswer is the error of a call whose connection a fault closed. Whether its work was done is not known.
var ErrNoAnswer = errors.New("the connection was closed without an answer")

type callerKey struct{}

// answerKey is the key of the Answer that a call in process waits for.
type answerKey struct{}

// Do sends a request in process, as the principal and without a token. All else is as for a call from outside: it is
// authorised, throttled, faulted and entered in the request log. A refusal is an *Error with the answer's status, headers
// and error object. Do must not be called from within [Core.Update] or [Core.ChangeGroup].
func (c *Core) Do(ctx context.Context, p *Principal, call Call) (*Answer, error) {
	u, err := url.Parse(call.URL)
	if err != nil || u.Host != "" && u.Host != Host || u.Path == "" || u.Path[0] != '/' {
		return nil, fmt.Errorf("sending a request in process: %q is no address of Azure Resource Manager", call.URL)
	}
	u.Scheme, u.Host = "https", Host
	w := &answerWriter{answer: Answer{Header: http.Header{}}}
	ctx = context.WithValue(context.WithValue(ctx, callerKey{}, p), answerKey{}, &w.answer)
	hr, err := http.NewRequestWithContext(ctx, call.Method, u.String(), bytes.NewReader(call.Body))
	if err != nil {
		return nil, fmt.Errorf("sending a request in process: %w", err)
	}
	hr.Header.Set("User-Agent", "emulator (in process)")
	if call.Body != nil {
		hr.Header.Set("Content-Type", "application/json")
	}
	if !answered(c, w, hr) {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		return nil, fmt.Errorf("%s %s: %w", call.Method, u.Path, ErrNoAnswer)
	}
	if w.answer.Status >= http.StatusBadRequest {
		return nil, w.answer.refusal()
	}
	return &w.answer, nil
}

// Caller is the principal whose request a host's handler serves in process, as [Core.Transport] sent it; nil for any other.
func Caller(ctx context.Context) *Principal {
	p, _ := ctx.Value(callerKey{}).(*Principal)
	return p
}

// answered serves a call and reports whether it got an answer; it did not if the handler broke off, as net/http's do.
func answered(h http.Handler, w http.ResponseWriter, hr *http.Request) (ok bool) {
	defer func() {
		if v := recover(); v == http.ErrAbortHandler {
			ok = false
		} else if v != nil {
			panic(v)
		}
	}()
	h.ServeHTTP(w, hr)
	return true
}

// refusal is the answer's error object.
func (a *Answer) refusal() *Error {
	var body struct {
		Error *Error `json:"error"`
	}
	if json.Unmarshal(a.Body, &body) != nil || body.Error == nil { // a HEAD has no body
		body.Error = &Error{Code: strings.ReplaceAll(http.StatusText(a.Status), " ", ""), Message: "The answer has no error object."}
	}
	body.Error.Status, body.Error.Header = a.Status, a.Header
	return body.Error
}

// answerWriter keeps an answer in memory.
type answerWriter struct{ answer Answer }

func (w *answerWriter) Header() http.Header { return w.answer.Header }

func (w *answerWriter) WriteHeader(status int) { w.answer.Status = status }

func (w *answerWriter) Write(p []byte) (int, error) {
	w.answer.Body = append(w.answer.Body, p...)
	return len(p), nil
}
