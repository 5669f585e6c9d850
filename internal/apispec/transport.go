package apispec

import (
	"bytes"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
)

// EnvDir names the folder with Microsoft's API files, for [FromEnv].
const EnvDir = "PACIFIC_API_SPECS"

// FromEnv loads the files that PACIFIC_API_SPECS names. Without the variable it returns nil, and a nil *Specs checks
// nothing: the files are not part of the project, so a plain checkout has none. CI sets the variable.
func FromEnv(t testing.TB) *Specs {
	t.Helper()
	if os.Getenv(EnvDir) == "" {
		t.Logf("%s is not set: this run does not hold the traffic against Microsoft's API files", EnvDir)
		return nil
	}
	specs, err := loadOnce()
	if err != nil {
		t.Fatal(err)
	}
	return specs
}

// loadOnce reads the files once for a test program: hundreds of tests ask for them, and with the race detector one reading
// takes most of a second.
var loadOnce = sync.OnceValues(func() (*Specs, error) { return Load(os.Getenv(EnvDir)) })

// vaultHosts is what the hosts of key vaults end in.
const vaultHosts = ".vault.azure.net"

// Transport checks every exchange with management.azure.com, and with the hosts of key vaults, that goes through next, and
// fails t for each finding that is
// no warning. A nil *Specs returns next itself. Replies to hijacked connections (status 101) are passed through.
func (s *Specs) Transport(t testing.TB, next http.RoundTripper) http.RoundTripper {
	if s == nil {
		return next
	}
	return &checked{specs: s, t: t, next: next}
}

// checked is the transport that [Specs.Transport] makes.
type checked struct {
	specs *Specs
	t     testing.TB
	next  http.RoundTripper
}

// RoundTrip implements http.RoundTripper. It reads both bodies whole and gives them on from memory.
func (c *checked) RoundTrip(r *http.Request) (*http.Response, error) {
	check := c.specs.Check
	switch host := r.URL.Hostname(); {
	case strings.HasSuffix(host, vaultHosts):
		check = c.specs.CheckVault
	case host != "management.azure.com":
		return c.next.RoundTrip(r)
	}
	x := Exchange{Method: r.Method, URL: r.URL}
	if r.Body != nil && r.Body != http.NoBody {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		r.Body.Close()
		x.RequestBody = body
		r = r.Clone(r.Context())
		r.Body = io.NopCloser(bytes.NewReader(body))
	}
	resp, err := c.next.RoundTrip(r)
	if err != nil || resp.StatusCode == http.StatusSwitchingProtocols {
		return resp, err
	}
	body, err := io.ReadAll(resp.Body)
	resp.Body.Close()
	resp.Body = io.NopCloser(bytes.NewReader(body))
	if err != nil {
		return resp, nil // a broken body is the caller's to meet
	}
	x.ResponseBody, x.Status, x.Header = body, resp.StatusCode, resp.Header
	for _, f := range check(x) {
		if !f.Warning {
			c.t.Errorf("%s %s (api-version %s): %s", r.Method, r.URL.Path, r.URL.Query().Get("api-version"), f)
		}
	}
	return resp, nil
}
