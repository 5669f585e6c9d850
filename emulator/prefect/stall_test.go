package prefectemulator_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pacific-aci/pacific/emulator/prefect"
)

// Close ends calls whose clients, on a socket of somebody else's making, stall in the middle of a body or leave a websocket
// as it is.
func TestCloseDoesNotWaitForClients(t *testing.T) {
	server, err := prefectemulator.NewServer(prefectemulator.Options{})
	if err != nil {
		t.Fatal(err)
	}
	socket := httptest.NewServer(server)
	t.Cleanup(socket.Close)
	// The server says 100 when the body is read, and 101 when it has made a websocket: from there on it waits.
	for _, test := range []struct{ request, says string }{
		{"POST /api/flows/ HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\nExpect: 100-continue\r\n\r\n", " 100 "},
		{"GET /api/events/in HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: prefect\r\n\r\n", " 101 "},
	} {
		conn, err := net.Dial("tcp", socket.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		if _, err := io.WriteString(conn, test.request); err != nil {
			t.Fatal(err)
		}
		if line, err := bufio.NewReader(conn).ReadString('\n'); err != nil || !strings.Contains(line, test.says) {
			t.Fatalf("%q, %v", line, err)
		}
	}
	closed := make(chan error, 1)
	go func() { closed <- server.Close() }()
	select {
	case err := <-closed:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("Close waits for its clients")
	}
}

// A client that goes on with its body only after minutes is cut off, and not told that all is well.
func TestStalledBody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, err := prefectemulator.NewServer(prefectemulator.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer server.Close()
		body, unfinished := io.Pipe()
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, prefectemulator.URL+"/flows/", body)
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			_, _ = io.WriteString(unfinished, "{")
			time.Sleep(2 * time.Minute)
			_, _ = io.WriteString(unfinished, `"name":"late"}`)
			_ = unfinished.Close()
		}()
		if reply, err := server.Transport().RoundTrip(request); err == nil {
			_ = reply.Body.Close()
			t.Errorf("got %s, want the connection broken off", reply.Status)
		}
	})
}
