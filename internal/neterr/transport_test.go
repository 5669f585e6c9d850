package neterr_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pacific-aci/pacific/internal/neterr"
)

// pipes makes a network transport whose connections are pipes in the process; each is served by serve.
func pipes(t *testing.T, proxy string, serve func(net.Conn)) *http.Transport {
	tr := &http.Transport{
		DialContext: func(context.Context, string, string) (net.Conn, error) {
			ours, theirs := net.Pipe()
			go func() {
				defer theirs.Close()
				serve(theirs)
			}()
			return ours, nil
		},
		OnProxyConnectResponse: neterr.ProxyRefusal,
	}
	if proxy != "" {
		tr.Proxy = http.ProxyURL(&url.URL{Scheme: "http", Host: proxy})
	}
	t.Cleanup(func() {
		tr.CloseIdleConnections()
		time.Sleep(time.Minute) // the servers end too
	})
	return tr
}

// readRequest reads the head of a request.
func readRequest(c net.Conn) {
	if req, err := http.ReadRequest(bufio.NewReader(c)); err == nil {
		_, _ = io.Copy(io.Discard, req.Body)
	}
}

// held waits until the other side hangs up.
func held(c net.Conn) { _, _ = io.Copy(io.Discard, c) }

func call(ctx context.Context, tr http.RoundTripper, method, address string) (string, error) {
	client := &http.Client{Transport: neterr.NewTransport(tr, neterr.Default)}
	var body io.Reader
	if method == http.MethodPut {
		body = strings.NewReader("{}")
	}
	req, err := http.NewRequestWithContext(ctx, method, address, body)
	if err != nil {
		return "", err
	}
	resp, err := client.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return string(text), err
}

func wantError(t *testing.T, err error, want neterr.Error) *neterr.Error {
	t.Helper()
	got, ok := errors.AsType[*neterr.Error](err)
	if !ok {
		t.Fatalf("got %v, want %s", err, want.Cause)
	}
	if got.Cause != want.Cause || got.Sent != want.Sent || got.Proxy != want.Proxy {
		t.Errorf("got %s, sent %v, proxy %q (%v), want %s, sent %v, proxy %q", got.Cause, got.Sent, got.Proxy, err, want.Cause, want.Sent, want.Proxy)
	}
	if errors.Is(err, context.DeadlineExceeded) || neterr.EndOfContext(err) {
		t.Errorf("%v passes for the caller's end", err)
	}
	return got
}

// TestEveryStallEnds has a server stop at each step of a request. It always ends, as a lost answer and not as the
// caller's end.
func TestEveryStallEnds(t *testing.T) {
	for name, tt := range map[string]struct {
		serve func(net.Conn)
		took  time.Duration
		says  string
	}{
		"before the head": {func(c net.Conn) { readRequest(c); held(c) }, 2 * time.Minute, "nothing within 2m0s"},
		"in the head": {func(c net.Conn) {
			readRequest(c)
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-")
			held(c)
		}, 2 * time.Minute, "nothing within 2m0s"},
		"before the body": {func(c net.Conn) {
			readRequest(c)
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n")
			held(c)
		}, 30 * time.Second, "the answer stopped for 30s"},
		"in the body": {func(c net.Conn) {
			readRequest(c)
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc")
			held(c)
		}, 30 * time.Second, "the answer stopped for 30s"},
		"a body that never ends": {func(c net.Conn) {
			readRequest(c)
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\n\r\n")
			for {
				if _, err := io.WriteString(c, "x"); err != nil {
					return
				}
				time.Sleep(10 * time.Second)
			}
		}, 15 * time.Minute, "not complete within 15m0s"},
	} {
		for _, method := range []string{http.MethodGet, http.MethodPut, http.MethodDelete} {
			t.Run(name+"/"+method, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					began := time.Now()
					_, err := call(t.Context(), pipes(t, "", tt.serve), method, "http://h.test/x")
					e := wantError(t, err, neterr.Error{Cause: neterr.Timeout, Sent: true})
					if took := time.Since(began); took != tt.took || !strings.HasSuffix(e.Error(), tt.says) || e.Lasting() {
						t.Errorf("got %v after %v, want %q after %v", e, took, tt.says, tt.took)
					}
				})
			})
		}
	}
}

// TestSlowLinkIsNotCut reads a log of 4 MB at 8 kB/s with pauses of 20 s, and so for nine minutes.
func TestSlowLinkIsNotCut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const size = 4 << 20
		chunk := strings.Repeat("x", 160<<10)
		text, err := call(t.Context(), pipes(t, "", func(c net.Conn) {
			readRequest(c)
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 4194304\r\n\r\n")
			for left := size; left > 0; left -= len(chunk) {
				time.Sleep(20 * time.Second)
				_, _ = io.WriteString(c, chunk[:min(left, len(chunk))])
			}
		}), http.MethodGet, "http://h.test/x")
		if err != nil || len(text) != size {
			t.Errorf("got %d bytes and %v, want the whole log", len(text), err)
		}
	})
}

// TestLongUploadIsNotCut sends a body for ten minutes.
func TestLongUploadIsNotCut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := &http.Client{Transport: neterr.NewTransport(pipes(t, "", func(c net.Conn) {
			readRequest(c)
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
		}), neterr.Default)}
		r, w := io.Pipe()
		go func() {
			for range 10 {
				time.Sleep(time.Minute)
				_, _ = w.Write([]byte("x"))
			}
			w.Close()
		}()
		resp, err := client.Post("http://h.test/", "text/plain", r)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
	})
}

