package serve

import (
	"context"
	"io"
	"net/http"
	"sync"
	"time"
)

// Calls are those that a server has in flight, so that its end can end them, whatever their clients do, and wait for them.
// Make it with NewCalls.
type Calls struct {
	ending context.Context
	end    context.CancelFunc

	mu     sync.Mutex
	closed bool
	calls  sync.WaitGroup
}

// NewCalls makes one without calls.
func NewCalls() *Calls {
	c := &Calls{}
	c.ending, c.end = context.WithCancel(context.Background())
	return c
}

// Begin counts a call. The request that it gives is the one to go on with: its context is done when the calls end, and its
// body is read with a bound for each stall. done, which must be called, says that the call is over. Both are nil where the
// calls have ended.
func (c *Calls) Begin(w http.ResponseWriter, r *http.Request) (request *http.Request, done func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return nil, nil
	}
	c.calls.Add(1)
	ctx, cancel := context.WithCancel(r.Context())
	stop := context.AfterFunc(c.ending, func() {
		// A client that neither sends nor reads on would keep the handler in a Read or Write, of a hijacked connection too.
		// Nothing may be written any more before the handler, or the server's own watch of the connection, wakes: a call that
		// was cut short would look answered.
		broken := http.NewResponseController(w)
		_ = broken.SetWriteDeadline(longAgo())
		_ = broken.SetReadDeadline(longAgo())
		cancel()
	})
	request = r.WithContext(ctx)
	request.Body = c.bounded(w, r)
	return request, func() {
		stop()
		cancel()
		c.calls.Done()
	}
}

// End lets no further call begin, and ends those in flight. Wait waits for them.
func (c *Calls) End() {
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	c.end()
}

// Wait returns when no call is in flight any more.
func (c *Calls) Wait() { c.calls.Wait() }

// maxStall is how long a client may send nothing of a body that it has announced.
const maxStall = time.Minute

// longAgo is a deadline that has passed.
func longAgo() time.Time { return time.Unix(1, 0) }

// body is a request's body whose every read is bounded: net/http has only a bound for all of a request, its handler's work
// included, and a container's deletion may take as long as it likes.
type body struct {
	io.ReadCloser
	conn   *http.ResponseController
	ending context.Context
}

// bounded gives a request's body for its reading; one that is empty stays as it is.
func (c *Calls) bounded(w http.ResponseWriter, r *http.Request) io.ReadCloser {
	if r.Body == nil || r.Body == http.NoBody {
		return r.Body
	}
	b := body{r.Body, http.NewResponseController(w), c.ending}
	b.hurry() // the server reads a short body that its handler has left, before it answers
	return b
}

// hurry bounds the next read.
func (b body) hurry() {
	_ = b.conn.SetReadDeadline(time.Now().Add(maxStall)) // where there are none, nothing is bounded
	if b.ending.Err() != nil {
		_ = b.conn.SetReadDeadline(longAgo()) // End has said so already, and must not be overruled
	}
}

func (b body) Read(p []byte) (int, error) {
	b.hurry()
	n, err := b.ReadCloser.Read(p)
	if err == io.EOF && b.ending.Err() == nil {
		// From here on the server watches for the client's going, for as long as the answer takes.
		_ = b.conn.SetReadDeadline(time.Time{})
	}
	return n, err
}
