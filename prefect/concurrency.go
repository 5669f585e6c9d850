package prefect

import (
	"context"
	"net/http"
	"time"
)

// ConcurrencyLease is how long Prefect's client holds a slot before it must be renewed; it renews after three quarters.
const ConcurrencyLease = 300 * time.Second

// RenewConcurrencyLease keeps the slot that a run holds (State.Details.DeploymentConcurrencyLeaseID) for the given time
// from now, 60 s to a day. [ErrNotFound]: the lease is over, and another run may have the slot.
func (c *Client) RenewConcurrencyLease(ctx context.Context, lease ID, lasting time.Duration) error {
	body := map[string]any{"lease_duration": Seconds(lasting)}
	_, err := do(ctx, c, request[none]{
		doing: "renewing concurrency lease " + string(lease), method: http.MethodPost,
		path: pathf("/v2/concurrency_limits/leases/%s/renew", string(lease)), body: body,
	})
	return err
}

// ReleaseConcurrencyLease gives the slot back before the lease is over; a lease that is over already is no error. The
// server does it by itself when a flow run ends.
func (c *Client) ReleaseConcurrencyLease(ctx context.Context, lease ID) error {
	_, err := do(ctx, c, request[none]{
		doing: "releasing concurrency lease " + string(lease), method: http.MethodPost,
		path: "/v2/concurrency_limits/decrement-with-lease", body: map[string]any{"lease_id": lease},
	})
	return err
}
