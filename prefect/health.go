package prefect

import (
	"context"
	"net/http"
	"time"
)

// Health is what a server without authentication tells of itself.
type Health struct {
	// RoundTrip is how long the answer took.
	RoundTrip time.Duration
	// ClockAhead is how far the server's clock is before ours; 0 also if the server does not tell the time. A busy Prefect server's
	// Date header is up to ten seconds old, so less than that means nothing.
	ClockAhead time.Duration
}

// Health asks whether the server answers at all; no key is needed for it, and none is checked. An address that is not
// Prefect's API is [ErrNotPrefect].
func (c *Client) Health(ctx context.Context) (Health, error) {
	began := time.Now()
	call := &call{doing: "checking the server's health", method: http.MethodGet, path: "/health"}
	got, fault := c.send(ctx, call)
	if fault != nil {
		return Health{}, fault
	}
	if _, err := decode[bool](c, call, got); err != nil {
		return Health{}, err
	}
	ended := time.Now()
	health := Health{RoundTrip: ended.Sub(began)}
	if date, err := http.ParseTime(got.header.Get("Date")); err == nil {
		// The Date header is cut to the second, so on average half a second late.
		middle := began.Add(health.RoundTrip / 2)
		health.ClockAhead = date.Add(500 * time.Millisecond).Sub(middle).Round(time.Second)
	}
	return health, nil
}

// Ready asks whether the server has its database; [ErrUnavailable] if not.
func (c *Client) Ready(ctx context.Context) error {
	_, err := do(ctx, c, request[struct {
		Message string `json:"message"`
	}]{doing: "checking that the server is ready", method: http.MethodGet, path: "/ready"})
	return err
}
