package containers

import (
	"bytes"
	"encoding/binary"
	"time"
)

const (
	blockBytes  = 64 << 10
	lineSpacing = int64(time.Microsecond)
)

// logBlocks holds the newest output of a container as it came, with the time of each line beside it. Memory follows the
// bytes kept and not the number or length of lines, and nothing is moved when more comes. The zero value is empty.
type logBlocks struct {
	blocks []*logBlock
	size   int   // bytes in all blocks
	last   int64 // the newest time that a line was given
	open   bool  // the last line has no end yet
}

// logBlock is a piece of the output: up to blockBytes of it. Blocks are cut at bytes and not at lines:
//
//	text     "a⏎b⏎lo"       "ng⏎c⏎"
//	stamps   a, b, long     c         a line's time is in the block in which it begins
//	within   false          true      start is then the time of "long"
//
// A block that is full does not change any more, so a window can share it with a log that grows.
type logBlock struct {
	text []byte
	// stamps has a uvarint for each line that begins in text: nanoseconds since the line before, the first since start.
	stamps []byte
	lines  int // that begin in text
	// start is the time of the line before those; if within is true, text begins in that line.
	start  int64
	within bool
	end    int64 // the time of the last line
}

// add takes output that came at a time.
func (l *logBlocks) add(p []byte, now int64) {
	for len(p) > 0 {
		b := l.writable()
		n := min(len(p), blockBytes-len(b.text))
		b.text = append(b.text, p[:n]...)
		l.size += n
		for rest := p[:n]; len(rest) > 0; {
			if !l.open {
				l.begin(b, now)
			}
			i := bytes.IndexByte(rest, '\n')
			if i < 0 {
				break
			}
			l.open = false
			rest = rest[i+1:]
		}
		p = p[n:]
	}
}

// writable returns the last block, or a new one if that is full.
func (l *logBlocks) writable() *logBlock {
	if n := len(l.blocks); n > 0 && len(l.blocks[n-1].text) < blockBytes {
		return l.blocks[n-1]
	}
	b := &logBlock{start: l.last, end: l.last, within: l.open}
	l.blocks = append(l.blocks, b)
	return b
}

// begin gives a line that begins in b its time: that of its first byte, at least lineSpacing after the line before.
func (l *logBlocks) begin(b *logBlock, now int64) {
	l.open = true
	l.last = max(now, l.last+lineSpacing)
	b.stamps = binary.AppendUvarint(b.stamps, uint64(l.last-b.end))
	b.end = l.last
	b.lines++
}

// drop forgets the oldest blocks that no window of limit bytes can reach.
func (l *logBlocks) drop(limit int) {
	n := 0
	for n < len(l.blocks)-1 && l.size-len(l.blocks[n].text) >= limit {
		l.size -= len(l.blocks[n].text)
		n++
	}
	if n > 0 {
		l.blocks = append(l.blocks[:0:0], l.blocks[n:]...)
	}
}

// window returns the newest lines within a window, oldest first. Of the first only the end may fit. What is added later
// does not change it.
func (l *logBlocks) window(w logWindow) []logBlock {
	lines := 0
	for i, b := range l.blocks {
		lines += b.lines
		if i == 0 && b.within {
			lines++
		}
	}
	keep := lines
	if w.lines > 0 {
		keep = min(keep, w.lines)
	}
	if w.tail >= 0 {
		keep = min(keep, w.tail)
	}
	if keep == 0 || w.bytes <= 0 {
		return nil
	}
	skip := max(l.size-w.bytes, l.offset(lines-keep), 0)
	var view []logBlock
	for _, b := range l.blocks {
		switch {
		case skip >= len(b.text):
			skip -= len(b.text)
		case skip > 0:
			view = append(view, b.from(skip))
			skip = 0
		default:
			view = append(view, *b)
		}
	}
	return view
}

// cut forgets what is outside of a window, for good: nothing is added any more. Many containers that have ended may be kept, so
// the rest takes no more memory than its bytes.
func (l *logBlocks) cut(w logWindow) {
	view := l.window(w)
	*l = logBlocks{last: l.last}
	for i := range view {
		b := view[i]
		b.text, b.stamps = bytes.Clone(b.text), bytes.Clone(b.stamps) // without what they had room for
		l.blocks = append(l.blocks, &b)
		l.size += len(b.text)
	}
}

// offset is where a line begins, counted from the first that is kept. It goes over blocks by their numbers of lines, and over
// bytes in one block alone.
func (l *logBlocks) offset(line int) int {
	offset := 0
	for i, b := range l.blocks {
		begun := b.lines
		if i == 0 && b.within {
			begun++
		}
		if line < begun {
			if b.within && i > 0 {
				line++ // the end of an earlier line comes first
			}
			rest := b.text
			for range line {
				rest = rest[bytes.IndexByte(rest, '\n')+1:]
			}
			return offset + len(b.text) - len(rest)
		}
		line -= begun
		offset += len(b.text)
	}
	return offset
}

// from is the block without its first n bytes, which are not all of it. The times of lines are differences, so those that are
// cut off are added up.
func (b *logBlock) from(n int) logBlock {
	rest := logBlock{text: b.text[n:], within: true, end: b.end}
	b.each(func(segment logSegment) bool {
		rest.start, rest.stamps, rest.lines = segment.stamp, segment.stamps, segment.left
		n -= len(segment.text)
		return n >= 0
	})
	return rest
}

// logSegment is a line, or the part of one that is in a block.
type logSegment struct {
	text  []byte
	stamp int64
	begun bool // text is not the rest of a line that began in an earlier block

	stamps []byte // of the lines after it
	left   int    // how many those are
}

// each calls f for each line, or part of one, until f returns false.
func (b *logBlock) each(f func(logSegment) bool) {
	s := logSegment{stamp: b.start, stamps: b.stamps, left: b.lines}
	for rest := b.text; len(rest) > 0; {
		if s.begun = len(rest) < len(b.text) || !b.within; s.begun {
			delta, n := binary.Uvarint(s.stamps)
			s.stamp += int64(delta)
			s.stamps = s.stamps[n:]
			s.left--
		}
		n := bytes.IndexByte(rest, '\n') + 1
		if n == 0 {
			n = len(rest)
		}
		s.text, rest = rest[:n], rest[n:]
		if !f(s) {
			return
		}
	}
}
