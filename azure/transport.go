package azure

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"sync"
	"time"

	"golang.org/x/net/http/httpproxy"
)

type proxyFunc func(*http.Request) (*url.URL, error)

// newTransport makes the connections of a Cloud. There is no limit on a whole request (a log
// stream lives for hours); instead each step has one, so that a dead server is noticed. roots nil:
// the system's.
func newTransport(proxy proxyFunc, roots *x509.CertPool) *http.Transport {
	dialer := &net.Dialer{Timeout: 15 * time.Second, KeepAlive: 30 * time.Second}
	return &http.Transport{
		Proxy:               proxy,
		DialContext:         dialer.DialContext,
		TLSClientConfig:     &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots},
		TLSHandshakeTimeout: 15 * time.Second,
		// ARM gives a resource provider 60 seconds; what takes longer is a lost connection.
		ResponseHeaderTimeout: 90 * time.Second,
		IdleConnTimeout:       90 * time.Second,
		MaxIdleConns:          100,
		MaxIdleConnsPerHost:   32, // one host, ARM, gets nearly everything
		ForceAttemptHTTP2:     true,
		// HTTP/2 puts all on one connection: without pings a cut one is only noticed by timeouts.
		HTTP2:                  &http.HTTP2Config{SendPingTimeout: 30 * time.Second, PingTimeout: 15 * time.Second},
		OnProxyConnectResponse: refusedByProxy,
	}
}

// refusedByProxy names the proxy that refused a connection, which net/http does not.
func refusedByProxy(_ context.Context, proxy *url.URL, req *http.Request, resp *http.Response) error {
	if resp.StatusCode == http.StatusOK {
		return nil
	}
	return fmt.Errorf("the proxy %s refused a connection to %s: %s", proxy.Host, req.Host, resp.Status)
}

func newHTTPClient(rt http.RoundTripper) *http.Client {
	return &http.Client{Transport: &wire{rt}}
}

// wire is the innermost transport. It tells apart what net/http mixes: a request that failed and a
// caller that gave up, whatever cause that gave; and it remembers network errors for sign-in, where
// the SDK keeps only their text.
type wire struct{ next http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (w *wire) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := w.next.RoundTrip(req)
	if err == nil {
		return resp, nil
	}
	ctx := req.Context()
	if ctx.Err() != nil {
		return nil, ended(ctx)
	}
	if rec, ok := ctx.Value(recorderKey{}).(*recorder); ok {
		rec.set(&url.Error{Op: req.Method, URL: req.URL.Scheme + "://" + req.URL.Host, Err: err}) // as http.Client would say it
	}
	return nil, err
}

// CloseIdleConnections passes on what http.Client asks.
func (w *wire) CloseIdleConnections() {
	if c, ok := w.next.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

type recorderKey struct{}

// recorder holds the last network error of the requests made with its context.
type recorder struct {
	mu  sync.Mutex
	err error
}

func (r *recorder) set(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.err = err
}

func (r *recorder) get() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.err
}

// ended is ctx's error, with its cause if that is another: both must stay findable.
func ended(ctx context.Context) error {
	err, cause := ctx.Err(), context.Cause(ctx)
	if cause == err {
		return err
	}
	return fmt.Errorf("%w: %w", err, cause)
}

// environmentProxy follows HTTPS_PROXY, HTTP_PROXY and NO_PROXY (lower case too) as Go's own client
// does, but for addresses that only this machine can reach: the managed identity endpoint must not
// go through a proxy, which would be asked for somebody else's token.
func environmentProxy(lookup func(string) (string, bool)) proxyFunc {
	either := func(upper, lower string) string {
		if v, ok := lookup(upper); ok && v != "" {
			return v
		}
		v, _ := lookup(lower)
		return v
	}
	cgi, _ := lookup("REQUEST_METHOD")
	config := &httpproxy.Config{
		HTTPProxy:  either("HTTP_PROXY", "http_proxy"),
		HTTPSProxy: either("HTTPS_PROXY", "https_proxy"),
		NoProxy:    either("NO_PROXY", "no_proxy"),
		CGI:        cgi != "",
	}
	choose := config.ProxyFunc()
	return func(req *http.Request) (*url.URL, error) {
		if machineLocal(req.URL.Hostname()) {
			return nil, nil
		}
		return choose(req.URL)
	}
}

// emulatorProxy sends every TLS connection through the emulator, not only those for names that it
// is known to serve: what it does not serve it refuses, whereas real Azure would be shown the
// emulator's tokens. Plain HTTP is the identity endpoint, which is reached directly.
func emulatorProxy(proxy *url.URL) proxyFunc {
	return func(req *http.Request) (*url.URL, error) {
		if req.URL.Scheme != "https" || machineLocal(req.URL.Hostname()) {
			return nil, nil
		}
		return proxy, nil
	}
}

// machineLocal reports loopback and link-local addresses (169.254.169.254 is the instance metadata
// service).
func machineLocal(host string) bool {
	if host == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && (ip.IsLoopback() || ip.IsLinkLocalUnicast())
}

// rootsWith returns the system's CAs and those in pem.
func rootsWith(pem string) (*x509.CertPool, error) {
	roots, err := x509.SystemCertPool()
	if err != nil {
		// A machine without CAs can still reach the emulator.
		roots = x509.NewCertPool()
	}
	if !roots.AppendCertsFromPEM([]byte(pem)) {
		return nil, errors.New("no certificate in PEM form in it")
	}
	return roots, nil
}
