package prefect_test

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
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pacific-aci/pacific/internal/neterr"
	"github.com/pacific-aci/pacific/prefect"
)

// hintOf is what err says to do.
func hintOf(err error) string {
	if hinter, ok := errors.AsType[*prefect.Error](err); ok {
		return hinter.Hint()
	}
	return ""
}

func dialFails(errno syscall.Errno) error {
	return &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", errno)}
}

// TestCauses holds what lasts to one request and a hint of its own, and what may pass to repeats.
func TestCauses(t *testing.T) {
	expired := &x509.Certificate{NotAfter: time.Date(1999, 1, 1, 0, 0, 0, 0, time.UTC)}
	unknownHost := &net.OpError{Op: "dial", Err: &net.DNSError{Name: "prefect.test", IsNotFound: true}}
	for name, test := range map[string]struct {
		lost     error
		requests int
		kind     error
		text     string
		hint     string
	}{
		"unknown authority": {x509.UnknownAuthorityError{}, 1, prefect.ErrConnection, "no connection to " + fakeURL + ": the certificate is signed by an unknown authority", "PREFECT_API_SSL_CERT_FILE"},
		"wrong host":        {x509.HostnameError{Certificate: &x509.Certificate{DNSNames: []string{"other.test"}}, Host: "prefect.test"}, 1, prefect.ErrConnection, "other.test", "correct the host in PREFECT_API_URL"},
		"expired":           {x509.CertificateInvalidError{Cert: expired, Reason: x509.Expired}, 1, prefect.ErrConnection, "expired on 1999-01-01", "clock"},
		"TLS to a plain port": {tls.RecordHeaderError{Msg: "first record does not look like a TLS handshake"}, 1, prefect.ErrConnection,
			"this port does not speak TLS", "PREFECT_API_URL must begin with http://"},
		"plain to a TLS port": {errors.New(`net/http: HTTP/1.x transport connection broken: malformed HTTP response "\x15\x03\x01\x00\x02\x02"`), 1, prefect.ErrConnection,
			"this port wants TLS", "PREFECT_API_URL must begin with https://"},
		"no such host":            {unknownHost, 1, prefect.ErrConnection, "there is no host prefect.test", "correct the host in PREFECT_API_URL"},
		"a malformed header":      {errors.New(`net/http: invalid header field value for "Authorization"`), 1, prefect.ErrInvalid, "invalid header", "line breaks"},
		"refused at first":        {dialFails(syscall.ECONNREFUSED), 1, prefect.ErrUnavailable, "no connection to " + fakeURL + ": connection refused", "start the server"},
		"unreachable at first":    {dialFails(syscall.EHOSTUNREACH), 1, prefect.ErrUnavailable, "no route to host", "check the network"},
		"reset":                   {&net.OpError{Op: "read", Err: os.NewSyscallError("read", syscall.ECONNRESET)}, 6, prefect.ErrUnavailable, "connection reset by the other side", "check the network"},
		"a time limit of the net": {&net.OpError{Op: "read", Err: os.ErrDeadlineExceeded}, 6, prefect.ErrUnavailable, "no answer from " + fakeURL + ": timed out", "check the network"},
		// net/http ends its own CONNECT so.
		"a deadline that is not the caller's": {context.DeadlineExceeded, 6, prefect.ErrUnavailable, "no answer from " + fakeURL + ": timed out", "check the network"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, s := client(t, func(http.ResponseWriter, *http.Request) { panic(test.lost) })
				began := time.Now()
				_, err := c.Flow(t.Context(), "f")
				wantKind(t, err, test.kind)
				want(t, "requests", s.count("GET /api/flows/f"), test.requests)
				if took := time.Since(began); test.requests == 1 && took > 0 {
					t.Errorf("took %v, want no pause", took)
				}
				wantWords(t, err, test.text, test.hint)
				if errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("%v passes for the caller's end", err)
				}
			})
		})
	}
}

