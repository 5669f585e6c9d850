package azure

import (
	"context"
	"fmt"
	"sync/atomic"

	"github.com/pacific-aci/pacific/internal/neterr"
)

// mostTurns is how many requests with a turn are under way at once in one subscription. After a stall, of the machine or the network, a
// thousand watches have a read due, and the bucket holds 250: each would get a connection of its own. Subscriptions do not share them:
// one whose requests take their time must not hold up the others.
const mostTurns = 64

// mostLogTurns is how many of them may read logs. Azure takes such a read from the container's machine, which may take long to answer,
// or not answer; the rest is for what decides about jobs, such as the read before a stop.
const mostLogTurns = 48

// turns are the places of one subscription.
type turns struct {
	all  chan struct{} // one for each request with a turn that is under way
	logs chan struct{} // and one for each of them that reads logs
}

// turnsOf are the places of a subscription.
func (l *limiter) turnsOf(subscription string) *turns {
	l.mu.Lock()
	defer l.mu.Unlock()
	t := l.turns[subscription]
	if t == nil {
		t = &turns{all: make(chan struct{}, mostTurns), logs: make(chan struct{}, mostLogTurns)}
		l.turns[subscription] = t
	}
	return t
}

// turn is a token of a bucket that one request may use instead of taking another.
type turn struct {
	key  bucketKey
	used atomic.Bool
}

type turnKey struct{}

// AwaitTurn waits until ARM's limits let a request with the method be sent to the subscription, in the region and with the priority
// of ctx, and at most 63 others with a turn are under way in the subscription; reads of logs ([PriorityLog]) leave some of these to others. It returns a
// context with that turn. The first such request sent with it goes at once; others wait as ever. Call giveBack when the request is
// over: a turn that was not used is somebody else's then. The only error is ctx's end.
//
// Requests wait for their turn by themselves, too, but deep inside the SDK's calls, on a stack of 16 KB. This is for callers of
// which hundreds may wait at a time.
func (c *Cloud) AwaitTurn(ctx context.Context, subscription, method string) (with context.Context, giveBack func(), _ error) {
	t := &turn{key: c.limits.key(ctx, "/subscriptions/"+subscription, method)}
	b := c.limits.bucket(t.key)
	if err := c.limits.await(ctx, b, t.key); err != nil {
		return ctx, func() {}, err
	}
	leave, err := c.limits.turnsOf(t.key.subscription).enter(ctx)
	if err != nil {
		b.giveBack()
		return ctx, func() {}, err
	}
	return context.WithValue(ctx, turnKey{}, t), func() {
		leave()
		if t.used.CompareAndSwap(false, true) {
			b.giveBack()
		}
	}, nil
}

// enter waits until one more request with a turn may be under way. Call leave when it is over.
func (t *turns) enter(ctx context.Context) (leave func(), _ error) {
	logs := t.logs
	if priorityOf(ctx) == PriorityState {
		logs = nil
	} else if err := occupy(ctx, logs); err != nil {
		return nil, err
	}
	free := func() {
		if logs != nil {
			<-logs
		}
	}
	if err := occupy(ctx, t.all); err != nil {
		free()
		return nil, err
	}
	return func() { <-t.all; free() }, nil
}

// occupy waits for a free place.
func occupy(ctx context.Context, places chan struct{}) error {
	select {
	case places <- struct{}{}:
		return nil
	case <-ctx.Done():
		return neterr.Ended(ctx)
	}
}

// hasTurn reports whether ctx has a turn in a bucket, and uses it up.
func hasTurn(ctx context.Context, key bucketKey) bool {
	t, _ := ctx.Value(turnKey{}).(*turn)
	return t != nil && t.key == key && t.used.CompareAndSwap(false, true)
}

// key is the bucket of a request.
func (l *limiter) key(ctx context.Context, path, method string) bucketKey {
	region, _ := ctx.Value(regionKey{}).(string)
	return bucketKey{subscriptionOf(path), region, l.principal, kindOf(method)}
}

// await takes a token, when there is one.
func (l *limiter) await(ctx context.Context, b *bucket, key bucketKey) error {
	waited, err := b.take(ctx, priorityOf(ctx))
	if err != nil {
		return fmt.Errorf("waiting for ARM's %s limit of subscription %q: %w", key.kind, key.subscription, err)
	}
	if waited > 0 {
		l.log.DebugContext(ctx, "waited for ARM's limit", "kind", key.kind, "subscription", key.subscription, "region", key.region, "waited", waited)
	}
	return nil
}

// giveBack returns a token that was taken for a request that was not sent.
func (b *bucket) giveBack() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.inFlight--
	b.tokens = min(b.size, b.tokens+1)
	b.wakeNext()
}
