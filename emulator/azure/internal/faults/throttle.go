package faults

import (
	"math"
	"net/http"
	"strconv"
	"time"
)

// Kind is how ARM counts a call.
type Kind string

// ARM's kinds of operation, as its header names end.
const (
	Reads   Kind = "reads"
	Writes  Kind = "writes"
	Deletes Kind = "deletes"
)

// KindOf is the kind of an HTTP method: GET and HEAD are reads, DELETE deletes, all else writes.
func KindOf(method string) Kind {
	switch method {
	case http.MethodGet, http.MethodHead:
		return Reads
	case http.MethodDelete:
		return Deletes
	}
	return Writes
}

// Bucket names one of ARM's token buckets.
type Bucket struct {
	Subscription, Region, Principal string
	Kind                            Kind
}

// longestWait bounds RetryAfter where perSecond is next to nothing: the true time may not fit in a Duration.
const longestWait = 24 * time.Hour

// Admission is ARM's decision about a call.
type Admission struct {
	// Allowed is false for a call that gets 429.
	Allowed bool
	// Remaining is the whole tokens left, for x-ms-ratelimit-remaining-subscription-*.
	Remaining int
	// GlobalRemaining is the same for all principals of the subscription together, for
	// x-ms-ratelimit-remaining-subscription-global-*.
	GlobalRemaining int
	// RetryAfter is how long until the next token, at most a day; 0 when allowed.
	RetryAfter time.Duration
}

// bucketKey is a principal's own bucket, or that of a whole subscription.
type bucketKey struct {
	Bucket
	global bool
}

type tokens struct {
	left float64
	at   time.Time
}

// globalFactor is how much larger and faster the bucket of a whole subscription is than
// that of one principal
// (learn.microsoft.com, azure-resource-manager/management/request-limits-and-throttling).
const globalFactor = 15

// Admit takes a token from a principal's bucket and one from its subscription's. While
// throttling is off every call is allowed, and the buckets are reported as if this call were the first.
func (t *Injector) Admit(b Bucket) Admission {
	t.mu.Lock()
	defer t.mu.Unlock()
	own := t.settings.Throttle.refill(b.Kind)
	global := Refill{Bucket: own.Bucket * globalFactor, PerSecond: own.PerSecond * globalFactor}
	if !t.settings.Throttle.Enabled {
		return Admission{Allowed: true, Remaining: own.Bucket - 1, GlobalRemaining: global.Bucket - 1}
	}
	now := time.Now()
	mine := t.refilled(bucketKey{Bucket: b}, own, now)
	b.Principal = ""
	all := t.refilled(bucketKey{b, true}, global, now)
	if mine.left < 1 || all.left < 1 {
		wait := max((1-mine.left)/own.PerSecond, (1-all.left)/global.PerSecond)
		wait = min(math.Ceil(wait*float64(time.Second)), float64(longestWait))
		return Admission{RetryAfter: time.Duration(wait), Remaining: int(mine.left), GlobalRemaining: int(all.left)}
	}
	mine.left--
	all.left--
	return Admission{Allowed: true, Remaining: int(mine.left), GlobalRemaining: int(all.left)}
}

// refilled is a bucket with the tokens that it has gained since its last use.
func (t *Injector) refilled(key bucketKey, refill Refill, now time.Time) *tokens {
	bucket := t.buckets[key]
	if bucket == nil {
		bucket = &tokens{left: float64(refill.Bucket), at: now}
		t.buckets[key] = bucket
	}
	bucket.left = min(float64(refill.Bucket), bucket.left+now.Sub(bucket.at).Seconds()*refill.PerSecond)
	bucket.at = now
	return bucket
}

func (t Throttle) refill(k Kind) Refill {
	switch k {
	case Reads:
		return t.Reads
	case Deletes:
		return t.Deletes
	}
	return t.Writes
}

// RetryAfter writes the headers that ask a client to wait for d: below a second
// retry-after-ms and x-ms-retry-after-ms alone, from a second on Retry-After too, in whole
// seconds rounded up. Zero and less write nothing, because Azure's clients take
// "Retry-After: 0" as absent and wait 30 s.
func RetryAfter(h http.Header, d time.Duration) {
	if d <= 0 {
		return
	}
	ms := strconv.FormatInt(int64(math.Ceil(float64(d)/float64(time.Millisecond))), 10)
	h.Set("Retry-After-Ms", ms)
	h.Set("X-Ms-Retry-After-Ms", ms)
	if d >= time.Second {
		h.Set("Retry-After", strconv.FormatInt(int64(math.Ceil(d.Seconds())), 10))
	}
}
