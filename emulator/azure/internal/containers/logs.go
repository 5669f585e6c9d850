package containers

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strings"
	"sync"
	"time"
)

// A containerLog keeps the newest output of one container, cut at line ends, and
// hands it on to those attached.
//
// Lines live in chunks of records (time, length, bytes), so that memory follows
// the bytes kept and not the number of lines, and an idle container costs nothing.
// Each line carries the time of its first byte, at least a microsecond after the
// line before: clients that compare timestamps (Prefect's worker does, after
// cutting them to microseconds) lose lines that share one.
//
// Write never fails, and never blocks unless the log waits for its readers: the
// limits drop the oldest lines.
type containerLog struct {
	// limit returns the bytes kept while the container runs. It is a function
	// because the control API may change it at any time.
	limit func() int

	mu      sync.Mutex
	chunks  []*logChunk
	size    int    // of all complete lines, line ends included
	partial []byte // the line that has no end yet
	opened  int64  // the time of partial's first byte
	last    int64  // the newest time that a line was given
	subs    map[*subscriber]struct{}
	waits   *readerWait // nil: nobody is waited for
	closed  bool
}

const (
	chunkBytes  = 64 << 10
	lineSpacing = int64(time.Microsecond)
	stampLayout = "2006-01-02T15:04:05.000000000Z"
)

// logChunk is a run of records: uvarint nanoseconds since the record before (the
// first is absolute in start), uvarint length, the bytes without the line end.
type logChunk struct {
	buf   []byte
	start int64
	end   int64
	lines int
	size  int
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
	now, limit := time.Now().UnixNano(), max(l.limit(), 1)
	for rest := p; len(rest) > 0; {
		line, after, ended := bytes.Cut(rest, []byte{'\n'})
		if l.partial == nil {
			l.opened = max(now, l.last+lineSpacing)
			l.last = l.opened
			l.partial = []byte{}
		}
		l.partial = append(l.partial, line...)
		if len(l.partial) > 2*limit { // twice, so that a line without end is not moved at each write
			l.partial = append(l.partial[:0], l.partial[len(l.partial)-limit:]...)
		}
		if ended {
			l.endLine()
			l.drop(limit)
		}
		rest = after
	}
}

// endLine moves the partial line to the chunks.
func (l *containerLog) endLine() {
	var c *logChunk
	if n := len(l.chunks); n > 0 {
		c = l.chunks[n-1]
	}
	if c == nil || len(c.buf) >= chunkBytes {
		c = &logChunk{start: l.opened, end: l.opened}
		l.chunks = append(l.chunks, c)
	}
	c.buf = binary.AppendUvarint(c.buf, uint64(l.opened-c.end))
	c.buf = binary.AppendUvarint(c.buf, uint64(len(l.partial)))
	c.buf = append(c.buf, l.partial...)
	c.end = l.opened
	c.lines++
	c.size += len(l.partial) + 1
	l.size += len(l.partial) + 1
	l.partial = nil
}

// drop forgets the oldest chunks that no window of limit bytes can reach.
func (l *containerLog) drop(limit int) {
	n := 0
	for n < len(l.chunks)-1 && l.size-l.chunks[n].size >= limit {
		l.size -= l.chunks[n].size
		n++
	}
	if n > 0 {
		l.chunks = append(l.chunks[:0:0], l.chunks[n:]...)
	}
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
	skip, cut := l.outside(w)
	kept := containerLog{closed: true, last: l.last}
	l.each(func(stamp int64, line []byte, ended bool) {
		if skip--; skip >= 0 {
			return
		}
		kept.opened, kept.partial = stamp, slices.Clone(line[min(cut, len(line)):])
		cut = 0
		if ended {
			kept.endLine()
		}
	})
	l.chunks, l.size, l.opened, l.partial, l.subs = kept.chunks, kept.size, kept.opened, kept.partial, nil
}

// read returns the log's newest lines within the window, oldest first. Of the first
// only the end may fit.
func (l *containerLog) read(w logWindow) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	skip, cut := l.outside(w)
	var out strings.Builder
	l.each(func(stamp int64, line []byte, ended bool) {
		if skip--; skip >= 0 {
			return
		}
		if w.timestamps {
			out.WriteString(time.Unix(0, stamp).UTC().Format(stampLayout))
			out.WriteByte(' ')
		}
		out.Write(line[min(cut, len(line)):])
		cut = 0
		if ended {
			out.WriteByte('\n')
		}
	})
	return out.String()
}

// outside says how many lines lie before the window, and how many bytes to leave out
// of the first line inside it.
func (l *containerLog) outside(w logWindow) (skip, cut int) {
	lines, size := 0, 0
	l.each(func(_ int64, line []byte, ended bool) { lines, size = lines+1, size+lineSize(line, ended) })
	keep := lines
	if w.lines > 0 {
		keep = min(keep, w.lines)
	}
	if w.tail >= 0 {
		keep = min(keep, w.tail)
	}
	if keep == 0 || w.bytes <= 0 {
		return lines, 0
	}
	found := false
	l.each(func(_ int64, line []byte, ended bool) {
		left := lines - skip
		found = found || left == 1 || left <= keep && size-lineSize(line, ended) < w.bytes
		if !found {
			skip, size = skip+1, size-lineSize(line, ended)
		}
	})
	return skip, max(0, size-w.bytes)
}

func lineSize(line []byte, ended bool) int {
	if ended {
		return len(line) + 1
	}
	return len(line)
}

// each calls f for all lines that are kept, oldest first; the last may have no end yet.
func (l *containerLog) each(f func(stamp int64, line []byte, ended bool)) {
	for _, c := range l.chunks {
		c.each(f)
	}
	if l.partial != nil {
		f(l.opened, l.partial, false)
	}
}

func (c *logChunk) each(f func(stamp int64, line []byte, ended bool)) {
	stamp := c.start
	for buf := c.buf; len(buf) > 0; {
		delta, n := binary.Uvarint(buf)
		size, m := binary.Uvarint(buf[n:])
		stamp += int64(delta)
		from := n + m
		f(stamp, buf[from:from+int(size)], true)
		buf = buf[from+int(size):]
	}
}
