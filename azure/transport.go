package azure

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"sync"
	"time"

	"golang.org/x/net/http/httpproxy"

	"github.com/pacific-aci/pacific/internal/neterr"
)

type proxyFunc func(*http.Request) (*url.URL, error)

// safeProxy keeps a malformed proxy setting, which may hold a password, out of errors. nil stays nil.
func safeProxy(proxy proxyFunc) proxyFunc {
	if proxy == nil {
		return nil
	}
	return neterr.SafeProxy(proxy)
}

// newTransport makes the connections of a Cloud. Each step of connecting has a limit here; the limits of a whole request
// are those of neterr. roots nil: the system's.
func newTransport(proxy proxyFunc, roots *x509.CertPool) *http.Transport {
	dialer := &net.Dialer{Timeout: 15 * time.Second, KeepAlive: 30 * time.Second}
	return &http.Transport{
		Proxy:               safeProxy(proxy),
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
		OnProxyConnectResponse: neterr.ProxyRefusal,
	}
}

func newHTTPClient(rt http.RoundTripper) *http.Client {
	return &http.Client{Transport: &wire{neterr.NewTransport(rt, neterr.Default)}}
}

// wire remembers network errors for sign-in, where the SDK keeps only their text, and keeps the SDK from repeating those
// that last.
type wire struct{ next *neterr.Transport }

// RoundTrip implements http.RoundTripper.
func (w *wire) RoundTrip(req *http.Request) (*http.Response, error) {
	rec, _ := req.Context().Value(recorderKey{}).(*recorder)
	resp, err := w.next.RoundTrip(req)
	if err != nil {
		return nil, rec.keep(err)
	}
	if rec != nil {
		resp.Body = &recordedBody{resp.Body, rec}
	}
	return resp, nil
}

// CloseIdleConnections passes on what http.Client asks.
func (w *wire) CloseIdleConnections() { w.next.CloseIdleConnections() }

type recorderKey struct{}

// recorder holds why the last of the requests made with its context failed: the network's error, or the page that came.
type recorder struct {
	mu   sync.Mutex
	last *neterr.Error
	page *AnswerError
}

// keep remembers err if it is a failure of the network, and returns it as the SDK should see it.
func (r *recorder) keep(err error) error {
	e, ok := errors.AsType[*neterr.Error](err)
	if !ok {
		return err
	}
	if r != nil {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.last, r.page = e, nil
	}
	if lasts(e) {
		return final{err}
	}
	return err
}

func (r *recorder) keepPage(page *AnswerError) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.last, r.page = nil, page
}

func (r *recorder) get() (*neterr.Error, *AnswerError) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.last, r.page
}

// recordedBody remembers what breaks an answer off.
type recordedBody struct {
	io.ReadCloser
	rec *recorder
}

// Read implements io.Reader.
func (b *recordedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil && err != io.EOF {
		err = b.rec.keep(err)
	}
	return n, err
}

// final is an error that the SDK's retries leave alone, by the SDK's own marker.
type final struct{ error }

// NonRetriable is the marker.
func (final) NonRetriable() {}

// Unwrap returns the error inside.
func (f final) Unwrap() error { return f.error }

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
