package logmerge

import (
	"bytes"
	"unicode/utf8"
)

// What a gap at the end says.
const (
	lostEnd   = "the last output could not be read"
	lostStart = "the last line is longer than what Azure keeps; its beginning could not be read"
)

// Final takes the last log read, asked for after the container had ended and the live stream was closed, and delivers
// the rest, a last line without a newline too. ok is false if the read failed for good.
//
// Nothing comes after it, in which it differs from [Merger.Window]: what is held back is delivered at the best place there is,
// a doubt becomes a gap, and text behind the last newline counts as a line. The read itself shows less than those before,
// since Azure keeps 16 KB of a container that has ended. So the live stream counts wherever both have the same:
//
//	the read ends with the lines that the stream ended with   preferLive: with the container's own bytes
//	the read begins within what the stream alone has          bridge: the stream's lines go before it
//	the read ends a line that the stream left open            dropEnded: that newline is Azure's
//	the stream began within the text behind the last newline  deliverHead: its beginning is in the read alone
func (m *Merger) Final(content []byte, ok bool, info Info) {
	if m.live.coming() {
		m.Closed(false)
	}
	defer m.sayDoubt()
	if !ok {
		m.finishLive()
		return
	}
	m.asked = asked{delivered: m.n}
	m.parse(content, info)
	m.preferLive()
	start, how := m.align(m.n, info)
	if (how == firstCut || how == firstDoubt || how == apart) && (!m.live.astray || m.liveStart() <= m.n) && m.bridge() {
		start, how = m.alignBridged()
	}
	switch how {
	case another:
		start, how = m.n+1, apart
	case firstDoubt:
		how = firstCut
	case stale:
		if !m.sure() {
			m.sayEnd()
		}
		m.deliverPartial()
		return
	}
	m.sayForced(start, how, info)
	m.dropEnded(start)
	m.merge(start, how)
	m.deliverRest()
	m.win.buf = nil
}

// sayDoubt turns a doubt that no later read has settled into a gap.
func (m *Merger) sayDoubt() {
	if m.doubt != nil {
		m.opt.Gap(m.doubt.gap)
		m.doubt = nil
	}
}

// sayEnd says that what came last is missing. If the read has nothing but the end of a line, that is delivered.
func (m *Merger) sayEnd() {
	w := &m.win
	if len(w.line) > 0 || w.rest.empty() || m.begun.bytes > 0 || len(m.live.partial) > 0 {
		m.gap(0, 0, lostEnd)
		return
	}
	m.gap(0, w.rest.stamp, lostStart)
	m.opt.Deliver(m.out(w.rest))
}

// preferLive gives the last lines of the read the container's own bytes, where the live stream ended with the same
// lines but no read had told their place.
func (m *Merger) preferLive() {
	l, w := &m.live, &m.win
	have, size := l.lines.end(), int64(len(w.line))
	n := min(have, size)
	if !l.clean || l.synced || n == 0 {
		return
	}
	if !same(&l.lines, have-n+1, &w.hash, size-n, int(n)) {
		// The stream may have begun within its first line.
		if n--; n < 1 || have > size || !same(&l.lines, 2, &w.hash, size-n, int(n)) {
			return
		}
	}
	for i := range n {
		w.line[size-1-i].live = have - i
	}
}

// dropEnded forgets the last line of the read if it is the one that the live stream ended with: a log read may end a
// line that the container did not.
func (m *Merger) dropEnded(start int64) {
	w, l := &m.win, &m.live
	last := len(w.line) - 1
	if last < 0 || !l.clean || !w.rest.empty() || start+int64(last) <= m.n {
		return
	}
	text := bytes.TrimSuffix(w.text(w.line[last]), newline)
	same := func(p *linePrefix) bool {
		rest, _ := p.after(text)
		return p.bytes > 0 && p.begins(text) && len(rest) == 0
	}
	var partial linePrefix
	partial.add(l.partial)
	// A line that an earlier stream had begun may have been ended since, unseen.
	begun := m.begunIn == l.stream && (l.synced || start+int64(last) == m.n+1)
	if same(&partial) || begun && same(&m.begun) {
		w.line = w.line[:last]
		w.hash.drop()
	}
}

// deliverPartial delivers the line that the live stream ended with and that was not passed on.
func (m *Merger) deliverPartial() {
	if p := m.live.partial; m.live.clean && len(p) > 0 {
		m.opt.Deliver(p)
		m.live.partial = p[:0]
	}
}

