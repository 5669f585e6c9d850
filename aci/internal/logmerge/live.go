package logmerge

import "bytes"

// live is the live stream.
type live struct {
	stream  int  // counts streams; the current one if open
	open    bool // lines may come
	clean   bool // ended by itself
	synced  bool // the number of each line is known
	forced  bool // or rather was guessed: no read since has told what came before the stream
	pos     int64
	partial []byte // begun line
	skip    bool   // the rest of a line that was too long

	// While not synced: what came is held back.
	low     int64   // smallest possible number of the first line
	lines   seq     // hashes, numbered from 1
	text    []byte  // the lines' bytes
	ends    []int   // where each ends in text
	numbers []int64 // possible numbers of the first line, ascending; nil: not known yet
	start   int64   // the last read covers the numbers start to end
	end     int64
	torn    bool  // if the first line is the one after end, some of it may have been printed before the stream began
	misses  int   // reads in a row that no place was found in
	behind  int64 // pos at the last read, if that knew more
}

// Bounds of what is held back.
const (
	mostHeld    = 4 << 20 // bytes of live lines whose place is not known
	mostNumbers = 1024    // possible places
	mostMisses  = 3       // reads that do not know the live lines, before those are given up
	longestLine = 4 << 20 // ACI keeps no more
)

func (l *live) stop() {
	l.open, l.clean = false, false
	l.clear()
	l.partial, l.skip = l.partial[:0], false
}

// clear forgets what is held back.
func (l *live) clear() {
	l.synced, l.numbers, l.misses = false, nil, 0
	l.lines.reset(1)
	l.text, l.ends = l.text[:0], l.ends[:0]
}

// Opening tells that a live stream is asked for. What is delivered by now is not in it.
func (m *Merger) Opening() {
	m.live.stop()
	m.live.low = m.n + 1
}

// Opened tells that it is there: whatever is printed from now on will be in it.
func (m *Merger) Opened() {
	m.live.stream++
	m.live.open = true
}

// Closed tells that it ended; clean if the other side closed it in good order.
func (m *Merger) Closed(clean bool) {
	l := &m.live
	l.open, l.clean = false, clean
	if !clean {
		l.stop()
	}
}

// Synced reports that live lines are delivered as they come.
func (m *Merger) Synced() bool { return m.live.open && m.live.synced }

// sure reports that nothing is missing among the live lines up to now.
func (m *Merger) sure() bool {
	return m.live.synced && !m.live.forced && (m.live.open || m.live.clean)
}

// Held is how many live lines may have to wait for a log read. They are delivered by the next that decides.
func (m *Merger) Held() int {
	l := &m.live
	if !l.open || l.synced {
		return 0
	}
	held := int64(len(l.ends))
	if len(l.numbers) > 0 {
		held = l.numbers[len(l.numbers)-1] + held - 1 - m.n
	}
	return int(max(held, 0))
}

// Live takes bytes of the live stream.
func (m *Merger) Live(p []byte) {
	l := &m.live
	for len(p) > 0 {
		n := bytes.IndexByte(p, '\n')
		if n < 0 {
			if len(l.partial)+len(p) > longestLine {
				l.partial, l.skip = l.partial[:0], true
			}
			if !l.skip {
				l.partial = append(l.partial, p...)
			}
			return
		}
		line := p[:n+1]
		p = p[n+1:]
		switch {
		case l.skip:
			// What came of it is gone. The lines behind it are laid on anew; it comes by a log read, if at all.
			l.skip = false
			m.outOfStep()
			continue
		case len(l.partial) > 0:
			l.partial = append(l.partial, line...)
			line = l.partial
		}
		m.liveLine(line)
		l.partial = l.partial[:0]
	}
}

func (m *Merger) liveLine(line []byte) {
	l, h := &m.live, m.hashLine(line)
	if l.synced {
		next := l.pos + 1
		if next > m.n {
			l.pos = next
			m.deliver(line, h)
			return
		}
		// A log read was faster.
		if !m.done.has(next) || m.done.at(next) == h {
			l.pos = next
			return
		}
		m.outOfStep()
	}
	if len(l.text)+len(line) > mostHeld {
		m.outOfStep()
	}
	l.lines.push(h)
	l.text = append(l.text, line...)
	l.ends = append(l.ends, len(l.text))
	m.narrow(h)
	if len(l.numbers) > 0 {
		m.agree()
	}
}

// Force delivers the live lines without waiting for a log read any longer, because log reads fail. If a later read
// shows lines from before, those come late.
func (m *Merger) Force() {
	if l := &m.live; l.open && !l.synced {
		l.numbers, l.forced = []int64{m.n + 1}, true
		if len(m.live.numbers) > 0 {
			m.agree()
		}
	}
}

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

// outOfStep gives up the numbers of the live lines: the stream left something out.
func (m *Merger) outOfStep() {
	l := &m.live
	if l.synced {
		l.low = l.pos + 1
	} else {
		l.low += l.lines.end()
	}
	l.clear()
	// Only a read that is asked for from now on says where the next line belongs.
	l.stream++
}

// held is the i-th line that is held back, from 1.
func (l *live) held(i int64) []byte {
	from := 0
	if i > 1 {
		from = l.ends[i-2]
	}
	return l.text[from:l.ends[i-1]]
}

// place finds the possible numbers of the first live line after a read that covers the lines up to number end, the
// first of them at window line 0 being number start.
func (m *Merger) place(start, end int64) {
	l := &m.live
	if !l.open || l.synced || m.asked.stream != l.stream {
		return
	}
	// Every line printed before the read was asked for is in it, so at most all but those that had come live follow.
	high := end - m.asked.received + 1
	low := l.low
	if len(l.numbers) > 0 {
		low, high = l.numbers[0], min(high, l.numbers[len(l.numbers)-1])
	}
	numbers := m.places(start, end, low, high)
	if len(numbers) == 0 {
		// A stream that begins with lines from before.
		numbers = m.places(start, end, max(start, end-l.lines.end()-mostNumbers), min(l.low-1, high))
	}
	l.numbers, l.start, l.end = nil, start, end
	l.torn = m.win.rest.end > m.win.rest.off
	switch {
	case len(numbers) > mostNumbers:
	case len(numbers) > 0:
		l.numbers, l.misses = numbers, 0
		m.agree()
	case l.misses+1 < mostMisses:
		l.misses++
	default:
		m.outOfStep()
	}
}

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
		bytes.HasSuffix(m.win.text(m.win.line[a-start]), l.held(1))
}

// agree delivers what all possible numbers agree on.
func (m *Merger) agree() {
	l := &m.live
	least, last := l.numbers[0], l.lines.end()
	if len(l.numbers) == 1 {
		first := max(1, m.n+2-least)
		if l.torn && least > l.end && first == 1 {
			return // the next read has it whole
		}
		for i := first; i <= last; i++ {
			m.deliver(l.held(i), l.lines.at(i))
		}
		pos := least + last - 1
		l.clear()
		l.synced, l.pos = true, pos
		return
	}
	for m.agreed(m.n+2-least, last) {
		i := m.n + 2 - least
		m.deliver(l.held(i), l.lines.at(i))
	}
}

// agreed reports whether the i-th live line is the next whichever number is right.
func (m *Merger) agreed(i, last int64) bool {
	l := &m.live
	if i > last || i < 1 {
		return false
	}
	h := l.lines.at(i)
	for _, a := range l.numbers {
		if j := m.n + 2 - a; j < 1 || l.lines.at(j) != h || j == 1 && l.torn && a > l.end {
			return false
		}
	}
	return true
}
