package azure

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
)

// Transport returns a transport whose every connection, to whichever host, by http or https, ends in
// this server: a real http.Transport and a real http.Server with pipes between them and no
// TLS. Dropped connections, hijacking, websockets and half-sent bodies are as on a network.
// It ends with the server.
func (s *Server) Transport() http.RoundTripper { return s.inProcess.transport }

// inProcess is the way in without a listener.
type inProcess struct {
	transport *http.Transport
	server    *http.Server
	listener  *pipeListener
	serving   sync.WaitGroup
}

func (p *inProcess) start(s *Server) {
	p.listener = &pipeListener{conns: make(chan net.Conn), closed: make(chan struct{}), open: map[*pipeConn]struct{}{}}
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) { return p.listener.dial(ctx) }
	p.transport = &http.Transport{DialContext: dial, DialTLSContext: dial, MaxIdleConnsPerHost: 32}
	p.server = &http.Server{Handler: s, ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelDebug)}
	p.serving.Go(func() { _ = p.server.Serve(p.listener) }) // always ErrServerClosed
}

// stop refuses new connections and breaks off all that are open, hijacked ones too.
func (p *inProcess) stop() {
	_ = p.server.Close()
	p.listener.end()
	p.transport.CloseIdleConnections()
}

func (p *inProcess) wait() { p.serving.Wait() }

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
		return nil, fmt.Errorf("connecting to the emulated Azure: the server is closed: %w", net.ErrClosed)
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

func (pipeAddr) Network() string { return pipeName }
func (pipeAddr) String() string  { return pipeName }

// pipeName is the remote address of calls over a pipe: net.Pipe's own word.
const pipeName = "pipe"
