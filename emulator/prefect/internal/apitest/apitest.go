// Package apitest calls the emulated Prefect API in tests of its rooms. Call [New].
package apitest

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Caller sends requests to a handler.
type Caller struct {
	t       *testing.T
	handler http.Handler
}

// New makes a Caller of a handler whose addresses begin with /api.
func New(t *testing.T, h http.Handler) Caller { return Caller{t, h} }

// Reply is what came back: maps, slices, strings, float64.
type Reply struct {
	t      *testing.T
	Status int
	Body   any
}

// Do sends a request, "POST /flows/" with a body of JSON or none.
func (c Caller) Do(route, body string) Reply {
	c.t.Helper()
	method, path, _ := strings.Cut(route, " ")
	w := httptest.NewRecorder()
	r := httptest.NewRequestWithContext(c.t.Context(), method, "/api"+path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	c.handler.ServeHTTP(w, r)
	reply := Reply{t: c.t, Status: w.Code}
	if text := w.Body.Bytes(); len(text) > 0 {
		if err := json.Unmarshal(text, &reply.Body); err != nil {
			c.t.Fatalf("%s: reading %s: %v", route, text, err)
		}
	}
	return reply
}

// Want sends a request and wants a status.
func (c Caller) Want(status int, route, body string) Reply {
	c.t.Helper()
	reply := c.Do(route, body)
	if reply.Status != status {
		c.t.Fatalf("%s %s: got %d %v, want %d", route, body, reply.Status, reply.Body, status)
	}
	return reply
}

// Get walks into the body, by the names of fields and, in lists, numbers; nil for what is not there.
func (r Reply) Get(way ...any) any {
	value := r.Body
	for _, key := range way {
		switch v := value.(type) {
		case map[string]any:
			name, _ := key.(string)
			value = v[name]
		case []any:
			i, ok := key.(int)
			if !ok || i >= len(v) {
				return nil
			}
			value = v[i]
		default:
			return nil
		}
	}
	return value
}

// Text is a text in the body.
func (r Reply) Text(way ...any) string {
	r.t.Helper()
	text, ok := r.Get(way...).(string)
	if !ok {
		r.t.Fatalf("%v of %v is no text", way, r.Body)
	}
	return text
}

// Is compares a part of the body with JSON.
func (r Reply) Is(want string, way ...any) {
	r.t.Helper()
	var value any
	if err := json.Unmarshal([]byte(want), &value); err != nil {
		r.t.Fatal(err)
	}
	if diff := cmp.Diff(value, r.Get(way...)); diff != "" {
		r.t.Errorf("%v (-want +got):\n%s", way, diff)
	}
}

// Detail wants a refusal with {"detail": …}.
func (r Reply) Detail(want string) {
	r.t.Helper()
	if got := r.Get("detail"); got != want {
		r.t.Errorf("got %v, want %q", got, want)
	}
}

// Each is a field of every item of a list.
func (r Reply) Each(name string) []any {
	list, _ := r.Body.([]any)
	out := []any{}
	for i := range list {
		out = append(out, r.Get(i, name))
	}
	return out
}
