package azure

import (
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// maxRetryAfter bounds what a server can make us wait: ARM's longest windows are an hour, so
// more is a mistake of a clock or a proxy.
const maxRetryAfter = time.Hour

// RetryAfter reads how long a server asks to wait: retry-after-ms, x-ms-retry-after-ms
// (milliseconds, which come first because they are finer) or Retry-After (seconds, or a date
// counted from now). 0: it does not ask, or not in a form that can be read. Never more than an
// hour.
func RetryAfter(h http.Header, now time.Time) time.Duration {
	for _, name := range []string{"Retry-After-Ms", "X-Ms-Retry-After-Ms"} {
		if d, ok := parseDelay(h.Get(name), time.Millisecond); ok {
			return d
		}
	}
	value := strings.TrimSpace(h.Get("Retry-After"))
	if d, ok := parseDelay(value, time.Second); ok {
		return d
	}
	if at, err := http.ParseTime(value); err == nil {
		return min(max(at.Sub(now), 0), maxRetryAfter)
	}
	return 0
}

// parseDelay accepts fractions: some Azure services send "0.5". Zero and less count as absent,
// as they do for Azure's own clients.
func parseDelay(value string, unit time.Duration) (time.Duration, bool) {
	n, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
	if err != nil || math.IsNaN(n) || n <= 0 {
		return 0, false
	}
	if n >= float64(maxRetryAfter/unit) {
		return maxRetryAfter, true
	}
	return max(time.Duration(n*float64(unit)), time.Nanosecond), true
}
