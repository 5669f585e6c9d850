package prefect

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"github.com/pacific-aci/pacific/internal/neterr"
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
	waiting func(Delay)
	// handedOn are the settings with which another program reaches the same API.
	handedOn map[string]string
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
	if err := o.checkHeaders(); err != nil {
		return nil, err
	}
	transport, err := o.transport()
	if err != nil {
		return nil, err
	}
	timeout := cmp.Or(max(o.Timeout, 0), defaultTimeout)
	// One limit for all of an exchange, as in Prefect's client, but for a proxy that says nothing at first contact; the transport decides whose deadline has passed.
	limited := neterr.NewTransport(transport, neterr.Limits{Connect: neterr.FirstContact, Total: timeout})
	sockets := limited
	if t, ok := transport.(*http.Transport); ok && o.Transport == nil {
		// A websocket holds its connection for ever; it must not use up those of the requests.
		unlimited := t.Clone()
		unlimited.MaxConnsPerHost = 0
		sockets = limited.Beside(unlimited)
	}
	c := &Client{
		base:    base,
		cloud:   isCloud(base, o.CloudURL),
		http:    &http.Client{Transport: limited, CheckRedirect: sameServer},
		sockets: &http.Client{Transport: sockets, CheckRedirect: sameServer},
		headers: customHeaders(o.Headers),
		auth:    newCredentials(o),
		timeout: timeout,
		retry:   newRetryPolicy(o.Retries),
		version: versionCell{turn: make(chan struct{}, 1)},
		log:     o.Log,
		waiting: o.Waiting,
	}
	if c.handedOn, err = o.handedOn(base); err != nil {
		return nil, err
	}
	c.csrf = csrf{client: uuid.NewString(), never: o.DisableCSRF || c.cloud, turn: make(chan struct{}, 1)}
	if c.log == nil {
		c.log = slog.New(slog.DiscardHandler)
	}
	return c, c.checkCloud()
}

// URL is the API's address, without a user or password.
func (c *Client) URL() string { return c.base.String() }

// Cloud reports whether the API is Prefect Cloud's.
func (c *Client) Cloud() bool { return c.cloud }

// HandedOn are Prefect's settings with which a program elsewhere, such as a flow run's container, reaches the same API:
// PREFECT_API_URL, and what the client has of a key, an auth string, headers, and trust in any certificate. What only means
// something on this machine, such as a file of certificates, is not among them. The values are secrets.
func (c *Client) HandedOn() map[string]string { return maps.Clone(c.handedOn) }

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
	// guarded asks settled before each repeat, also where no attempt can have been carried out.
	guarded bool
	// patient repeats the request even where there is no connection to begin with; for what is sent in the background.
	patient bool
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
	call := &call{doing: r.doing, method: r.method, path: r.path, query: r.query, body: body, patient: r.patient}
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
		if !c.retry.repeats(call, fault, c.reached.Load()) {
			return reply, fault
		}
		c.log.DebugContext(ctx, "repeating a request to Prefect", "doing", r.doing, "error", fault, "attempt", call.failed)
		pause := c.retry.pauseOf(call, fault)
		if c.waiting != nil && call.failed > 0 {
			c.waiting(Delay{Doing: call.doing, Err: fault, Next: pause})
		}
		if err := sleep(ctx, pause); err != nil {
			return reply, fault.ended(err)
		}
		if r.settled == nil || !call.unclear && !r.guarded {
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
	encoded, err := encodeJSON(body)
	if err != nil || len(since) == 0 {
		return encoded, err
	}
	return c.fit(ctx, encoded, since)
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
