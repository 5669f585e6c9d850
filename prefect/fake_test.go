package prefect_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/pacific-aci/pacific/prefect"
)

// script is a server in the process: a handler as a transport, in the goroutine of the request, so that it works in fake
// time. It counts what it is asked.
type script struct {
	handler http.HandlerFunc

	mu    sync.Mutex
	asked []string
}

var errReset = errors.New("connection reset by peer")

func (s *script) RoundTrip(r *http.Request) (*http.Response, error) {
	s.mu.Lock()
	s.asked = append(s.asked, r.Method+" "+r.URL.Path)
	s.mu.Unlock()
	recorder := httptest.NewRecorder()
	if r.Body == nil {
		r.Body = http.NoBody
	}
	var lost error
	func() {
		defer func() {
			if cause, ok := recover().(error); ok {
				lost = cause
			}
		}()
		s.handler(recorder, r)
	}()
	if lost != nil {
		return nil, lost
	}
	if err := context.Cause(r.Context()); err != nil {
		return nil, err
	}
	return recorder.Result(), nil
}

// count tells how often something was asked.
func (s *script) count(what string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, asked := range s.asked {
		if asked == what {
			n++
		}
	}
	return n
}

const fakeURL = "http://prefect.test/api"

// client speaks to a script; CSRF is off unless the options say more.
func client(t *testing.T, handler http.HandlerFunc) (*prefect.Client, *script) {
	t.Helper()
	s := &script{handler: handler}
	c, err := prefect.NewClient(prefect.Options{URL: fakeURL, Transport: s, DisableCSRF: true, Retries: prefect.RetryOptions{Jitter: -1}})
	if err != nil {
		t.Fatal(err)
	}
	return c, s
}

// answers gives each its turn, and repeats the last.
func answers(steps ...http.HandlerFunc) http.HandlerFunc {
	var mu sync.Mutex
	at := 0
	return func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		step := steps[min(at, len(steps)-1)]
		at++
		mu.Unlock()
		step(w, r)
	}
}

// says is an answer of JSON; headers as "Name: value".
func says(status int, body string, headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		for _, h := range headers {
			name, value, _ := strings.Cut(h, ": ")
			w.Header().Set(name, value)
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// drops loses the connection after the request was read.
func drops(http.ResponseWriter, *http.Request) { panic(errReset) }

// refuses never makes the connection.
func refuses(http.ResponseWriter, *http.Request) {
	panic(&net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")})
}

func body(r *http.Request) map[string]any {
	var m map[string]any
	b, _ := io.ReadAll(r.Body)
	_ = json.Unmarshal(b, &m)
	return m
}

func page(items []string) string { return fmt.Sprint("[", strings.Join(items, ","), "]") }
