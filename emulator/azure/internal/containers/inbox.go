package containers

import (
	"io"
	"sync"
)

// An inbox is the input of an exec: the connection's reader puts in, the command
// reads. It is no pipe, because a command that does not read must not keep its
// connection's end from being seen.
type inbox struct {
	mu     sync.Mutex
	buf    []byte
	closed bool
	wake   chan struct{} // cap 1
}

func newInbox() *inbox { return &inbox{wake: make(chan struct{}, 1)} }

// put says false when the command is too far behind.
func (b *inbox) put(p []byte) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.buf)+len(p) > maxBehind {
		return false
	}
	b.buf = append(b.buf, p...)
	b.poke()
	return true
}

func (b *inbox) close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
	b.poke()
}

func (b *inbox) poke() {
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

// Read waits for input; after close it is io.EOF once all is read.
func (b *inbox) Read(p []byte) (int, error) {
	for {
		b.mu.Lock()
		n := copy(p, b.buf)
		b.buf = b.buf[n:]
		closed := b.closed
		if closed {
			b.poke() // for the next reader
		}
		b.mu.Unlock()
		if n > 0 || len(p) == 0 {
			return n, nil
		}
		if closed {
			return 0, io.EOF
		}
		<-b.wake
	}
}
