package azure

import (
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
)

// TestRequestsShareConnections: 200 requests that are all under way at once go over the one connection that is there.
func TestRequestsShareConnections(t *testing.T) {
	const requests = 200
	var connections atomic.Int64
	var together sync.WaitGroup
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/first" {
			together.Done()
			together.Wait() // no answer before all requests have arrived
		}
		fmt.Fprint(w, r.Proto)
	}))
	server.EnableHTTP2 = true
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	server.StartTLS()
	defer server.Close()
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	client := newHTTPClient(newTransport(nil, roots))
	defer client.CloseIdleConnections()
	get := func(path string) {
		resp, err := client.Get(server.URL + path)
		if err != nil {
			t.Error(err)
			return
		}
		defer resp.Body.Close()
		if proto, err := io.ReadAll(resp.Body); err != nil || string(proto) != "HTTP/2.0" {
			t.Errorf("answered over %q, %v", proto, err)
		}
	}
	get("/first")
	together.Add(requests)
	var all sync.WaitGroup
	for range requests {
		all.Go(func() { get("/run") })
	}
	all.Wait()
	if n := connections.Load(); n != 1 {
		t.Errorf("%d connections; want 1", n)
	}
}
