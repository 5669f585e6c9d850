package prefect_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pacific-aci/pacific/prefect"
)

const flowReply = `{"id":"f","name":"x"}`

func TestRetries(t *testing.T) {
	locked, busy := says(503, `{"exception_message":"Service Unavailable"}`), says(503, `{}`)
	ok := says(200, flowReply)
	for name, test := range map[string]struct {
		steps    []http.HandlerFunc
		requests int
		took     time.Duration
		kind     error
	}{
		"none needed":                {[]http.HandlerFunc{ok}, 1, 0, nil},
		"503 doubles the pause":      {[]http.HandlerFunc{busy, busy, ok}, 3, 6 * time.Second, nil},
		"a lock is soon gone":        {[]http.HandlerFunc{locked, locked, ok}, 3, 300 * time.Millisecond, nil},
		"a lock that stays":          {[]http.HandlerFunc{locked}, 10, 1500*time.Millisecond + 62*time.Second, prefect.ErrUnavailable},
		"a lock after other answers": {[]http.HandlerFunc{busy, locked, ok}, 3, 6 * time.Second, nil},
		"a lock, and when to come":   {[]http.HandlerFunc{says(503, `{"exception_message":"Service Unavailable"}`, "Retry-After: 7"), ok}, 2, 7 * time.Second, nil},
		"Retry-After in seconds":     {[]http.HandlerFunc{says(429, `{}`, "Retry-After: 7"), ok}, 2, 7 * time.Second, nil},
		"Retry-After as a date":      {[]http.HandlerFunc{says(429, `{}`, "Retry-After: Sat, 01 Jan 2000 00:00:09 GMT"), ok}, 2, 9 * time.Second, nil},
		"502, 408 and a reset":       {[]http.HandlerFunc{says(502, "bad gateway"), says(408, ""), drops, ok}, 4, 14 * time.Second, nil},
		"five repeats and no more":   {[]http.HandlerFunc{busy}, 6, 62 * time.Second, prefect.ErrUnavailable},
		"500 three times":            {[]http.HandlerFunc{says(500, `{"exception_message":"Internal Server Error"}`)}, 4, 14 * time.Second, prefect.ErrUnavailable},
		"404 is an answer":           {[]http.HandlerFunc{says(404, `{"detail":"no"}`)}, 1, 0, prefect.ErrNotFound},
		"refused at first":           {[]http.HandlerFunc{refuses, ok}, 1, 0, prefect.ErrUnavailable},
		"refused after an answer":    {[]http.HandlerFunc{busy, refuses, ok}, 3, 6 * time.Second, nil},
		"maintenance does not count": {append(slicesRepeat(says(503, "{}", "Prefect-Maintenance: true", "Retry-After: 60"), 20), ok), 21, 20 * time.Minute, nil},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, s := client(t, answers(test.steps...))
				began := time.Now()
				_, err := c.Flow(t.Context(), "f")
				if !errors.Is(err, test.kind) || test.kind == nil && err != nil {
					t.Errorf("got error %v, want %v", err, test.kind)
				}
				want(t, "requests", s.count("GET /api/flows/f"), test.requests)
				want(t, "time", time.Since(began), test.took)
			})
		})
	}
}

// TestWaiting: a caller can say what a request waits for, both while there is no answer and before it is sent again.
func TestWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(50 * time.Second)
			says(503, `{}`, "Retry-After: 7")(w, r)
		}
		var mu sync.Mutex
		var said []string
		c, err := prefect.NewClient(prefect.Options{
			URL: "http://prefect.test/api", Transport: &script{handler: answers(slow, says(200, flowReply))}, Retries: prefect.RetryOptions{Jitter: -1},
			Waiting: func(w prefect.Delay) {
				mu.Lock()
				defer mu.Unlock()
				said = append(said, fmt.Sprintf("%s: %s, %t, %s", w.Doing, w.Since, w.Err != nil, w.Next))
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Flow(t.Context(), "f"); err != nil {
			t.Error(err)
		}
		mu.Lock()
		defer mu.Unlock()
		want(t, "waits", strings.Join(said, "\n"), "reading flow f: 20s, false, 0s\nreading flow f: 40s, false, 0s\nreading flow f: 0s, true, 7s")
	})
}

func slicesRepeat[T any](v T, n int) []T {
	var all []T
	for range n {
		all = append(all, v)
	}
	return all
}

func TestRetryOptions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &script{handler: says(418, `{"detail":"tea"}`)}
		c := must(prefect.NewClient(prefect.Options{URL: fakeURL, Transport: s, Retries: prefect.RetryOptions{Max: 2, ExtraCodes: []int{418}, Jitter: 0.5}}))(t)
		began := time.Now()
		_, err := c.Flow(t.Context(), "f")
		wantKind(t, err, prefect.ErrInvalid)
		want(t, "requests", s.count("GET /api/flows/f"), 3)
		if took := time.Since(began); took < 3*time.Second || took > 9*time.Second || took == 6*time.Second {
			t.Errorf("took %v, want 2 s and 4 s, each with up to half of it by chance", took)
		}
		c = must(prefect.NewClient(prefect.Options{URL: fakeURL, Transport: s, Retries: prefect.RetryOptions{Max: -1}}))(t)
		s.handler = says(503, "{}")
		_, err = c.Flow(t.Context(), "f")
		wantKind(t, err, prefect.ErrUnavailable)
		want(t, "requests", s.count("GET /api/flows/f"), 4)
	})
}

func TestSlowServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, s := client(t, func(w http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
		began := time.Now()
		_, err := c.Flow(t.Context(), "f")
		wantKind(t, err, prefect.ErrUnavailable)
		if !strings.Contains(err.Error(), "no answer from "+fakeURL+" within 1m0s") {
			t.Errorf("got %q, want the address and the time limit", err)
		}
		want(t, "requests", s.count("GET /api/flows/f"), 6)
		want(t, "time", time.Since(began), 6*time.Minute+62*time.Second)
	})
}

func TestEndOfContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stop := errors.New("the user has had enough")
		ctx, cancel := context.WithCancelCause(t.Context())
		c, s := client(t, says(503, "{}"))
		time.AfterFunc(3*time.Second, func() { cancel(stop) })
		began := time.Now()
		_, err := c.Flow(ctx, "f")
		if !errors.Is(err, stop) || !errors.Is(err, prefect.ErrUnavailable) {
			t.Errorf("got %v, want the cause and what was waited for", err)
		}
		want(t, "time", time.Since(began), 3*time.Second)
		want(t, "requests", s.count("GET /api/flows/f"), 2)

		_, err = c.Flow(ctx, "f")
		if !errors.Is(err, stop) || errors.Is(err, prefect.ErrUnavailable) {
			t.Errorf("got %v, want the cause alone", err)
		}
		want(t, "requests after its end", s.count("GET /api/flows/f"), 2)
	})
}
