package aci_test

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

// A wireEffect is what happens to one request on its way.
type wireEffect struct {
	// kind is one of wireKinds, or delay (the request arrives late), or late (its answer does).
	kind string
	// delay is how long a delayed request or answer waits, and Retry-After of a throttled one.
	delay time.Duration
}

// effectOf is the effect of a name of eachKinds.
func effectOf(name string) wireEffect {
	kind, delay, _ := strings.Cut(name, " ")
	if d, err := time.ParseDuration(delay); err == nil && (kind == "delay" || kind == "late") {
		return wireEffect{kind, d}
	}
	return wireEffect{kind: name}
}

// wireKinds are all effects that end a request otherwise than Azure would have. A number is a status that is answered in
// Azure's stead. "lost" and the stalled and truncated answers are of requests that Azure has carried out.
var wireKinds = []string{
	"400", "401", "403", "404", "404 ResourceGroupNotFound", "408", "409", "429", "500", "501", "503",
	"dropped", "lost", "stalled", "stalled headers", "stalled body", "truncated body", "garbage body",
}

// eachKinds are all effects on one request: wireKinds, and delays below and above what a request may take.
var eachKinds = append(slices.Clone(wireKinds), "delay 2s", "delay 45s", "delay 150s", "late 2s", "late 45s", "late 150s")

// lasting reports whether Azure means an answer of this kind: sent again, the request would be refused again.
func (e wireEffect) lasting() bool {
	switch e.kind {
	case "400", "403", "404", "404 ResourceGroupNotFound", "409", "501":
		return true
	}
	return false
}

// faultTransport stands between a client and Azure and lets plan decide about each request.
type faultTransport struct {
	inner http.RoundTripper
	// plan gives the effect on request number n, counted from 0; nil is none.
	plan func(n int, operation string) *wireEffect
	// released ends everything that stalls: the run is over, or hangs.
	released chan struct{}

	mu         sync.Mutex
	operations []string
	lasting    int  // effects that Azure would mean
	stalled    int  // requests that hung
	known      bool // the last read of a group that was answered found one
	deletes    []*sentDelete
	streams    map[*faultBody]bool
}

func newFaultTransport(inner http.RoundTripper) *faultTransport {
	return &faultTransport{inner: inner, released: make(chan struct{}), streams: map[*faultBody]bool{}}
}

// A sentDelete is one DELETE of a group on its way. Azure has no DELETE on a condition: once it is sent, nothing can keep
// it from a group that takes the name before it arrives.
type sentDelete struct {
	sent, answered time.Time
	known          bool // the last read before it had found a group
}

// onlyOnTheWay reports that whatever was deleted after taken, when somebody else made a group, was deleted by requests
// that were sent before, each after a read that had found the earlier group.
func (t *faultTransport) onlyOnTheWay(taken time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	n := 0
	for _, d := range t.deletes {
		switch {
		case !d.answered.IsZero() && d.answered.Before(taken):
		case !d.known || !d.sent.Before(taken):
			return false
		default:
			n++
		}
	}
	return n > 0
}

// What excuses a cleanup that was given up: so many answers that Azure means, or so many requests that hung until their
// own deadlines. Fewer do not.
const enoughMeant, enoughStalled = 4, 3

// hindered reports that there was enough in the way of a cleanup for it to be given up.
func (t *faultTransport) hindered() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.lasting >= enoughMeant || t.stalled >= enoughStalled
}

// operationOf names a request in few words.
func operationOf(r *http.Request) string {
	path := r.URL.Path
	switch {
	case strings.Contains(path, "/oauth2/"):
		return "token"
	case strings.EqualFold(r.Header.Get("Upgrade"), "websocket"):
		return "stream"
	case strings.HasSuffix(path, "/logs"):
		return "logs"
	case strings.HasSuffix(path, "/attach"):
		return "attach"
	case strings.Contains(path, "/operations/"):
		return "operation"
	case strings.HasSuffix(path, "/stop"):
		return "stop"
	case strings.Contains(path, "/containerGroups/"):
		return strings.ToLower(r.Method)
	}
	return "other"
}

// RoundTrip notes what the client has read.
func (t *faultTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	operation := operationOf(r)
	resp, err := t.roundTrip(r, operation)
	if operation == "get" && err == nil {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.known = resp.StatusCode == http.StatusOK
	}
	return resp, err
}

func (t *faultTransport) roundTrip(r *http.Request, operation string) (*http.Response, error) {
	t.mu.Lock()
	n := len(t.operations)
	t.operations = append(t.operations, operation)
	plan := t.plan
	if operation == "delete" {
		d := &sentDelete{sent: time.Now(), known: t.known}
		t.deletes = append(t.deletes, d)
		defer func() {
			t.mu.Lock()
			defer t.mu.Unlock()
			d.answered = time.Now()
		}()
	}
	t.mu.Unlock()
	var effect *wireEffect
	if plan != nil {
		effect = plan(n, operation)
	}
	if effect == nil {
		effect = &wireEffect{}
	}
	t.note(effect)
	switch effect.kind {
	case "", "stalled body", "truncated body":
		resp, err := t.inner.RoundTrip(r)
		if err == nil {
			t.wrap(r, resp, effect.kind)
		}
		return resp, err
	case "delay":
		if err := t.wait(r, effect.delay); err != nil {
			return nil, err
		}
		return t.inner.RoundTrip(r)
	case "late":
		resp, err := t.inner.RoundTrip(r)
		if late := t.wait(r, effect.delay); late != nil && err == nil {
			resp.Body.Close()
			return nil, late
		}
		if err == nil {
			t.wrap(r, resp, "")
		}
		return resp, err
	case "lost", "stalled headers":
		resp, err := t.inner.RoundTrip(r)
		if err != nil {
			return nil, err
		}
		if resp.StatusCode != http.StatusSwitchingProtocols {
			_, _ = io.Copy(io.Discard, resp.Body)
		}
		resp.Body.Close()
	default:
		if r.Body != nil {
			_, _ = io.Copy(io.Discard, r.Body)
			r.Body.Close()
		}
	}
	switch effect.kind {
	case "stalled", "stalled headers":
		select {
		case <-t.released:
			return nil, net.ErrClosed
		case <-r.Context().Done():
			return nil, r.Context().Err()
		}
	case "dropped", "lost":
		return nil, &net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET}
	}
	return answerInstead(r, effect), nil
}

