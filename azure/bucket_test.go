package azure

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// drain takes n tokens at once.
func drain(t *testing.T, b *bucket, n int) {
	t.Helper()
	for range n {
		if waited, err := b.take(t.Context(), PriorityState); err != nil || waited != 0 {
			t.Fatalf("waited %v, %v; want none", waited, err)
		}
		b.observe(answer{remaining: -1})
	}
}

func TestBucketIsARMs(t *testing.T) {
	for kind, want := range map[kind]time.Duration{
		kindRead:   100 * 40 * time.Millisecond,  // 250, then 25 a second
		kindWrite:  100 * 100 * time.Millisecond, // 200, then 10 a second
		kindDelete: 100 * 100 * time.Millisecond,
	} {
		t.Run(string(kind), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				size, _ := kind.limits()
				b := newBucket(kind.limits())
				drain(t, b, int(size))
				start := time.Now()
				for range 100 {
					if _, err := b.take(t.Context(), PriorityState); err != nil {
						t.Fatal(err)
					}
				}
				if got := time.Since(start); got < want || got > want+time.Millisecond {
					t.Errorf("100 more took %v, want %v", got, want)
				}
				time.Sleep(time.Hour)
				b.refill(time.Now())
				if b.tokens != size {
					t.Errorf("after an hour %v tokens, want no more than %v", b.tokens, size)
				}
			})
		})
	}
}

func TestBucketLearnsWhatRemains(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBucket(kindRead.limits())
		drain(t, b, 1)
		b.inFlight++
		b.observe(answer{remaining: 0})
		if waited, err := b.take(t.Context(), PriorityState); err != nil || waited < 40*time.Millisecond {
			t.Errorf("waited %v, %v; want the 40ms until one comes back", waited, err)
		}
		// The server's number does not hold what is on its way: 2 left, 1 in flight, so 1 may go.
		b.inFlight++
		b.observe(answer{remaining: 2})
		if b.tokens != 0 {
			t.Errorf("tokens went up to %v by learning; want only down", b.tokens)
		}
		time.Sleep(time.Minute)
		b.inFlight++
		b.observe(answer{remaining: 3})
		if b.tokens != 2 {
			t.Errorf("got %v tokens, want 2: 3 remain, 1 is on its way", b.tokens)
		}
	})
}

func TestBucketBlocks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBucket(kindWrite.limits())
		drain(t, b, 1)
		b.inFlight++
		b.observe(answer{remaining: -1, blocked: 17 * time.Second})
		b.inFlight++
		b.observe(answer{remaining: -1, blocked: 5 * time.Second}) // shorter: the longer one stays
		start := time.Now()
		var ends []time.Duration
		for range 3 {
			if _, err := b.take(t.Context(), PriorityState); err != nil {
				t.Fatal(err)
			}
			ends = append(ends, time.Since(start).Round(time.Millisecond))
		}
		want := []time.Duration{17 * time.Second, 17*time.Second + 100*time.Millisecond, 17*time.Second + 200*time.Millisecond}
		if !slices.Equal(ends, want) {
			t.Errorf("went at %v, want %v", ends, want)
		}
	})
}

func TestBucketPriorityAndOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBucket(1, 1)
		drain(t, b, 1)
		var mu sync.Mutex
		var order []string
		var wg sync.WaitGroup
		enter := func(name string, p Priority) {
			wg.Go(func() {
				if _, err := b.take(t.Context(), p); err != nil {
					t.Error(err)
				}
				mu.Lock()
				defer mu.Unlock()
				order = append(order, name)
			})
			synctest.Wait() // in line before the next comes
		}
		enter("log 1", PriorityLog)
		enter("state 1", PriorityState)
		enter("log 2", Priority(99))
		enter("state 2", PriorityState)
		start := time.Now()
		wg.Wait()
		if want := []string{"state 1", "state 2", "log 1", "log 2"}; !slices.Equal(order, want) {
			t.Errorf("order %v, want %v", order, want)
		}
		if got := time.Since(start).Round(time.Millisecond); got != 4*time.Second {
			t.Errorf("took %v, want 4s", got)
		}
	})
}

func TestBucketCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBucket(1, 1)
		drain(t, b, 1)
		gone := errors.New("gone")
		ctx, cancel := context.WithCancelCause(t.Context())
		var wg sync.WaitGroup
		wg.Go(func() {
			if _, err := b.take(ctx, PriorityState); !errors.Is(err, context.Canceled) || !errors.Is(err, gone) {
				t.Errorf("got %v, want the end of the context and its cause", err)
			}
		})
		synctest.Wait()
		wg.Go(func() {
			if waited, err := b.take(t.Context(), PriorityLog); err != nil || waited.Round(time.Millisecond) != time.Second {
				t.Errorf("waited %v, %v; want to move up and go after 1s", waited, err)
			}
		})
		synctest.Wait()
		cancel(gone)
		wg.Wait()
		if b.head() != nil {
			t.Error("somebody is left in line")
		}
		if _, err := b.take(ctx, PriorityState); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, want nothing sent with an ended context", err)
		}
	})
}

func TestAnswerOf(t *testing.T) {
	tests := map[string]struct {
		status int
		header map[string]string
		want   answer
	}{
		"plain":                        {200, nil, answer{remaining: -1}},
		"remaining":                    {200, map[string]string{"x-ms-ratelimit-remaining-subscription-reads": "249"}, answer{remaining: 249}},
		"the smallest":                 {200, map[string]string{"x-ms-ratelimit-remaining-subscription-reads": "249", "x-ms-ratelimit-remaining-subscription-global-reads": "3"}, answer{remaining: 3}},
		"tenant":                       {200, map[string]string{"x-ms-ratelimit-remaining-tenant-reads": "7"}, answer{remaining: 7}},
		"another kind":                 {200, map[string]string{"x-ms-ratelimit-remaining-subscription-writes": "0"}, answer{remaining: -1}},
		"no number":                    {200, map[string]string{"x-ms-ratelimit-remaining-subscription-reads": "many"}, answer{remaining: -1}},
		"throttled":                    {429, map[string]string{"Retry-After": "9"}, answer{remaining: -1, blocked: 9 * time.Second}},
		"throttled by ARM":             {429, map[string]string{"Retry-After": "9", "x-ms-ratelimit-remaining-subscription-reads": "0"}, answer{remaining: 0, blocked: 9 * time.Second}},
		"throttled by a provider":      {429, map[string]string{"Retry-After": "900", "x-ms-ratelimit-remaining-subscription-reads": "100"}, answer{remaining: 100}},
		"throttled without a time":     {429, nil, answer{remaining: -1, blocked: time.Second}},
		"an operation's Retry-After":   {202, map[string]string{"Retry-After": "15"}, answer{remaining: -1}},
		"unavailable, but not counted": {503, map[string]string{"Retry-After": "15"}, answer{remaining: -1}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			resp := &http.Response{StatusCode: tt.status, Header: http.Header{}}
			for k, v := range tt.header {
				resp.Header.Set(k, v)
			}
			if got := answerOf(resp, kindRead); got != tt.want {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
		})
	}
	if got, want := answerOf(nil, kindRead), (answer{remaining: -1}); got != want {
		t.Errorf("no answer: got %+v, want %+v", got, want)
	}
}

func TestSubscriptionOf(t *testing.T) {
	for path, want := range map[string]string{
		"/subscriptions/ABC/resourceGroups/x": "abc", "/Subscriptions/abc": "abc", "/subscriptions": "", "/": "", "/tenants": "", "/providers/x/subscriptions/y": "",
	} {
		if got := subscriptionOf(path); got != want {
			t.Errorf("%s: got %q, want %q", path, got, want)
		}
	}
}
