package aci_test

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pacific-aci/pacific/aci"
)

// revoking answers 401 to the tokens that were used before it was told to.
type revoking struct {
	http.RoundTripper
	mu      sync.Mutex
	used    map[string]bool
	revoked map[string]bool
}

func (r *revoking) revoke() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.revoked, r.used = r.used, map[string]bool{}
}

func (r *revoking) RoundTrip(req *http.Request) (*http.Response, error) {
	if token := req.Header.Get("Authorization"); strings.HasPrefix(token, "Bearer ") {
		r.mu.Lock()
		r.used[token] = true
		refused := r.revoked[token]
		r.mu.Unlock()
		if refused {
			return &http.Response{
				StatusCode: http.StatusUnauthorized, Request: req, Header: http.Header{"Content-Type": {"application/json"}},
				Body: io.NopCloser(bytes.NewReader([]byte(`{"error":{"code":"InvalidAuthenticationToken","message":"The access token is invalid."}}`))),
			}, nil
		}
	}
	return r.RoundTripper.RoundTrip(req)
}

// TestRevokedTokenIsReplaced: the token is refused long before it expires, between any two requests, and a new one goes
// on without a word.
func TestRevokedTokenIsReplaced(t *testing.T) {
	for _, tt := range []struct {
		job  aci.Job
		at   time.Duration // when it is revoked, and a minute later again
		want aci.Outcome
	}{
		{aci.Job{Output: &buffer{}}, 5 * time.Minute, aci.OutcomeSucceeded},
		{aci.Job{}, 0, aci.OutcomeSucceeded},
		{aci.Job{Timeout: 6 * time.Minute}, 6*time.Minute - time.Second, aci.OutcomeTimedOut}, // before the stop
		{aci.Job{}, 30*time.Minute - time.Second, aci.OutcomeSucceeded},                       // before the delete
	} {
		bubble(t, `{"latency":{"stop":"2m"}}`, container(1800, 0), func(t *testing.T, w *world) {
			r := &revoking{used: map[string]bool{}}
			client := w.through(func(rt http.RoundTripper) http.RoundTripper { r.RoundTripper = rt; return r })
			for _, d := range []time.Duration{tt.at, tt.at + time.Minute} {
				time.AfterFunc(d, r.revoke)
			}
			tt.job.Command, tt.job.Events = []string{"x"}, w.events.add
			res, err := client.Run(t.Context(), tt.job)
			if err != nil || res.Outcome != tt.want || res.CleanupError != nil {
				t.Errorf("revoked after %v: got %+v %v", tt.at, res, err)
			}
			if said := w.events.of(aci.EventViewRefused); len(said) > 0 {
				t.Errorf("revoked after %v: told %+v", tt.at, said)
			}
			if res != nil {
				w.gone(res.Name)
			}
		})
	}
}
