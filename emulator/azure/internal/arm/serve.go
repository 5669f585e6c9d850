package arm

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"math"
	"net/http"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/pacific-aci/pacific/emulator/azure/internal/faults"
)

// maxBody is what ARM takes: 4 MB
// (learn.microsoft.com, azure-resource-manager/templates/best-practices).
const maxBody = 4 << 20

// tooLarge refuses a body over maxBody.
func tooLarge() *Error {
	return Errorf(http.StatusRequestEntityTooLarge, "RequestEntityTooLarge", "The request content size exceeds the maximum size of 4 MB.")
}

// ServeHTTP serves the host management.azure.com.
func (c *Core) ServeHTTP(w http.ResponseWriter, hr *http.Request) {
	e, hr := c.Requests.begin(w, hr)
	r := &Request{Request: hr, core: c}
	defer c.recovered(e, r)
	c.headers(e.Header(), r)
	res, err := c.serve(e, r)
	c.reply(e, r, res, err)
}

// recovered turns a handler's panic into a 500 and lets a dropped connection drop.
func (c *Core) recovered(e *entry, r *Request) {
	v := recover()
	if v == nil {
		return
	}
	if v == http.ErrAbortHandler {
		e.enter(0)
		panic(v)
	}
	c.logFailure(e, r, fmt.Errorf("panic: %v", v), "stack", string(debug.Stack()))
	if e.entered { // the answer has begun: all that is left is to break it off
		panic(http.ErrAbortHandler)
	}
	c.reply(e, r, nil, internalError())
}

// logFailure writes what a 500 does not tell the client to the emulator's log, with the id that the answer has. That the
// client or the emulator went away in the middle is no failure to tell of.
func (c *Core) logFailure(w http.ResponseWriter, r *Request, err error, more ...any) {
	id := w.Header().Get("X-Ms-Request-Id")
	if id == "" { // another host than ARM's
		id = uuid.NewString()
		w.Header().Set("X-Ms-Request-Id", id)
	}
	level := slog.LevelError
	if errors.Is(err, context.Canceled) {
		level = slog.LevelDebug
	}
	c.log.Log(r.Context(), level, "a request failed in the emulator", append([]any{
		"method", r.Method, "host", r.Host, "path", redactPath(r.URL.Path), "operation", r.Operation.ID, "request", id, "error", err,
	}, more...)...)
}

// serve is the pipeline of every operation, in Azure's order: a bad token is refused before a bad path, and a request that
// is throttled counts even if it names nothing that exists. Faults come after throttling, so that none is spent on a
// request that throttling refuses.
func (c *Core) serve(e *entry, r *Request) (*Response, error) {
	segments := pathSegments(r.URL.EscapedPath())
	found := c.routes.find(r.Method, segments)
	r.id, r.rest = c.pathID(segments)
	if found.route == nil && len(found.allowed) == 0 {
		found.route = c.keptRoute(r)
	}
	if found.route != nil {
		r.Operation, r.Params = found.route.op, found.params
		e.record.Operation = r.Operation.ID
	}
	if !r.Operation.Anonymous {
		if err := c.identify(e, r); err != nil {
			return nil, err
		}
	}
	r.APIVersion = strings.ToLower(r.URL.Query().Get("api-version"))
	if err := readBody(r); err != nil {
		return nil, err
	}
	r.Region = c.region(r)
	if err := c.admit(e, r); err != nil {
		return nil, err
	}
	r.Fault = c.Faults.Fault(faults.Call{
		Operation: r.Operation.ID, Method: r.Method, Host: HostName(r.Host), Path: "/" + strings.Join(segments, "/"), Region: r.Region,
	})
	return withFault(r.Context(), r.Fault, func() (*Response, error) {
		if err := c.locate(r, segments, found); err != nil {
			return nil, err
		}
		if c.regional(r.id.Namespace) && r.Region != "" {
			e.Header().Set("X-Ms-Request-Id", r.Region+":"+uuid.NewString())
		}
		if faults.KindOf(r.Method) == faults.Reads {
			wait(r.Context(), c.Faults.Settings().Latency.Read.Std())
		}
		return found.route.handler(r)
	})
}

// withFault does a call's work with a fault around it: late, not at all, or done and then answered with an error.
func withFault[T any](ctx context.Context, f faults.Effect, work func() (T, error)) (T, error) {
	var none T
	wait(ctx, f.Delay.Std())
	if !f.Drop && f.Status == 0 {
		return work()
	}
	if f.ApplyFirst {
		_, _ = work() // the answer is lost on purpose
	}
	if f.Drop {
		panic(http.ErrAbortHandler)
	}
	return none, faultError(f)
}

// wait sleeps. If the client leaves meanwhile, the call is broken off: there is nobody to answer.
func wait(ctx context.Context, d time.Duration) {
	if faults.Sleep(ctx, d) != nil {
		panic(http.ErrAbortHandler)
	}
}

func faultError(f faults.Effect) *Error {
	e := &Error{Status: f.Status, Code: f.Code, Message: f.Message, Header: http.Header{}}
	if e.Code == "" {
		e.Code = strings.ReplaceAll(http.StatusText(f.Status), " ", "")
	}
	if e.Code == "" {
		e.Code = "InjectedFault"
	}
	if e.Message == "" {
		e.Message = "A fault of the emulator asked for this answer."
	}
	faults.RetryAfter(e.Header, f.RetryAfter.Std())
	return e
}

