package cmdutil

import (
	"bytes"
	"sync"
	"time"
)

const (
	// backlogFull is how much of a log may wait for its reader: some five thousand lines. Later ones are dropped.
	backlogFull = 1 << 20
	// backlogPatience is how long a reader may take nothing before the end of a command waits for it no more.
	backlogPatience = 5 * time.Second
	// backlogPiece is how much is written at once. Small pieces show a slow reader from one that has stopped.
	backlogPiece = 16 << 10
)

// A backlog takes writes of whole lines without ever waiting, and hands them on on a goroutine of its own. So a reader that has
// stopped, such as a terminal that is paused or a pipe that nobody empties, costs lines and holds up nobody:
//
//	Write ──▶ buf ──▶ drain: to ── it fails ──▶ failed: so does every later Write
//	  │
//	  └── buf is full ──▶ dropped and counted ──▶ half of buf is free: resumed is told, once
type backlog struct {
	to func([]byte) (int, error)
	// resumed is told how many lines were dropped, once there is room for more; it may write.
	resumed func(dropped int)

	mu      sync.Mutex // never held over a call of to or resumed
	buf     []byte
	written int64
	idle    chan struct{} // closed when drain has ended; nil: it does not run
	dropped int           // lines, not told of yet
	failed  error
}

// Write takes p, to be written or dropped. The error is that of an earlier write.
func (b *backlog) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.failed != nil:
		return 0, b.failed
	case len(b.buf)+len(p) > backlogFull || b.dropped > 0:
		b.dropped += max(bytes.Count(p, []byte("\n")), 1)
		return len(p), nil
	}
	b.buf = append(b.buf, p...)
	if b.idle == nil {
		b.idle = make(chan struct{})
		go b.drain(b.idle)
	}
	return len(p), nil
}

// drain hands on what waits, until nothing does or that fails.
func (b *backlog) drain(idle chan struct{}) {
	defer close(idle)
	for {
		piece := b.next()
		if len(piece) == 0 {
			return
		}
		_, err := b.to(piece)
		b.mu.Lock()
		b.written += int64(len(piece))
		dropped := 0
		switch {
		case err != nil:
			b.failed, b.buf = err, nil
		case b.dropped > 0 && len(b.buf) < backlogFull/2:
			dropped, b.dropped = b.dropped, 0
		}
		b.mu.Unlock()
		if dropped > 0 {
			b.resumed(dropped)
		}
	}
}

// next takes whole lines off what waits. If nothing does, drain is to end.
func (b *backlog) next() []byte {
	b.mu.Lock()
	defer b.mu.Unlock()
	n := min(len(b.buf), backlogPiece)
	if end := bytes.LastIndexByte(b.buf[:n], '\n'); end >= 0 {
		n = end + 1
	}
	if n == 0 {
		b.buf, b.idle = nil, nil
		return nil
	}
	piece := b.buf[:n:n]
	b.buf = b.buf[n:]
	return piece
}

// flush waits until all is written, or until the reader has taken nothing for as long as patience. It reports whether all is.
func (b *backlog) flush(patience time.Duration) bool {
	for {
		b.mu.Lock()
		idle, before := b.idle, b.written
		b.mu.Unlock()
		if idle == nil {
			return true
		}
		timer := time.NewTimer(patience)
		select {
		case <-idle:
			timer.Stop()
			continue // resumed may have written more
		case <-timer.C:
		}
		b.mu.Lock()
		stuck := b.written == before
		b.mu.Unlock()
		if stuck {
			return false
		}
	}
}
