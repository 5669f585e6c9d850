package serve

import (
	"context"
	"io"
	"net/http"
	"time"
)

const (
	// maxStall is how long a client may send nothing of a body that it has announced.
	maxStall = time.Minute

	// A body that its handler did not need is read and forgotten within these bounds: in all, and from one read to the next.
	// The size is ours, far beyond what anything sends by mistake. The times are those of nginx (lingering_time and
	// lingering_timeout).
	drainBytes = 256 << 20
	drainTime  = 30 * time.Second
	drainStall = 5 * time.Second
)

// body is a request's body whose every read is bounded: net/http has only a bound for all of a request, its handler's work
// included, and a container's deletion may take as long as it likes.
type body struct {
	io.ReadCloser
	conn   *http.ResponseController
	ending context.Context
	begun  bool // something was read
	whole  bool // it was read to its end
}

// bounded gives a request's body for its reading; one that is empty stays as it is.
func (c *Calls) bounded(w http.ResponseWriter, r *http.Request) io.ReadCloser {
	if r.Body == nil || r.Body == http.NoBody {
		return r.Body
	}
	b := &body{ReadCloser: r.Body, conn: http.NewResponseController(w), ending: c.ending}
	_ = b.within(maxStall) // the server reads a short body that its handler has left, before it answers
	return b
}

// within bounds the next reads. It fails where reads cannot be bounded.
func (b *body) within(d time.Duration) error {
	err := b.conn.SetReadDeadline(time.Now().Add(d))
	if b.ending.Err() != nil {
		err = b.conn.SetReadDeadline(longAgo()) // End has said so already, and must not be overruled
	}
	return err
}

func (b *body) Read(p []byte) (int, error) {
	b.begun = true
	_ = b.within(maxStall)
	n, err := b.ReadCloser.Read(p)
	if err == io.EOF {
		b.whole = true
	}
	if err == io.EOF && b.ending.Err() == nil {
		// From here on the server watches for the client's going, for as long as the answer takes.
		_ = b.conn.SetReadDeadline(time.Time{})
	}
	return n, err
}

// drain sends the answer off and then reads what is left of the body. Many clients send all of a body before they read;
// closed on them, the connection would break, and what they had been told would be lost with it.
func (b *body) drain(w http.ResponseWriter, r *http.Request) {
	asks := r.Header.Get("Expect") != "" && !b.begun // such a client sends nothing before it is told to
	if b.whole || asks || b.conn.Flush() != nil {
		return
	}
	end := time.Now().Add(drainTime)
	for left := int64(drainBytes); left > 0 && time.Now().Before(end) && b.within(drainStall) == nil; {
		n, err := io.CopyN(io.Discard, b.ReadCloser, min(left, 1<<20))
		if left -= n; err != nil {
			return
		}
	}
}
