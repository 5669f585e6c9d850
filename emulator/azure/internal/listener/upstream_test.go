package listener_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/pacific-aci/pacific/emulator/azure/internal/listener"
)

// proxy is the machine's own proxy: it opens tunnels, or answers with a status line of its own, and notes what it was asked.
func proxy(t *testing.T, status string) (at *url.URL, asked chan *http.Request) {
	t.Helper()
	socket := listen(t, "127.0.0.1:0")
	t.Cleanup(func() { socket.Close() })
	asked = make(chan *http.Request, 8)
	go func() {
		for {
			conn, err := socket.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				reader := bufio.NewReader(conn)
				r, err := http.ReadRequest(reader)
				if err != nil {
					return
				}
				asked <- r
				fmt.Fprintf(conn, "HTTP/1.1 %s\r\n\r\n", status)
				far, err := net.Dial("tcp", r.Host)
				if err != nil || !strings.HasPrefix(status, "200") {
					return
				}
				defer far.Close()
				go io.Copy(far, reader)
				io.Copy(conn, far)
			}()
		}
	}()
	return &url.URL{Scheme: "http", Host: socket.Addr().String(), User: url.UserPassword("me", "pass")}, asked
}

func through(at *url.URL) func(*listener.Options) {
	return func(o *listener.Options) {
		o.Tunnel = true
		o.Proxy = func(*url.URL) (*url.URL, error) { return at, nil }
	}
}

func TestTunnelGoesThroughTheOwnProxy(t *testing.T) {
	other := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "other") }))
	defer other.Close()
	at, asked := proxy(t, "200 OK")
	f, ca := start(t, through(at))
	c := client(t, f, ca, nil)
	c.Transport.(*http.Transport).TLSClientConfig.RootCAs.AddCert(other.Certificate())
	if _, body, err := get(t, c, other.URL); err != nil || body != "other" {
		t.Fatalf("%q, %v", body, err)
	}
	r := <-asked
	user, password, _ := (&http.Request{Header: http.Header{"Authorization": r.Header["Proxy-Authorization"]}}).BasicAuth()
	if r.Method != "CONNECT" || "https://"+r.Host != other.URL || user != "me" || password != "pass" {
		t.Errorf("the proxy was asked %s %s as %s:%s", r.Method, r.Host, user, password)
	}
	// Azure's own names never go there.
	if _, body, err := get(t, c, "https://management.azure.com/x"); err != nil || !strings.HasPrefix(body, "management.azure.com") || len(asked) != 0 {
		t.Errorf("%q, %v, and the proxy was asked %d more times", body, err, len(asked))
	}
}

func TestProxysRefusalIsToldInTheStatusLine(t *testing.T) {
	at, _ := proxy(t, "407 Proxy Authentication Required")
	f, ca := start(t, through(at))
	_, _, err := get(t, client(t, f, ca, nil), "https://pypi.org/")
	if err == nil || !strings.Contains(err.Error(), "407 Proxy Authentication Required") || strings.Contains(err.Error(), "pass") {
		t.Errorf("got %v", err)
	}
}

// An emulator whose own proxy is an emulator that comes back to it says so, and does not open tunnels without end.
func TestTunnelThatLeadsBackHere(t *testing.T) {
	var first, second *listener.Listener
	to := func(f **listener.Listener) func(*listener.Options) {
		return func(o *listener.Options) {
			o.Tunnel = true
			o.Proxy = func(*url.URL) (*url.URL, error) {
				return &url.URL{Scheme: "http", Host: (*f).Addr().String()}, nil
			}
		}
	}
	first, ca := start(t, to(&first))
	_, _, err := get(t, client(t, first, ca, nil), "https://pypi.org/")
	if err == nil || !strings.Contains(err.Error(), "leads back to this local Azure") {
		t.Errorf("to itself: %v", err)
	}
	first, ca = start(t, to(&second))
	second, _ = start(t, to(&first))
	_, _, err = get(t, client(t, first, ca, nil), "https://pypi.org/")
	if err == nil || !strings.Contains(err.Error(), "leads back to this local Azure") {
		t.Errorf("by way of another: %v", err)
	}
}

// A refused CONNECT says why where every client shows it: in the status line, in one line of ASCII.
func TestReasonPhrase(t *testing.T) {
	f, _ := start(t, func(o *listener.Options) {
		o.Refusal = func(host string) string { return "no " + host + "\r\nX: é" }
	})
	conn, err := net.Dial("tcp", f.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	io.WriteString(conn, "CONNECT pypi.org:443 HTTP/1.1\r\nHost: pypi.org:443\r\n\r\n")
	answer, err := io.ReadAll(conn)
	if err != nil || !strings.HasPrefix(string(answer), "HTTP/1.1 403 no pypi.org??X: ?\r\n") {
		t.Errorf("%q, %v", answer, err)
	}
}
