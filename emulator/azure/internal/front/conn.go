package front

import (
	"bufio"
	"io"
	"net"
	"sync"
)

// tracked is a connection that Close of the port knows and waits for.
type tracked struct {
	net.Conn
	front *Front
	once  sync.Once
	err   error
}

// track notes a connection; nil says that the port is closed, and the connection with it.
func (f *Front) track(conn net.Conn) *tracked {
	if !f.begin() {
		conn.Close()
		return nil
	}
	t := &tracked{Conn: conn, front: f}
	f.mu.Lock()
	f.open[t] = struct{}{}
	f.mu.Unlock()
	return t
}

func (t *tracked) Close() error {
	t.once.Do(func() {
		t.err = t.Conn.Close()
		t.front.mu.Lock()
		delete(t.front.open, t)
		t.front.mu.Unlock()
		t.front.wg.Done()
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
