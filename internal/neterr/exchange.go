package neterr

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"slices"
	"strings"
	"sync/atomic"
	"time"
)

// An exchange is one request and its answer, under its deadlines:
//
//	begin ──▶ wait for the head ──▶ read the body ──▶ end
//	          (Connect, Answer)      (Stall)
//	└──────────────── Total ────────────────────────┘
//
// A deadline that passes ends the exchange's own context with a [*passed] as its cause.
type exchange struct {
	t      *Transport
	caller context.Context
	req    *http.Request // with the exchange's context
	cancel context.CancelCauseFunc
	quiet  *time.Timer // Answer, then Stall; nil: none
	total  *time.Timer // nil: none
	first  *time.Timer // Connect; nil: none, or the host has answered before

	// What net/http reports of its connection. Other transports report nothing.
	asked, connected, handshake atomic.Bool
	// answered: the answer's head has come, so that a body that is still being sent puts off no deadline any more.
	answered atomic.Bool
}

// passed is a deadline that has passed.
type passed struct {
	after  time.Duration
	reason string
}

// Error is the reason.
func (p *passed) Error() string { return p.reason }

// begin starts an exchange and its timers: quiet for the answer's head, which every byte of an upload puts off, and later for
// each piece of the body; total for all of it; first for the connection.
func (t *Transport) begin(req *http.Request) *exchange {
	x := &exchange{t: t, caller: req.Context()}
	ctx, cancel := context.WithCancelCause(x.caller)
	x.cancel = cancel
	if d := t.limits.Answer; d > 0 {
		x.quiet = time.AfterFunc(d, func() { cancel(&passed{d, fmt.Sprintf("nothing within %v", d)}) })
	}
	if d := t.limits.Total; d > 0 {
		x.total = time.AfterFunc(d, func() { cancel(&passed{d, fmt.Sprintf("not complete within %v", d)}) })
	}
	if d := t.limits.Connect; d > 0 && !t.hosts.answered(req.URL.Host) {
		x.first = time.AfterFunc(d, func() {
			if !x.sent() {
				cancel(&passed{d, fmt.Sprintf("nothing within %v", d)})
			}
		})
	}
	x.req = req.WithContext(httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn:           func(string) { x.asked.Store(true); x.connected.Store(false) },
		GotConn:           func(httptrace.GotConnInfo) { x.connected.Store(true) },
		TLSHandshakeStart: func() { x.handshake.Store(true) },
	}))
	if req.Body != nil && req.Body != http.NoBody && x.quiet != nil {
		x.req.Body = &upload{req.Body, x, x.quiet}
	}
	return x
}

// sent reports whether some of the request may have reached the server.
func (x *exchange) sent() bool { return !x.asked.Load() || x.connected.Load() }

// end releases what the exchange holds.
func (x *exchange) end() {
	x.stop()
	x.cancel(nil)
}

func (x *exchange) stop() {
	for _, timer := range []*time.Timer{x.quiet, x.total, x.first} {
		if timer != nil {
			timer.Stop()
		}
	}
}

// attach puts the exchange's deadlines on the answer's body.
func (x *exchange) attach(resp *http.Response) {
	x.answered.Store(true)
	if x.quiet != nil {
		x.quiet.Stop()
	}
	if resp.StatusCode == http.StatusSwitchingProtocols {
		x.stop()
		if conn, ok := resp.Body.(io.ReadWriteCloser); ok {
			resp.Body = &upgraded{conn, x}
		}
		return
	}
	b := &body{ReadCloser: resp.Body, x: x, left: -1}
	if most := x.t.limits.Document; most > 0 && isDocument(resp.Header.Get("Content-Type")) {
		b.left = most
	}
	if d := x.t.limits.Stall; d > 0 {
		x.quiet = time.AfterFunc(d, func() { x.cancel(&passed{d, fmt.Sprintf("the answer stopped for %v", d)}) })
		x.quiet.Stop()
	}
	resp.Body = b
}

// upload moves the Answer deadline as the request's body is read.
type upload struct {
	io.ReadCloser
	x      *exchange
	answer *time.Timer
}

// Read implements io.Reader.
func (u *upload) Read(p []byte) (int, error) {
	n, err := u.ReadCloser.Read(p)
	if n > 0 && u.answer.Stop() { // a timer that has fired stays fired
		u.answer.Reset(u.x.t.limits.Answer)
		if u.x.answered.Load() {
			u.answer.Stop()
		}
	}
	return n, err
}

// body is an answer's body. The stall deadline runs only while somebody reads.
type body struct {
	io.ReadCloser
	x    *exchange
	left int64 // bytes that may still come; below 0: any number
}

// Read implements io.Reader.
func (b *body) Read(p []byte) (int, error) {
	stall := b.x.t.limits.Stall
	if stall > 0 {
		b.x.quiet.Reset(stall)
	}
	n, err := b.ReadCloser.Read(p)
	if stall > 0 {
		b.x.quiet.Stop()
	}
	if b.left >= 0 {
		if b.left -= int64(n); b.left < 0 {
			b.left = 0
			return 0, b.x.tooLarge()
		}
	}
	switch err {
	case nil:
	case io.EOF:
		b.x.end()
	default:
		err = b.x.failure(err, true)
	}
	return n, err
}

// isDocument reports whether a body of this type is one that callers hold in memory.
func isDocument(contentType string) bool {
	if contentType == "" || strings.HasPrefix(contentType, "text/") {
		return true
	}
	return slices.ContainsFunc([]string{"json", "xml", "html"}, func(kind string) bool { return strings.Contains(contentType, kind) })
}

// tooLarge is the end of an answer that is over its limit. Its connection is not used again.
func (x *exchange) tooLarge() error {
	defer x.end()
	return &Error{
		Cause: TooLarge, Host: x.req.URL.Host, Sent: true, answered: true,
		reason: fmt.Sprintf("the answer is over %d MB", x.t.limits.Document>>20),
	}
}

// Close implements io.Closer.
func (b *body) Close() error {
	defer b.x.end()
	return b.ReadCloser.Close()
}

// upgraded is a connection after 101; its context lasts until it is closed.
type upgraded struct {
	io.ReadWriteCloser
	x *exchange
}

// Close implements io.Closer.
func (u *upgraded) Close() error {
	defer u.x.end()
	return u.ReadWriteCloser.Close()
}
