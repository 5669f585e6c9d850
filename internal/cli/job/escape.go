package job

import (
	"bytes"
	"errors"
	"io"
)

// escapeKey is Ctrl-], with which telnet leaves too: no program on a terminal needs it to end.
const escapeKey = 0x1d

// errLeft is that a person left a session with the escape key.
var errLeft = errors.New("the session was left")

// escapable is a terminal's input up to the escape key. left is called when it comes; the input then has ended.
type escapable struct {
	r    io.Reader
	left func()
	over bool
}

func (e *escapable) Read(p []byte) (int, error) {
	if e.over {
		return 0, errLeft
	}
	n, err := e.r.Read(p)
	if at := bytes.IndexByte(p[:n], escapeKey); at >= 0 {
		e.over = true
		e.left()
		return at, errLeft
	}
	return n, err
}
