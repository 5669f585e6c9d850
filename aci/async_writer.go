package aci

import (
	"errors"
	"io"
	"sync"
	"time"
)

// asyncWriter writes output on a goroutine of its own, so that a writer that blocks holds up the output and nothing else.
type asyncWriter struct {
	w    io.Writer
	wake chan struct{} // something to write, or the end
	room chan struct{} // something was written, or failed
	done chan struct{}

	mu    sync.Mutex
	buf   []byte
	count int64 // bytes written
	ended bool
	err   error
}

const (
	// asyncWriterFull is how much waits for a slow writer before the live stream is left to wait too.
	asyncWriterFull = 1 << 20
	// asyncWriterPatience is how long a writer may take nothing once nobody waits for it, before the rest is given up.
	asyncWriterPatience = 10 * time.Second
	// asyncWriterPiece is how much is written at once, so that a reader that is slow is seen to take some.
	asyncWriterPiece = 64 << 10
)

var errOutputBlocked = errors.New("the output's writer takes nothing any more; the rest of the output was dropped")

func newAsyncWriter(w io.Writer) *asyncWriter {
	o := &asyncWriter{w: w, wake: make(chan struct{}, 1), room: make(chan struct{}, 1), done: make(chan struct{})}
	go o.run()
	return o
}

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

// write writes one piece. It is false if nothing more can be written.
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

// add takes bytes over; they are dropped once the writer has failed.
func (o *asyncWriter) add(p []byte) {
	o.mu.Lock()
	if o.err == nil {
		o.buf = append(o.buf, p...)
	}
	o.mu.Unlock()
	poke(o.wake)
}

// full reports that the writer is behind.
func (o *asyncWriter) full() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.err == nil && len(o.buf) >= asyncWriterFull
}

// failure is why nothing is written any more; nil if all is well.
func (o *asyncWriter) failure() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.err
}

// close waits until all is written, however long the writer takes: a reader like less may be read for hours. Once
// giveUp is closed a writer that takes nothing is not waited for; that one keeps its goroutine until it returns.
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

// poke makes a channel of capacity 1 ready.
func poke(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
