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
//	add ──▶ buf ──▶ run: Write ── all is written, and close was called ──▶ done
//	                       │
//	                       ├── it fails ──▶ failed: what is added is dropped, close gives the error
//	                       └── after giveUp no byte in asyncWriterPatience ──▶ given up: errOutputBlocked
//
// Two buffers change places, so that add never waits for Write, and memory stays at what was once waiting.
type asyncWriter struct {
	w    io.Writer
	wake chan struct{} // there is something to write, or it is the end
	room chan struct{} // something was written, or writing failed
	done chan struct{} // closed when nothing will be written any more

	mu    sync.Mutex
	buf   []byte // not taken by run yet
	count int64  // bytes written
	ended bool   // close was called
	err   error
}

const (
	// asyncWriterFull is how much may wait for the writer before the live stream has to wait.
	asyncWriterFull = 1 << 20
	// asyncWriterPatience is how long a writer may block after giveUp before the rest is dropped.
	asyncWriterPatience = 10 * time.Second
	// asyncWriterPiece is how much is written at once. Small pieces show a slow reader from one that has stopped.
	asyncWriterPiece = 64 << 10
)

var errOutputBlocked = errors.New("the output's writer takes nothing any more; the rest of the output was dropped")

func newAsyncWriter(w io.Writer) *asyncWriter {
	o := &asyncWriter{w: w, wake: make(chan struct{}, 1), room: make(chan struct{}, 1), done: make(chan struct{})}
	go o.run()
	return o
}

// run writes what was added until the end, or until writing fails.
func (o *asyncWriter) run() {
	defer close(o.done)
	var spare []byte
	for range o.wake {
		for {
			o.mu.Lock()
			p, ended := o.buf, o.ended
			if len(p) > 0 {
				o.buf, spare = spare, nil
			}
			o.mu.Unlock()
			if len(p) == 0 {
				if ended {
					return
				}
				break
			}
			for rest := p; len(rest) > 0; {
				n := min(len(rest), asyncWriterPiece)
				if !o.write(rest[:n]) {
					return
				}
				rest = rest[n:]
			}
			spare = p[:0]
			poke(o.room)
		}
	}
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
	if o.err == nil {
		o.buf = append(o.buf, p...)
	}
	o.mu.Unlock()
	poke(o.wake)
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
	o.ended = true
	o.mu.Unlock()
	poke(o.wake)
	select {
	case <-o.done:
		return o.failure()
	case <-giveUp:
	}
	for {
		before := o.written()
		timer := time.NewTimer(asyncWriterPatience)
		select {
		case <-o.done:
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