// deliverHead delivers what the read has of the last line from before the live stream, if that began within the line.
func (m *Merger) deliverHead() {
	w, l := &m.win, &m.live
	if !l.torn || l.synced || l.lines.end() > 0 || w.rest.empty() || m.begun.bytes > 0 {
		return
	}
	var tail linePrefix
	tail.add(l.partial)
	text := w.text(w.rest)
	head, runes := text, 0
	for ; runes < tail.runes+len(tail.cut) && len(head) > 0; runes++ {
		_, n := utf8.DecodeLastRune(head)
		head = head[:len(head)-n]
	}
	if !endsWith(text, l.partial) {
		return
	}
	if !faithful(head) {
		m.gap(0, w.rest.stamp, replaced)
	}
	m.opt.Deliver(head)
}

// deliverRest delivers the text behind the read's last newline.
func (m *Merger) deliverRest() {
	w, l := &m.win, &m.live
	if l.clean && len(l.partial) > 0 || w.rest.empty() {
		m.deliverHead()
		m.deliverPartial()
		return
	}
	text := m.out(w.rest)
	if m.begun.bytes > 0 {
		if l.clean && l.synced {
			return // all of it came live
		}
		text = m.finishLine(text)
	}
	if !faithful(text) {
		m.gap(0, w.rest.stamp, replaced)
	}
	if len(text) > 0 {
		m.opt.Deliver(text)
	}
}

// finishLive ends the output without a last read.
func (m *Merger) finishLive() {
	l := &m.live
	if !m.sure() {
		m.gap(0, 0, lostEnd)
	}
	if first := m.liveStart(); l.clean && !l.synced && (first <= m.n || !l.astray) {
		for i := max(1, m.n+2-first); i <= l.lines.end(); i++ {
			m.deliver(l.held(i), l.lines.at(i))
		}
	}
	m.deliverPartial()
}

// alignBridged finds the number of the first line of a read that [Merger.bridge] has put all live lines before.
func (m *Merger) alignBridged() (start int64, how overlap) {
	l := &m.live
	if m.fresh() {
		return m.base + 1, firstCut
	}
	start = m.liveStart()
	switch {
	case start > m.n:
		return m.n + 1, apart
	case len(l.numbers) == 1 || m.certain(start, m.n):
		return start, exact
	}
	return start, ambiguous
}

// liveStart is the number of the first live line that is held back, where no read will tell it: of those possible the
// least, so that no line is delivered twice. Above n no line of those delivered is among them, as far as can be told.
func (m *Merger) liveStart() int64 {
	l := &m.live
	if len(l.numbers) > 0 {
		return l.numbers[0]
	}
	low := l.low
	if l.astray {
		low = m.base + 1
	}
	for within := range int64(2) { // 1: the stream began within its first line
		for s := max(low, m.done.first); s <= m.n; s++ {
			if n := min(m.n-s+1, l.lines.end()) - within; n >= min(within, l.lines.end()-1) && same(&l.lines, 1+within, &m.done, s+within, int(n)) {
				return s
			}
		}
	}
	if first, ok := m.liveBeforeGap(); ok {
		return first
	}
	return m.n + 1
}

// liveBeforeGap finds the number of the first live line that is held back where the stream began before the last gap: it has
// the first line that was delivered behind the gap, perhaps only its end, and those that came after.
func (m *Merger) liveBeforeGap() (first int64, ok bool) {
	l, r := &m.live, &m.resumed
	if r.first == 0 || !m.done.has(r.first) {
		return 0, false
	}
	for j := int64(1); j <= l.lines.end(); j++ {
		n := min(m.n-r.first, l.lines.end()-j)
		if !same(&l.lines, j+1, &m.done, r.first+1, int(n)) {
			continue
		}
		if l.lines.at(j) == m.done.at(r.first) || len(r.head) > 0 && (n > 0 || len(r.head) > enough) && endsWith(l.held(j), r.head) {
			return r.first - j + 1, true
		}
	}
	return 0, false
}

// bridge puts the live lines that no read confirmed before the lines of the last read, if both end alike. A container
// that has stopped keeps 16 KB; what it printed in its last moments may be in the live stream alone.
func (m *Merger) bridge() bool {
	l, w := &m.live, &m.win
	have, size := l.lines.end(), int64(len(w.line))
	if !l.clean || l.synced || have <= size || !same(&l.lines, have-size+1, &w.hash, 0, int(size)) {
		return false
	}
	if size == 0 && !w.rest.empty() {
		var partial linePrefix
		partial.add(l.partial)
		if partial.bytes == 0 {
			return false
		}
	}
	more := have - size
	lines := make([]wline, 0, have)
	for i := range more {
		lines = append(lines, wline{live: i + 1})
	}
	w.line = append(lines, w.line...)
	w.hash.reset(0)
	for i := range have {
		w.hash.push(l.lines.at(i + 1))
	}
	w.front = wline{}
	return true
}
