package neterr_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/pacific-aci/pacific/internal/neterr"
)

// TestCauses makes each failure with real servers on this machine, sends a PUT through it, and holds cause, consequence
// and hint.
func TestCauses(t *testing.T) {
	quiet := func(s *httptest.Server) *httptest.Server {
		s.Config.ErrorLog = log.New(io.Discard, "", 0)
		t.Cleanup(s.Close)
		return s
	}
	secure := quiet(httptest.NewTLSServer(http.NotFoundHandler()))
	old := httptest.NewUnstartedServer(http.NotFoundHandler())
	old.TLS = &tls.Config{MaxVersion: tls.VersionTLS12}
	old.StartTLS()
	quiet(old)
	open := quiet(httptest.NewServer(http.NotFoundHandler()))
	address := func(s *httptest.Server) string { return s.Listener.Addr().String() }
	trusting := func(serverName string, now func() time.Time) *http.Transport {
		roots := x509.NewCertPool()
		roots.AddCert(secure.Certificate())
		return &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, ServerName: serverName, Time: now}}
	}
	proxy := func(status int) *http.Transport {
		s := quiet(httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(status) })))
		return &http.Transport{Proxy: http.ProxyURL(&url.URL{Scheme: "http", User: url.UserPassword("u", "hunter2"), Host: address(s)}), OnProxyConnectResponse: neterr.ProxyRefusal}
	}
	nobody := listen(t, func(c net.Conn) {})
	nobody.Close()
	alert := listen(t, func(c net.Conn) { readRequest(c); _, _ = io.WriteString(c, "\x15\x03\x01\x00\x02\x02\x16") })
	ssh := listen(t, func(c net.Conn) { readRequest(c); _, _ = io.WriteString(c, "SSH-2.0-OpenSSH_9.9\r\n") })
	hangsUp := listen(t, readRequest)
	resolver := func(err *net.DNSError) *http.Transport {
		return &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
			return nil, &net.OpError{Op: "dial", Net: "tcp", Err: err}
		}}
	}
	for name, tt := range map[string]struct {
		tr      *http.Transport
		address string
		header  string
		want    neterr.Cause
		lasting bool
		sent    bool
		says    string
		hint    string
	}{
		"unknown authority":   {&http.Transport{}, secure.URL, "", neterr.UnknownAuthority, true, false, "signed by an unknown authority", "SSL_CERT_FILE"},
		"wrong host":          {trusting("other.test", nil), secure.URL, "", neterr.WrongHost, true, false, "not other.test", "check the address"},
		"expired":             {trusting("", func() time.Time { return time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC) }), secure.URL, "", neterr.Expired, true, false, "expired on 20", "clock"},
		"not valid yet":       {trusting("", func() time.Time { return time.Date(1960, 1, 1, 0, 0, 0, 0, time.UTC) }), secure.URL, "", neterr.Expired, true, false, "certificate", "clock"},
		"TLS to a plain port": {&http.Transport{}, "https://" + address(open), "", neterr.NotTLS, true, false, "does not speak TLS", "http://"},
		"plain HTTP to TLS":   {&http.Transport{}, "http://" + address(secure), "", neterr.NeedsTLS, true, false, "wants TLS", "https://"},
		"a TLS alert to HTTP": {&http.Transport{}, "http://" + alert.Addr().String(), "", neterr.NeedsTLS, true, false, "wants TLS", "https://"},
		"no common TLS": {&http.Transport{TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS13}}, old.URL, "",
			neterr.TLS, true, false, "protocol version", "TLS 1.2"},
		"not HTTP":           {&http.Transport{}, "http://" + ssh.Addr().String(), "", neterr.NotHTTP, true, true, "not HTTP", "port"},
		"a closed port":      {&http.Transport{}, "http://" + nobody.Addr().String(), "", neterr.Refused, false, false, "connection refused", "server runs"},
		"it hangs up":        {&http.Transport{}, "http://" + hangsUp.Addr().String(), "", neterr.Reset, false, true, "closed", "may pass"},
		"no such host":       {resolver(&net.DNSError{Name: "h.test", IsNotFound: true}), "https://h.test", "", neterr.NoSuchHost, true, false, "no host h.test", "spelling"},
		"DNS is down":        {resolver(&net.DNSError{Name: "h.test", Err: "server misbehaving", IsTemporary: true}), "https://h.test", "", neterr.DNS, false, false, "misbehaving", "DNS"},
		"407 to CONNECT":     {proxy(407), secure.URL, "", neterr.ProxyAuth, true, false, "asks for a user name", "HTTPS_PROXY"},
		"407 to plain HTTP":  {proxy(407), "http://h.test", "", neterr.ProxyAuth, true, false, "asks for a user name", "HTTPS_PROXY"},
		"403 to CONNECT":     {proxy(403), "https://h.test", "", neterr.ProxyRefused, true, false, "403 Forbidden", "NO_PROXY"},
		"503 to CONNECT":     {proxy(503), "https://h.test", "", neterr.ProxyRefused, false, false, "503 Service Unavailable", "NO_PROXY"},
		"no proxy there":     {&http.Transport{Proxy: http.ProxyURL(&url.URL{Scheme: "http", Host: nobody.Addr().String()})}, "https://h.test", "", neterr.Refused, true, false, "proxy " + nobody.Addr().String() + ": connection refused", "HTTPS_PROXY"},
		"a bad proxy":        {&http.Transport{Proxy: neterr.SafeProxy(func(*http.Request) (*url.URL, error) { return nil, errors.New("invalid: hunter2") })}, "https://h.test", "", neterr.BadProxy, true, false, "proxy setting", "HTTPS_PROXY"},
		"a line in a header": {&http.Transport{}, open.URL, "hunter2\n", neterr.Malformed, true, false, "invalid header", "line breaks"},
		"another scheme":     {&http.Transport{}, "ftp://h.test", "", neterr.Malformed, true, false, "scheme", ""},
	} {
		t.Run(name, func(t *testing.T) {
			defer tt.tr.CloseIdleConnections()
			req, err := http.NewRequestWithContext(t.Context(), http.MethodPut, tt.address, strings.NewReader("{}"))
			if err != nil {
				t.Fatal(err)
			}
			if tt.header != "" {
				req.Header.Set("Authorization", tt.header)
			}
			_, err = (&http.Client{Transport: neterr.NewTransport(tt.tr, neterr.Default)}).Do(req)
			e, ok := errors.AsType[*neterr.Error](err)
			if !ok {
				t.Fatalf("got %v, want a cause", err)
			}
			if e.Cause != tt.want || e.Lasting() != tt.lasting || e.Sent != tt.sent {
				t.Errorf("got %q lasting %v sent %v (%v), want %q %v %v", e.Cause, e.Lasting(), e.Sent, err, tt.want, tt.lasting, tt.sent)
			}
			if !strings.Contains(e.Error(), tt.says) || strings.Contains(err.Error(), "hunter2") || strings.ContainsAny(e.Error(), "\r\n") {
				t.Errorf("got %q, want %q in it", e, tt.says)
			}
			if !strings.Contains(e.Hint(), tt.hint) || e.Hint() == "" {
				t.Errorf("got hint %q, want %q in it", e.Hint(), tt.hint)
			}
		})
	}
}

