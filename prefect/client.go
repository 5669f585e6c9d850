package prefect

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
)

// Client talks to one Prefect API. Make it with [NewClient]; it must not be copied.
type Client struct {
	base    *url.URL
	cloud   bool
	http    *http.Client
	sockets *http.Client
	headers http.Header
	auth    credentials
	timeout time.Duration
	retry   retryPolicy
	csrf    csrf
	version versionCell
	log     *slog.Logger
	// reached is set by the first answer: until then a refused connection is a wrong address and not repeated.
	reached atomic.Bool
}

// NewClient checks the options and makes a client; it sends nothing yet. The errors say which setting is wrong and never
// quote a secret.
func NewClient(o Options) (*Client, error) {
	base, err := o.baseURL()
	if err != nil {
		return nil, err
	}
	transport, err := o.transport()
	if err != nil {
		return nil, err
	}
	sockets := transport
	if t, ok := transport.(*http.Transport); ok && o.Transport == nil {
		// A websocket holds its connection for ever; it must not use up those of the requests.
		unlimited := t.Clone()
		unlimited.MaxConnsPerHost = 0
		sockets = unlimited
	}
	c := &Client{
		base:    base,
		cloud:   isCloud(base, o.CloudURL),
		http:    &http.Client{Transport: transport, CheckRedirect: sameServer},
		sockets: &http.Client{Transport: sockets, CheckRedirect: sameServer},
		headers: customHeaders(o.Headers),
		auth:    newCredentials(o),
		timeout: o.Timeout,
		retry:   newRetryPolicy(o.Retries),
		version: versionCell{turn: make(chan struct{}, 1)},
		log:     o.Log,
	}
	c.csrf = csrf{client: uuid.NewString(), never: o.DisableCSRF || c.cloud, turn: make(chan struct{}, 1)}
	if c.timeout <= 0 {
		c.timeout = defaultTimeout
	}
	if c.log == nil {
		c.log = slog.New(slog.DiscardHandler)
	}
	return c, c.checkCloud()
}

// URL is the API's address, without a user or password.
func (c *Client) URL() string { return c.base.String() }

// Cloud tells whether the API is Prefect Cloud's.
func (c *Client) Cloud() bool { return c.cloud }

// none is the reply of calls that answer without a body, or whose body nobody needs.
type none struct{}

// request is one call of the API. Only doing, method and path are always needed.
type request[Reply any] struct {
	// doing is how an error begins: a gerund and a noun.
	doing  string
	method string
	// path is below the API's address and already escaped ([pathf]).
	path  string
	query url.Values
	// body is sent as JSON; nil: none.
	body any
	// since holds the body's fields that not every server knows: see version.go.
	since []field
	// settled is asked before a repeat when an earlier attempt may have been carried out though no good answer came: done
	// with the reply, or not done. nil: repeating does no harm.
	settled func(ctx context.Context) (reply Reply, done bool, err error)
}

// pathf fills a path's %s with path-escaped names.
func pathf(format string, names ...string) string {
	escaped := make([]any, len(names))
	for i, name := range names {
		escaped[i] = url.PathEscape(name)
	}
	return fmt.Sprintf(format, escaped...)
}

// do is the whole HTTP story of the client: encode, send, repeat, decode, and turn whatever is wrong into an [*Error].
func do[Reply any](ctx context.Context, c *Client, r request[Reply]) (Reply, error) {
	var reply Reply
	body, err := c.encode(ctx, r.body, r.since)
	if err != nil {
		return reply, asError(err).during(r.doing)
	}
	call := &call{doing: r.doing, method: r.method, path: r.path, query: r.query, body: body}
	for {
		got, fault := c.attempt(ctx, call)
		if fault == nil {
			return decode[Reply](c, call, got)
		}
		if call.unclear && r.method == http.MethodDelete && fault.Status == http.StatusNotFound {
			return reply, nil // an earlier attempt deleted it
		}
		if call.unclear && fault.Kind == ErrConflict && r.settled != nil {
			// The earlier attempt may just have been slow.
			if settled, done, err := r.settled(ctx); err == nil && done {
				return settled, nil
			}
		}
		if !c.retry.again(call, fault, c.reached.Load()) {
			return reply, fault
		}
		c.log.DebugContext(ctx, "repeating a request to Prefect", "doing", r.doing, "error", fault, "attempt", call.failed)
		if err := sleep(ctx, c.retry.pause(call.failed, fault.RetryAfter)); err != nil {
			return reply, fault.ended(err)
		}
		if !call.unclear || r.settled == nil {
			continue
		}
		if settled, done, err := r.settled(ctx); err != nil {
			return reply, fault.ended(err)
		} else if done {
			return settled, nil
		}
	}
}

