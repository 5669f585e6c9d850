package containers_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/pacific-aci/pacific/emulator/azure"
)

// upgrade is a response that becomes a connection, and calls then just before the client is told.
type upgrade struct {
	*httptest.ResponseRecorder
	conn net.Conn
	then func()
}

func (u *upgrade) WriteHeader(status int) {
	if status == http.StatusSwitchingProtocols {
		u.then()
	}
	u.ResponseRecorder.WriteHeader(status)
}

func (u *upgrade) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	return u.conn, bufio.NewReadWriter(bufio.NewReader(u.conn), bufio.NewWriter(u.conn)), nil
}

// TestAttachHasTheFirstLine: a client that knows that it is attached, and then sees in a log read what was printed before,
// takes the rest for complete. So what is printed just before it is told is in its stream.
func TestAttachHasTheFirstLine(t *testing.T) {
	var speak, spoken chan struct{} // made where time is fake
	engine := azureemulator.Func(func(ctx context.Context, c azureemulator.ContainerCall) int {
		select {
		case <-speak:
			fmt.Fprintln(c.Spec.Output, "the first line")
			close(spoken)
		case <-ctx.Done():
		}
		return 0
	})
	inWorld(t, engine, "{}", func(t *testing.T, w *world) {
		speak, spoken = make(chan struct{}), make(chan struct{})
		w.call("PUT", w.groupPath("job")+"?api-version=2023-05-01", minimal, 201)
		w.wantState("job", "Succeeded/Running main=Running")
		session := w.attach(t)
		r := httptest.NewRequestWithContext(t.Context(), "GET", strings.Replace(*session.WebSocketURI, "wss:", "https:", 1), nil)
		for name, value := range map[string]string{
			"Authorization": *session.Password, "Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
			"Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
		} {
			r.Header.Set(name, value)
		}
		ours, theirs := net.Pipe()
		defer ours.Close()
		go w.server.ServeHTTP(&upgrade{httptest.NewRecorder(), theirs, func() { close(speak); <-spoken }}, r)
		got, _ := io.ReadAll(io.LimitReader(ours, int64(len("..the first line\n")))) // behind a frame's two bytes
		if !strings.Contains(string(got), "the first line\n") {
			t.Errorf("got %q", got)
		}
	})
}