// TestSilentProxy has a proxy take the connection and never answer CONNECT. At first contact that is given up soon, for
// good; a host that has answered before is waited for, until net/http ends the CONNECT with a deadline of its own.
func TestSilentProxy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr := pipes(t, "proxy.test:3128", held)
		limited := neterr.NewTransport(tr, neterr.Default)
		put := func(ctx context.Context, address string) (*neterr.Error, time.Duration, error) {
			began := time.Now()
			req, _ := http.NewRequestWithContext(ctx, http.MethodPut, address, strings.NewReader("{}"))
			_, err := (&http.Client{Transport: limited}).Do(req)
			if ctx.Err() != nil {
				return nil, time.Since(began), err
			}
			return wantError(t, err, neterr.Error{Cause: neterr.Timeout, Proxy: "proxy.test:3128"}), time.Since(began), err
		}
		e, took, _ := put(t.Context(), "https://h.test/x")
		if took != neterr.FirstContact || !e.Lasting() || !strings.Contains(e.Error(), "no connection to h.test: proxy proxy.test:3128: nothing within 30s") || !strings.Contains(e.Hint(), "HTTPS_PROXY") {
			t.Errorf("at first contact: %v after %v, lasting %v, hint %q", e, took, e.Lasting(), e.Hint())
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, _, err := put(ctx, "https://h.test/x"); !errors.Is(err, context.DeadlineExceeded) || !neterr.EndOfContext(err) {
			t.Errorf("got %v, want the caller's end", err)
		}

		direct := limited.Beside(pipes(t, "", func(c net.Conn) {
			readRequest(c)
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
		}))
		resp, err := (&http.Client{Transport: direct}).Get("http://known.test/")
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		e, took, _ = put(t.Context(), "https://known.test/x")
		if strings.Contains(e.Host, ":") || took != time.Minute || e.Lasting() || !strings.Contains(e.Error(), "proxy proxy.test:3128: timed out") {
			t.Errorf("of a host that has answered: %v after %v, lasting %v", e, took, e.Lasting())
		}
	})
}

// TestCallersEnd keeps the cause, while waiting for the head and in the body.
func TestCallersEnd(t *testing.T) {
	stops := errors.New("worker stops")
	for name, head := range map[string]string{"head": "", "body": "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancelCause(t.Context())
				time.AfterFunc(3*time.Second, func() { cancel(stops) })
				_, err := call(ctx, pipes(t, "", func(c net.Conn) { readRequest(c); _, _ = io.WriteString(c, head); held(c) }), http.MethodGet, "http://h.test/x")
				if !errors.Is(err, stops) || !errors.Is(err, context.Canceled) || !neterr.EndOfContext(err) {
					t.Errorf("got %v, want the caller's end with its cause", err)
				}
			})
		})
	}
}

// TestUpgradeHasNoDeadline keeps a connection after 101 for a day; the handshake has its deadline.
func TestUpgradeHasNoDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rt := neterr.NewTransport(pipes(t, "", func(c net.Conn) {
			readRequest(c)
			_, _ = io.WriteString(c, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n")
			time.Sleep(24 * time.Hour)
			_, _ = io.WriteString(c, "late")
		}), neterr.Default)
		req, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://h.test/", nil)
		req.Header.Set("Connection", "Upgrade")
		req.Header.Set("Upgrade", "x")
		resp, err := rt.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		if _, ok := resp.Body.(io.ReadWriteCloser); !ok {
			t.Fatal("the connection cannot be written to")
		}
		got := make([]byte, 4)
		if _, err := io.ReadFull(resp.Body, got); err != nil || string(got) != "late" {
			t.Errorf("got %q, %v", got, err)
		}
	})
}

// TestBesideSharesAnswers: a host that one of two transports has reached is known to the other.
func TestBesideSharesAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		first := neterr.NewTransport(pipes(t, "", func(c net.Conn) {
			readRequest(c)
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
		}), neterr.Default)
		beside := first.Beside(&http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
			return nil, &net.OpError{Op: "dial", Err: &net.DNSError{Name: "h.test", IsNotFound: true}}
		}})
		for _, lasting := range []bool{true, false} {
			_, err := (&http.Client{Transport: beside}).Get("http://h.test/")
			if e := wantError(t, err, neterr.Error{Cause: neterr.NoSuchHost}); e.Lasting() != lasting {
				t.Errorf("got lasting %v, want %v", e.Lasting(), lasting)
			}
			resp, err := (&http.Client{Transport: first}).Get("http://h.test/")
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
		}
	})
}

// TestDocumentsHaveAnEnd: who answers for ever fills no memory. What is no document is a stream, and has no limit.
func TestDocumentsHaveAnEnd(t *testing.T) {
	const most = 1 << 20
	for kind, limited := range map[string]bool{"application/json; charset=utf-8": true, "text/html": true, "": true, "application/octet-stream": false} {
		next := roundTripper(func(r *http.Request) (*http.Response, error) {
			header := http.Header{}
			if kind != "" {
				header.Set("Content-Type", kind)
			}
			return &http.Response{StatusCode: 200, Header: header, Body: io.NopCloser(io.LimitReader(endless{}, 3*most)), Request: r}, nil
		})
		client := &http.Client{Transport: neterr.NewTransport(next, neterr.Limits{Document: most})}
		resp, err := client.Get("http://azure.example/x")
		if err != nil {
			t.Fatal(err)
		}
		n, err := io.Copy(io.Discard, resp.Body)
		if !limited {
			if err != nil || n != 3*most {
				t.Errorf("%q: got %d bytes, %v", kind, n, err)
			}
			continue
		}
		if n > most {
			t.Errorf("%q: got %d bytes", kind, n)
		}
		if e := wantError(t, err, neterr.Error{Cause: neterr.TooLarge, Sent: true}); e.Lasting() {
			t.Errorf("%q: %v does not last", kind, err)
		}
	}
}

type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
