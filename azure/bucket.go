package azure

import (
	"context"
	"math"
	"sync"
	"time"

	"github.com/pacific-aci/pacific/internal/neterr"
)

// bucket is one token bucket with its queue. It has no goroutine: the first waiter in line waits for the next token with a
// timer of its own, and wakes its successor when it leaves. So it works in fake time and ends with its callers.
//
//	take ──▶ in line ── first, and a token is there ──▶ sent ──▶ observe: what the answer says of the bucket
//	            │
//	            └── ctx ended ──▶ left
type bucket struct {
	mu        sync.Mutex
	size      float64
	perSecond float64
	tokens    float64
	updated   time.Time             // when tokens was right; in the future while the server blocks us
	inFlight  int                   // sent and not answered yet
	queues    [priorities][]*waiter // the first of the first that is not empty goes next
}

// waiter is woken through wake when it may have become the first.
type waiter struct{ wake chan struct{} }

// sleep ends when w is woken, when ctx ends, or, for the first in line, after delay.
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

// take waits until the request may be sent, and reports how long that took.
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

// tryTake takes a token for w if w is the first in line and there is one. Otherwise it reports
// whether w is the first, and after what delay there will be one.
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

// refill adds the tokens since the last call, but none while the server blocks us.
func (b *bucket) refill(now time.Time) {
	if passed := now.Sub(b.updated); passed > 0 {
		b.tokens = min(b.size, b.tokens+passed.Seconds()*b.perSecond)
		b.updated = now
	}
}

// observe takes over what an answer says of the server's own bucket. It only lowers the count: other
// processes of the same principal draw from that bucket too, and what is in flight is not in the
// server's number yet.
func (b *bucket) observe(a answer) {
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

// head is the first in line; nil if nobody waits.
func (b *bucket) head() *waiter {
	for _, q := range b.queues {
		if len(q) > 0 {
			return q[0]
		}
	}
	return nil
}

// leave takes a waiter whose context has ended out of the line.
func (b *bucket) leave(w *waiter, p Priority) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.remove(w, p)
}

// remove takes w out of the line and wakes the next one.
func (b *bucket) remove(w *waiter, p Priority) {
	for i, other := range b.queues[p] {
		if other == w {
			b.queues[p] = append(b.queues[p][:i:i], b.queues[p][i+1:]...)
			break
		}
	}
	b.wakeNext()
}

// wakeNext lets the first in line see what it may do now.
func (b *bucket) wakeNext() {
	if next := b.head(); next != nil {
		select {
		case next.wake <- struct{}{}:
		default:
		}
	}
}
