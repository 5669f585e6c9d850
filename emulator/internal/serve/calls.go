package serve

import (
	"context"
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

// Serve answers a call and reports whether it could: not after End. The handler's request has a context that is done when
// the calls end, and a body that is read with a bound for each stall.
func (c *Calls) Serve(w http.ResponseWriter, r *http.Request, handle http.HandlerFunc) bool {
	request, done := c.begin(w, r)
	if request == nil {
		return false
	}
	defer done()
	handle(w, request)
	if b, ok := request.Body.(*body); ok {
		b.drain(w, r)
	}
	return true
}

// begin counts a call and gives the handler's request. done, which must be called, says that the call is over. Both are nil
// where the calls have ended.
func (c *Calls) begin(w http.ResponseWriter, r *http.Request) (request *http.Request, done func()) {
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

// longAgo is a deadline that has passed.
func longAgo() time.Time { return time.Unix(1, 0) }
