package serve_test

import (
	"bufio"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pacific-aci/pacific/emulator/internal/serve"
)

// TestDrainIsBounded: a client that has its answer and does not go on sending is let go after a while, and so is one that
// sends without end; one that sends on is waited for.
func TestDrainIsBounded(t *testing.T) {
	for name, test := range map[string]struct {
		expect   string
		send     func(conn net.Conn)
		min, max time.Duration
	}{
		"silent":            {"", func(net.Conn) {}, 5 * time.Second, 6 * time.Second},
		"waits to be asked": {"Expect: 100-continue\r\n", func(net.Conn) {}, 0, time.Second},
		"slow for ever": {"", func(conn net.Conn) {
			for {
				if _, err := io.WriteString(conn, strings.Repeat("x", 600<<10)); err != nil {
					return
				}
				time.Sleep(time.Second)
			}
		}, 30 * time.Second, 36 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				calls := serve.NewCalls()
				server := serve.NewInProcess(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					calls.Serve(w, r, func(w http.ResponseWriter, _ *http.Request) {
						w.Header().Set("Content-Length", "2")
						fmt.Fprint(w, "no")
					})
				}), slog.New(slog.DiscardHandler))
				defer func() { server.Stop(); server.Wait() }()
				conn, err := server.Transport().(*http.Transport).DialContext(t.Context(), "tcp", "x")
				if err != nil {
					t.Fatal(err)
				}
				defer conn.Close()
				began := time.Now()
				go func() {
					fmt.Fprintf(conn, "POST / HTTP/1.1\r\nHost: x\r\n%sContent-Length: 1000000000\r\n\r\n", test.expect)
					test.send(conn)
				}()
				in := bufio.NewReader(conn)
				res, err := http.ReadResponse(in, nil)
				if err != nil {
					t.Fatal(err)
				}
				body, err := io.ReadAll(res.Body)
				if took := time.Since(began); string(body) != "no" || err != nil || took > 0 {
					t.Errorf("got %q %v after %s, want the answer at once", body, err, took)
				}
				_, _ = in.ReadByte() // returns when the server closes
				if took := time.Since(began); took < test.min || took > test.max {
					t.Errorf("closed after %s, want %s to %s", took, test.min, test.max)
				}
			})
		})
	}
}
