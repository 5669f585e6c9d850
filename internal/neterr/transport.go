package neterr

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Limits are the deadlines of one request. 0: none.
type Limits struct {
	// Connect is for the connection to a host that has never answered: the proxy's answer to CONNECT and TLS included. A
	// host that has answered has the other deadlines alone. Only an *http.Transport tells when it is connected.
	Connect time.Duration
	// Answer is from the call until the head of the answer: name, connection, TLS and the wait. A request's body counts
	// from its last byte that was read, so that a long upload is not cut while it goes on.
	Answer time.Duration
	// Stall is how long the answer's body may pause. A slow link goes on as long as something arrives.
	Stall time.Duration
	// Total bounds the whole request, the answer's body included.
	Total time.Duration
	// Document bounds an answer's body, in bytes, if it is a document: JSON, XML, a page, text, or of no type. Callers hold
	// those in memory as a whole.
	Document int64
}

// FirstContact is the [Limits.Connect] of both clients. A proxy that takes a connection and says nothing for so long is more
// often a wrong setting than a pause. It is longer than a dial with its lookup takes.
const FirstContact = 30 * time.Second

// Default suits management APIs.
var Default = Limits{
	Connect: FirstContact,
	// Azure Resource Manager gives a resource provider 60 seconds and answers then; the rest is for the connection.
	Answer: 2 * time.Minute,
	Stall:  30 * time.Second,
	// The 4 MB of a log read take 13 minutes at 5 kB/s.
	Total: 15 * time.Minute,
	// A log of 4 MB takes 24 MB where each character is an escape of JSON.
	Document: 64 << 20,
}

// Transport sends requests under [Limits], bodies included, and turns what fails into an [*Error]. Only it decides whose
// deadline has passed: if the caller's own context is over, the error is the context's, with its cause; every other
// deadline is an [*Error] of [Timeout].
//
// An upgraded connection (101), such as a websocket, has no deadline after the handshake.
type Transport struct {
	next   http.RoundTripper
	limits Limits
	hosts  *hosts
}

// NewTransport sends through next, which must end a request with its context.
func NewTransport(next http.RoundTripper, limits Limits) *Transport {
	return &Transport{next: next, limits: limits, hosts: new(hosts)}
}

// Beside sends through next under the same limits, and shares with t which hosts have answered.
func (t *Transport) Beside(next http.RoundTripper) *Transport {
	return &Transport{next: next, limits: t.limits, hosts: t.hosts}
}

// RoundTrip implements http.RoundTripper.
func (t *Transport) RoundTrip(req *http.Request) (*http.Response, error) {
	x := t.begin(req)
	resp, err := t.next.RoundTrip(x.req)
	if err == nil {
		err = x.refused(resp)
	}
	if err != nil {
		defer x.end()
		return nil, x.failure(err, x.sent())
	}
	t.hosts.answer(req.URL.Host)
	resp.Request = req
	x.attach(resp)
	if x.speaksPlain(resp) {
		_ = resp.Body.Close()
		return nil, &Error{Cause: NeedsTLS, Host: req.URL.Host, reason: "this port wants TLS"}
	}
	return resp, nil
}

// CloseIdleConnections passes on what http.Client asks.
func (t *Transport) CloseIdleConnections() {
	if c, ok := t.next.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

// refused recognises a proxy's 407 to plain HTTP, which no server sends.
func (x *exchange) refused(resp *http.Response) error {
	if resp.StatusCode != http.StatusProxyAuthRequired {
		return nil
	}
	_ = resp.Body.Close()
	return &proxyError{x.proxy(), resp.Status, resp.StatusCode}
}

// speaksPlain recognises the answer of common servers to plain HTTP on their TLS port.
func (x *exchange) speaksPlain(resp *http.Response) bool {
	if x.req.URL.Scheme != "http" || resp.StatusCode != http.StatusBadRequest || strings.Contains(resp.Header.Get("Content-Type"), "json") {
		return false
	}
	start, err := io.ReadAll(io.LimitReader(resp.Body, 2048))
	rest := resp.Body
	var after io.Reader = rest
	if err != nil {
		after = failingReader{err}
	}
	resp.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(start), after), rest}
	text := string(start)
	return strings.Contains(text, "sent an HTTP request to an HTTPS server") || strings.Contains(text, "plain HTTP request was sent to HTTPS port")
}

type failingReader struct{ err error }

func (f failingReader) Read([]byte) (int, error) { return 0, f.err }

// failure is err as what it means: the caller's end, one of our deadlines, or a cause.
func (x *exchange) failure(err error, sent bool) error {
	if x.caller.Err() != nil {
		return Ended(x.caller)
	}
	known := x.t.hosts.answered(x.req.URL.Host)
	if late, ok := errors.AsType[*passed](context.Cause(x.req.Context())); ok {
		e := &Error{Cause: Timeout, Host: x.req.URL.Host, Sent: sent, Wait: late.after, answered: known, reason: late.reason, err: late}
		e.Proxy = x.silentProxy(sent)
		x.t.hosts.fail(e)
		return e
	}
	e := Classify(err)
	if e == nil {
		// The caller goes on, so that this is a limit of net/http, such as a CONNECT without an answer, or of a kind
		// that nobody knows.
		e = &Error{Cause: Other, reason: plain(err), err: err, Sent: true}
		if endOfContext(err) {
			e.Cause, e.reason = Timeout, "timed out"
		}
	}
	e.Host, e.answered = x.req.URL.Host, known
	e.Sent = e.Sent && sent
	if e.Cause == Timeout && e.Proxy == "" {
		if e.Proxy = x.silentProxy(sent); e.Proxy != "" {
			e.reason = "timed out"
		}
	}
	if e.Proxy == "connection" {
		e.Proxy = x.proxy()
	}
	x.t.hosts.fail(e)
	return e
}

// silentProxy names the proxy if it took the connection and said nothing.
func (x *exchange) silentProxy(sent bool) string {
	if sent || x.handshake.Load() {
		return ""
	}
	return x.proxy()
}

// proxy is the host and port of the proxy that the request goes through; empty: none.
func (x *exchange) proxy() string {
	t, ok := x.t.next.(*http.Transport)
	if !ok || t.Proxy == nil {
		return ""
	}
	if u, err := t.Proxy(x.req); err == nil && u != nil {
		return u.Host
	}
	return ""
}

// Ended is ctx's error, with its cause if that is another: both must stay findable.
func Ended(ctx context.Context) error {
	err, cause := ctx.Err(), context.Cause(ctx)
	if cause == err {
		return err
	}
	return fmt.Errorf("%w: %w", err, cause)
}

// ProxyRefusal is for http.Transport.OnProxyConnectResponse: it names the proxy that refused a connection.
func ProxyRefusal(_ context.Context, proxy *url.URL, _ *http.Request, resp *http.Response) error {
	if resp.StatusCode == http.StatusOK {
		return nil
	}
	return &proxyError{proxy.Host, oneLine(resp.Status), resp.StatusCode}
}

// SafeProxy makes the error of a malformed proxy setting one that does not quote it: it may hold a password.
func SafeProxy(choose func(*http.Request) (*url.URL, error)) func(*http.Request) (*url.URL, error) {
	return func(req *http.Request) (*url.URL, error) {
		u, err := choose(req)
		if err != nil {
			return nil, &Error{Cause: BadProxy, Host: req.URL.Host, reason: "the proxy setting is not an address"}
		}
		return u, nil
	}
}
