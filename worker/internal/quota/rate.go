package quota

import (
	"math"
	"slices"
	"time"
)

// ACI's limits on creates, and on deletes, of one region of a subscription. Source: "Resource availability and quota limits
// for ACI" of 17 November 2025. Azure's support raises them; then the header that Azure sends with an answer to a PUT
// says that more are left than these.
const (
	in5Minutes = 100
	inHour     = 300
)

// times are the moments of the last hour at which something happened, oldest first.
type times []time.Time

func (t *times) add(now time.Time) {
	t.forget(now)
	*t = append(*t, now)
}

func (t *times) forget(now time.Time) {
	old := 0
	for old < len(*t) && now.Sub((*t)[old]) >= time.Hour {
		old++
	}
	*t = slices.Delete(*t, 0, old)
}

// since is how many of them lie after that moment.
func (t times) since(at time.Time) int {
	n := 0
	for i := len(t) - 1; i >= 0 && t[i].After(at); i-- {
		n++
	}
	return n
}

// createsLeft is how many more groups may be created now; if none, until when, and by the limit of which window. A create
// counts from Azure's answer on; what is on its way counts too.
func (r *region) createsLeft(now time.Time) (left int, until time.Time, window time.Duration) {
	r.creates.forget(now)
	said, underway := r.left(), r.unanswered()
	left = math.MaxInt
	for _, limit := range []struct {
		window    time.Duration
		most, say int
	}{{5 * time.Minute, in5Minutes, said.In5Minutes}, {time.Hour, inHour, said.InHour}} {
		here := limit.most - r.creates.since(now.Add(-limit.window))
		if !said.At.IsZero() && now.Sub(said.At) < limit.window {
			here = max(here, limit.say)
		}
		if here -= underway; here <= 0 {
			frees := now.Add(limit.window)
			if next := len(r.creates) - limit.most + underway; next >= 0 && next < len(r.creates) {
				frees = r.creates[next].Add(limit.window)
			}
			if frees.After(until) {
				until, window = frees, limit.window
			}
		}
		left = min(left, max(here, 0))
	}
	return left, until, window
}

// unanswered is how many groups are on their way to Azure, which what it last said cannot have in it.
func (r *region) unanswered() int {
	n := 0
	for g := range r.grants {
		if !g.created {
			n++
		}
	}
	return n
}
