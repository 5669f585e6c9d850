package aci

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/coder/websocket"
)

// TestStreamReasons breaks real websockets: nobody has to know the library's words to understand what happened.
func TestStreamReasons(t *testing.T) {
	closeWith := func(code websocket.StatusCode) func(*websocket.Conn, net.Conn) {
		return func(ws *websocket.Conn, _ net.Conn) { _ = ws.Close(code, "\x1b[31mred") }
	}
	for want, end := range map[string]func(*websocket.Conn, net.Conn){
		"the server failed (websocket code 1011)":                    closeWith(websocket.StatusInternalError),
		"the server is going away (websocket code 1001)":             closeWith(websocket.StatusGoingAway),
		"the server ended it (websocket code 4321)":                  closeWith(4321),
		"the server ended it without a reason (websocket code 1005)": func(_ *websocket.Conn, conn net.Conn) { _, _ = conn.Write([]byte{0x88, 0}) },
		"the connection was closed":                                  func(_ *websocket.Conn, conn net.Conn) { conn.Close() },
		"connection reset by the other side": func(_ *websocket.Conn, conn net.Conn) {
			_ = conn.(*net.TCPConn).SetLinger(0)
			conn.Close()
		},
		"what came is not of the websocket protocol": func(_ *websocket.Conn, conn net.Conn) {
			_, _ = io.WriteString(conn, "HTTP/1.1 502 Bad Gateway\r\n\r\n")
		},
	} {
		t.Run(want, func(t *testing.T) {
			var raw net.Conn
			server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				ws, err := websocket.Accept(w, r, nil)
				if err != nil {
					t.Error(err)
					return
				}
				_ = ws.Write(r.Context(), websocket.MessageBinary, []byte("output"))
				end(ws, raw)
				_ = ws.CloseNow()
			}))
			server.Config.ConnState = func(conn net.Conn, state http.ConnState) {
				if state == http.StateNew {
					raw = conn
				}
			}
			server.Start()
			defer server.Close()
			ws, _, err := websocket.Dial(t.Context(), server.URL, nil)
			if err != nil {
				t.Fatal(err)
			}
			defer ws.CloseNow()
			failed := readStream(t.Context(), ws, func([]byte) bool { return true })
			if got := (&streamError{failed}).Error(); got != want {
				t.Errorf("got %q for %q", got, failed)
			}
		})
	}
}

// TestDialReasons: neither the library's words nor the address, which names the session, are in what is said.
func TestDialReasons(t *testing.T) {
	refused := httptest.NewServer(nil)
	refused.Close()
	plain := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "hello") }))
	defer plain.Close()
	strange := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusSwitchingProtocols) }))
	defer strange.Close()
	for address, want := range map[string]string{
		refused.URL: "connection refused",
		strange.URL: "what came is not of the websocket protocol",
		strings.Replace(plain.URL, "http", "https", 1): "this port does not speak TLS",
		"http://%": "the address cannot be read",
	} {
		_, _, err := websocket.Dial(t.Context(), address+"/execstream/sessionId/SECRET", nil)
		if got := (&streamError{err}).Error(); got != want {
			t.Errorf("%s: got %q for %q", address, got, err)
		}
	}
}