// listen serves connections of TCP one by one.
func listen(t *testing.T, serve func(net.Conn)) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			serve(c)
			c.Close()
		}
	}()
	return l
}

// sequence answers each request by the next function.
type sequence []func(*http.Request) (*http.Response, error)

func (s *sequence) RoundTrip(r *http.Request) (*http.Response, error) {
	next := (*s)[0]
	*s = (*s)[1:]
	return next(r)
}

// TestAHostThatAnswered: its name and port are right, so that only what concerns its certificate lasts.
func TestAHostThatAnswered(t *testing.T) {
	ok := func(*http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: 200, Body: http.NoBody}, nil
	}
	fails := func(err error) func(*http.Request) (*http.Response, error) {
		return func(*http.Request) (*http.Response, error) { return nil, err }
	}
	rt := neterr.NewTransport(&sequence{
		fails(&net.DNSError{IsNotFound: true}), ok, fails(&net.DNSError{IsNotFound: true}), fails(http.ErrSchemeMismatch), fails(x509.UnknownAuthorityError{}),
	}, neterr.Default)
	for i, want := range []bool{true, false, false, false, true} {
		req, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://h.test/", nil)
		resp, err := rt.RoundTrip(req)
		if err == nil {
			resp.Body.Close()
			continue
		}
		if e := neterr.Classify(err); e.Lasting() != want {
			t.Errorf("request %d: %v lasting %v, want %v", i, err, !want, want)
		}
	}
}

func TestClassifyOthers(t *testing.T) {
	_, missing := os.Open("no-such-file")
	for name, err := range map[string]error{
		"nil": nil, "a missing file": missing, "any": errors.New("no"), "the end": context.Canceled,
		"a deadline": &url.Error{Op: "Get", URL: "https://h/", Err: context.DeadlineExceeded},
	} {
		if e := neterr.Classify(err); e != nil {
			t.Errorf("%s: got %v, want nil", name, e)
		}
	}
	if e := neterr.Classify(&net.OpError{Op: "read", Err: os.NewSyscallError("read", syscall.ECONNRESET)}); e == nil || e.Cause != neterr.Reset || !errors.Is(e, syscall.ECONNRESET) {
		t.Errorf("got %v", e)
	}
}
