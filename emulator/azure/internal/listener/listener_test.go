package listener_test

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/pacific-aci/pacific/emulator/azure/internal/listener"
)

// start opens a port whose handler says how each request came.
func start(t *testing.T, change func(*listener.Options)) (*listener.Listener, *listener.CA) {
	t.Helper()
	ca, err := listener.NewCA()
	if err != nil {
		t.Fatal(err)
	}
	o := listener.Options{
		CA: ca,
		IsAzure: func(host string) bool {
			return host == "management.azure.com" || strings.HasSuffix(host, ".azurecr.io")
		},
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprintf(w, "%s %s tls=%t proto=%s", r.Host, r.URL.Path, r.TLS != nil, r.Proto)
		}),
	}
	if change != nil {
		change(&o)
	}
	f := listener.Serve(listen(t, "127.0.0.1:0"), o)
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Errorf("closing: %v", err)
		}
	})
	return f, ca
}

func listen(t *testing.T, address string) net.Listener {
	t.Helper()
	socket, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	return socket
}

// client is an ordinary client that has the port as its proxy and trusts its CA.
func client(t *testing.T, f *listener.Listener, ca *listener.CA, user *url.Userinfo) *http.Client {
	t.Helper()
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(ca.PEM())
	proxy := &url.URL{Scheme: "http", Host: f.Addr().String(), User: user}
	transport := &http.Transport{Proxy: http.ProxyURL(proxy), TLSClientConfig: &tls.Config{RootCAs: pool}, ForceAttemptHTTP2: true}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

func get(t *testing.T, c *http.Client, address string) (int, string, error) {
	t.Helper()
	resp, err := c.Get(address)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(body), nil
}

func TestConnectToAzure(t *testing.T) {
	f, ca := start(t, nil)
	c := client(t, f, ca, nil)
	for _, host := range []string{"management.azure.com", "one.azurecr.io", "two.azurecr.io"} {
		_, body, err := get(t, c, "https://"+host+"/x")
		if err != nil {
			t.Fatal(err)
		}
		if want := host + " /x tls=true proto=HTTP/1.1"; body != want {
			t.Errorf("got %q, want %q", body, want)
		}
	}
}

func TestDirect(t *testing.T) {
	f, ca := start(t, nil)
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(ca.PEM())
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}
	defer transport.CloseIdleConnections()
	c := &http.Client{Transport: transport}
	for _, scheme := range []string{"http", "https"} {
		_, body, err := get(t, c, fmt.Sprintf("%s://%s/y", scheme, f.Addr()))
		if err != nil {
			t.Fatal(err)
		}
		if want := fmt.Sprintf("tls=%t", scheme == "https"); !strings.Contains(body, want) {
			t.Errorf("%s: got %q, want %s", scheme, body, want)
		}
	}
}

