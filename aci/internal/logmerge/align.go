package logmerge

// overlap is how a read fits what was delivered, and so what becomes of it.
type overlap int

const (
	exact      overlap = iota // its place is known: the rest of it is delivered
	first                     // nothing was delivered yet, and it is the whole log
	firstDoubt                // the same, but if the container had ended its beginning may be cut off: perhaps a gap
	firstCut                  // the same, but its beginning may be cut off: a gap
	ambiguous                 // it fits in more than one place: a gap, and the place that delivers least
	apart                     // it fits nowhere, so lines before it may be missing: a gap, and all of it
	another                   // it is the whole of another log: the container was started again
	stale                     // it shows nothing new, or nothing that can be used: it is dropped
)

// align finds the number of the read's first line, and how sure that is. It asks, in this order:
//
//	Is nothing known of this log yet?                          first, firstDoubt or firstCut, by the size of the read
//	Is the anchor (the last line of the read before) in it?    exact if it surely is that line, else ambiguous
//	Is the read older than the one before?                     stale
//	Does it begin with the first line of the log?              exact
//	Is it the whole of a log that begins later?                another
//	Were lines written whose place was guessed?                alignGuessed
//	Where do the live lines since the anchor fit?              alignTail: exact, ambiguous or apart
//
// Where the live stream alone is known to be complete, an answer that is not exact is stale: nothing is missing. before is
// the number of a line that must be in the read, unless it was cut off at the front.
func (m *Merger) align(before int64, info Info) (start int64, how overlap) {
	w := &m.win
	if m.fresh() {
		switch kind := w.completeness(info); {
		case kind == whole:
			m.counted = true
			return m.base + 1, first
		case m.sure():
			return 0, stale // the first line is longer than what Azure keeps, and is just coming live
		case kind == doubtful:
			m.counted = true
			return m.base + 1, firstDoubt
		}
		return m.base + 1, firstCut
	}
	if len(w.line) == 0 {
		return 0, stale
	}
	shown := m.rejoin()
	if m.anchor.set {
		switch i, sure := m.findAnchor(info); {
		case i >= 0 && sure:
			return m.anchor.line - int64(i), exact
		case i >= 0 && m.sure():
			return 0, stale
		case i >= 0:
			return m.anchor.line - int64(i), ambiguous
		}
		if m.frontIsAnchor() {
			return m.anchor.line + 1, exact
		}
		if last := w.line[len(w.line)-1].stamp; last != 0 && last < m.anchor.stamp {
			return 0, stale
		}
	}
	if m.counted && m.complete(info) {
		return m.base + 1, exact
	}
	if m.otherLog(info) {
		return 0, another
	}
	if len(m.pieces) > 0 {
		return m.alignGuessed(before, shown, info)
	}
	return m.alignTail(before, m.n)
}

// otherLog reports whether the read is the whole of a log other than the one that was read before.
func (m *Merger) otherLog(info Info) bool {
	w := &m.win
	return m.head.lines > 0 && m.anchor.set && m.anchor.stamp != 0 && !w.begins &&
		w.line[0].stamp > m.anchor.stamp && w.completeness(info) == whole
}

// atHead reports whether the read begins with the log's first lines.
func (m *Merger) atHead() bool {
	w, h := &m.win, &m.head
	return h.lines > 0 && len(w.line) >= h.lines && w.line[0].stamp != 0 && w.line[0].stamp == h.stamp &&
		w.hash.sum(0, h.lines) == h.sum
}

// complete reports whether nothing was cut off the read's beginning: it begins with the log's first lines, if those are
// known, or is too small to have been cut.
func (m *Merger) complete(info Info) bool {
	w := &m.win
	first, h := w.line[0], &m.head
	if h.lines == 0 || first.stamp == 0 {
		return w.completeness(info) == whole
	}
	if !w.begins {
		return false
	}
	// Equal lines with equal times look like the beginning wherever they are cut.
	return h.lines >= enough && !(m.anchor.set && m.anchor.stamp == first.stamp) || w.completeness(info) == whole
}

// findAnchor finds the anchor among the lines read; -1 if it is not there. sure: it is no other line that is equal.
func (m *Merger) findAnchor(info Info) (line int, sure bool) {
	w, a := &m.win, &m.anchor
	complete := m.complete(info)
	var strong, weak []int
	run := int64(0) // lines up to i with the anchor's time
	for i := range w.line {
		if w.line[i].stamp != a.stamp {
			run = 0
			continue
		}
		run++
		if w.hash.at(int64(i)) != a.hash {
			continue
		}
		atFront := run == int64(i)+1
		switch {
		case run == a.run && (!atFront || complete):
			strong = append(strong, i)
		case run <= a.run && atFront && m.agrees(m.anchor.line-int64(i), m.stretchOf(m.anchor.line)):
			weak = append(weak, i)
		}
	}
	switch {
	case len(strong) == 1:
		return strong[0], true
	case len(strong) > 1:
		weak = strong
	case len(weak) == 0:
		return -1, false
	}
	// The longest overlap: a line too few is made good by the next read, one too many is never taken back.
	i := weak[len(weak)-1]
	return i, len(weak) == 1 && (!m.shared && a.stamp != 0 || m.certain(a.line-int64(i), m.n))
}

// frontIsAnchor reports whether the line that was left out at the read's front is the anchor.
func (m *Merger) frontIsAnchor() bool {
	f, a := m.win.front, &m.anchor
	return !f.empty() && f.stamp != 0 && f.stamp == a.stamp && !m.shared && (a.cut || m.hashLine(m.win.text(f)) == a.hash)
}

// agrees reports whether the read, if it begins with line start, has the same lines as were delivered up to number last, as far
// as those are still known.
func (m *Merger) agrees(start, last int64) bool {
	from := max(start, m.done.first)
	n := min(last, start+int64(len(m.win.line))-1) - from + 1
	return n <= 0 || same(&m.win.hash, from-start, &m.done, from, int(n))
}

// alignTail places a read that was cut off behind the anchor, by the live lines that were delivered since. Nothing is missing
// up to the line with number last.
func (m *Merger) alignTail(before, last int64) (start int64, how overlap) {
	size := int64(len(m.win.line))
	low := before - size + 1
	if m.anchor.set {
		low = max(low, m.anchor.line+1)
	}
	found, other := false, false
	for s := low; s <= last; s++ {
		if min(last, s+size-1) < m.done.first || !m.agrees(s, last) {
			continue
		}
		if found {
			other = true
			break
		}
		start, found = s, true
	}
	switch {
	case found && !other && m.certain(start, last):
		return start, exact
	case found && m.live.clean && m.live.synced && start == low && last == m.n:
		// All of it had come live before the stream ended in good order.
		return start, exact
	case m.sure():
		// The live stream alone is complete; what it has under way cannot be told from what it has brought.
		return 0, stale
	case found:
		return start, ambiguous
	}
	return m.n + 1, apart
}

// enough is how many lines two texts must share to be taken for the same place, if nothing else tells.
const enough = 8

// certain reports whether the overlap of a read from number start with the lines up to number last cannot be chance: it is
// long enough, and no other line is equal to its last one.
func (m *Merger) certain(start, last int64) bool {
	w := &m.win
	from := max(start, m.done.first)
	to := min(last, start+int64(len(w.line))-1)
	if to-from+1 < enough {
		return false
	}
	h, found := m.done.at(to), 0
	for i := range w.line {
		if w.hash.at(int64(i)) == h {
			found++
		}
	}
	for i := m.done.first; i < from; i++ {
		if m.done.at(i) == h {
			found++
		}
	}
	return found == 1
}
