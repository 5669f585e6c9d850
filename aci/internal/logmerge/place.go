package logmerge

import (
	"bytes"
	"unicode/utf8"
)

// narrow drops the numbers that the last line, of hash h, does not fit.
func (m *Merger) narrow(h uint64) {
	l := &m.live
	kept := l.numbers[:0]
	for _, a := range l.numbers {
		i := a + l.lines.end() - 1
		if i == a || i < l.start || i > l.end || m.win.hash.at(i-l.start) == h {
			kept = append(kept, a)
		}
	}
	l.numbers = kept
}

// place finds the possible numbers of the first live line after a read that covers the lines up to number end, the
// first of them at window line 0 being number start. Two things bound them. What was delivered before the stream was
// connected is not in it (low). And what had come live when the read was asked for is in the read (high). With a read of
// lines 4 to 9, asked for when two of four live lines had come:
//
//	read      4 5 6 7 8 9
//	first is 6    6 7 8 9        possible if all four are equal to the read's
//	first is 8        8 9 - -    possible if two are; the read was answered before the others were printed
//	first is 9          9 - - -  impossible: of the two that had come, the second would be missing in the read
//
// Each later line narrows the numbers, and each later read finds them anew. A stream that mostMisses reads in a row
// leave no place has left lines out.
func (m *Merger) place(start, end int64) {
	l := &m.live
	if !l.open || l.synced || m.asked.stream != l.stream {
		return
	}
	if l.astray && l.lines.end() == 0 {
		return
	}
	// Every line printed before the read was asked for is in it, so at most all but those that had come live follow.
	high := end - m.asked.received + 1
	low := l.low
	if l.astray {
		low, high = max(m.base+1, start-l.lines.end()+1), min(high, end)
	}
	if len(l.numbers) > 0 {
		low, high = l.numbers[0], min(high, l.numbers[len(l.numbers)-1])
	}
	numbers := m.places(start, end, low, high)
	if len(numbers) == 0 {
		// A stream that begins with lines from before.
		numbers = m.places(start, end, max(start, end-l.lines.end()-mostNumbers), min(l.low-1, high))
	}
	l.numbers, l.start, l.end = nil, start, end
	l.torn = !m.win.rest.empty()
	switch {
	case len(numbers) > mostNumbers:
	case len(numbers) > 0:
		l.numbers, l.misses = numbers, 0
	case l.misses+1 < mostMisses:
		l.misses++
	default:
		m.outOfStep()
	}
}

// places are the numbers from low to high that fit: all of them, or one more than mostNumbers, which are too many to keep.
func (m *Merger) places(start, end, low, high int64) []int64 {
	var numbers []int64
	for a := low; a <= high && len(numbers) <= mostNumbers; a++ {
		if m.fits(start, end, a) {
			numbers = append(numbers, a)
		}
	}
	return numbers
}

// fits reports whether the first live line can have the number a, as far as the read shows its neighbours. The stream
// may have begun inside that line, so that its end is enough.
func (m *Merger) fits(start, end, a int64) bool {
	l := &m.live
	from := max(a, start)
	n := min(end, a+l.lines.end()-1) - from + 1
	if n <= 0 || same(&l.lines, from-a+1, &m.win.hash, from-start, int(n)) {
		return true
	}
	return from == a && same(&l.lines, 2, &m.win.hash, a+1-start, int(n-1)) &&
		endsWith(m.win.text(m.win.line[a-start]), l.held(1))
}

// endsWith reports whether a line ends with tail, as far as JSON can carry that: one of the two is live, the other read.
func endsWith(line, tail []byte) bool {
	if faithful(line) && faithful(tail) {
		return bytes.HasSuffix(line, tail)
	}
	return bytes.HasSuffix(clean(line), clean(tail))
}

// clean is p without what JSON cannot carry.
func clean(p []byte) []byte {
	out := make([]byte, 0, len(p))
	for len(p) > 0 {
		r, n := utf8.DecodeRune(p)
		if r != utf8.RuneError {
			out = append(out, p[:n]...)
		}
		p = p[n:]
	}
	return out
}

// agree delivers what all possible numbers agree on.
func (m *Merger) agree() {
	l := &m.live
	least, last := l.numbers[0], l.lines.end()
	if len(l.numbers) > 1 {
		for m.agreed(m.n+2-least, last) {
			i := m.n + 2 - least
			m.deliver(l.held(i), l.lines.at(i))
		}
		return
	}
	first := m.n + 2 - least
	if first < 1 || first == 1 && m.waits(least) {
		return // the next read has that line whole
	}
	for i := first; i <= last; i++ {
		m.deliver(l.held(i), l.lines.at(i))
	}
	l.clear()
	l.synced, l.astray, l.pos = true, false, least+last-1
	if p := l.partial; l.pos == m.n && len(p) > 0 {
		l.partial = nil
		m.pass(p)
		l.partial = p[:0]
	}
}

// waits reports that the first live line, if it has the number a, may be but the end of a line that the next read has whole.
func (m *Merger) waits(a int64) bool {
	l := &m.live
	shown := a >= l.start && a <= l.end && l.lines.end() > 0
	return m.begun.bytes > 0 || l.torn && a > l.end || shown && m.win.hash.at(a-l.start) != l.lines.at(1)
}

// agreed reports whether the i-th live line is the next whichever number is right.
func (m *Merger) agreed(i, last int64) bool {
	l := &m.live
	if i > last || i < 1 {
		return false
	}
	h := l.lines.at(i)
	for _, a := range l.numbers {
		if j := m.n + 2 - a; j < 1 || l.lines.at(j) != h || j == 1 && m.waits(a) {
			return false
		}
	}
	return true
}
