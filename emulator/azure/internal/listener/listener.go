// Package listener is the emulated Azure's one port. All requests go to one http.Handler; only
// CONNECT is answered here:
//
//	accept ──▶ sniff the first byte ─┬─ 0x16: TLS, with a certificate issued on demand ──┐
//	             ▲                   └─ anything else ───────────────────────────────────┴─▶ HTTP/1.1 ──▶ Handler
//	             │                                                                             │
//	             └── an Azure name: sniffed again, in process ◀── CONNECT ◀────────────────────┘
//	                 another host: a tunnel through the network, or a refusal
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
	// patience is how long a client may take for each of its first byte, its handshake and its headers.
	patience = 20 * time.Second
	// stall is the zero value of Options.Stall.
	stall = time.Minute
	// maxDepth bounds tunnels in tunnels, each of which handles every byte once more.
	maxDepth = 4
	// idle is how long a connection is kept between requests. az and the SDKs reconnect by themselves.
	idle = 2 * time.Minute
)

// Options say what a port serves.
type Options struct {
	// Handler gets every request but CONNECT.
	Handler http.Handler
	// CA issues the certificates.
	CA *CA
	// IsAzure reports whether a host name is one of Azure's that the emulator serves. CONNECT is allowed to those.
	IsAzure func(host string) bool
	// Tunnel lets CONNECT through to every other host too.
	Tunnel bool
	// TunnelFor reports whether these proxy credentials (Proxy-Authorization: Basic) are a container's, whose
	// connections to other hosts are let through. Nil: there are no such credentials.
	TunnelFor func(user, password string) bool
	// Refusal is the reason phrase of the answer for a host that is refused. Nil: a general one.
	Refusal func(host string) string
	// Proxy is the machine's own proxy for a host that is tunnelled to; its nil URL means none. Nil: there is none for any host.
	Proxy func(target *url.URL) (*url.URL, error)
	// Log gets what an HTTP server logs, such as broken handshakes. Nil: it is discarded.
	Log *slog.Logger
	// Stall is how long a client may read nothing of an answer, or send nothing of a body, before its connection is closed.
	// 0: a minute.
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
	l := &Listener{options: o, id: "pacific-" + rand.Text(), socket: socket, conns: make(chan net.Conn), open: map[*tracked]struct{}{}}
	l.ctx, l.cancel = context.WithCancel(context.Background())
	l.server = &http.Server{
		Handler:           http.HandlerFunc(l.serve),
		ReadHeaderTimeout: patience,
		IdleTimeout:       idle,
		MaxHeaderBytes:    maxHeader,
		ConnContext:       withDepth,
		ErrorLog:          log.New(serverLog{o.Log}, "", 0),
		TLSNextProto:      map[string]func(*http.Server, *tls.Conn, http.Handler){}, // HTTP/1.1 only
	}
	l.wg.Go(l.accept)
	l.wg.Go(func() { l.server.Serve(sniffed{l}) })
	return l
}

// Addr is the address that the port listens on.
func (l *Listener) Addr() *net.TCPAddr { return l.socket.Addr().(*net.TCPAddr) }

// Close ends every connection and waits for all that the port started.
func (l *Listener) Close() error {
	l.cancel()
	err := l.socket.Close()
	l.server.Close()
	l.mu.Lock()
	left := slices.Collect(maps.Keys(l.open))
	l.mu.Unlock()
	for _, conn := range left {
		conn.Close()
	}
	l.wg.Wait()
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

func (l *Listener) serve(w http.ResponseWriter, r *http.Request) {
	if !l.begin() {
		return // the port is closed, and the connection with it
	}
	defer l.wg.Done()
	if r.Body != http.NoBody {
		// The server reads a short body that its handler has left, before it answers.
		_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(l.options.Stall))
	}
	if r.Method == http.MethodConnect {
		l.connect(w, r)
		return
	}
	l.options.Handler.ServeHTTP(w, r)
}

// begin makes Close wait until the caller has called wg.Done; false: the port is closed.
func (l *Listener) begin() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ctx.Err() != nil {
		return false
	}
	l.wg.Add(1)
	return true
}

// accept takes connections until the socket closes. Other errors, such as too many open files, pass: it waits and goes on.
func (l *Listener) accept() {
	for {
		conn, err := l.socket.Accept()
		if err == nil {
			if conn := l.track(conn); conn != nil {
				l.wg.Go(func() { l.sniff(conn, 0) })
			}
			continue
		}
		if errors.Is(err, net.ErrClosed) {
			return
		}
		l.options.Log.Warn("accepting a connection", "error", err)
		select {
		case <-l.ctx.Done():
			return
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// tlsRecord is the first byte of a TLS handshake record (RFC 8446, 5.1).
const tlsRecord = 0x16

// sniff reads a connection's first byte and passes the connection to the HTTP server, under TLS if that is what it is. depth
// is how many tunnels it came through.
func (l *Listener) sniff(conn net.Conn, depth int) {
	first := make([]byte, 1)
	conn.SetReadDeadline(time.Now().Add(patience))
	if _, err := io.ReadFull(conn, first); err != nil {
		conn.Close()
		return
	}
	conn.SetReadDeadline(time.Time{})
	conn = &hurried{Conn: &rereadConn{Conn: conn, head: first}, stall: l.options.Stall, depth: depth}
	if first[0] == tlsRecord {
		conn = tls.Server(conn, l.tlsConfig())
	}
	select {
	case l.conns <- conn:
	case <-l.ctx.Done():
		conn.Close()
	}
}

func (l *Listener) tlsConfig() *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS12,
		NextProtos: []string{"http/1.1"},
		GetCertificate: func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
			name := hello.ServerName
			switch host := strings.ToLower(name); {
			case name == "":
				name = l.loopback(hello.Conn)
			case host != "localhost" && host != "host.docker.internal" && !l.options.IsAzure(host):
				return nil, fmt.Errorf("no certificate for %s: it is not one of Azure's names that the emulator serves", name)
			}
			return l.options.CA.certificate(name)
		},
	}
}

// loopback is the name for clients that send none (RFC 6066 forbids addresses there): the address that they came to.
func (l *Listener) loopback(conn net.Conn) string {
	if host, _, err := net.SplitHostPort(conn.LocalAddr().String()); err == nil {
		return host
	}
	return "localhost"
}

// sniffed is the net.Listener through which sniffed connections reach the http.Server.
type sniffed struct{ port *Listener }

func (s sniffed) Accept() (net.Conn, error) {
	select {
	case conn := <-s.port.conns:
		return conn, nil // if Close comes first, it closes this connection too
	case <-s.port.ctx.Done():
		return nil, net.ErrClosed
	}
}

func (s sniffed) Close() error   { return nil }
func (s sniffed) Addr() net.Addr { return s.port.socket.Addr() }

// serverLog passes the HTTP server's own lines, mostly broken handshakes, on at debug level.
type serverLog struct{ log *slog.Logger }

func (s serverLog) Write(p []byte) (int, error) {
	s.log.Debug(strings.TrimSpace(string(p)))
	return len(p), nil
}