func TestOtherHosts(t *testing.T) {
	other := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "other") }))
	defer other.Close()
	tests := []struct {
		name   string
		change func(*listener.Options)
		user   *url.Userinfo
		want   string // the body, or part of the error
	}{
		{"refused", nil, nil, "is not one of Azure's hosts"},
		{"tunnel", func(o *listener.Options) { o.Tunnel = true }, nil, "other"},
		{"a container's", func(o *listener.Options) {
			o.TunnelFor = func(u, p string) bool { return u == "container" && p == "secret" }
		}, url.UserPassword("container", "secret"), "other"},
		{"wrong credentials", func(o *listener.Options) {
			o.TunnelFor = func(u, p string) bool { return u == "container" && p == "secret" }
		}, url.UserPassword("container", "guess"), "is not one of Azure's hosts"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			f, ca := start(t, test.change)
			c := client(t, f, ca, test.user)
			c.Transport.(*http.Transport).TLSClientConfig.RootCAs.AddCert(other.Certificate())
			_, got, err := get(t, c, other.URL)
			if err != nil {
				got = err.Error()
			}
			if !strings.Contains(got, test.want) {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

// TestUnreachable asks for a tunnel to a port that nobody listens on.
func TestUnreachable(t *testing.T) {
	f, ca := start(t, func(o *listener.Options) { o.Tunnel = true })
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	if _, _, err := get(t, client(t, f, ca, nil), "https://"+closed.Addr().String()); err == nil || !strings.Contains(err.Error(), "refused") {
		t.Errorf("got %v, want the refused connection", err)
	}
}

// TestGarbage sends what no client should; each connection ends with a refusal or a clean close, and the port goes on.
func TestGarbage(t *testing.T) {
	f, ca := start(t, nil)
	tests := []struct {
		name, send, want string
	}{
		{"TLS garbage", "\x16\x03\x01garbage-garbage-garbage-garbage-garbage", ""},
		{"not HTTP", "hello\r\n\r\n", "400"},
		{"oversized headers", "GET / HTTP/1.1\r\nHost: localhost\r\nX: " + strings.Repeat("x", 128<<10) + "\r\n\r\n", "431"},
		{"no Host", "GET / HTTP/1.1\r\n\r\n", "400"},
		{"CONNECT without port", "CONNECT management.azure.com HTTP/1.1\r\nHost: management.azure.com\r\n\r\n", "400"},
		{"CONNECT to port 0", "CONNECT management.azure.com:0 HTTP/1.1\r\nHost: management.azure.com:0\r\n\r\n", "400"},
		{"CONNECT to port 65536", "CONNECT management.azure.com:65536 HTTP/1.1\r\nHost: management.azure.com:65536\r\n\r\n", "400"},
		{"CONNECT to no port", "CONNECT management.azure.com: HTTP/1.1\r\nHost: management.azure.com:\r\n\r\n", "400"},
		{"tunnels in tunnels", strings.Repeat("CONNECT management.azure.com:443 HTTP/1.1\r\nHost: management.azure.com:443\r\n\r\n", 5), "one is enough"},
		{"plain HTTP inside a tunnel", "CONNECT management.azure.com:443 HTTP/1.1\r\nHost: management.azure.com:443\r\n\r\nGET /z HTTP/1.1\r\nHost: management.azure.com\r\nConnection: close\r\n\r\n", "tls=false"},
		{"garbage inside a tunnel", "CONNECT management.azure.com:443 HTTP/1.1\r\nHost: management.azure.com:443\r\n\r\n\x16\x03garbage", "200"},
		{"nothing", "", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			conn, err := net.Dial("tcp", f.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			io.WriteString(conn, test.send) // the far side may close before it has read it all
			conn.(*net.TCPConn).CloseWrite()
			got, _ := io.ReadAll(conn)
			if !bytes.Contains(got, []byte(test.want)) {
				t.Errorf("got %q, want %q in it", got, test.want)
			}
		})
	}
	if _, _, err := get(t, client(t, f, ca, nil), "https://management.azure.com/"); err != nil {
		t.Errorf("after the garbage: %v", err)
	}
}

// TestForeignName wants no certificate for a name that is not Azure's, whatever the client says in its hello.
func TestForeignName(t *testing.T) {
	f, ca := start(t, nil)
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(ca.PEM())
	conn, err := tls.Dial("tcp", f.Addr().String(), &tls.Config{RootCAs: pool, ServerName: "bank.example"})
	if err == nil {
		conn.Close()
		t.Error("the handshake for bank.example went through")
	}
}

// TestThousandConnections opens them all before any is served to its end.
func TestThousandConnections(t *testing.T) {
	f, _ := start(t, nil)
	const many = 1000
	conns := make([]net.Conn, many)
	for i := range conns {
		conn, err := net.Dial("tcp", f.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		conns[i] = conn
	}
	var wg sync.WaitGroup
	for i, conn := range conns {
		wg.Go(func() {
			fmt.Fprintf(conn, "GET /%d HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", i)
			resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err != nil {
				t.Errorf("connection %d: %v", i, err)
				return
			}
			defer resp.Body.Close()
			if body, _ := io.ReadAll(resp.Body); !strings.Contains(string(body), fmt.Sprintf("/%d ", i)) {
				t.Errorf("connection %d got %q", i, body)
			}
		})
	}
	wg.Wait()
}

// TestClose closes with a request in flight, a tunnel open and a connection that never said a word.
func TestClose(t *testing.T) {
	entered := make(chan struct{})
	f, _ := start(t, func(o *listener.Options) {
		o.Handler = http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			close(entered)
			<-r.Context().Done()
		})
	})
	dial := func() net.Conn {
		conn, err := net.Dial("tcp", f.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		return conn
	}
	silent, tunnel, busy := dial(), dial(), dial()
	io.WriteString(tunnel, "CONNECT management.azure.com:443 HTTP/1.1\r\nHost: management.azure.com:443\r\n\r\n")
	if _, err := http.ReadResponse(bufio.NewReader(tunnel), nil); err != nil {
		t.Fatal(err)
	}
	io.WriteString(busy, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
	<-entered
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	for name, conn := range map[string]net.Conn{"silent": silent, "tunnel": tunnel, "busy": busy} {
		if n, err := conn.Read(make([]byte, 1)); err == nil {
			t.Errorf("the %s connection is open after Close: read %d bytes", name, n)
		}
	}
	listen(t, f.Addr().String()).Close() // the port is free again
}
