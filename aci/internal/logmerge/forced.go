package logmerge

import (
	"bytes"
	"slices"
)

// A piece is a run of delivered lines whose place was guessed, because no log read came in time ([Merger.Force]). What was
// delivered is then not one stretch of the log but several:
//
//	delivered    ──── before ────┊── piece ──┊── piece ──
//	the log      ──── before ────··── piece ──···── piece ──····
//
// A later read may begin in any of them or in what is missing between two, so it is compared with one stretch at a time. Each
// piece's lines are in the log as they were delivered, but for its first: the stream may have begun within that line. A piece is
// forgotten once a read has shown that it has but one place: what was missing before it has come, or a gap has said it.
type piece struct {
	first int64  // number of its first line
	head  []byte // the end of that line, as the stream brought it
}

// split tells that what comes next may not follow what was delivered.
func (m *Merger) split() {
	if m.atPiece() { // all that came of the last one was a line that was broken off
		m.pieces = m.pieces[:len(m.pieces)-1]
	}
	m.pieces = append(m.pieces, piece{first: m.n + 1})
}

// beginsPiece reports that line n is the first of the last piece.
func (m *Merger) beginsPiece(n int64) bool {
	k := len(m.pieces)
	return k > 0 && m.pieces[k-1].first == n
}

// headEndsOne reports that the first line of the last piece is the end of one of these lines of the read.
func (m *Merger) headEndsOne(lines []int64) bool {
	head := m.pieces[len(m.pieces)-1].head
	return slices.ContainsFunc(lines, func(i int64) bool { return endsWith(m.win.text(m.win.line[i]), head) })
}

// movePieces keeps the last piece after a read's lines were put in before the lines ahead of it, where n was the last line. The
// others are settled.
func (m *Merger) movePieces(n int64, ahead int) {
	k := len(m.pieces) - 1
	switch {
	case k >= 0 && m.pieces[k].first > n-int64(ahead): // the read has nothing of it
		m.pieces = m.pieces[k:]
		m.pieces[0].first += m.n - n
	case k >= 0 && ahead > 0:
		m.pieces = []piece{{first: m.n - int64(ahead) + 1}}
	default:
		m.pieces = nil
	}
}

// atPiece reports that the next line is the first of a piece.
func (m *Merger) atPiece() bool {
	return m.beginsPiece(m.n + 1)
}

// prove forgets what a read that begins with line start has settled: what was missing has come, or was said. A piece stays
// of which no whole line has come, or that equal lines of the read leave another place.
func (m *Merger) prove(start int64) {
	for k, p := range m.pieces {
		if !m.proved(p.first, m.stretchEnd(k+1), start) {
			m.live.forced, m.pieces = true, m.pieces[k:]
			return
		}
	}
	m.live.forced, m.pieces, m.broken = false, nil, nil
}

// proved reports whether the lines from number first to last have but one place in the read. Those that had come when it was
// asked for are in it. What the read no longer shows was said to be missing.
func (m *Merger) proved(first, last, start int64) bool {
	w := &m.win
	size := int64(len(w.line))
	high := size - (min(last, m.asked.delivered) - first + 1)
	switch {
	case first < start:
		return first <= last
	case first >= start+size || high >= size:
		return false
	}
	for i := first - start + 1; i <= high; i++ { // further back, for lines that are missing before it
		if n := min(last-first+1, size-i); same(&w.hash, i, &m.done, first, int(n)) {
			return false
		}
	}
	return true
}

// noteHead keeps the end of a piece's first line, which may come in parts, to know it again in a read. Its hash would not do:
// the read has the whole line, of which the stream may have brought but the end.
func (m *Merger) noteHead(part []byte) {
	if !m.atPiece() {
		return
	}
	p := &m.pieces[len(m.pieces)-1]
	p.head = append(p.head, part...)
	if more := len(p.head) - comparable; more > 0 {
		p.head = slices.Delete(p.head, 0, more)
	}
}

// stretchEnd is the number of the last line before the k-th piece, or of the last line.
func (m *Merger) stretchEnd(k int) int64 {
	if k < len(m.pieces) {
		return m.pieces[k].first - 1
	}
	return m.n
}

// behind is the number of the first line of a read that has nothing of what was delivered: pieces that came after it was asked
// for come after it.
func (m *Merger) behind() int64 {
	for _, p := range m.pieces {
		if p.first > m.asked.delivered {
			return p.first
		}
	}
	return m.n + 1
}

// stretchOf is the number of the last line of the stretch that has line n.
func (m *Merger) stretchOf(n int64) int64 {
	for _, p := range m.pieces {
		if p.first > n {
			return p.first - 1
		}
	}
	return m.n
}

