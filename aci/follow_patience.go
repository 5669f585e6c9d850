package aci

import (
	"sync/atomic"
	"time"

	"github.com/pacific-aci/pacific/azure"
)

// How long live lines wait for a log read to tell their place. Until then the lines from before the stream can still be
// put before them.
const (
	// forceFailed is for reads that fail, or are not answered.
	forceFailed = 10 * time.Second
	// forceThrottled is for reads that Azure refuses for their number.
	forceThrottled = time.Minute
)

// heldLines is how long live lines have waited for a log read. A read that waits for our own share of Resource Manager's
// limits was not sent, and so cannot have failed: meanwhile the clock stands still.
//
//	         lines come          a read waits for its turn
//	nothing ───────────▶ counting ───────────────────────▶ stopped
//	   ▲                   │  ▲                               │
//	   └───────────────────┘  └───────────────────────────────┘
//	    no line waits           the read is sent
type heldLines struct {
	since  time.Time     // since when lines wait; zero: none do
	unsent time.Duration // how long, since then, reads waited for their turn that have ended by now
	read   *pendingRead  // the read under way; nil: none
}

// pendingRead is one log read.
type pendingRead struct {
	asked time.Time
	sent  atomic.Pointer[time.Time] // nil: it waits for its turn
}

// noteSent is called once the read is sent.
func (r *pendingRead) noteSent() { r.sent.CompareAndSwap(nil, new(time.Now())) }

// begin notes a read that is asked for, end that it was answered or failed.
func (h *heldLines) begin() *pendingRead {
	h.read = &pendingRead{asked: time.Now()}
	return h.read
}

func (h *heldLines) end() {
	h.unsent += h.waitedForTurn()
	h.read = nil
}

// reset notes that no line waits.
func (h *heldLines) reset() { h.since, h.unsent = time.Time{}, 0 }

// waited is how long lines have waited, without the times in which no read was sent.
func (h *heldLines) waited() time.Duration {
	return time.Since(h.since) - h.unsent - h.waitedForTurn()
}

// waitedForTurn is how long the read under way waited for its turn while lines waited for it.
func (h *heldLines) waitedForTurn() time.Duration {
	if h.read == nil || h.since.IsZero() {
		return 0
	}
	from, until := h.read.asked, time.Now()
	if from.Before(h.since) {
		from = h.since
	}
	if sent := h.read.sent.Load(); sent != nil {
		until = *sent
	}
	return max(until.Sub(from), 0)
}

// hold sees to live lines that wait for a log read.
func (f *follower) hold() {
	p := &f.polls
	switch {
	case f.merger.Held() == 0:
		p.held.reset()
	case p.held.since.IsZero():
		p.held.since = time.Now()
		f.pollSoon(pollDecide)
	case p.held.waited() > f.patience() && p.answered.Before(p.held.since):
		f.merger.Force()
	}
}

// patience is how long live lines wait for a log read.
func (f *follower) patience() time.Duration {
	if e := azure.Explain(f.polls.err); e != nil && e.Class == azure.ClassThrottled {
		return forceThrottled
	}
	return forceFailed
}
