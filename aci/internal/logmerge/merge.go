package logmerge

import "bytes"

// What a gap says.
const (
	outgrown = "the output outgrew what Azure keeps between two reads"
	replaced = "a log read is text: bytes that are not were replaced"
)

// Reads in a row that know more than a live stream that brings nothing, before the stream is taken to have left lines
// out, where its place is known and where it is not.
const (
	stalledPlaced   = 2
	stalledUnplaced = 4
)

// mostOthers is how many reads in a row may seem to be of another log without a restart being told.
const mostOthers = 3

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
	m.parse(content, info)
	start, how := m.align(m.asked.delivered, info)
	if m.other = how == another; !m.other {
		m.others = 0
	} else if m.others++; m.others >= mostOthers {
		m.other, how, start = false, apart, m.n+1
	}
	m.sayForced(start, how, info)
	if how == stale || how == another || !m.merge(start, how) {
		m.live.numbers = nil
	}
	m.win.buf = nil
}

// sayForced says that lines which the live stream does not have are not in the read either: its beginning was cut off.
func (m *Merger) sayForced(start int64, how overlap, info Info) {
	l := &m.live
	if !l.forced || how != exact || len(m.win.line) == 0 {
		return
	}
	first := max(m.base, m.anchor.line) + 1
	if len(m.pieces) > 0 {
		first = m.pieces[0].first
	}
	if start > first || start == first && !m.complete(info) {
		l.forced = false
		m.gap(0, 0, "what the live stream does not have was not read in time")
	}
}

// merge delivers what is new in the read and makes its last line the anchor. It is false, and nothing is done, if the
// read contradicts a line that is just coming live. Each step needs the one before:
//
//	contradicts   a line is begun in the output that the read has lines before. While a stream may bring its rest, the
//	              next read decides; else the line is ended here
//	sayCut        the gap before the read's first line has to come before any line of the read
//	compare       lines that the read has more come late, and change the numbers of those after them
//	place         the place of the live lines is told in those numbers
//	deliverRead   delivers the read's lines up to the first that the stream brings, or all if there is no stream
//	fasten        the last line delivered is where the next read is laid on
func (m *Merger) merge(start int64, how overlap) bool {
	w := &m.win
	if !m.contradicts(start, how) {
		start = m.compare(m.sayCut(start, how))
	} else if m.live.coming() {
		m.live.forced = true
		return false
	} else {
		if m.live.clean && m.live.synced {
			m.begun.endLine(m.opt.Deliver) // the last line: all of it has come
			w.rest = wline{}
		} else {
			m.breakLine()
		}
		start = m.compare(m.sayCut(start, how))
	}
	end := start + int64(len(w.line)) - 1
	if m.fresh() && m.opt.Tail > 0 {
		m.skip(len(w.line) - m.opt.Tail)
	}
	m.place(start, end)
	m.deliverRead(start, end)
	if len(w.line) > 0 {
		m.fasten(start, end)
	}
	return true
}

// sayCut says what is missing before the read's lines, and makes its first line the beginning of the log, if it is. It
// gives the number of that line, which is one more if the end of a line that was cut was delivered before it.
func (m *Merger) sayCut(start int64, how overlap) int64 {
	w, l := &m.win, &m.live
	if len(w.line) == 0 && w.rest.empty() {
		return start
	}
	stamp := w.rest.stamp
	if len(w.line) > 0 {
		stamp = w.line[0].stamp
	}
	tail := m.opt.Tail > 0
	switch {
	case how == firstCut && !tail:
		m.gap(0, stamp, "the output had outgrown what Azure keeps before it was first read")
	case how == firstDoubt && !tail:
		m.doubt = &doubt{end: start + int64(len(w.line)) - 1, gap: Gap{
			To: at(stamp), Reason: "the container may have ended before its output was first read, and more of it than Azure then keeps",
		}}
	case how == exact && m.doubt != nil && start+int64(len(w.line))-1 > m.doubt.end:
		m.doubt = nil // it grew: the container still ran
	case how == apart:
		m.gap(0, stamp, outgrown)
		if !m.continues() {
			m.begun.endLine(m.opt.Deliver)
		}
	case how == ambiguous:
		m.gap(0, stamp, "equal lines fill what Azure keeps, so that their number cannot be known")
	}
	if how == firstCut || how == apart {
		m.resumed = piece{first: m.n + 1}
		if m.frontIsNew() && !tail {
			m.deliverFront()
			start++
		}
	}
	if how == apart || how == ambiguous {
		m.counted = false // from here on the numbers are not those of before
	}
	if how != exact && how != first && (l.coming() || l.clean) {
		// What is held back, or still under way, may belong into the gap.
		if l.synced {
			m.outOfStep()
		}
		l.low, l.numbers, l.astray = start, nil, true
	}
	known := m.head.lines > 0 && m.head.lines < enough && start == m.base+1 && m.counted
	if len(w.line) > 0 && (how == first || how == firstDoubt || known) {
		n := min(len(w.line), enough)
		m.head = head{stamp: w.line[0].stamp, lines: n, sum: w.hash.sum(0, n)}
	}
	return start
}