// wait holds a request or its answer up; the error is that of its context's end.
func (t *faultTransport) wait(r *http.Request, delay time.Duration) error {
	select {
	case <-time.After(delay):
	case <-t.released:
	case <-r.Context().Done():
		return r.Context().Err()
	}
	return nil
}

// note counts what may hinder a cleanup.
func (t *faultTransport) note(effect *wireEffect) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case effect.lasting(), effect.kind == "401":
		t.lasting++
	case strings.HasPrefix(effect.kind, "stalled"):
		t.stalled++
	}
}

// answerInstead answers in Azure's stead.
func answerInstead(r *http.Request, effect *wireEffect) *http.Response {
	header := http.Header{"Content-Type": {"application/json; charset=utf-8"}}
	status, code := 0, ""
	if effect.kind == "garbage body" {
		header.Set("Content-Type", "text/html")
		return response(r, 200, header, "<html><body>Please sign in to the network\x00\xff</body></html>")
	}
	if _, err := fmt.Sscan(effect.kind, &status); err != nil {
		panic("no effect is called " + effect.kind)
	}
	switch effect.kind {
	case "401":
		code = "InvalidAuthenticationToken"
		header.Set("WWW-Authenticate", `Bearer error="invalid_token"`)
	case "403":
		code = "AuthorizationFailed"
	case "404":
		code = "ResourceNotFound"
	case "404 ResourceGroupNotFound":
		code = "ResourceGroupNotFound"
	case "429":
		code = "TooManyRequests"
		header.Set("Retry-After", "3")
		if effect.delay > 0 {
			header.Set("Retry-After", fmt.Sprint(int(effect.delay/time.Second)))
		}
	default:
		code = strings.ReplaceAll(http.StatusText(status), " ", "")
	}
	return response(r, status, header, fmt.Sprintf(`{"error":{"code":%q,"message":"a fault of the harness"}}`, code))
}

func response(r *http.Request, status int, header http.Header, body string) *http.Response {
	return &http.Response{
		Status: fmt.Sprint(status, " ", http.StatusText(status)), StatusCode: status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: header, Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)), Request: r,
	}
}

// faultBody is an answer's body that stalls or breaks off, or a stream that can be broken off from outside.
type faultBody struct {
	t      *faultTransport
	inner  io.ReadCloser
	r      *http.Request
	kind   string
	broken chan struct{}
	closed chan struct{}
	once   sync.Once
	left   int // bytes until the effect
}

// wrap gives the answer the body of the effect. A stream is always wrapped, so that it can be broken off later.
func (t *faultTransport) wrap(r *http.Request, resp *http.Response, kind string) {
	stream := resp.StatusCode == http.StatusSwitchingProtocols
	if kind == "" && !stream {
		return
	}
	b := &faultBody{t: t, inner: resp.Body, r: r, kind: kind, broken: make(chan struct{}), closed: make(chan struct{}), left: 2000}
	if !stream {
		body, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		b.inner, b.left = io.NopCloser(bytes.NewReader(body)), len(body)/2
	}
	resp.Body = b
	if stream {
		resp.Body = &faultStream{b}
		t.mu.Lock()
		t.streams[b] = true
		t.mu.Unlock()
	}
}

// breakStreams breaks off every live stream.
func (t *faultTransport) breakStreams() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for b := range t.streams {
		close(b.broken)
		b.inner.Close()
		delete(t.streams, b)
	}
}

func (b *faultBody) Read(p []byte) (int, error) {
	if b.kind == "" {
		n, err := b.inner.Read(p)
		select {
		case <-b.broken:
			return n, syscall.ECONNRESET
		default:
			return n, err
		}
	}
	if b.left > 0 {
		n, err := b.inner.Read(p[:min(len(p), b.left)])
		b.left -= n
		return n, err
	}
	if b.kind == "truncated body" {
		return 0, io.ErrUnexpectedEOF
	}
	select {
	case <-b.r.Context().Done():
		return 0, b.r.Context().Err()
	case <-b.closed:
		return 0, net.ErrClosed
	case <-b.broken:
		return 0, syscall.ECONNRESET
	case <-b.t.released:
		return 0, net.ErrClosed
	}
}

func (b *faultBody) Close() error {
	b.once.Do(func() {
		close(b.closed)
		b.t.mu.Lock()
		delete(b.t.streams, b)
		b.t.mu.Unlock()
	})
	return b.inner.Close()
}

// faultStream can be written too, as websockets are.
type faultStream struct{ *faultBody }

func (s *faultStream) Write(p []byte) (int, error) { return s.inner.(io.Writer).Write(p) }
