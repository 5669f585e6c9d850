package quota

import (
	"context"
	"time"

	"github.com/pacific-aci/pacific/azure"
)

const (
	deleteWindow = 5 * time.Minute
	// longestTurn is the most that a delete is kept back. Azure's support raises the limit, and nothing tells by how much: what
	// waits for longer asks Azure, whose refusals are the truth.
	longestTurn = deleteWindow + 30*time.Second
)

// Delete waits until the group may be deleted without a refusal, by ACI's limit on deletes in five minutes, and counts it. It
// waits for a little over five minutes at most. The only error is ctx's end. A grant that is nil does not wait.
func (g *Grant) Delete(ctx context.Context) error {
	if g == nil {
		return nil
	}
	return g.ledger.deleteFrom(ctx, g.region, func() { g.deleting = true })
}

// Delete is [Grant.Delete] for a group in a region that has no grant, such as a leftover.
func (l *Ledger) Delete(ctx context.Context, location string) error {
	l.mu.Lock()
	r := l.region(location)
	l.mu.Unlock()
	return l.deleteFrom(ctx, r, func() {})
}

// deleteFrom waits for the turn of a delete, which counted notes with the lock held.
func (l *Ledger) deleteFrom(ctx context.Context, r *region, counted func()) error {
	for by := time.Now().Add(longestTurn); ; {
		wait := l.deleteIn(r, by, counted)
		if wait <= 0 {
			return nil
		}
		if err := azure.Sleep(ctx, wait); err != nil {
			return err
		}
	}
}

// deleteIn counts a delete that may be sent now; else it says when to ask again.
func (l *Ledger) deleteIn(r *region, by time.Time, counted func()) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	now, deletes := time.Now(), &r.deletes
	deletes.forget(now)
	if over := deletes.since(now.Add(-deleteWindow)) - in5Minutes; over >= 0 && now.Before(by) {
		// A second more: Azure counts a request when it arrives.
		frees := (*deletes)[len(*deletes)-in5Minutes].Add(deleteWindow + time.Second)
		return max(min(frees.Sub(now), by.Sub(now)), time.Second)
	}
	deletes.add(now)
	counted()
	return 0
}
