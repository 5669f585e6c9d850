// Package serve is how the emulators are reached: in process, without a listener (InProcess), and on this machine alone
// (OwnHost, Reachable).
package serve

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
)

// InProcess joins an HTTP client and a handler: a real http.Transport and a real http.Server with pipes between them and
// no TLS. Dropped connections, hijacking, websockets and half-sent bodies are as on a network, and all of it works inside
// a testing/synctest bubble. Make it with NewInProcess.
type InProcess struct {
	transport *http.Transport
	server    *http.Server
	listener  *pipeListener
	serving   sync.WaitGroup
}

// NewInProcess starts to answer. The server's complaints about connections go to log, as debugging notes.
func NewInProcess(h http.Handler, log *slog.Logger) *InProcess {
	s := &InProcess{listener: &pipeListener{conns: make(chan net.Conn), closed: make(chan struct{}), open: map[*pipeConn]struct{}{}}}
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) { return s.listener.dial(ctx) }
	s.transport = &http.Transport{DialContext: dial, DialTLSContext: dial, MaxIdleConnsPerHost: 32}
	s.server = &http.Server{Handler: h, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug)}
	s.serving.Go(func() { _ = s.server.Serve(s.listener) }) // always ErrServerClosed
	return s
}

// Transport is the one way in: whichever host is asked, by http or https, the handler answers.
func (s *InProcess) Transport() http.RoundTripper { return s.transport }

// Stop refuses new connections and breaks off all that are open, hijacked ones too. Wait waits for the rest.
func (s *InProcess) Stop() {
	_ = s.server.Close()
	s.listener.end()
	s.transport.CloseIdleConnections()
}

// Wait returns when nothing is accepted any more.
func (s *InProcess) Wait() { s.serving.Wait() }

// pipeListener is a net.Listener whose connections are pipes.
type pipeListener struct {
	conns  chan net.Conn
	closed chan struct{}

	mu    sync.Mutex
	ended bool
	open  map[*pipeConn]struct{}
}

// pipeConn is the server's end, remembered until it is closed.
type pipeConn struct {
	net.Conn
	listener *pipeListener
}

func (c *pipeConn) Close() error {
	c.listener.mu.Lock()
	delete(c.listener.open, c)
	c.listener.mu.Unlock()
	return c.Conn.Close()
}

func (l *pipeListener) dial(ctx context.Context) (net.Conn, error) {
	client, server := net.Pipe()
	conn := &pipeConn{server, l}
	l.mu.Lock()
	if !l.ended {
		l.open[conn] = struct{}{}
	}
	l.mu.Unlock()
	select {
	case l.conns <- conn:
		return client, nil
	case <-l.closed:
		_ = conn.Close()
		return nil, fmt.Errorf("connecting in process: the server is closed: %w", net.ErrClosed)
	case <-ctx.Done():
		_ = conn.Close()
		return nil, context.Cause(ctx)
	}
}

// Accept waits for the next dial.
func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case conn := <-l.conns:
		return conn, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

// Close refuses further connections.
func (l *pipeListener) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.ended {
		l.ended = true
		close(l.closed)
	}
	return nil
}

// end closes the listener and every connection.
func (l *pipeListener) end() {
	_ = l.Close()
	l.mu.Lock()
	open := l.open
	l.open = map[*pipeConn]struct{}{}
	l.mu.Unlock()
	for conn := range open {
		_ = conn.Conn.Close()
	}
}

// Addr is the address of a pipe.
func (l *pipeListener) Addr() net.Addr { return pipeAddr{} }

type pipeAddr struct{}

func (pipeAddr) Network() string { return RemoteAddr }
func (pipeAddr) String() string  { return RemoteAddr }

// RemoteAddr is the http.Request.RemoteAddr of calls that come in this way: net.Pipe's own word.
const RemoteAddr = "pipe"
