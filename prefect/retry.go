package prefect

import (
	"math"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// retryPolicy is Prefect's: 408, 429, 502, 503 and a lost connection are repeated, with pauses of 2, 4, 8 … seconds or
// what the server asks for. Ours adds 500 and 504, a few times only: a 2.20 server on SQLite answers 500 when its
// database is busy, and all our writes are safe to repeat. Before all that, it repeats soon what a busy database refused.
type retryPolicy struct {
	most   int
	jitter float64
	extra  []int
}

// soon are the pauses after the first answers of a server whose database was busy, which do not count as repeats. SQLite is
// locked for as long as one write takes, and Prefect's server does not wait for a lock that was taken since it began to read.
var soon = [...]time.Duration{100 * time.Millisecond, 200 * time.Millisecond, 400 * time.Millisecond, 800 * time.Millisecond}

const (
	// mostOn500 bounds the repeats on 500 and 504: they may as well be a bug that stays.
	mostOn500 = 3
	// maxPause bounds what a server or the doubling can make us wait.
	maxPause = 5 * time.Minute
)

func newRetryPolicy(o RetryOptions) retryPolicy {
	p := retryPolicy{most: o.Max, jitter: o.Jitter, extra: slices.Clone(o.ExtraCodes)}
	if p.most == 0 {
		p.most = defaultRetries
	}
	if p.jitter == 0 {
		p.jitter = defaultJitter
	}
	p.jitter = max(p.jitter, 0)
	return p
}

// repeats decides whether a failed attempt is repeated, and counts it.
func (p retryPolicy) repeats(call *call, fault *Error, reached bool) bool {
	most := p.most
	switch status := fault.Status; {
	case fault.Kind == nil:
		return false // the caller's own context ended
	case status == 0 && (fault.Kind == ErrUnavailable || fault.Kind == ErrConnection && call.patient):
		if fault.noConnection && !reached && !call.patient {
			return false // more likely a wrong address than a pause
		}
	case slices.Contains(p.extra, status):
	case status == http.StatusRequestTimeout, status == http.StatusTooManyRequests,
		status == http.StatusBadGateway, status == http.StatusServiceUnavailable:
	case status == http.StatusInternalServerError, status == http.StatusGatewayTimeout:
		most = min(most, mostOn500)
	default:
		return false
	}
	if fault.maintenance && p.most > 0 {
		// "Prefect-Maintenance: true": only the caller's context ends the waiting.
		call.failed = max(call.failed, 1)
		return true
	}
	if fault.busy && p.most > 0 && call.failed == 0 && call.hurried < len(soon) {
		call.hurried++
		return true
	}
	call.failed++
	return call.failed <= most
}

// pauseOf is how long to wait after what went wrong with a call last, once [retryPolicy.repeats] has counted it.
func (p retryPolicy) pauseOf(call *call, fault *Error) time.Duration {
	if fault.busy && call.failed == 0 {
		return p.spread(soon[call.hurried-1])
	}
	return p.pause(call.failed, fault.RetryAfter)
}

// pause is how long to wait after the n-th failure: at least what the server asks for, else about 2ⁿ seconds.
func (p retryPolicy) pause(n int, asked time.Duration) time.Duration {
	if asked > 0 {
		return min(asked+time.Duration(p.jitter*rand.Float64()*float64(asked)), maxPause)
	}
	return min(p.spread(time.Duration(math.Pow(2, float64(min(n, 10))))*time.Second), maxPause)
}

// spread makes a pause longer or shorter by chance.
func (p retryPolicy) spread(pause time.Duration) time.Duration {
	return pause + time.Duration(p.jitter*(2*rand.Float64()-1)*float64(pause))
}

// retryAfter reads Retry-After, in seconds (fractions too) or as a date; 0 if absent, unreadable or past.
func retryAfter(h http.Header, now time.Time) time.Duration {
	value := strings.TrimSpace(h.Get("Retry-After"))
	if seconds, err := strconv.ParseFloat(value, 64); err == nil {
		if !(seconds > 0) {
			return 0
		}
		return time.Duration(min(seconds, maxPause.Seconds()) * float64(time.Second))
	}
	if at, err := http.ParseTime(value); err == nil {
		return min(max(at.Sub(now), 0), maxPause)
	}
	return 0
}
