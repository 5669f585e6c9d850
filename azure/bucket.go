package azure

import (
	"context"
	"math"
	"sync"
	"time"

	"github.com/pacific-aci/pacific/internal/neterr"
)

// bucket is one token bucket with its queue. Waiters wait on channels and timers of their own, so
// it works in fake time and ends with its callers.
type bucket struct {
	mu        sync.Mutex
	size      float64
	perSecond float64
	tokens    float64
	updated   time.Time // when tokens was true; may lie ahead while blocked
	inFlight  int
	queues    [priorities][]*waiter
}

// waiter is told through wake that it may have become the first.
type waiter struct{ wake chan struct{} }

// sleep ends when w is told to look again, when the first in line's delay is over, or with ctx.
func (w *waiter) sleep(ctx context.Context, delay time.Duration, first bool) {
	var due <-chan time.Time
	if first {
		timer := time.NewTimer(delay)
		defer timer.Stop()
		due = timer.C
	}
	select {
	case <-due:
	case <-w.wake:
	case <-ctx.Done():
	}
}

func newBucket(size, perSecond float64) *bucket {
	return &bucket{size: size, perSecond: perSecond, tokens: size, updated: time.Now()}
}

// take waits until the request may go and reports how long that took.
func (b *bucket) take(ctx context.Context, p Priority) (time.Duration, error) {
	if p < 0 || p >= priorities {
		p = PriorityLog
	}
	start := time.Now()
	w := &waiter{wake: make(chan struct{}, 1)}
	b.mu.Lock()
	b.queues[p] = append(b.queues[p], w)
	b.mu.Unlock()
	for {
		if ctx.Err() != nil {
			b.leave(w, p)
			return 0, neterr.Ended(ctx)
		}
		delay, mine := b.tryTake(w, p)
		if mine && delay <= 0 {
			return time.Since(start), nil
		}
		w.sleep(ctx, delay, mine)
	}
}

// tryTake takes a token for w if it is the first and there is one. Otherwise it says whether w is
// the first, and how long until there is one.
func (b *bucket) tryTake(w *waiter, p Priority) (delay time.Duration, first bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.head() != w {
		return 0, false
	}
	b.refill(time.Now())
	if b.tokens < 1 {
		ahead := max(time.Until(b.updated), 0)
		missing := time.Duration(math.Ceil((1 - b.tokens) / b.perSecond * float64(time.Second)))
		return max(ahead+missing, time.Nanosecond), true
	}
	if ahead := time.Until(b.updated); ahead > 0 {
		return ahead, true
	}
	b.tokens--
	b.inFlight++
	b.remove(w, p)
	return 0, true
}

// refill adds what came back since the last look, but nothing while blocked.
func (b *bucket) refill(now time.Time) {
	if passed := now.Sub(b.updated); passed > 0 {
		b.tokens = min(b.size, b.tokens+passed.Seconds()*b.perSecond)
		b.updated = now
	}
}

// learn takes over what the server knows. It only ever lowers the count: other processes of the
// same principal draw from the same bucket, and what is on its way is not in the server's number yet.
func (b *bucket) learn(a answer) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.inFlight--
	now := time.Now()
	b.refill(now)
	if a.remaining >= 0 {
		b.tokens = min(b.tokens, max(float64(a.remaining-b.inFlight), 0))
	}
	if until := now.Add(a.blocked); a.blocked > 0 && until.After(b.updated) {
		// One request may go at the end of the block; the rest follows as it refills.
		b.tokens, b.updated = 1, until
	}
}

func (b *bucket) head() *waiter {
	for _, q := range b.queues {
		if len(q) > 0 {
			return q[0]
		}
	}
	return nil
}

func (b *bucket) leave(w *waiter, p Priority) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.remove(w, p)
}

// remove takes w out of the line and tells the next one.
func (b *bucket) remove(w *waiter, p Priority) {
	for i, other := range b.queues[p] {
		if other == w {
			b.queues[p] = append(b.queues[p][:i:i], b.queues[p][i+1:]...)
			break
		}
	}
	if next := b.head(); next != nil {
		select {
		case next.wake <- struct{}{}:
		default:
		}
	}
}
