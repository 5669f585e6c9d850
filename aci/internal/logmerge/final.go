package logmerge

import "bytes"

// Lost is the reason of a gap at the end.
const lostEnd = "the last output could not be read"

// Final takes the last log read, asked for after the container had ended and the live stream was closed, and delivers
// the rest, a last line without a newline too. ok is false if the read failed for good.
func (m *Merger) Final(content []byte, ok bool, info Info) {
	if m.live.open {
		m.Closed(false)
	}
	if !ok {
		m.finishLive()
		return
	}
	m.parse(content)
	w, l := &m.win, &m.live
	start, how := m.align(m.n, info)
	if (how == freshCut || how == apart) && m.bridge() {
		start, how = m.alignTail(m.n)
		if m.n == 0 {
			start, how = 1, freshCut
		}
	}
	begun := l.partial // whoever breaks off the stream loses it
	if how == stale {
		if !m.sure() {
			m.gap(0, 0, lostEnd)
		}
		if len(begun) > 0 {
			m.opt.Deliver(begun)
		}
		return
	}
	if n := len(w.line); n > 0 && len(begun) > 0 && w.rest.end == w.rest.off && start+int64(n)-1 > m.n {
		last := &w.line[n-1]
		switch text := w.text(*last); {
		case bytes.Equal(bytes.TrimSuffix(text, newline), begun):
			// A log read may end a line that the container did not.
			last.end--
			begun = nil
		case bytes.HasPrefix(text, begun):
			begun = nil
		}
	}
	m.merge(start, how)
	switch {
	case w.rest.end > w.rest.off:
		m.opt.Deliver(m.out(w.rest))
	case len(begun) > 0:
		m.opt.Deliver(begun)
	}
	w.buf = nil
}

// finishLive ends the output without a last read.
func (m *Merger) finishLive() {
	l := &m.live
	if !m.sure() {
		m.gap(0, 0, lostEnd)
	}
	if l.clean && !l.synced {
		if len(l.numbers) == 0 {
			l.numbers = []int64{max(l.low, m.n+1)}
		}
		first := l.numbers[0]
		for i := max(1, m.n+2-first); i <= l.lines.end(); i++ {
			m.deliver(l.held(i), l.lines.at(i))
		}
	}
	if len(l.partial) > 0 {
		m.opt.Deliver(l.partial)
	}
}

// bridge puts the live lines that no read confirmed before the lines of the last read, if both end alike. A container
// that has stopped keeps 16 KB; what it printed in its last moments may be in the live stream alone.
func (m *Merger) bridge() bool {
	l, w := &m.live, &m.win
	have, size := l.lines.end(), int64(len(w.line))
	if !l.clean || l.synced || have <= size || !same(&l.lines, have-size+1, &w.hash, 0, int(size)) {
		return false
	}
	more := have - size
	text := l.text[:l.ends[more-1]]
	buf := append(bytes.Clone(text), w.buf...)
	lines := make([]wline, 0, have)
	off := 0
	for i := range more {
		lines = append(lines, wline{off: off, at: off, end: l.ends[i]})
		off = l.ends[i]
	}
	for _, line := range w.line {
		line.off, line.at, line.end = line.off+off, line.at+off, line.end+off
		lines = append(lines, line)
	}
	w.rest.off, w.rest.at, w.rest.end = w.rest.off+off, w.rest.at+off, w.rest.end+off
	w.buf, w.line = buf, lines
	w.hash.reset(0)
	for i := range have {
		w.hash.push(l.lines.at(i + 1))
	}
	return true
}
