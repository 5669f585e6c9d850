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

// TestRevokedTokenIsReplaced: the token is refused long before it expires, and a new one goes on.
func TestRevokedTokenIsReplaced(t *testing.T) {
	bubble(t, `{}`, container(1800, 0), func(t *testing.T, w *world) {
		r := &revoking{used: map[string]bool{}}
		client := w.through(func(rt http.RoundTripper) http.RoundTripper { r.RoundTripper = rt; return r })
		time.AfterFunc(5*time.Minute, r.revoke)
		time.AfterFunc(7*time.Minute, r.revoke)
		began := time.Now()
		res, err := client.Run(t.Context(), aci.Job{Command: []string{"x"}, PollInterval: 10 * time.Second, Output: &buffer{}, Events: w.events.add})
		if err != nil || !res.Success() || res.CleanupError != nil {
			t.Errorf("got %+v %v", res, err)
		}
		refused, back := w.events.of(aci.EventViewRefused), w.events.of(aci.EventViewBack)
		if len(refused) == 0 || len(back) == 0 || back[0].Time.Sub(refused[0].Time) > 10*time.Second {
			t.Errorf("refused %v, back %v after %v; want a view that is back within seconds", refused, back, time.Since(began))
		}
	})
}