// readBody reads all of it, within ARM's limit. A client that vanishes in the middle gets no answer.
func readBody(r *Request) error {
	if r.Request.Body == nil || r.Request.Body == http.NoBody {
		return nil
	}
	if r.ContentLength > maxBody {
		return tooLarge() // what is left of it is read once the client has the answer
	}
	body, err := io.ReadAll(io.LimitReader(r.Request.Body, maxBody+1))
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if len(body) > maxBody {
		return tooLarge()
	}
	if len(body) > 0 {
		r.Body = body
	}
	return nil
}

// admit counts the call against ARM's throttling and tells the client what is left.
func (c *Core) admit(e *entry, r *Request) error {
	kind := faults.KindOf(r.Method)
	principal := ""
	if r.Principal != nil {
		principal = r.Principal.ObjectID
	}
	a := c.Faults.Admit(faults.Bucket{Subscription: c.options.SubscriptionID, Region: r.Region, Principal: principal, Kind: kind})
	if !strings.HasPrefix(strings.ToLower(strings.TrimLeft(r.URL.Path, "/")), "subscriptions/") {
		e.Header().Set("X-Ms-Ratelimit-Remaining-Tenant-"+string(kind), strconv.Itoa(a.Remaining))
	} else {
		e.Header().Set("X-Ms-Ratelimit-Remaining-Subscription-"+string(kind), strconv.Itoa(a.Remaining))
		e.Header().Set("X-Ms-Ratelimit-Remaining-Subscription-Global-"+string(kind), strconv.Itoa(a.GlobalRemaining))
	}
	if a.Allowed {
		return nil
	}
	seconds := int(math.Ceil(a.RetryAfter.Seconds()))
	throttled := Errorf(http.StatusTooManyRequests, "SubscriptionRequestsThrottled",
		"Number of '%s' requests for subscription '%s' actor '%s' exceeded. Please try again after '%d' seconds after additional tokens are available. Refer to https://aka.ms/arm-throttling for additional information.",
		strings.TrimSuffix(string(kind), "s"), c.options.SubscriptionID, principal, seconds)
	throttled.Header = http.Header{}
	faults.RetryAfter(throttled.Header, max(a.RetryAfter, time.Second)) // ARM always names whole seconds
	return throttled
}

// headers sets what ARM sends with every answer.
func (c *Core) headers(h http.Header, r *Request) {
	id := uuid.NewString()
	correlation := r.Header.Get("X-Ms-Correlation-Request-Id")
	if uuid.Validate(correlation) != nil {
		correlation = id
	}
	h.Set("X-Ms-Request-Id", id)
	h.Set("X-Ms-Correlation-Request-Id", correlation)
	h.Set("X-Ms-Routing-Request-Id", "EMULATOR:"+time.Now().UTC().Format("20060102T150405Z")+":"+id)
	h.Set("Cache-Control", "no-cache")
	h.Set("Pragma", "no-cache")
	h.Set("Expires", "-1")
	h.Set("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
	h.Set("X-Content-Type-Options", "nosniff")
	client := r.Header.Get("X-Ms-Client-Request-Id")
	if client != "" && strings.EqualFold(r.Header.Get("X-Ms-Return-Client-Request-Id"), "true") {
		h.Set("X-Ms-Client-Request-Id", client)
	}
}

// reply writes a handler's answer or error.
func (c *Core) reply(w http.ResponseWriter, r *Request, res *Response, err error) {
	if err != nil {
		res = c.errorResponse(w, r, err)
	}
	if res == nil {
		res = &Response{}
	}
	status := res.Status
	if status == 0 {
		status = http.StatusOK
	}
	if res.Stream != nil {
		c.stream(w, status, res)
		return
	}
	var body []byte
	if res.Body != nil && r.Method != http.MethodHead && status != http.StatusNoContent {
		var buffer bytes.Buffer
		enc := json.NewEncoder(&buffer)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(res.Body); err != nil {
			c.logFailure(w, r, fmt.Errorf("writing the answer: %w", err))
			c.reply(w, r, nil, internalError())
			return
		}
		body = bytes.TrimRight(buffer.Bytes(), "\n")
		w.Header().Set("Content-Type", contentType)
	}
	maps.Copy(w.Header(), res.Header)
	if status != http.StatusNoContent {
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	}
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

// contentType is that of every body.
const contentType = "application/json; charset=utf-8"

// stream writes a body as it is made. Where the client goes in the middle, the connection is broken off: an answer that
// ended in good order would look whole.
func (c *Core) stream(w http.ResponseWriter, status int, res *Response) {
	w.Header().Set("Content-Type", contentType)
	maps.Copy(w.Header(), res.Header)
	w.WriteHeader(status)
	if res.Stream(w) != nil {
		panic(http.ErrAbortHandler)
	}
}

// errorResponse is ARM's error object; what is no *Error is logged and not shown.
func (c *Core) errorResponse(w http.ResponseWriter, r *Request, err error) *Response {
	e, ok := errors.AsType[*Error](err)
	if !ok {
		if r.Context().Err() != nil {
			panic(http.ErrAbortHandler)
		}
		c.logFailure(w, r, err)
		e = internalError()
	}
	status := e.Status
	if status == 0 {
		status = http.StatusInternalServerError
	}
	header := http.Header{"X-Ms-Failure-Cause": {"gateway"}}
	maps.Copy(header, e.Header)
	return &Response{Status: status, Header: header, Body: struct {
		Error *Error `json:"error"`
	}{e}}
}
