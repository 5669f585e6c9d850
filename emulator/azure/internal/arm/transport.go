package arm

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
)

// Transport carries requests in process to the hosts that the core serves besides ARM's. Where p is not nil they are the
// principal's, without a token: the host's handler finds it with [Caller]. As over a network, an answer's body is sent
// while it is read, so that a layer of an image is never whole in memory, and has to be closed.
func (c *Core) Transport(p *Principal) http.RoundTripper { return hostTransport{c, p} }

type hostTransport struct {
	core   *Core
	caller *Principal
}

// RoundTrip returns when the answer begins.
func (t hostTransport) RoundTrip(hr *http.Request) (*http.Response, error) {
	body := hr.Body
	if body == nil {
		body = http.NoBody
	}
	h, ok := t.core.Host(hr.URL.Host)
	if !ok {
		body.Close()
		return nil, fmt.Errorf("no host %s in the emulated Azure", hr.URL.Host)
	}
	ctx := hr.Context()
	served := hr.Clone(context.WithValue(ctx, callerKey{}, t.caller))
	served.Host, served.Body = hr.URL.Host, body
	read, write := io.Pipe()
	a := &sentAnswer{header: http.Header{}, begun: make(chan struct{}), body: write, head: hr.Method == http.MethodHead}
	stop := context.AfterFunc(ctx, func() { write.CloseWithError(context.Cause(ctx)) })
	go func() {
		defer stop()
		defer body.Close()
		a.end(answered(h, a, served))
	}()
	select {
	case <-a.begun:
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	if a.broken {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		return nil, fmt.Errorf("%s %s: %w", hr.Method, hr.URL.Path, ErrNoAnswer)
	}
	length := int64(-1)
	if n, err := strconv.ParseInt(a.sent.Get("Content-Length"), 10, 64); err == nil {
		length = n
	}
	return &http.Response{
		Status: fmt.Sprintf("%d %s", a.status, http.StatusText(a.status)), StatusCode: a.status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: a.sent, Body: read, ContentLength: length, Request: hr,
	}, nil
}

// sentAnswer is an answer on its way to the reader of a pipe. A handler uses it from one goroutine.
type sentAnswer struct {
	header http.Header
	body   *io.PipeWriter
	// head says that the request was a HEAD, whose answer has no body.
	head bool

	// begun is closed when status and sent are final, or the answer is broken: it will never begin.
	begun  chan struct{}
	status int
	sent   http.Header
	broken bool
}

func (a *sentAnswer) Header() http.Header { return a.header }

func (a *sentAnswer) WriteHeader(status int) {
	if a.sent == nil && status >= http.StatusOK {
		a.status, a.sent = status, a.header.Clone()
		close(a.begun)
	}
}

func (a *sentAnswer) Write(p []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	if a.head {
		return len(p), nil
	}
	return a.body.Write(p)
}

// end ends the answer; answered says that the handler did not break off.
func (a *sentAnswer) end(answered bool) {
	switch {
	case answered:
		a.WriteHeader(http.StatusOK) // as net/http does for a handler that writes nothing
		a.body.Close()
	case a.sent == nil:
		a.broken = true
		close(a.begun)
	default:
		a.body.CloseWithError(io.ErrUnexpectedEOF)
	}
}
