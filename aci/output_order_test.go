package aci_test

import (
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pacific-aci/pacific/aci"
)

// throttleOnce refuses the n-th read of a group as Azure does whose limit of reads is used up.
type throttleOnce struct {
	http.RoundTripper
	n          int
	retryAfter time.Duration
}

func (t *throttleOnce) RoundTrip(r *http.Request) (*http.Response, error) {
	if operationOf(r) == "get" {
		if t.n--; t.n == 0 {
			return response(r, http.StatusTooManyRequests, http.Header{
				"Content-Type": {"application/json"}, "Retry-After": {fmt.Sprint(t.retryAfter.Seconds())},
				"X-Ms-Ratelimit-Remaining-Subscription-Reads": {"0"},
			}, `{"error":{"code":"TooManyRequests","message":"the limit of reads is used up"}}`), nil
		}
	}
	return t.RoundTripper.RoundTrip(r)
}

// TestLinesWaitForALogReadThatWaits: a log read that waits for its turn, because Azure has just refused a read of the
// group, has not failed. The lines of a stream that has begun meanwhile wait for it, and come in their order.
func TestLinesWaitForALogReadThatWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		next := upTo(90, func(i int) string { return fmt.Sprintf("line %d\n", i) })
		throttle := &throttleOnce{n: 2, retryAfter: 40 * time.Second}
		w := newWorldVia(t, `{"latency":{"start":"1200ms"}}`, printer(time.Second, next), func(rt http.RoundTripper) http.RoundTripper {
			throttle.RoundTripper = rt
			return throttle
		})
		out := &buffer{}
		time.AfterFunc(20*time.Second, func() {
			if reads, streams := w.calls("Containers_ListLogs"), w.calls("Containers_AttachStream"); reads != 0 || streams != 1 {
				t.Errorf("after 20s %d log reads and %d streams, want 0 and 1: nothing is proved", reads, streams)
			}
		})
		res, err := w.client.Run(t.Context(), aci.Job{Command: []string{"x"}, Output: out})
		if err != nil || !res.Success() {
			t.Fatalf("got %+v %v", res, err)
		}
		differ(t, out.String(), all(next))
		if len(res.Gaps) > 0 {
			t.Errorf("gaps said: %+v", res.Gaps)
		}
	})
}

// TestLinesDoNotWaitForALogReadThatHangs: one that was sent and is not answered holds lines up for ten seconds only.
func TestLinesDoNotWaitForALogReadThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		next := upTo(60, func(i int) string { return fmt.Sprintf("line %d\n", i) })
		w := newWorld(t, `{"latency":{"start":"1200ms"}}`, printer(time.Second, next))
		w.fault(`{"match":{"operation":"Containers_ListLogs"},"times":2,"effect":{"delay":"50s"}}`)
		out := &buffer{}
		time.AfterFunc(25*time.Second, func() {
			if out.String() == "" {
				t.Error("after 25s no line has come")
			}
		})
		if res, err := w.client.Run(t.Context(), aci.Job{Command: []string{"x"}, Output: out}); err != nil || !res.Success() {
			t.Fatalf("got %+v %v", res, err)
		}
	})
}
