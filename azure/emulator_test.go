package azure_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/pem"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/pacific-aci/pacific/azure"
)

func facts(proxy, ca string) map[string]any {
	return map[string]any{
		"ca": ca, "proxy": proxy, "resourceManager": "https://management.azure.com", "audience": "https://management.core.windows.net/",
		"activeDirectory": "https://login.microsoftonline.com", "graph": "https://graph.microsoft.com",
		"suffixes": map[string]any{"vault": "vault.azure.net", "registry": "azurecr.io", "containers": "management.azurecontainer.io"},
	}
}

// oneConn is a listener of a single connection.
type oneConn struct {
	conn chan net.Conn
	addr net.Addr
}

func (l oneConn) Accept() (net.Conn, error) {
	c, ok := <-l.conn
	if !ok {
		return nil, net.ErrClosed
	}
	return c, nil
}
func (l oneConn) Close() error   { return nil }
func (l oneConn) Addr() net.Addr { return l.addr }

// startEmulator is a control API and a CONNECT proxy that ends TLS itself, on a port of loopback.
// The certificate of httptest is for example.com, so ARM is there in this test.
func startEmulator(t *testing.T, h http.Handler) (address string, tunnels *atomic.Int32) {
	t.Helper()
	tunnels = new(atomic.Int32)
	inner := httptest.NewTLSServer(h)
	t.Cleanup(inner.Close)
	ca := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: inner.Certificate().Raw}))
	var front *httptest.Server
	front = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodConnect {
			body := facts(front.URL, ca)
			body["resourceManager"], body["activeDirectory"] = "https://example.com", "https://login.example.com"
			reply(w, 200, body)
			return
		}
		if !strings.HasSuffix(r.Host, "example.com:443") {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		tunnels.Add(1)
		conn, rw, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		rw.WriteString("HTTP/1.1 200 OK\r\n\r\n")
		rw.Flush()
		serveTLS(conn, rw.Reader, inner.TLS, h)
	}))
	t.Cleanup(front.Close)
	return front.URL, tunnels
}

func serveTLS(conn net.Conn, _ *bufio.Reader, config *tls.Config, h http.Handler) {
	l := oneConn{make(chan net.Conn, 1), conn.LocalAddr()}
	config = config.Clone()
	config.NextProtos = []string{"http/1.1"}
	l.conn <- tls.Server(conn, config)
	close(l.conn)
	(&http.Server{Handler: h}).Serve(l)
}

func TestEmulatorsProxyAndCA(t *testing.T) {
	address, tunnels := startEmulator(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		reply(w, 200, map[string]any{"host": r.Host})
	}))
	c, err := azure.NewCloud(t.Context(), azure.Options{Cloud: address + "/", Credential: secretCredential(),
		LookupEnv: environment("HTTPS_PROXY", "http://127.0.0.1:1")})
	if err != nil {
		t.Fatal(err)
	}
	defer c.CloseIdleConnections()
	if c.Name() != address || !c.Emulated() || c.Endpoints().ResourceManager != "https://example.com" || c.Endpoints().Suffixes.Registry != "azurecr.io" {
		t.Errorf("got %q %v %+v", c.Name(), c.Emulated(), c.Endpoints())
	}
	resp, err := c.HTTPClient().Get("https://example.com/x")
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if tunnels.Load() != 1 {
		t.Errorf("%d tunnels, want the request to go through the emulator", tunnels.Load())
	}
	// What the emulator does not serve must not reach the real one.
	_, err = c.HTTPClient().Get("https://somewhere.blob.core.windows.net/x")
	if e := azure.Explain(err); e == nil || !strings.Contains(e.Message, "no connection to somewhere.blob.core.windows.net: proxy ") {
		t.Errorf("got %v, want the proxy's refusal", err)
	}
}

func TestNoEmulatorThere(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	free := l.Addr().String()
	l.Close()
	_, err = azure.NewCloud(t.Context(), azure.Options{Cloud: "http://" + free})
	absent, ok := errors.AsType[*azure.EmulatorError](err)
	if !ok || !absent.Absent || err.Error() != "asking the Azure emulator at http://"+free+": connection refused" {
		t.Errorf("got %v, want that nothing listens there", err)
	}
}

