package listener_test

import (
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/pacific-aci/pacific/emulator/azure/internal/listener"
)

// TestStalledReader never reads an answer that is larger than what the network holds.
func TestStalledReader(t *testing.T) {
	ended := make(chan error, 1)
	f, _ := start(t, func(o *listener.Options) {
		o.Stall = 100 * time.Millisecond
		o.Handler = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			for {
				if _, err := w.Write(make([]byte, 1<<20)); err != nil {
					ended <- err
					return
				}
			}
		})
	})
	send(t, f, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
	select {
	case <-ended:
	case <-time.After(20 * time.Second):
		t.Error("the answer is still being written")
	}
}

// TestStalledBody announces bodies that never come. Nobody reads them, but the server itself would, before it answers.
func TestStalledBody(t *testing.T) {
	f, _ := start(t, func(o *listener.Options) { o.Stall = 100 * time.Millisecond })
	for _, request := range []string{
		"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n",
		"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n",
		"CONNECT bank.example:443 HTTP/1.1\r\nHost: bank.example:443\r\nContent-Length: 100\r\n\r\n",
	} {
		conn := send(t, f, request)
		conn.SetReadDeadline(time.Now().Add(20 * time.Second))
		if got, err := io.ReadAll(conn); err != nil {
			t.Errorf("%.20s…: got %q, then %v; want an answer and the end", request, got, err)
		}
	}
}

// TestPatientTunnel stalls in a tunnel to another host for longer than an answer may.
func TestPatientTunnel(t *testing.T) {
	far := listen(t, "127.0.0.1:0")
	defer far.Close()
	const size = 32 << 20 // more than the sockets of both sides hold
	go func() {
		conn, err := far.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		_, _ = io.Copy(conn, io.LimitReader(zeros{}, size))
	}()
	const limit = 50 * time.Millisecond
	f, _ := start(t, func(o *listener.Options) { o.Stall, o.Tunnel = limit, true })
	conn := send(t, f, "CONNECT "+far.Addr().String()+" HTTP/1.1\r\nHost: "+far.Addr().String()+"\r\n\r\n")
	<-time.After(10 * limit)
	got, err := io.Copy(io.Discard, conn)
	if err != nil || got < size {
		t.Errorf("got %d bytes of %d, %v", got, size, err)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }

func send(t *testing.T, f *listener.Listener, request string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", f.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if _, err := io.Copy(conn, strings.NewReader(request)); err != nil {
		t.Fatal(err)
	}
	return conn
}
