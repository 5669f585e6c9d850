package azure

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
)

// Priority orders requests that wait for the same token bucket.
type Priority int

const (
	// PriorityState is the default: reads that decide about a job, and every write.
	PriorityState Priority = iota
	// PriorityLog is for log reads: they go when no state read waits.
	PriorityLog

	priorities = 2
)

type priorityKey struct{}

type regionKey struct{}

// WithPriority returns a context whose ARM requests wait with that priority. Unknown values
// count as [PriorityLog].
func WithPriority(ctx context.Context, p Priority) context.Context {
	return context.WithValue(ctx, priorityKey{}, p)
}

func priorityOf(ctx context.Context) Priority {
	p, _ := ctx.Value(priorityKey{}).(Priority)
	return p
}

// WithRegion returns a context whose ARM requests are counted for that region, "westeurope"
// for instance; case and blanks do not count. ARM counts by region, but a URL does not tell it,
// so a client that knows where its resource lives says so. Without it the requests share a
// bucket of their own.
func WithRegion(ctx context.Context, region string) context.Context {
	return context.WithValue(ctx, regionKey{}, strings.ToLower(strings.ReplaceAll(region, " ", "")))
}

// kind is one of the three sorts of operation that ARM counts apart.
type kind string

const (
	kindRead   kind = "read"
	kindWrite  kind = "write"
	kindDelete kind = "delete"
)

func kindOf(method string) kind {
	switch method {
	case http.MethodGet, http.MethodHead:
		return kindRead
	case http.MethodDelete:
		return kindDelete
	}
	return kindWrite
}

// limits are ARM's token buckets since 2024: how much fits and how much comes back in a second.
// Source: "Understand how Azure Resource Manager throttles requests", regional throttling.
func (k kind) limits() (size, perSecond float64) {
	if k == kindRead {
		return 250, 25
	}
	return 200, 10
}

// bucketKey is what ARM counts by.
type bucketKey struct {
	subscription, region, principal string
	kind                            kind
}

// limiter is the pipeline policy that keeps requests below ARM's limits, one bucket for each of ARM's.
type limiter struct {
	principal string
	log       *slog.Logger
	mu        sync.Mutex
	buckets   map[bucketKey]*bucket
	turns     map[string]*turns // by subscription
}

func newLimiter(principal string, log *slog.Logger) *limiter {
	return &limiter{principal: principal, log: log, buckets: map[bucketKey]*bucket{}, turns: map[string]*turns{}}
}

func (l *limiter) bucket(key bucketKey) *bucket {
	l.mu.Lock()
	defer l.mu.Unlock()
	b := l.buckets[key]
	if b == nil {
		b = newBucket(key.kind.limits())
		l.buckets[key] = b
	}
	return b
}

// Do waits for a token, sends the request, and adjusts the bucket by the answer.
func (l *limiter) Do(req *policy.Request) (*http.Response, error) {
	raw := req.Raw()
	ctx := raw.Context()
	key := l.key(ctx, raw.URL.Path, raw.Method)
	b := l.bucket(key)
	if !hasTurn(ctx, key) {
		if err := l.await(ctx, b, key); err != nil {
			return nil, err
		}
	}
	resp, err := req.Next()
	b.observe(answerOf(resp, key.kind))
	return resp, err
}

// subscriptionOf finds the subscription in an ARM path; empty for tenant level.
func subscriptionOf(path string) string {
	segments := strings.Split(strings.Trim(path, "/"), "/")
	if len(segments) >= 2 && strings.EqualFold(segments[0], "subscriptions") {
		return strings.ToLower(segments[1])
	}
	return ""
}

// answer is what a reply says about the bucket.
type answer struct {
	remaining int           // -1: not said
	blocked   time.Duration // over 0: nothing may be sent for so long
}

// answerOf reads ARM's headers. A 429 while ARM still has requests left comes from the resource
// provider (its creates in an hour, for instance). The caller deals with that one: if it blocked
// the bucket, no stop and no renewal of a tag could be sent either.
func answerOf(resp *http.Response, k kind) answer {
	a := answer{remaining: -1}
	if resp == nil {
		return a
	}
	for _, scope := range []string{"Subscription", "Subscription-Global", "Tenant"} {
		value := resp.Header.Get("X-Ms-Ratelimit-Remaining-" + scope + "-" + string(k) + "s")
		if n, err := strconv.Atoi(value); err == nil && n >= 0 && (a.remaining < 0 || n < a.remaining) {
			a.remaining = n
		}
	}
	if resp.StatusCode == http.StatusTooManyRequests && a.remaining <= 0 {
		// Without Retry-After a second is a guess: it refills 10 to 25 requests.
		a.blocked = cmp.Or(RetryAfter(resp.Header, time.Now()), time.Second)
	}
	return a
}
