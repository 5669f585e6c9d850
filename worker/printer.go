package worker

import (
	"context"
	"io"
	"log/slog"
	"sync"
	"time"
)

const (
	// printerFull is how much output may wait for a writer that is slow. Then whoever prints waits too.
	printerFull = 1 << 20
	// printerPatience is how long that may last. Output is dropped after it: what runs is more important than what is shown.
	printerPatience = 10 * time.Second
	// printerPiece is how much is written at once. Small pieces show a slow reader from one that has stopped.
	printerPiece = 32 << 10
)

// printer writes the containers' output to the worker's own on a goroutine, so that a reader that has stopped, such as a
// terminal that is paused or a pipe that nobody empties, holds up the output and no run:
//
//	print ──▶ buf ──▶ drain: Write ── it fails ──▶ failed: all is dropped
//	  │
//	  └── buf is full, and nothing was written for printerPatience ──▶ stalled: lines are dropped until there is room
type printer struct {
	to  io.Writer
	log *slog.Logger
	// patient: it waits for its reader for ever, and drops nothing. That is for a command that shows one run, in a pager.
	patient bool
	room    chan struct{} // something was written, or writing failed

	mu      sync.Mutex // never held over a Write or a wait
	buf     []byte
	idle    chan struct{} // closed when drain has ended; nil: it does not run
	failed  bool
	stalled bool
	dropped int // lines, since the writer stalled
}

func newPrinter(to io.Writer, patient bool, log *slog.Logger) *printer {
	return &printer{to: to, patient: patient, log: log, room: make(chan struct{}, 1)}
}

// print writes one line, ended by a line feed. It waits while the writer is slow, and drops the line when that has stopped.
func (p *printer) print(line string) {
	for !p.offer(line) {
		var late <-chan time.Time
		if !p.patient {
			late = time.After(printerPatience)
		}
		select {
		case <-p.room:
		case <-late:
			p.stall()
		}
	}
}

// offer reports whether a line was taken, to be written or dropped.
func (p *printer) offer(line string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.failed:
		signal(p.room) // for another run that waits
		return true
	case p.stalled:
		p.dropped++
		signal(p.room)
		return true
	case len(p.buf) >= printerFull:
		return false
	}
	p.buf = append(append(p.buf, line...), '\n')
	if len(p.buf) < printerFull {
		signal(p.room)
	}
	if p.idle == nil {
		p.idle = make(chan struct{})
		go p.drain(p.idle)
	}
	return true
}

// drain writes what waits, until nothing does or writing fails.
func (p *printer) drain(idle chan struct{}) {
	defer close(idle)
	for {
		p.mu.Lock()
		piece := append([]byte(nil), p.buf[:min(len(p.buf), printerPiece)]...)
		if len(piece) == 0 {
			p.buf, p.idle = nil, nil
			p.mu.Unlock()
			return
		}
		p.mu.Unlock()
		if _, err := p.to.Write(piece); err != nil {
			p.fail(err)
			return
		}
		p.wrote(len(piece))
	}
}

func (p *printer) fail(err error) {
	p.mu.Lock()
	p.failed, p.buf, p.idle = true, nil, nil
	p.mu.Unlock()
	signal(p.room)
	p.log.Warn("the containers' output cannot be shown any more", "error", err)
}

// wrote takes what was written off what waits.
func (p *printer) wrote(n int) {
	p.mu.Lock()
	p.buf = p.buf[n:]
	dropped := 0
	if p.stalled && len(p.buf) < printerFull/2 {
		dropped, p.dropped, p.stalled = p.dropped, 0, false
	}
	p.mu.Unlock()
	signal(p.room)
	if dropped > 0 {
		p.log.Warn("the containers' output is read again", "dropped_lines", dropped)
	}
}

// stall begins to drop output, unless there is room by now.
func (p *printer) stall() {
	p.mu.Lock()
	stalled := !p.stalled && !p.failed && len(p.buf) >= printerFull
	p.stalled = p.stalled || stalled
	p.mu.Unlock()
	if stalled {
		p.log.Warn("nobody reads the containers' output; lines are dropped until somebody does")
	}
}

// close waits until all is written, as long as ctx allows. A Write that blocks is left behind.
func (p *printer) close(ctx context.Context) {
	p.mu.Lock()
	idle := p.idle
	p.mu.Unlock()
	if idle == nil {
		return
	}
	if p.patient {
		<-idle
		return
	}
	select {
	case <-idle:
	case <-ctx.Done():
		p.log.WarnContext(ctx, "the end of the containers' output was dropped: nobody reads it")
	}
}
