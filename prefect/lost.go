package prefect

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptrace"
	"net/url"
	"sync/atomic"

	"github.com/pacific-aci/pacific/internal/neterr"
)

// progress is how far a request came, as net/http tells it. Other transports tell nothing.
type progress struct{ asked, dialed, connected atomic.Bool }

// watch returns a context for the request.
func (p *progress) watch(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn: func(string) { p.asked.Store(true); p.connected.Store(false) },
		ConnectDone: func(_, _ string, err error) {
			if err == nil {
				p.dialed.Store(true)
			}
		},
		TLSHandshakeStart: func() { p.dialed.Store(true) },
		GotConn:           func(httptrace.GotConnInfo) { p.connected.Store(true) },
	})
}

// unsent reports that nothing of the request can have reached the server.
func (p *progress) unsent() bool { return p != nil && p.asked.Load() && !p.connected.Load() }

// lost describes an exchange that brought no answer. ctx is the caller's own: every other deadline is one of ours.
func (c *Client) lost(ctx context.Context, call *call, err error) *Error {
	fault := &Error{Doing: call.doing, Kind: ErrUnavailable, cause: err}
	if ctx.Err() != nil {
		fault.Kind, fault.cause = nil, neterr.Ended(ctx)
		fault.Message = "stopped: " + context.Cause(ctx).Error()
		fault.Unclear = writes(call.method) && !call.progress.unsent()
		return fault
	}
	failed := neterr.Classify(err)
	if neterr.EndOfContext(err) {
		failed = &neterr.Error{Cause: neterr.Timeout, Host: c.base.Host, Sent: true, Wait: c.timeout}
		fault.cause = failed
	}
	if redirect, ok := errors.AsType[*url.Error](err); ok {
		if _, ok := errors.AsType[*neterr.Error](err); !ok {
			// The transport had an answer, which http.Client cannot follow. Its address may hold tokens.
			fault.Kind, fault.cause = ErrNotPrefect, nil
			fault.Message = c.base.Host + " answers with a redirect that cannot be followed"
			return fault
		}
		err = redirect.Err // its own text repeats the method and the address
	}
	if failed == nil {
		fault.Message = fmt.Sprintf("no answer from %s: %v", c.base, err)
	} else {
		fault.network = failed
		fault.Message = c.withoutAnswer(failed)
		// A proxy that cannot reach the server is as a server that refuses.
		dialed := call.progress != nil && call.progress.dialed.Load() && failed.Cause != neterr.ProxyRefused
		fault.noConnection = !failed.Sent && !dialed
	}
	switch {
	case failed == nil || !failed.Lasting():
	case failed.Cause == neterr.Malformed:
		fault.Kind = ErrInvalid
	default:
		fault.Kind = ErrConnection
	}
	fault.Message = c.auth.redact(fault.Message)
	if failed == nil || failed.Sent {
		call.unclear = true
		fault.Unclear = writes(call.method)
	}
	return fault
}

// withoutAnswer says what did not come, with the API's whole address.
func (c *Client) withoutAnswer(failed *neterr.Error) string {
	what := "no connection to " + c.base.String()
	if failed.Sent {
		what = "no answer from " + c.base.String()
	}
	switch {
	case failed.Wait == 0:
		return what + ": " + failed.Reason()
	case failed.Proxy != "":
		return fmt.Sprintf("%s through proxy %s within %v", what, failed.Proxy, failed.Wait)
	}
	return fmt.Sprintf("%s within %v", what, failed.Wait)
}
