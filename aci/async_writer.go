package aci

import (
	"errors"
	"io"
	"sync"
	"time"
)

// asyncWriter writes output on a goroutine of its own, so that a writer that blocks holds up the output and nothing else.
// add never blocks: whoever calls it watches full, and stops taking output from the live stream while that is true.
//
//	add ──▶ buf ──▶ run: Write ── all is written ──▶ idle, until the next add
//	                       │
//	                       ├── it fails ──▶ failed: what is added is dropped, close gives the error
//	                       └── after giveUp no byte in asyncWriterPatience ──▶ given up: errOutputBlocked
//
// Two buffers change places, so that add never waits for Write. A process may have thousands of writers of which few have
// anything to write: those that are idle have no goroutine, and no buffer to speak of.
type asyncWriter struct {
	w    io.Writer
	room chan struct{} // something was written, or writing failed

	mu    sync.Mutex
	buf   []byte        // not taken by run yet
	idle  chan struct{} // closed when run has ended; nil: it does not run
	count int64         // bytes written
	err   error
}

const (
	// asyncWriterFull is how much may wait for the writer before the live stream has to wait.
	asyncWriterFull = 1 << 20
	// asyncWriterPatience is how long a writer may block after giveUp before the rest is dropped.
	asyncWriterPatience = 10 * time.Second
	// asyncWriterPiece is how much is written at once. Small pieces show a slow reader from one that has stopped.
	asyncWriterPiece = 64 << 10
	// asyncWriterKeeps is the most that an idle writer keeps of its buffer.
	asyncWriterKeeps = 512
)

var errOutputBlocked = errors.New("the output's writer takes nothing any more; the rest of the output was dropped")

func newAsyncWriter(w io.Writer) *asyncWriter {
	return &asyncWriter{w: w, room: make(chan struct{}, 1)}
}

// run writes what was added, until nothing is left or writing fails.
func (o *asyncWriter) run(idle chan struct{}) {
	defer close(idle)
	for p := o.next(nil); len(p) > 0; p = o.next(p[:0]) {
		for rest := p; len(rest) > 0; {
			n := min(len(rest), asyncWriterPiece)
			if !o.write(rest[:n]) {
				break
			}
			rest = rest[n:]
		}
		poke(o.room)
	}
}

// next takes what was added, and leaves a buffer for more. If nothing was, run is to end.
func (o *asyncWriter) next(spare []byte) []byte {
	o.mu.Lock()
	defer o.mu.Unlock()
	p := o.buf
	if o.err == nil && len(p) > 0 {
		o.buf = spare
		return p
	}
	o.buf, o.idle = nil, nil
	if cap(spare) <= asyncWriterKeeps {
		o.buf = spare
	}
	return nil
}

// write writes one piece. It is false once writing has failed.
func (o *asyncWriter) write(p []byte) bool {
	_, err := o.w.Write(p)
	o.mu.Lock()
	defer o.mu.Unlock()
	o.count += int64(len(p))
	if o.err == nil {
		o.err = err
	}
	if o.err != nil {
		poke(o.room)
	}
	return o.err == nil
}

// add appends bytes to what is written. They are dropped once writing has failed.
func (o *asyncWriter) add(p []byte) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.err != nil || len(p) == 0 {
		return
	}
	o.buf = append(o.buf, p...)
	if o.idle == nil {
		o.idle = make(chan struct{})
		go o.run(o.idle)
	}
}

// full reports whether the writer is behind.
func (o *asyncWriter) full() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.err == nil && len(o.buf) >= asyncWriterFull
}

// failure is why writing failed; nil if it has not.
func (o *asyncWriter) failure() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.err
}

// close waits until everything is written, which may take hours if the reader is a pager. Once giveUp is closed, a writer
// that blocks is given up after asyncWriterPatience. Its goroutine then lives until that Write returns.
func (o *asyncWriter) close(giveUp <-chan struct{}) error {
	o.mu.Lock()
	idle := o.idle
	o.mu.Unlock()
	if idle == nil {
		return o.failure()
	}
	select {
	case <-idle:
		return o.failure()
	case <-giveUp:
	}
	for {
		before := o.written()
		timer := time.NewTimer(asyncWriterPatience)
		select {
		case <-idle:
			timer.Stop()
			return o.failure()
		case <-timer.C:
		}
		if o.written() == before {
			o.mu.Lock()
			defer o.mu.Unlock()
			if o.err == nil {
				o.err = errOutputBlocked
			}
			o.buf = nil
			return o.err
		}
	}
}

func (o *asyncWriter) written() int64 {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.count
}

// poke makes a channel of capacity 1 ready, without blocking.
func poke(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