func TestEmulatorsAnswerIsChecked(t *testing.T) {
	own := httptest.NewTLSServer(nil)
	defer own.Close()
	ca := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: own.Certificate().Raw}))
	change := func(key string, value any) map[string]any {
		f := facts("http://127.0.0.1:1", ca)
		f[key] = value
		return f
	}
	tests := map[string]struct {
		answer http.HandlerFunc
		fails  string
	}{
		"another server": {func(w http.ResponseWriter, r *http.Request) { http.NotFound(w, r) }, "it answered 404 Not Found, so it is something else"},
		"a redirect": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "https://example.com", http.StatusFound)
		}, "it answered 302 Found"},
		"a page":            {func(w http.ResponseWriter, r *http.Request) { w.Write([]byte("<html>")) }, "its answer is not an emulator's"},
		"too much":          {func(w http.ResponseWriter, r *http.Request) { w.Write(make([]byte, 2<<20)) }, "over 1 MB"},
		"empty":             {func(w http.ResponseWriter, r *http.Request) { reply(w, 200, map[string]any{}) }, `proxy is ""`},
		"not https":         {answer(change("activeDirectory", "http://login.microsoftonline.com")), `activeDirectory is "http://login.microsoftonline.com", want an https URL`},
		"no names":          {answer(map[string]any{"proxy": "http://p:1", "ca": ca}), `resourceManager is ""`},
		"no audience":       {answer(change("audience", "")), `audience is ""`},
		"user in a URL":     {answer(change("graph", "https://u@graph.microsoft.com")), "graph is"},
		"no suffixes":       {answer(change("suffixes", map[string]any{"vault": "v", "registry": "a/b"})), `suffixes.registry is "a/b"`},
		"no proxy":          {answer(change("proxy", "127.0.0.1:1")), `proxy is "127.0.0.1:1", want an http URL`},
		"no CA":             {answer(change("ca", "hello")), "no certificate in PEM form"},
		"wrong JSON inside": {answer(change("ca", 7)), "its answer is not an emulator's"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(tt.answer)
			defer server.Close()
			_, err := azure.NewCloud(t.Context(), azure.Options{Cloud: server.URL})
			if err == nil || !strings.Contains(err.Error(), tt.fails) || !strings.Contains(err.Error(), server.URL) {
				t.Errorf("got %v, want %q and the address in it", err, tt.fails)
			}
		})
	}
}

func answer(body any) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) { reply(w, 200, body) }
}

func TestEmulatorBehindATransport(t *testing.T) {
	var hosts []string
	rt := handlerTransport(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		hosts = append(hosts, r.URL.Scheme+"://"+r.URL.Host+r.URL.Path)
		reply(w, 200, facts("", ""))
	}))
	c, err := azure.NewCloud(t.Context(), azure.Options{Cloud: "http://emulator:4280", Transport: rt})
	if err != nil {
		t.Fatal(err)
	}
	resp, err := c.HTTPClient().Get("https://management.azure.com/x")
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if len(hosts) != 2 || hosts[0] != "http://emulator:4280/_emulator/cloud" || hosts[1] != "https://management.azure.com/x" {
		t.Errorf("asked %v", hosts)
	}
}

func TestEmulatorThatDoesNotAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rt := roundTripper(func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		})
		_, err := azure.NewCloud(t.Context(), azure.Options{Cloud: "http://emulator:4280", Transport: rt})
		if err == nil || !strings.Contains(err.Error(), "no answer within 30s") {
			t.Errorf("got %v", err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := azure.NewCloud(ctx, azure.Options{Cloud: "http://emulator:4280", Transport: rt}); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, want the caller's end", err)
		}
	})
}

// TestARealLoginStaysAway: against an emulator the default chain asks neither this machine's identity endpoint nor the
// user's own az, whose tokens open the real Azure.
func TestARealLoginStaysAway(t *testing.T) {
	address, tunnels := startEmulator(t, http.NotFoundHandler())
	dir := t.TempDir()
	t.Setenv("PATH", dir)
	if runtime.GOOS != "windows" {
		script := "#!/bin/sh\necho '{\"accessToken\":\"real\",\"expires_on\":4102444800}'\n"
		if err := os.WriteFile(filepath.Join(dir, "az"), []byte(script), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	c, err := azure.NewCloud(t.Context(), azure.Options{Cloud: address})
	if err != nil {
		t.Fatal(err)
	}
	_, err = token(t, c)
	if err == nil || !strings.Contains(err.Error(), "this machine's own is not asked") || !strings.Contains(err.Error(), "AZURE_CONFIG_DIR") {
		t.Errorf("got %v, want that neither was asked", err)
	}
	if n := tunnels.Load(); n != 0 {
		t.Errorf("%d connections were made", n)
	}
}
