package prefect

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"
)

const (
	csrfTokenHeader  = "Prefect-Csrf-Token"
	csrfClientHeader = "Prefect-Csrf-Client"
)

// csrf holds the token that a server with PREFECT_SERVER_CSRF_PROTECTION_ENABLED wants for every write. It is asked for
// before the first write; a server without the protection says so, and is then not asked again.
type csrf struct {
	client string
	// never: Prefect Cloud, or the caller's wish.
	never bool
	// turn lets one goroutine fetch; a channel and not a mutex, because the holder waits for the network.
	turn  chan struct{}
	off   atomic.Bool
	token atomic.Pointer[csrfToken]
}

type csrfToken struct {
	Token      string `json:"token"`
	Expiration Time   `json:"expiration"`
}

// csrfMargin renews a token a little early: it must still be good when the request arrives.
const csrfMargin = 10 * time.Second

func writes(method string) bool { return method != http.MethodGet && method != http.MethodHead }

// prepare makes sure that there is a token, if this server wants one.
func (s *csrf) prepare(ctx context.Context, c *Client, method string) *Error {
	if s.never || !writes(method) || s.off.Load() || s.fresh() {
		return nil
	}
	select {
	case s.turn <- struct{}{}:
		defer func() { <-s.turn }()
	case <-ctx.Done():
		return (&Error{}).ended(context.Cause(ctx))
	}
	if s.off.Load() || s.fresh() {
		return nil // another goroutine fetched it
	}
	token, err := c.sendOnceMore(ctx, &call{
		doing: "fetching a CSRF token", method: http.MethodGet, path: "/csrf-token", query: url.Values{"client": {s.client}},
	})
	switch {
	case err == nil:
		s.token.Store(token)
	case err.Status == http.StatusNotFound, err.Status == http.StatusUnprocessableEntity:
		// Older than 2.19, or "CSRF protection is disabled.": not wanted.
		s.off.Store(true)
	default:
		return err
	}
	return nil
}

// sendOnceMore fetches the token without repeats of its own: the request that needs it is repeated as a whole.
func (c *Client) sendOnceMore(ctx context.Context, call *call) (*csrfToken, *Error) {
	got, fault := c.send(ctx, call)
	if fault != nil {
		return nil, fault
	}
	token, err := decode[csrfToken](c, call, got)
	if err != nil {
		return nil, asError(err)
	}
	return &token, nil
}

func (s *csrf) fresh() bool {
	token := s.token.Load()
	return token != nil && (token.Expiration.IsZero() || time.Until(token.Expiration.Time) > csrfMargin)
}

// stale reports whether a request failed for its token alone, and forgets that token. A server that was restarted with the
// protection on says so even to a client that was told it is off.
func (s *csrf) stale(fault *Error) bool {
	if s.never || fault.Status != http.StatusForbidden || !strings.Contains(fault.Message, "CSRF token") {
		return false
	}
	s.token.Store(nil)
	s.off.Store(false)
	return true
}

func (s *csrf) setHeaders(h http.Header) {
	if token := s.token.Load(); token != nil && !s.off.Load() {
		h.Set(csrfTokenHeader, token.Token)
		h.Set(csrfClientHeader, s.client)
	}
}
