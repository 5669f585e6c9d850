package containers

import (
	"slices"
	"sync"
	"time"
)

// A containerLog keeps the newest output of one container and hands it on to those attached.
//
// Each line carries the time of its first byte, at least a microsecond after the line before: clients that compare
// timestamps (Prefect's worker does, after cutting them to microseconds) lose lines that share one.
//
// Write never fails, and never blocks unless the log waits for its readers: the limits drop the oldest output.
type containerLog struct {
	// limit returns the bytes kept while the container runs. It is a function
	// because the control API may change it at any time.
	limit func() int

	mu     sync.Mutex
	kept   logBlocks
	subs   map[*subscriber]struct{}
	waits  *readerWait // nil: nobody is waited for
	closed bool
}

// logWindow says which part of a log is wanted.
type logWindow struct {
	bytes, lines int // limits; lines 0 is no limit
	tail         int // number of lines from the end; negative is all
	timestamps   bool
}

func newContainerLog(limit func() int) *containerLog { return &containerLog{limit: limit} }

// Write takes output as it comes; it implements io.Writer for the engine.
func (l *containerLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.waits == nil {
		l.take(p)
		return len(p), nil
	}
	for piece := range slices.Chunk(p, maxAhead) {
		l.waitForReaders()
		l.take(piece)
	}
	return len(p), nil
}

// take takes output; mu is held.
func (l *containerLog) take(p []byte) {
	if len(p) == 0 || l.closed {
		return
	}
	for s := range l.subs {
		s.push(p)
	}
	l.kept.add(p, time.Now().UnixNano())
	l.kept.drop(max(l.limit(), 1))
}

// close ends the log of a container that has ended: those attached see the end, and
// only what the window shows stays in memory.
func (l *containerLog) close(w logWindow) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return
	}
	l.closed = true
	l.waits.release()
	for s := range l.subs {
		s.end()
	}
	l.subs = nil
	l.kept.cut(w)
}

// read returns the log's newest lines within the window.
func (l *containerLog) read(w logWindow) logView {
	l.mu.Lock()
	defer l.mu.Unlock()
	return logView{blocks: l.kept.window(w), timestamps: w.timestamps}
}
