// Package listener is the emulated Azure's one port: it tells TLS from plain HTTP by
// the first byte, ends TLS for Azure's names with certificates issued on demand,
// opens CONNECT tunnels and looks into them again, and passes all requests on to
// one http.Handler.
//
// Make a [CA] with [NewCA], then call [Serve]. The handler sees r.TLS set for what
// came through TLS.
package listener

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	// maxHeader bounds a request's headers; more is answered 431. Poll addresses of real Azure carry over 3 KB of query.
	maxHeader = 64 << 10
	// patience is how long a client may take for its first byte, its handshake and its headers.
	patience = 20 * time.Second
	// stall is the zero value of Options.Stall.
	stall = time.Minute
	// maxDepth bounds tunnels in tunnels: each one costs all that goes through it.
	maxDepth = 4
	// idle is how long a kept connection may rest. az and the SDKs reconnect without a word.
	idle = 2 * time.Minute
)

// Options say what a port serves.
type Options struct {
	// Handler gets every request that is no CONNECT.
	Handler http.Handler
	// CA issues the certificates.
	CA *CA
	// IsAzure tells whether a host name is one of Azure's that the emulator plays. CONNECT goes to those alone.
	IsAzure func(host string) bool
	// Tunnel lets CONNECT through to every other host too.
	Tunnel bool
	// TunnelFor tells whether these proxy credentials (Proxy-Authorization: Basic) are those of a container, whose
	// connections to other hosts are let through; nil: there are no such credentials.
	TunnelFor func(user, password string) bool
	// Refusal is the reason phrase for a host that is refused; nil is a general one.
	Refusal func(host string) string
	// Proxy chooses the machine's own proxy for a host that is tunnelled to, nil for none; a nil function: there is none.
	Proxy func(target *url.URL) (*url.URL, error)
	// Log gets what a server would log; nil discards it.
	Log *slog.Logger
	// Stall is how long a client may take nothing of an answer, or give nothing of a body, before it is cut off; 0 is a
	// minute.
	Stall time.Duration
}

// Listener is a listening port. Close it.
type Listener struct {
	options Options
	id      string // in the Via of what it asks a proxy for
	socket  net.Listener
	server  *http.Server
	conns   chan net.Conn
	ctx     context.Context // ends with Close: everything the port started is bound to it
	cancel  context.CancelFunc
	wg      sync.WaitGroup

	mu   sync.Mutex
	open map[*tracked]struct{} // every connection, until it is closed
}

// Serve serves on a socket until Close, which closes the socket too.
func Serve(socket net.Listener, o Options) *Listener {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Stall == 0 {
		o.Stall = stall
	}
	f := &Listener{options: o, id: "pacific-" + rand.Text(), socket: socket, conns: make(chan net.Conn), open: map[*tracked]struct{}{}}
	f.ctx, f.cancel = context.WithCancel(context.Background())
	f.server = &http.Server{
		Handler:           http.HandlerFunc(f.serve),
		ReadHeaderTimeout: patience,
		IdleTimeout:       idle,
		MaxHeaderBytes:    maxHeader,
		ConnContext:       withDepth,
		ErrorLog:          log.New(serverLog{o.Log}, "", 0),
		TLSNextProto:      map[string]func(*http.Server, *tls.Conn, http.Handler){}, // HTTP/1.1 only
	}
	f.wg.Go(f.accept)
	f.wg.Go(func() { f.server.Serve(listener{f}) })
	return f
}

// Addr is the address that the port listens on.
func (f *Listener) Addr() *net.TCPAddr { return f.socket.Addr().(*net.TCPAddr) }

// Close ends every connection and waits for all that the port started.
func (f *Listener) Close() error {
	f.cancel()
	err := f.socket.Close()
	f.server.Close()
	f.mu.Lock()
	left := slices.Collect(maps.Keys(f.open))
	f.mu.Unlock()
	for _, conn := range left {
		conn.Close()
	}
	f.wg.Wait()
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

func (f *Listener) serve(w http.ResponseWriter, r *http.Request) {
	if !f.begin() {
		return // the port is closed, and the connection with it
	}
	defer f.wg.Done()
	if r.Body != http.NoBody {
		// The server reads a short body that its handler has left, before it answers.
		_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(f.options.Stall))
	}
	if r.Method == http.MethodConnect {
		f.connect(w, r)
		return
	}
	f.options.Handler.ServeHTTP(w, r)
}

// begin counts one more thing that Close waits for; false says that the port is closed.
func (f *Listener) begin() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.ctx.Err() != nil {
		return false
	}
	f.wg.Add(1)
	return true
}

// accept takes connections until the socket closes. A full table of file descriptors passes: it waits and goes on.
func (f *Listener) accept() {
	for {
		conn, err := f.socket.Accept()
		if err == nil {
			if conn := f.track(conn); conn != nil {
				f.wg.Go(func() { f.sniff(conn, 0) })
			}
			continue
		}
		if errors.Is(err, net.ErrClosed) {
			return
		}
		f.options.Log.Warn("accepting a connection", "error", err)
		select {
		case <-f.ctx.Done():
			return
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// tlsRecord is the first byte of a TLS handshake record (RFC 8446, 5.1).
const tlsRecord = 0x16

// sniff reads a connection's first byte and hands it to the server as what it is. depth is how many tunnels it is
// inside of.
func (f *Listener) sniff(conn net.Conn, depth int) {
	first := make([]byte, 1)
	conn.SetReadDeadline(time.Now().Add(patience))
	if _, err := io.ReadFull(conn, first); err != nil {
		conn.Close()
		return
	}
	conn.SetReadDeadline(time.Time{})
	conn = &hurried{Conn: &rereadConn{Conn: conn, head: first}, stall: f.options.Stall, depth: depth}
	if first[0] == tlsRecord {
		conn = tls.Server(conn, f.tlsConfig())
	}
	select {
	case f.conns <- conn:
	case <-f.ctx.Done():
		conn.Close()
	}
}

func (f *Listener) tlsConfig() *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS12,
		NextProtos: []string{"http/1.1"},
		GetCertificate: func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
			name := hello.ServerName
			switch host := strings.ToLower(name); {
			case name == "":
				name = f.loopback(hello.Conn)
			case host != "localhost" && host != "host.docker.internal" && !f.options.IsAzure(host):
				return nil, fmt.Errorf("no certificate for %s: it is none of Azure's names", name)
			}
			return f.options.CA.certificate(name)
		},
	}
}

// loopback is the name for clients that send none (RFC 6066 forbids addresses there): the address that they came to.
func (f *Listener) loopback(conn net.Conn) string {
	if host, _, err := net.SplitHostPort(conn.LocalAddr().String()); err == nil {
		return host
	}
	return "localhost"
}

// listener is how sniffed connections reach the http.Server.
type listener struct{ f *Listener }

func (l listener) Accept() (net.Conn, error) {
	select {
	case conn := <-l.f.conns:
		return conn, nil // Close ends it too, should it come first
	case <-l.f.ctx.Done():
		return nil, net.ErrClosed
	}
}

func (l listener) Close() error   { return nil }
func (l listener) Addr() net.Addr { return l.f.socket.Addr() }

// serverLog passes the server's own lines (mostly broken handshakes) on at a level that nobody is bothered with.
type serverLog struct{ log *slog.Logger }

func (s serverLog) Write(p []byte) (int, error) {
	s.log.Debug(strings.TrimSpace(string(p)))
	return len(p), nil
}
