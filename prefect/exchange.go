package prefect

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"time"
)

// call is the state of one request over its attempts.
type call struct {
	doing, method, path string
	query               url.Values
	body                []byte
	// failed counts the attempts that went wrong; unclear: one of them may have been carried out.
	failed  int
	unclear bool
	// hurried counts those before that which were repeated soon: see [Error.busy].
	hurried int
	// progress is how far the last attempt came; nil: it is not known.
	progress *progress
	// renewed: the CSRF token was already fetched anew for this call.
	renewed bool
	// patient: nobody waits, so that even a server that was never reached is asked again.
	patient bool
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

// send is one HTTP exchange; c.http puts the time limit on it.
func (c *Client) send(ctx context.Context, call *call) (*answer, *Error) {
	if ctx.Err() != nil { // a transport in the process may not look
		return nil, (&Error{Doing: call.doing}).ended(context.Cause(ctx))
	}
	defer c.sayWaiting(call)()
	call.progress = &progress{}
	req, err := c.newRequest(call.progress.watch(ctx), call)
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

// quietFor is how long an attempt may have no answer before somebody is told, and told again.
const quietFor = 20 * time.Second

// sayWaiting tells of an attempt without an answer until stop is called.
func (c *Client) sayWaiting(call *call) (stop func()) {
	if c.waiting == nil {
		return func() {}
	}
	done, began, doing := make(chan struct{}), time.Now(), call.doing
	go func() {
		tick := time.NewTicker(quietFor)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				c.waiting(Delay{Doing: doing, Since: time.Since(began)})
			case <-done:
				return
			}
		}
	}()
	return func() { close(done) }
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
			return reply, c.pageInstead(call, got)
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
		err = incomplete(reply, got.body)
	}
	if err == nil {
		return reply, nil
	}
	var zero Reply
	if isHTML(got.header, got.body) || !json.Valid(got.body) {
		return zero, c.pageInstead(call, got)
	}
	fault := &Error{Doing: call.doing, Kind: ErrNotPrefect, Status: got.status, cause: err}
	fault.Message = c.auth.redact(fmt.Sprintf("%s answers with JSON that is not Prefect's: %s", c.base.Host, otherShape(err)))
	return zero, fault
}

// incomplete refuses what Go would take for an object without a name or an id: null, and an object of somebody else's.
func incomplete(reply any, body []byte) error {
	v := reflect.ValueOf(reply)
	if v.Kind() != reflect.Struct {
		return nil
	}
	if string(bytes.TrimSpace(body)) == "null" {
		return errors.New("it is null")
	}
	if id := v.FieldByName("ID"); id.IsValid() && id.Type() == reflect.TypeFor[ID]() && id.Len() == 0 {
		return errors.New("it has no id")
	}
	return nil
}

// otherShape says what is of another shape in a reply, without its values and without Go's names for what was wanted.
func otherShape(err error) string {
	wrong, ok := errors.AsType[*json.UnmarshalTypeError](err)
	if !ok {
		return err.Error()
	}
	kind, _, _ := strings.Cut(wrong.Value, " ") // a number's value follows its kind
	if wrong.Field == "" {
		return "it is " + article(kind)
	}
	return fmt.Sprintf("its %s is %s", wrong.Field, article(kind))
}

// article puts a or an before a kind of JSON value.
func article(kind string) string {
	if strings.ContainsAny(kind[:min(1, len(kind))], "aeiou") {
		return "an " + kind
	}
	return "a " + kind
}

// sameServer follows redirects only where nothing is lost or given away: to the same host and port, or up to its https,
// and with the same method (Go would turn a redirected POST into a GET). On another port of a host may be anybody, and Go
// would hand them the key.
func sameServer(next *http.Request, via []*http.Request) error {
	first := via[0]
	switch {
	case len(via) >= 10, next.Method != first.Method:
		return http.ErrUseLastResponse
	case !strings.EqualFold(next.URL.Hostname(), first.URL.Hostname()):
		return http.ErrUseLastResponse
	case next.URL.Scheme == first.URL.Scheme && port(next.URL) == port(first.URL):
		return nil
	case first.URL.Scheme == "http" && next.URL.Scheme == "https" && (port(next.URL) == "443" || port(next.URL) == port(first.URL)):
		return nil
	}
	return http.ErrUseLastResponse
}

// port is an address's, also where it is left out.
func port(u *url.URL) string {
	return cmp.Or(u.Port(), map[string]string{"http": "80", "https": "443"}[u.Scheme])
}
