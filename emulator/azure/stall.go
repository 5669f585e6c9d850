package azure

import (
	"context"
	"io"
	"net/http"
	"time"
)

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
func (s *Server) bounded(w http.ResponseWriter, r *http.Request) io.ReadCloser {
	if r.Body == nil || r.Body == http.NoBody {
		return r.Body
	}
	b := body{r.Body, http.NewResponseController(w), s.ending}
	b.hurry() // the server reads a short body that its handler has left, before it answers
	return b
}

// hurry bounds the next read.
func (b body) hurry() {
	_ = b.conn.SetReadDeadline(time.Now().Add(maxStall)) // where there are none, nothing is bounded
	if b.ending.Err() != nil {
		_ = b.conn.SetReadDeadline(longAgo()) // Close has said so already, and must not be overruled
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
