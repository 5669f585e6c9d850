package containers

import (
	"context"
	"io"
	"sync"
	"time"
)

// An inbox is the input of an exec: the connection's reader puts in, the command reads. It holds up to maxBehind bytes, so
// that the end of the connection of a command that does not read is still seen; then the client waits.
type inbox struct {
	mu     sync.Mutex
	buf    []byte
	closed bool
	wake   chan struct{} // cap 1: there is something to read, or the end
	room   chan struct{} // cap 1: something was read
}

func newInbox() *inbox {
	return &inbox{wake: make(chan struct{}, 1), room: make(chan struct{}, 1)}
}

// unread is how long a full inbox waits for the command to read anything before the client counts as gone.
const unread = 10 * time.Minute

// put takes bytes over as there is room for them. It reports false when ctx ends first, or when the command has read
// nothing of a full inbox for a long time.
func (b *inbox) put(ctx context.Context, p []byte) bool {
	for {
		b.mu.Lock()
		n := min(len(p), maxBehind-len(b.buf))
		b.buf, p = append(b.buf, p[:n]...), p[n:]
		b.poke()
		b.mu.Unlock()
		if len(p) == 0 {
			return true
		}
		timer := time.NewTimer(unread)
		select {
		case <-b.room:
			timer.Stop()
		case <-ctx.Done():
			timer.Stop()
			return false
		case <-timer.C:
			return false
		}
	}
}

// fill puts in all of a message, piece by piece. It reports false as put does, and for a message that breaks off.
func (b *inbox) fill(ctx context.Context, message io.Reader) bool {
	piece := make([]byte, 32<<10)
	for {
		n, err := message.Read(piece)
		if !b.put(ctx, piece[:n]) {
			return false
		}
		if err != nil {
			return err == io.EOF
		}
	}
}

// close ends the input: what is unread can still be read.
func (b *inbox) close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
	b.poke()
}

// poke wakes a reader, now or when it next waits. wake holds one poke, so Read looks again after each.
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
		if n > 0 {
			select {
			case b.room <- struct{}{}:
			default:
			}
		}
		if n > 0 || len(p) == 0 {
			return n, nil
		}
		if closed {
			return 0, io.EOF
		}
		<-b.wake
	}
}