func wantWords(t *testing.T, err error, text, hint string) {
	t.Helper()
	if !strings.Contains(err.Error(), text) || !strings.Contains(hintOf(err), hint) {
		t.Errorf("got %q, hint %q, want %q, hint %q", err, hintOf(err), text, hint)
	}
	if strings.Contains(hintOf(err), "start the server") != strings.Contains(text, "connection refused") {
		t.Errorf("%q has the hint %q: only a refused connection means that the server may not run", err, hintOf(err))
	}
}

// TestUnknownHostAfterAnAnswer: a name that has answered is right, so that a fault of DNS passes.
func TestUnknownHostAfterAnAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		unknown := func(http.ResponseWriter, *http.Request) {
			panic(&net.OpError{Op: "dial", Err: &net.DNSError{Name: "prefect.test", IsNotFound: true}})
		}
		c, s := client(t, answers(says(503, "{}"), unknown, says(200, flowReply)))
		must(c.Flow(t.Context(), "f"))(t)
		want(t, "requests", s.count("GET /api/flows/f"), 3)
	})
}

// TestRealConnections meets the causes on sockets of this machine: what the client makes of them must not depend on how
// a test spells an error.
func TestRealConnections(t *testing.T) {
	quiet := func(s *httptest.Server, start func()) string {
		s.Config.ErrorLog = log.New(io.Discard, "", 0)
		start()
		t.Cleanup(s.Close)
		return s.URL
	}
	plain := httptest.NewUnstartedServer(says(200, flowReply))
	secure := httptest.NewUnstartedServer(says(200, flowReply))
	plainURL, secureURL := quiet(plain, plain.Start), quiet(secure, secure.StartTLS)
	proxy := func(status int) http.RoundTripper {
		p := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
		t.Cleanup(p.Close)
		u, _ := url.Parse(p.URL)
		return &http.Transport{Proxy: http.ProxyURL(u), OnProxyConnectResponse: neterr.ProxyRefusal}
	}
	for name, test := range map[string]struct {
		address    string
		transport  http.RoundTripper
		text, hint string
	}{
		"unknown authority":   {secureURL, nil, "unknown authority", "PREFECT_API_SSL_CERT_FILE"},
		"TLS to a plain port": {"https" + strings.TrimPrefix(plainURL, "http"), nil, "this port does not speak TLS", "must begin with http://"},
		"plain to a TLS port": {"http" + strings.TrimPrefix(secureURL, "https"), nil, "this port wants TLS", "must begin with https://"},
		"a proxy's 407":       {"https://prefect.test", proxy(407), "asks for a user name and password (407)", "HTTPS_PROXY"},
		"a proxy's 407, http": {"http://prefect.test", proxy(407), "asks for a user name and password (407)", "HTTPS_PROXY"},
		"a proxy's 403":       {"https://prefect.test", proxy(403), "refused the connection: 403", "ask for the proxy to allow this host"},
	} {
		t.Run(name, func(t *testing.T) {
			c := must(prefect.NewClient(prefect.Options{URL: test.address + "/api", Transport: test.transport, DisableCSRF: true}))(t)
			_, err := c.CreateFlow(t.Context(), prefect.FlowCreate{Name: "x"}) // the repeats of before took over a minute
			wantKind(t, err, prefect.ErrConnection)
			wantWords(t, err, test.text, test.hint)
			if fault, _ := errors.AsType[*prefect.Error](err); fault == nil || fault.Unclear {
				t.Errorf("got %v: what was never sent is never unclear", err)
			}
		})
	}
}

// TestNeverSent: the caller's end while there is no connection leaves nothing unclear.
func TestNeverSent(t *testing.T) {
	for name, test := range map[string]struct {
		transport http.RoundTripper
		unclear   bool
	}{
		"no connection yet": {&http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
			time.Sleep(time.Minute) // net/http goes on with it after the request's end
			return nil, net.ErrClosed
		}}, false},
		"sent": {&http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
			ours, theirs := net.Pipe()
			go func() { _, _ = io.Copy(io.Discard, theirs) }()
			return ours, nil
		}}, true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := must(prefect.NewClient(prefect.Options{URL: fakeURL, Transport: test.transport, DisableCSRF: true}))(t)
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				err := c.UpdateFlowRun(ctx, "r", prefect.FlowRunUpdate{Name: prefect.Set("n")})
				fault, _ := errors.AsType[*prefect.Error](err)
				if fault == nil || fault.Unclear != test.unclear || !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("got %v, want the caller's end, unclear %v", err, test.unclear)
				}
				time.Sleep(2 * time.Minute)
			})
		})
	}
}