// guessedFromStart reports that no line was delivered whose place is known.
func (m *Merger) guessedFromStart() bool {
	return len(m.pieces) > 0 && m.pieces[0].first == m.base+1 && !m.anchor.set
}

// alignGuessed lays on a read that the anchor is not in, where the place of delivered lines was guessed: it begins in one of
// the stretches, or with what is missing before a piece. shown is the first line of the first piece that is in the read.
func (m *Merger) alignGuessed(before, shown int64, info Info) (start int64, how overlap) {
	kind, fromStart := m.win.completeness(info), m.guessedFromStart()
	if fromStart && kind == whole {
		m.counted = true
		return m.base + 1, first
	}
	start, how = m.behind(), apart
	for k := len(m.pieces); k >= 0; k-- {
		switch s, h := m.alignTail(before, m.stretchEnd(k)); {
		case fromStart && h == exact && s <= m.base:
			shown = m.base + 1 // it begins before all that was delivered
		case h == exact, h == stale:
			return s, h
		case h == ambiguous && how == apart:
			start, how = s, h
		}
	}
	switch {
	case how == ambiguous || shown == 0:
		return start, how
	case !fromStart || shown > m.base+1:
		return shown, apart
	}
	m.takeFront() // as of any first read
	if kind == doubtful {
		m.counted = true
		return shown, firstDoubt
	}
	return shown, firstCut
}

// rejoin finds the first lines of the pieces in the read, and takes over the whole line where a stream began within it. It
// gives the number of the first of them that the read has; 0 if there is none.
func (m *Merger) rejoin() (first int64) {
	for k, p := range m.pieces {
		if !m.done.has(p.first) {
			continue
		}
		after := m.stretchEnd(k+1) - p.first
		i, torn := m.findHead(p, after)
		if i < 0 {
			continue
		}
		if torn {
			m.gap(0, m.win.line[i].stamp, "a line had begun before the live stream did; only its end was passed on")
			m.done.set(p.first, m.win.hash.at(int64(i)))
		}
		if first == 0 {
			first = p.first
		}
	}
	return first
}

// findHead finds the line of the read that a piece begins with and that as many of the piece's lines follow as can be; -1
// if there is none. torn: the piece has only the line's end.
func (m *Merger) findHead(p piece, after int64) (line int, torn bool) {
	w := &m.win
	line, most := -1, int64(-1)
	for i := len(w.line) - 1; i >= 0; i-- {
		n := min(after, int64(len(w.line)-1-i))
		if !same(&w.hash, int64(i+1), &m.done, p.first+1, int(n)) {
			continue
		}
		whole := w.hash.at(int64(i)) == m.done.at(p.first)
		if n < most || n == most && (line >= 0 && !torn || !whole) {
			continue
		}
		// An end of a few bytes alone is no proof.
		if whole || len(p.head) > 0 && (n > 0 || len(p.head) > enough) && endsWith(w.text(w.line[i]), p.head) {
			line, torn, most = i, !whole, n
		}
	}
	return line, torn
}

// A brokenLine is one that was ended before it was whole: what came next was of another place. It waits for a read that has
// its rest, which is then delivered as a line of its own, since the output cannot be taken back.
type brokenLine struct {
	after   int64      // the number of the line before it
	guessed bool       // perhaps of another: the place of that line was guessed
	begun   linePrefix // what was delivered of it
}

// restOfBroken is what is left to deliver of line i of the read, if that is a broken line.
func (m *Merger) restOfBroken(i int64, text []byte) []byte {
	for k := range m.broken {
		b := &m.broken[k]
		follows, known := m.follow(i, b.after)
		placed := follows || (b.guessed || !known) && b.begun.bytes > enough
		if b.begun.bytes == 0 || !placed || !b.begun.begins(text) {
			continue
		}
		rest, _ := b.begun.after(text)
		b.begun = linePrefix{}
		if len(bytes.TrimSuffix(rest, newline)) == 0 {
			return nil // all but its newline was delivered, and the newline when it was ended
		}
		return rest
	}
	return text
}

// follow reports whether line i of the read comes right after line n of those delivered, and whether that is known.
func (m *Merger) follow(i, n int64) (follows, known bool) {
	w := &m.win
	switch {
	case i == 0 && w.front.empty():
		return n == m.base, true
	case !m.done.has(n):
		return false, false
	case i == 0: // of the line before only the end may be there
		follows = m.hashLine(w.text(w.front)) == m.done.at(n)
		return follows, follows
	}
	return w.hash.at(i-1) == m.done.at(n), true
}
