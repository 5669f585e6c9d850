package azure

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"testing"
)

func TestEnvironmentProxy(t *testing.T) {
	env := map[string]string{"HTTPS_PROXY": "http://user:pass@proxy:3128", "http_proxy": "http://plain:80", "NO_PROXY": "vault.azure.net,10.0.0.0/8"}
	choose := environmentProxy(func(name string) (string, bool) { v, ok := env[name]; return v, ok })
	for address, want := range map[string]string{
		"https://management.azure.com/x":          "http://user:pass@proxy:3128",
		"https://mine.vault.azure.net/x":          "",
		"https://10.1.2.3/x":                      "",
		"http://example.com/":                     "http://plain:80",
		"http://169.254.169.254/metadata":         "",
		"http://127.0.0.1:42342/msi/token":        "",
		"http://localhost:1/":                     "",
		"http://[::1]:1/":                         "",
		"https://login.microsoftonline.com/t/x":   "http://user:pass@proxy:3128",
		"https://x.management.azurecontainer.io/": "http://user:pass@proxy:3128",
	} {
		if got := proxyFor(t, choose, address); got != want {
			t.Errorf("%s: got %q, want %q", address, got, want)
		}
	}
	none := environmentProxy(func(string) (string, bool) { return "", false })
	if got := proxyFor(t, none, "https://management.azure.com/"); got != "" {
		t.Errorf("nothing set: got %q", got)
	}
}

func TestEmulatorProxy(t *testing.T) {
	choose := emulatorProxy(&url.URL{Scheme: "http", Host: "127.0.0.1:4280"})
	for address, want := range map[string]string{
		"https://management.azure.com/x":        "http://127.0.0.1:4280",
		"https://anything.else.example/":        "http://127.0.0.1:4280",
		"https://localhost:5000/v2/":            "",
		"http://host.docker.internal/msi/token": "",
		"http://169.254.169.254/":               "",
	} {
		if got := proxyFor(t, choose, address); got != want {
			t.Errorf("%s: got %q, want %q", address, got, want)
		}
	}
}

func proxyFor(t *testing.T, choose proxyFunc, address string) string {
	t.Helper()
	req, err := http.NewRequest(http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	u, err := choose(req)
	if err != nil {
		t.Fatal(err)
	}
	if u == nil {
		return ""
	}
	return u.String()
}

func TestTransportLimitsEachStep(t *testing.T) {
	tr := newTransport(nil, nil)
	if tr.TLSHandshakeTimeout == 0 || tr.ResponseHeaderTimeout == 0 || tr.IdleConnTimeout == 0 || tr.HTTP2.SendPingTimeout == 0 || tr.MaxIdleConnsPerHost < 10 {
		t.Errorf("a step has no limit: %+v", tr)
	}
	if c := newHTTPClient(tr); c.Timeout != 0 {
		t.Errorf("a whole request is limited to %v: a log stream lives longer", c.Timeout)
	}
}

type failing struct{ err error }

func (f failing) RoundTrip(*http.Request) (*http.Response, error) { return nil, f.err }

// TestWireTellsACallersEndFromAFailure: net/http gives only the cause of a cancelled context, which
// would look like a failure of the network.
func TestWireTellsACallersEndFromAFailure(t *testing.T) {
	cause, broken := errors.New("worker stops"), errors.New("broken")
	ctx, cancel := context.WithCancelCause(t.Context())
	client := newHTTPClient(failing{broken})
	get := func(ctx context.Context) error {
		req, _ := http.NewRequestWithContext(ctx, http.MethodGet, "https://h/", nil)
		_, err := client.Do(req)
		return err
	}
	if err := get(ctx); !errors.Is(err, broken) || Explain(err) == nil {
		t.Errorf("got %v, want a network error", err)
	}
	cancel(cause)
	if err := get(ctx); !errors.Is(err, cause) || !errors.Is(err, context.Canceled) || Explain(err) != nil {
		t.Errorf("got %v, want the end of the context", err)
	}
}

func TestClip(t *testing.T) {
	for _, tt := range []struct {
		in   string
		n    int
		want string
	}{{"abc", 3, "abc"}, {"abcd", 3, "ab…"}, {"äöüß", 4, "äöüß"}, {"äöüßx", 4, "äöü…"}, {"", 3, ""}, {"abcdef", 1, "…"}} {
		if got := clip(tt.in, tt.n); got != tt.want {
			t.Errorf("clip(%q, %d) = %q, want %q", tt.in, tt.n, got, tt.want)
		}
	}
}

// TestCodeTable: a code listed twice without a condition would hide the second.
func TestCodeTable(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range codeRules {
		if seen[r.code] {
			t.Errorf("%s is listed again behind a rule that always holds", r.code)
		}
		seen[r.code] = r.says == "" && r.status == 0
		if r.code == "" || r.class == "" || wrapper(r.code) {
			t.Errorf("%+v decides nothing", r)
		}
	}
}
