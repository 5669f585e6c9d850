package logmerge

import "slices"

// unproved is the first line number that both the read from number start on has and was delivered since the anchor, and
// how many there are. early: what was delivered first is not the beginning of the read.
func (m *Merger) unproved(start int64) (from int64, n int, early bool) {
	from = max(start, m.done.first)
	if m.anchor.set {
		from = max(from, m.anchor.line+1)
	}
	end := start + int64(len(m.win.line)) - 1
	// Live lines were delivered before any read, and others came before them.
	if start < m.base+1 && !m.anchor.set && m.done.first == m.base+1 {
		return start, 0, true
	}
	return from, int(min(m.n, end) - from + 1), false
}

// differs reports whether the read shows other lines than were delivered.
func (m *Merger) differs(start int64) bool {
	from, n, early := m.unproved(start)
	return early || n > 0 && !same(&m.win.hash, from-start, &m.done, from, n)
}

// contradicts reports whether lines would have to be put in while a line is just coming live.
func (m *Merger) contradicts(start int64, how overlap) bool {
	return m.begun.bytes > 0 && (how == apart && len(m.pieces) > 0 || m.differs(start))
}

// compare holds the read against the lines delivered since the anchor, and says which number its first line has. If
// the two differ the read is right: what it has more is delivered, late.
func (m *Merger) compare(start int64) int64 {
	if !m.differs(start) {
		return start
	}
	from, _, _ := m.unproved(start)
	return m.reconcile(start, from)
}

// reconcile delivers the lines from number from on that are in the read but were not delivered, and renumbers: the
// read's last line comes before the live lines that it does not have yet. What was delivered before the read was asked for
// and is not in it is no line of the log, but the end of one within which a live stream began: it loses its number.
//
//	delivered since the anchor   a b   d e     e came after the read was asked for
//	the read                     a b c d
//	delivered in the end         a b d e c     with a gap that says so
//	numbers from here on         a b c d e     those of the log, or no later read would fit
//
// Lines are told from each other by their text, so of equal ones it may be the wrong one that counts as late. The output has
// each as often as the log all the same.
func (m *Merger) reconcile(start, from int64) int64 {
	w := &m.win
	spare := map[uint64]int{}
	for i := max(from, m.done.first); i <= m.n; i++ {
		spare[m.done.at(i)]++
	}
	var missing []int64
	known := int64(-1)
	for i := from - start; i < int64(len(w.line)); i++ {
		if h := w.hash.at(i); spare[h] > 0 {
			spare[h]--
			known = i
		} else {
			missing = append(missing, i)
		}
	}
	ahead, extra := m.surplus(spare)
	// One line that a missing one ends with is taken for its end: the stream began within it.
	if len(ahead) == 1 && m.beginsPiece(m.n) && m.headEndsOne(missing) {
		ahead, extra = nil, extra+1
	}
	late := 0
	for _, i := range missing {
		if i < known || len(ahead) > 0 {
			late++
		}
	}
	if len(missing) > 0 { // equal lines may hide which of them are late
		m.gap(late, w.line[missing[0]].stamp, "the live stream had left lines out; they come late, out of order")
	} else {
		m.gap(0, w.line[from-start].stamp, "the live stream had left lines out; equal ones came before them, out of order")
	}
	last, n, told := m.n, m.n-int64(extra), false
	for _, i := range missing {
		told = m.deliverLine(i, false, told)
	}
	m.n = n + int64(len(missing))
	end := m.n - int64(len(ahead))
	start = end - int64(len(w.line)) + 1
	m.done.reset(start)
	for i := range w.line {
		m.done.push(w.hash.at(int64(i)))
	}
	for _, h := range ahead {
		m.done.push(h)
	}
	m.movePieces(last, len(ahead))
	if l := &m.live; l.synced && len(missing)+extra > 0 {
		l.pos = m.n
		if len(ahead) == 0 && !l.clean {
			l.pos = max(from-1, start+known) // the last live line that the read has
			m.outOfStep()
		}
	}
	return start
}

// surplus lists the delivered lines that the read does not have yet, in order: of equal ones the last. extra is how many
// it does not have though they had been delivered when it was asked for.
func (m *Merger) surplus(spare map[uint64]int) (ahead []uint64, extra int) {
	for i := m.n; i >= m.done.first; i-- {
		h := m.done.at(i)
		if spare[h] == 0 {
			continue
		}
		spare[h]--
		if i > m.asked.delivered {
			ahead = append(ahead, h)
		} else {
			extra++
		}
	}
	slices.Reverse(ahead)
	return ahead, extra
}
