package provision_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/pacific-aci/pacific/provision"
)

// A failure says once what failed, whichever request of a run it is.
func TestFailuresSayOnceWhatFailed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		whole := newSite(t, "{}")
		if _, err := provision.New(whole.options()).Provision(t.Context(), "aci", baseTemplate(t)); err != nil {
			t.Fatal(err)
		}
		for n := 1; n <= whole.wire.count; n++ {
			s := newSite(t, "{}")
			failed := 0
			s.wire.instead = func(r *http.Request) *http.Response {
				if s.wire.count != n {
					return nil
				}
				failed++
				return &http.Response{
					Status: "400 Bad Request", StatusCode: http.StatusBadRequest, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: r,
					Header: http.Header{"Content-Type": {"application/json"}},
					Body:   io.NopCloser(strings.NewReader(`{"error":{"code":"Odd","message":"It is odd."},"exception_message":"It is odd."}`)),
				}
			}
			_, err := provision.New(s.options()).Provision(t.Context(), "aci", baseTemplate(t))
			if failed == 0 || err == nil {
				continue // signing in again, or a request that may fail
			}
			text := err.Error()
			clauses := strings.Split(text, ": ")
			subject := clauses[0][strings.LastIndexByte(clauses[0], ' ')+1:] // the name of what failed
			doing := 0
			for _, one := range clauses {
				if verb, _, _ := strings.Cut(one, " "); strings.HasSuffix(verb, "ing") {
					doing++
				}
			}
			if strings.ContainsAny(text, "\r\n") || doing < 1 || doing > 2 || strings.Count(text, subject) > 1 || !strings.Contains(text, "It is odd") {
				t.Errorf("%s:\n%s", whole.wire.log[n-1], text)
			}
		}
	})
}

// After a registry was made, an answer 404 is about whatever Azure names, such as a group that somebody has deleted.
func TestGroupGoneAfterCreate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, "{}")
		s.wire.instead = func(r *http.Request) *http.Response {
			if r.Method != http.MethodGet || !strings.Contains(r.URL.Path, "/registries/") {
				return nil
			}
			return &http.Response{
				Status: "404 Not Found", StatusCode: http.StatusNotFound, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: r,
				Header: http.Header{"Content-Type": {"application/json"}},
				Body:   io.NopCloser(strings.NewReader(`{"error":{"code":"ResourceGroupNotFound","message":"Resource group 'x' could not be found."}}`)),
			}
		}
		_, err := provision.New(s.options()).Provision(t.Context(), "aci", baseTemplate(t))
		if err == nil || !strings.Contains(err.Error(), "Resource group 'x' could not be found") && !strings.Contains(err.Error(), "resource group 'x' could not be found") {
			t.Errorf("got %v, want Azure's own words", err)
		}
	})
}
