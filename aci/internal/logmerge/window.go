package logmerge

import (
	"bytes"
	"hash/maphash"
	"time"
	"unicode/utf8"
)

// window is one log read, taken apart. Its memory is reused.
type window struct {
	buf     []byte
	line    []wline
	hash    seq   // of the lines' texts, the first has number 0
	rest    wline // the text after the last newline; empty if off == end
	cut     bool  // the first line had lost its beginning and was left out
	content int   // bytes, with the times
	raw     int   // bytes without
	longest int
}

// wline is one line: buf[off:end] with its newline, the text from at on.
type wline struct {
	stamp        int64 // Unix nanoseconds; 0: none
	off, at, end int
}

// Info says what Azure keeps at most when a window is read.
type Info struct {
	// Bytes and Lines are the limits; 0: none.
	Bytes, Lines int
}

// whole reports that by its size nothing was cut off w's beginning. Whether Azure counts the times in front of the
// lines is not documented, so both ways are tried.
func (w *window) whole(info Info) bool {
	if w.cut || info.Lines > 0 && len(w.line) >= info.Lines {
		return false
	}
	if info.Bytes == 0 {
		return true
	}
	size := w.raw
	if w.content <= info.Bytes {
		size = w.content
	}
	// What was cut off may have been longer than any line that is left.
	return size+max(w.longest+64, info.Bytes/16) < info.Bytes
}

// parse takes a log read apart.
func (m *Merger) parse(buf []byte) {
	w := &m.win
	w.buf, w.line, w.rest, w.cut = buf, w.line[:0], wline{}, false
	w.content, w.raw, w.longest = len(buf), 0, 0
	w.hash.reset(0)
	var before int64
	for off := 0; off < len(buf); {
		n := bytes.IndexByte(buf[off:], '\n')
		l := wline{off: off, at: off, end: off + n + 1}
		if n < 0 {
			l.end = len(buf)
		}
		if stamp, size := parseStamp(buf[off:l.end]); size > 0 {
			l.stamp, l.at = stamp, off+size
			before = stamp
		} else {
			l.stamp = before
		}
		off = l.end
		w.raw += l.end - l.at
		w.longest = max(w.longest, l.end-l.off)
		if n < 0 {
			w.rest = l
			break
		}
		m.addLine(l)
	}
	// A first line without a time among lines with times is the end of a line that was cut.
	if len(w.line) > 1 && w.line[0].stamp == 0 && w.line[1].stamp != 0 {
		w.cut = true
		w.line = w.line[1:]
		w.hash.trim(1)
		w.hash.first = 0
	}
}

func (m *Merger) addLine(l wline) {
	if n := len(m.win.line); n > 0 && l.stamp == m.win.line[n-1].stamp {
		m.shared = true
	}
	m.win.line = append(m.win.line, l)
	m.win.hash.push(m.hashLine(m.win.buf[l.at:l.end]))
}

// text is the line without its time.
func (w *window) text(l wline) []byte { return w.buf[l.at:l.end] }

// parseStamp reads the time that Azure puts before a line, and says how many bytes it takes with the blank after it.
// 0 bytes: there is none.
func parseStamp(line []byte) (nanos int64, size int) {
	const shortest, longest = len("2006-01-02T15:04:05Z"), len("2006-01-02T15:04:05.999999999+00:00")
	if len(line) < shortest || line[4] != '-' || line[10] != 'T' {
		return 0, 0
	}
	n := bytes.IndexAny(line[:min(len(line), longest+1)], " \n")
	size = n + 1
	switch {
	case n < 0 && len(line) <= longest:
		n, size = len(line), len(line)
	case n < 0:
		return 0, 0
	case line[n] == '\n':
		size = n
	}
	t, err := time.Parse(time.RFC3339Nano, string(line[:n]))
	if err != nil {
		return 0, 0
	}
	return t.UnixNano(), size
}

// comparable is how much of a line is compared. Azure was seen to cut lines near 8 KB in log reads, never in the
// live stream; a line must be known again all the same.
const comparable = 4096

// hashLine is a line's fingerprint, with or without its newline. What JSON cannot carry is left out: the live stream
// has the container's own bytes, a log read has U+FFFD for those that are no UTF-8.
func (m *Merger) hashLine(line []byte) uint64 {
	line = bytes.TrimSuffix(line, newline)
	line = bytes.TrimSuffix(line, []byte{'\r'})
	line = line[:min(len(line), comparable)]
	if utf8.Valid(line) && !bytes.Contains(line, replacement) {
		return maphash.Bytes(m.seed, line)
	}
	clean := make([]byte, 0, len(line))
	for len(line) > 0 {
		r, n := utf8.DecodeRune(line)
		if r != utf8.RuneError {
			clean = append(clean, line[:n]...)
		}
		line = line[n:]
	}
	return maphash.Bytes(m.seed, clean)
}
