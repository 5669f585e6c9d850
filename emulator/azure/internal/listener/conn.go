package listener

import (
	"bufio"
	"context"
	"crypto/tls"
	"io"
	"net"
	"sync"
	"time"
)

// tracked is a connection that the port's Close closes and waits for.
type tracked struct {
	net.Conn
	listener *Listener
	once     sync.Once
	err      error
}

// track takes a connection over. It is nil if the port is closed; then the connection is closed too.
func (l *Listener) track(conn net.Conn) *tracked {
	if !l.begin() {
		conn.Close()
		return nil
	}
	t := &tracked{Conn: conn, listener: l}
	l.mu.Lock()
	l.open[t] = struct{}{}
	l.mu.Unlock()
	return t
}

func (t *tracked) Close() error {
	t.once.Do(func() {
		t.err = t.Conn.Close()
		t.listener.mu.Lock()
		delete(t.listener.open, t)
		t.listener.mu.Unlock()
		t.listener.wg.Done()
	})
	return t.err
}

// CloseWrite passes a half close on, so that a tunnel can end one way and go on the other.
func (t *tracked) CloseWrite() error { return closeWrite(t.Conn) }

// rereadConn gives back the bytes that were read to see what a connection is.
type rereadConn struct {
	net.Conn
	head []byte
}

func (c *rereadConn) Read(p []byte) (int, error) {
	if len(c.head) > 0 {
		n := copy(p, c.head)
		c.head = c.head[n:]
		return n, nil
	}
	return c.Conn.Read(p)
}

func (c *rereadConn) CloseWrite() error { return closeWrite(c.Conn) }

// hurried is a connection as the HTTP server has it. A client that reads nothing of an answer for stall loses its
// connection. A write deadline of the server's own goes before, and a hijacked connection has none: tunnels and websockets
// set their own.
type hurried struct {
	net.Conn
	stall time.Duration
	depth int // how many tunnels it came through

	mu       sync.Mutex
	own      bool // the server has set a write deadline
	hijacked bool
}

func (c *hurried) Write(p []byte) (int, error) {
	c.mu.Lock()
	if !c.own && !c.hijacked {
		_ = c.Conn.SetWriteDeadline(time.Now().Add(c.stall)) // where this fails the Write does too
	}
	c.mu.Unlock()
	return c.Conn.Write(p)
}

// SetDeadline is what net/http calls for a hijack, and for nothing else.
func (c *hurried) SetDeadline(at time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.hijacked = true
	return c.Conn.SetDeadline(at)
}

func (c *hurried) SetWriteDeadline(at time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.own = !at.IsZero()
	return c.Conn.SetWriteDeadline(at)
}

func (c *hurried) CloseWrite() error { return closeWrite(c.Conn) }

type depthKey struct{}

// withDepth puts into a request's context how many tunnels it came through.
func withDepth(ctx context.Context, conn net.Conn) context.Context {
	if over, ok := conn.(*tls.Conn); ok {
		conn = over.NetConn()
	}
	if h, ok := conn.(*hurried); ok {
		ctx = context.WithValue(ctx, depthKey{}, h.depth)
	}
	return ctx
}

func closeWrite(conn net.Conn) error {
	if half, ok := conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return conn.Close()
}

// buffered is a hijacked connection, with what the server had read of it already.
func buffered(conn net.Conn, rw *bufio.ReadWriter) (net.Conn, error) {
	n := rw.Reader.Buffered()
	if n == 0 {
		return conn, nil
	}
	head := make([]byte, n)
	if _, err := io.ReadFull(rw.Reader, head); err != nil {
		return nil, err
	}
	return &rereadConn{Conn: conn, head: head}, nil
}