// deliverFront delivers the end of a line that was cut at the read's front. It is the anchor until a line is.
func (m *Merger) deliverFront() {
	front := m.win.front
	text := m.win.text(front)
	h := m.hashLine(text)
	m.resumed.head = bytes.Clone(text[max(0, len(text)-comparable):])
	m.deliver(m.out(front), h)
	m.anchor = anchor{set: true, line: m.n, stamp: front.stamp, hash: h, run: 1, cut: true}
}

// continues reports that the first of the read's lines to be delivered can be the one whose beginning was delivered last.
func (m *Merger) continues() bool {
	w := &m.win
	if m.frontIsNew() {
		return m.begun.begins(w.text(w.front))
	}
	return len(w.line) > 0 && m.begun.begins(w.text(w.line[0]))
}

// frontIsNew reports that the end of a line that the read begins with cannot be of a line that was delivered.
func (m *Merger) frontIsNew() bool {
	f := m.win.front
	if f.empty() || m.fresh() {
		return !f.empty()
	}
	return m.anchor.set && m.anchor.line == m.n && f.stamp > m.anchor.stamp
}

// endLine ends a line whose rest belongs into a gap.
func (p *linePrefix) endLine(deliver func([]byte)) {
	if p.bytes > 0 {
		p.reset()
		deliver(newline)
	}
}

// skip counts the first n lines of the read without delivering them.
func (m *Merger) skip(n int) {
	for i := range n {
		m.count(m.win.hash.at(int64(i)))
	}
}

// deliverRead delivers the read's lines that no live stream brings, and those of the live stream whose place it shows.
//
//	no stream                        all of the read
//	place known                      nothing: the stream brings it. Unless it brings no byte while stalledPlaced reads know
//	                                 more: then it has left lines out, and has no place any more
//	place not known, or not certain  the lines before the first possible place. Unless stalledUnplaced reads know more
//	                                 than a silent stream: then all of the read, so that no stream holds up the output
func (m *Merger) deliverRead(start, end int64) {
	l := &m.live
	defer func() { l.moved = false }()
	if !l.coming() {
		m.deliverTo(start, end, false)
		return
	}
	if l.synced {
		m.stalled(end, stalledPlaced)
		if l.behind >= stalledPlaced {
			m.outOfStep()
			m.deliverTo(start, end, false)
		}
		return
	}
	from := l.low
	if len(l.numbers) > 0 {
		from = l.numbers[0]
		if i := from - start; i >= 0 && from <= end && l.lines.end() > 0 && m.win.hash.at(i) != l.lines.at(1) {
			from++ // the stream began within that line
		}
	}
	m.deliverTo(start, min(from-1, end), false)
	if len(l.numbers) > 0 {
		m.agree()
	}
	if !l.synced {
		m.stalled(end, stalledUnplaced)
		m.deliverTo(start, end, l.behind < stalledUnplaced)
	}
}

// stalled counts the reads that know more than a live stream that brings nothing.
func (m *Merger) stalled(end int64, most int) {
	l := &m.live
	if m.n >= end || l.moved {
		l.behind = 0
	}
	if m.n < end && l.behind < most {
		l.behind++
	}
}

// deliverTo delivers the read's lines up to number last. With exact it stops at the first that is not the container's own
// bytes: the live stream may bring those.
func (m *Merger) deliverTo(start, last int64, exact bool) {
	w, told := &m.win, false
	for i := m.n + 1 - start; i < int64(len(w.line)) && start+i <= last; i++ {
		told = m.deliverLine(i, exact, told)
		if m.n < start+i {
			return
		}
	}
}

// deliverLine delivers line i of the read. It is true once a gap was told for bytes that were replaced.
func (m *Merger) deliverLine(i int64, exact, told bool) bool {
	l := m.win.line[i]
	text := m.out(l)
	if l.live == 0 && !faithful(text) {
		if exact && m.begun.bytes == 0 {
			return told
		}
		if !told {
			m.gap(0, l.stamp, replaced)
			told = true
		}
	}
	m.deliver(m.restOfBroken(i, text), m.win.hash.at(i))
	return told
}

// fasten makes the last line of the read that was delivered the anchor and forgets what is not needed any more.
func (m *Merger) fasten(start, end int64) {
	w := &m.win
	end = min(end, m.n)
	if end < start {
		return
	}
	at := end - start
	last := w.line[at]
	run := int64(1)
	for run <= at && w.line[at-run].stamp == last.stamp {
		run++
	}
	if a := &m.anchor; a.set && run == at+1 && a.stamp == last.stamp && a.line >= start-1 && a.line <= end {
		run = a.run + end - a.line
	}
	m.anchor = anchor{set: true, line: end, stamp: last.stamp, hash: w.hash.at(at), run: run}
	m.prove(start)
	m.done.trim(end - keep + 1)
}