func TestRedirectToNowhere(t *testing.T) {
	c, s := client(t, says(302, "", "Location: http://x y/?token=hunter2"))
	_, err := c.Flow(t.Context(), "f")
	wantKind(t, err, prefect.ErrNotPrefect)
	want(t, "requests", s.count("GET /api/flows/f"), 1)
	if strings.Contains(err.Error(), "hunter2") {
		t.Errorf("the error quotes the redirect: %v", err)
	}
}

// TestUnfitSecrets refuses what no header can carry, before anything is sent and without showing it.
func TestUnfitSecrets(t *testing.T) {
	for name, test := range map[string]struct {
		o    prefect.Options
		text string
	}{
		"key with a newline":         {prefect.Options{URL: fakeURL, APIKey: "hunter2\n"}, "PREFECT_API_KEY has a line break at its end"},
		"key with a NUL":             {prefect.Options{URL: fakeURL, APIKey: "hun\x00ter2"}, "PREFECT_API_KEY has a control character in it"},
		"auth string with a newline": {prefect.Options{URL: fakeURL, AuthString: "admin:hunter2\r\n"}, "PREFECT_API_AUTH_STRING"},
		"in the address":             {prefect.Options{URL: "http://admin:hunter2%0A@prefect.test/api"}, "the password in PREFECT_API_URL"},
		"header value":               {prefect.Options{URL: fakeURL, Headers: map[string]string{"X-Team": "hunter2\nX: y"}}, "X-Team in PREFECT_CLIENT_CUSTOM_HEADERS has a line break in it"},
		"header name":                {prefect.Options{URL: fakeURL, Headers: map[string]string{"X-Team: hunter2": "y"}}, "PREFECT_CLIENT_CUSTOM_HEADERS has a name"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := prefect.NewClient(test.o)
			if err == nil || !strings.Contains(err.Error(), test.text) || strings.Contains(err.Error(), "hun") || strings.Contains(err.Error(), "ter2") {
				t.Errorf("got %v, want %q without the secret", err, test.text)
			}
		})
	}
	_, err := prefect.NewClient(prefect.Options{URL: fakeURL, AuthString: "admin:pässwört"})
	check(t, err)
}

// TestSilentProxyAtFirstContact: a proxy that takes the connection and never answers is named within half a minute, and
// not asked again.
func TestSilentProxyAtFirstContact(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var dials atomic.Int32 // net/http dials in a goroutine of its own
		tr := &http.Transport{
			Proxy: http.ProxyURL(&url.URL{Scheme: "http", Host: "proxy.test:3128"}),
			DialContext: func(context.Context, string, string) (net.Conn, error) {
				dials.Add(1)
				ours, theirs := net.Pipe()
				go func() { _, _ = io.Copy(io.Discard, theirs) }()
				return ours, nil
			},
		}
		c, err := prefect.NewClient(prefect.Options{URL: "https://prefect.test/api", Transport: tr})
		check(t, err)
		began := time.Now()
		_, err = c.Flow(t.Context(), "f")
		e, ok := errors.AsType[*prefect.Error](err)
		if !ok || !strings.Contains(err.Error(), "proxy proxy.test:3128") || !strings.Contains(e.Hint(), "HTTPS_PROXY") || e.Unclear {
			t.Errorf("got %v", err)
		}
		if took := time.Since(began); took != 30*time.Second || dials.Load() != 1 {
			t.Errorf("took %v and %d connections", took, dials.Load())
		}
		tr.CloseIdleConnections()
		time.Sleep(time.Minute) // net/http gives up its CONNECT only then
	})
}
