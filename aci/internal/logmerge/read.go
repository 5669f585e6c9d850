package logmerge

// Requested tells that a log read is being asked for.
func (m *Merger) Requested() {
	m.asked = asked{delivered: m.n}
	if l := &m.live; l.open {
		m.asked.stream, m.asked.received = l.stream, l.lines.end()
		if l.synced {
			m.asked.delivered = l.pos
		}
	}
}

// Window takes the answer to the read that was [Merger.Requested] last. It keeps no reference to content.
func (m *Merger) Window(content []byte, info Info) {
	m.parse(content)
	start, how := m.align(m.asked.delivered, info)
	if how == stale {
		m.live.numbers = nil
	} else {
		m.merge(start, how)
		m.place(start, start+int64(len(m.win.line))-1)
	}
	m.win.buf = nil
}

// overlap is how a read fits what was delivered.
type overlap int

const (
	exact     overlap = iota
	fresh             // nothing was delivered yet
	freshCut          // and the read may have lost its beginning
	ambiguous         // there are other ways to lay it on
	apart             // lines in between may be missing
	stale             // older than the read before, or of no use
)

// align finds the number of the read's first line. before is the number of a line that must be in the read, unless it
// was cut off at the front.
func (m *Merger) align(before int64, info Info) (start int64, how overlap) {
	w := &m.win
	if m.n == 0 && !m.anchor.set {
		if w.whole(info) {
			m.counted = true
			return 1, fresh
		}
		return 1, freshCut
	}
	if len(w.line) == 0 {
		return 0, stale
	}
	if m.anchor.set {
		switch i, sure := m.findAnchor(info); {
		case i >= 0 && sure:
			return m.anchor.line - int64(i), exact
		case i >= 0 && m.sure():
			return 0, stale
		case i >= 0:
			return m.anchor.line - int64(i), ambiguous
		}
		if last := w.line[len(w.line)-1].stamp; last != 0 && last < m.anchor.stamp {
			return 0, stale
		}
	}
	if m.counted && m.complete(info) {
		return 1, exact
	}
	return m.alignTail(before)
}

// complete reports that nothing was cut off the read's beginning: it begins with the log's first line, if that is
// known, or is too small.
func (m *Merger) complete(info Info) bool {
	w := &m.win
	first, h := w.line[0], &m.head
	if h.lines == 0 || first.stamp == 0 {
		return w.whole(info)
	}
	if first.stamp != h.stamp || len(w.line) < h.lines || w.hash.sum(0, h.lines) != h.sum {
		return false
	}
	// Equal lines with equal times look like the beginning wherever they are cut.
	return h.lines >= enough && !(m.anchor.set && m.anchor.stamp == first.stamp) || w.whole(info)
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
		case run <= a.run && atFront && m.follows(i):
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
	return i, len(weak) == 1 && (!m.shared && a.stamp != 0 || m.certain(a.line-int64(i)))
}

// follows reports whether the read agrees with all that was delivered, as far as still known, if line i is the anchor.
func (m *Merger) follows(i int) bool {
	start := m.anchor.line - int64(i)
	from := max(start, m.done.first)
	n := min(m.n, start+int64(len(m.win.line))-1) - from + 1
	return n <= 0 || same(&m.win.hash, from-start, &m.done, from, int(n))
}

// alignTail lays on a read whose beginning was cut off behind the anchor: only live lines can bridge that.
func (m *Merger) alignTail(before int64) (start int64, how overlap) {
	size := int64(len(m.win.line))
	low := before - size + 1
	if m.anchor.set {
		low = max(low, m.anchor.line+1)
	}
	found, other := false, false
	for s := low; s <= m.n; s++ {
		from := max(s, m.done.first)
		n := min(m.n, s+size-1) - from + 1
		if n <= 0 || !same(&m.win.hash, from-s, &m.done, from, int(n)) {
			continue
		}
		if found {
			other = true
			break
		}
		start, found = s, true
	}
	switch {
	case found && !other && m.certain(start):
		return start, exact
	case found && m.live.clean && m.live.synced && start == low:
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

// certain reports that the overlap of a read from number start with what was delivered can be no accident: it is long
// enough, and its last line is the only one of its kind.
func (m *Merger) certain(start int64) bool {
	w := &m.win
	from := max(start, m.done.first)
	to := min(m.n, start+int64(len(w.line))-1)
	if to-from+1 < enough {
		return false
	}
	last, found := m.done.at(to), 0
	for i := range w.line {
		if w.hash.at(int64(i)) == last {
			found++
		}
	}
	for i := m.done.first; i < from; i++ {
		if m.done.at(i) == last {
			found++
		}
	}
	return found == 1
}

// merge delivers what is new in the read and makes its last line the anchor.
func (m *Merger) merge(start int64, how overlap) {
	w := &m.win
	if len(w.line) == 0 {
		return
	}
	first := w.line[0].stamp
	m.live.forced = false // what is missing comes now, or is said
	switch {
	case how == freshCut && m.opt.Tail == 0:
		m.gap(0, first, "the output had outgrown what Azure keeps before it was first read")
	case how == apart:
		m.gap(0, first, "the output outgrew what Azure keeps between two reads")
	case how == ambiguous:
		m.gap(0, first, "equal lines fill what Azure keeps, so that their number cannot be known")
	}
	if how == apart || how == ambiguous {
		// From here on the numbers are not those of before, and what is held back may belong into the gap.
		m.counted = false
		if l := &m.live; !l.synced && l.open {
			m.outOfStep()
			l.low = start
		}
	}
	if how == fresh || m.head.lines > 0 && m.head.lines < enough && start == 1 && m.counted {
		n := min(len(w.line), enough)
		m.head = head{stamp: first, lines: n, sum: w.hash.sum(0, n)}
	}
	skip := int64(0)
	if m.n == 0 && m.opt.Tail > 0 {
		skip = int64(max(len(w.line)-m.opt.Tail, 0))
	}
	start = m.compare(start)
	for i := m.n + 1 - start; i < int64(len(w.line)); i++ {
		l, h := w.line[i], w.hash.at(i)
		if i < skip {
			m.n++
			m.done.push(h)
			continue
		}
		m.deliver(m.out(l), h)
	}
	m.fasten(start)
}

// fasten makes the read's last line the anchor and forgets what is not needed any more.
func (m *Merger) fasten(start int64) {
	w := &m.win
	end := start + int64(len(w.line)) - 1
	last := w.line[len(w.line)-1]
	run := int64(1)
	for run < int64(len(w.line)) && w.line[int64(len(w.line))-1-run].stamp == last.stamp {
		run++
	}
	if a := &m.anchor; a.set && run == int64(len(w.line)) && a.stamp == last.stamp && a.line >= start-1 && a.line <= end {
		run = a.run + end - a.line
	}
	m.anchor = anchor{set: true, line: end, stamp: last.stamp, hash: w.hash.at(int64(len(w.line)) - 1), run: run}
	m.done.trim(min(end, m.n) - keep + 1)
	l := &m.live
	if !l.synced || l.pos >= m.n {
		l.behind = 0
		return
	}
	// A stream that brought nothing between two reads though they did has left lines out.
	if l.behind == l.pos {
		m.outOfStep()
	}
	l.behind = l.pos
}
