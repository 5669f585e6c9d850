package logmerge

import (
	"bytes"
	"slices"
	"time"
)

// window is one log read, taken apart. Its memory is reused. A log that has reached Azure's limit is cut at the front,
// within a line if it comes to that:
//
//	put                      line[0]: no time, so the end of a line; it is kept as front (headless)
//	2026-11-29T10:00:00Z a   line[0] of a read that was not cut; of one that may have been, front as well
//	2026-11-29T10:00:00Z b   line[1]: the time alone does not tell it from the one before
//	2026-11-29T10:00:01Z c   rest, as long as no newline follows: more of the line may come
type window struct {
	buf   []byte
	line  []wline
	hash  seq   // of the lines' texts, the first has number 0
	rest  wline // the text after the last newline; empty if off == end
	front wline // a first line that may have lost its beginning, left out of line; empty if off == end

	// What shows whether the beginning of the log is there.
	headless bool // the first line had no time: it is the end of one that was cut, and was left out
	begins   bool // it begins with the log's first lines
	content  int  // bytes, with the times
	raw      int  // bytes without
	replaced int  // bytes that may be too many in both: each replacement character may stand for one byte
	longest  int
}

// wline is one line: buf[off:end] with its newline, the text from at on.
type wline struct {
	stamp        int64 // Unix nanoseconds; 0: none
	off, at, end int
	live         int64 // the live line that is the same and has the container's own bytes; 0: none
}

func (l wline) empty() bool { return l.off == l.end }

// Limit is how much of a log Azure shows at most: its last bytes and lines. 0: no limit.
type Limit struct{ Bytes, Lines int }

// Info says what Azure keeps at most when a window is read. An answer cannot say whether the container still ran.
type Info struct{ Running, Ended Limit }

// completeness is what a read's size tells about the beginning of the log.
type completeness int

const (
	whole    completeness = iota // nothing was cut off
	doubtful                     // something was, if the container had ended
	cut                          // something may have been
)

// completeness goes by the size of the read and by whether its first line has a time.
func (w *window) completeness(info Info) completeness {
	switch {
	case w.headless, w.reaches(info.Running):
		return cut
	case w.reaches(info.Ended):
		return doubtful
	}
	return whole
}

// reaches reports whether a log of this size may have been cut to the limit. One that is larger was not cut to it.
// Whether Azure counts the times in front of the lines, and bytes as written or as JSON carries them, is not documented,
// so all ways are tried.
func (w *window) reaches(limit Limit) bool {
	lines := len(w.line) + boolInt(!w.front.empty()) + boolInt(!w.rest.empty())
	if limit.Bytes > 0 && w.raw-w.replaced > limit.Bytes || limit.Lines > 0 && lines > limit.Lines+1 {
		return false
	}
	if limit.Lines > 0 && lines >= limit.Lines {
		return true
	}
	if limit.Bytes == 0 {
		return false
	}
	size := w.raw
	if w.content-w.replaced <= limit.Bytes {
		size = w.content
	}
	// What was cut off may have been longer than any line that is left.
	return size+max(w.longest+64, limit.Bytes/16) >= limit.Bytes
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// parse takes a log read apart.
func (m *Merger) parse(buf []byte, info Info) {
	w := &m.win
	w.buf, w.line, w.rest, w.front, w.headless = buf, w.line[:0], wline{}, wline{}, false
	w.content, w.raw, w.longest = len(buf), 0, 0
	w.replaced = (len(replacement) - 1) * bytes.Count(buf, replacement)
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
	w.begins = m.atHead()
	// A first line without a time among lines with times is the end of a line that was cut. Of a log that has reached a
	// limit the first line may be such an end too, and is not compared.
	w.headless = len(w.line) > 1 && w.line[0].stamp == 0 && w.line[1].stamp != 0
	apart := len(w.line) > 0 && len(w.line)+boolInt(!w.rest.empty()) > 1 && !m.fresh()
	if w.headless || apart && !w.begins && w.completeness(info) != whole {
		w.front = w.line[0]
		w.line = w.line[1:]
		w.hash.trim(1)
		w.hash.first = 0
	}
}

// takeFront takes the line back that was left out.
func (m *Merger) takeFront() {
	w := &m.win
	if w.front.empty() || w.headless {
		return
	}
	w.line = slices.Insert(w.line, 0, w.front)
	w.front = wline{}
	w.hash.reset(0)
	for _, l := range w.line {
		w.hash.push(m.hashLine(w.text(l)))
	}
}

// addLine adds a whole line, and notes whether times tell lines apart in this log.
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