// encode writes the body with the fields that the server knows.
func (c *Client) encode(ctx context.Context, body any, since []field) ([]byte, error) {
	if body == nil {
		return nil, nil
	}
	encoded, err := json.Marshal(body)
	if err != nil {
		return nil, fmt.Errorf("the request cannot be written as JSON: %w", err)
	}
	if len(since) == 0 {
		return encoded, nil
	}
	return c.fit(ctx, encoded, since)
}

// call is the state of one request over its attempts.
type call struct {
	doing, method, path string
	query               url.Values
	body                []byte
	// failed counts the attempts that went wrong; unclear: one of them may have been carried out.
	failed  int
	unclear bool
	// renewed: the CSRF token was already fetched anew for this call.
	renewed bool
}

// answer is a reply with a good status, read to its end.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// maxReply bounds one reply: a page of 200 runs with large parameters is a few megabytes.
const maxReply = 64 << 20

// attempt sends the request once and reads the answer; a 403 for a stale CSRF token is sent again at once.
func (c *Client) attempt(ctx context.Context, call *call) (*answer, *Error) {
	if err := c.csrf.prepare(ctx, c, call.method); err != nil {
		return nil, err.during(call.doing)
	}
	got, fault := c.send(ctx, call)
	if fault != nil && !call.renewed && c.csrf.stale(fault) {
		call.renewed = true
		return c.attempt(ctx, call)
	}
	return got, fault
}

// send is one HTTP exchange under its own time limit.
func (c *Client) send(ctx context.Context, call *call) (*answer, *Error) {
	limited, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	req, err := c.newRequest(limited, call)
	if err != nil {
		return nil, &Error{Doing: call.doing, Kind: ErrInvalid, Message: err.Error(), cause: err}
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, c.lost(ctx, call, err)
	}
	defer resp.Body.Close()
	c.reached.Store(true)
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxReply+1))
	if err != nil {
		return nil, c.lost(ctx, call, err)
	}
	if len(body) > maxReply {
		return nil, c.notPrefect(call, resp, "a reply of more than 64 MiB")
	}
	if resp.StatusCode/100 != 2 {
		return nil, c.refused(call, resp, body)
	}
	return &answer{status: resp.StatusCode, header: resp.Header, body: body}, nil
}

func (c *Client) newRequest(ctx context.Context, call *call) (*http.Request, error) {
	target := *c.base
	raw := c.base.EscapedPath() + call.path
	path, err := url.PathUnescape(raw)
	if err != nil {
		return nil, fmt.Errorf("the path %s is not valid: %w", call.path, err)
	}
	target.Path, target.RawPath, target.RawQuery = path, raw, call.query.Encode()
	var body io.Reader
	if call.body != nil {
		body = bytes.NewReader(call.body)
	}
	req, err := http.NewRequestWithContext(ctx, call.method, target.String(), body)
	if err != nil {
		return nil, errors.New("the request's address is not valid")
	}
	c.setHeaders(req.Header)
	if call.body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if writes(call.method) {
		c.csrf.setHeaders(req.Header)
	}
	return req, nil
}

// decode reads a good answer. Unknown fields are tolerated, as servers add some in every release; numbers in values of
// type any stay [json.Number].
func decode[Reply any](c *Client, call *call, got *answer) (Reply, error) {
	var reply Reply
	if _, ok := any(reply).(none); ok {
		if isHTML(got.header, got.body) {
			return reply, c.pageInstead(call, got.status, got.header, got.body)
		}
		return reply, nil
	}
	decoder := json.NewDecoder(bytes.NewReader(got.body))
	decoder.UseNumber()
	err := decoder.Decode(&reply)
	if err == nil && decoder.More() {
		err = errors.New("something follows the JSON value")
	}
	if err == nil {
		return reply, nil
	}
	var zero Reply
	if isHTML(got.header, got.body) || !json.Valid(got.body) {
		return zero, c.pageInstead(call, got.status, got.header, got.body)
	}
	// JSON, but of another shape: encoding/json names the field and the kinds, not the values.
	fault := &Error{Doing: call.doing, Kind: ErrNotPrefect, Status: got.status, cause: err}
	fault.Message = c.auth.redact(fmt.Sprintf("%s answers with JSON that is not Prefect's: %v", c.base.Host, err))
	return zero, fault
}

// sameServer follows redirects only where nothing is lost or given away: to the same host, not down to http, and with the
// same method (Go would turn a redirected POST into a GET).
func sameServer(next *http.Request, via []*http.Request) error {
	first := via[0]
	switch {
	case len(via) >= 10, next.Method != first.Method:
		return http.ErrUseLastResponse
	case !strings.EqualFold(next.URL.Hostname(), first.URL.Hostname()):
		return http.ErrUseLastResponse
	case first.URL.Scheme == "https" && next.URL.Scheme != "https":
		return http.ErrUseLastResponse
	}
	return nil
}

// sleep waits, or gives the context's cause.
func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return context.Cause(ctx)
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	}
}
