package logmerge

import "bytes"

// live is the live stream.
//
//	         Opening            Opened              place known             Closed, clean
//	(none) ──────────▶ opening ────────▶ placing ────────────────▶ passing ───────────────▶ ended
//	   ▲                  │               │  ▲ lines are held back   │ │ bytes go through      its lines count
//	   │                  │               │  │                       │ │
//	   └──────────────────┴───────────────┘  └───────────────────────┘ │
//	   ▲              Closed                     outOfStep: lines      │
//	   └───────────────────────────────────────  were left out  ───────┘
//	                                                                Closed, not clean
type live struct {
	stream  int  // counts connections; the current one if open
	opening bool // it is being connected
	open    bool // lines may come
	clean   bool // ended by itself

	// Passing.
	synced  bool       // the number of each line is known
	forced  bool       // or rather was guessed, or a read had more: what is missing has not been read since, nor said
	pos     int64      // number of the last line that came
	partial []byte     // begun line, as far as it was not passed on
	passed  linePrefix // the beginning of that line, if it was passed on before the stream lost its place, or a read ended the line
	moved   bool       // bytes came since the last read
	behind  int        // reads in a row that knew more although no bytes came

	// Placing: what came is held back.
	low     int64   // smallest possible number of the first line
	lines   seq     // hashes, numbered from 1
	text    []byte  // the lines' bytes
	ends    []int   // where each ends in text
	numbers []int64 // possible numbers of the first line, ascending; nil: not known yet
	start   int64   // the last read covers the numbers start to end
	end     int64
	torn    bool // if the first line is the one after end, some of it may have been printed before the stream began
	astray  bool // what comes may be from before the last read's lines: only a line that a read shows has a place
	misses  int  // reads in a row that no place was found in
}

// Bounds of what is held back.
const (
	mostHeld    = 4 << 20 // bytes of live lines whose place is not known
	mostNumbers = 1024    // possible places
	mostMisses  = 3       // reads that do not know the live lines, before those are given up
)

// coming reports that the stream may bring what is printed now.
func (l *live) coming() bool { return l.open || l.opening }

func (l *live) stop() {
	l.opening, l.open, l.clean = false, false, false
	l.clear()
	l.astray = false
	l.partial = l.partial[:0]
	l.passed.reset()
}

// clear forgets what is held back.
func (l *live) clear() {
	l.synced, l.numbers, l.misses, l.behind = false, nil, 0, 0
	l.lines.reset(1)
	l.text, l.ends = l.text[:0], l.ends[:0]
}

// Opening tells that a live stream is being connected. What is delivered by now is not in it.
func (m *Merger) Opening() {
	m.live.stop()
	m.live.low, m.live.opening = m.n+1, true
}

// Opened tells that it is there: whatever is printed from now on will be in it.
func (m *Merger) Opened() {
	m.live.stream++
	m.live.opening, m.live.open = false, true
}

// FromStart tells that the stream which was just Opened has the container's output from its first byte on: its place is
// known without a log read.
func (m *Merger) FromStart() {
	if m.Untouched() {
		m.counted, m.live.numbers = true, []int64{1}
		m.agree()
	}
}

// Closed tells that it ended, or could not be opened; clean if the other side closed it in good order. Lines that are held
// back are kept then: no others come, and the last read shows their place. Of a stream that broke off they are dropped, for
// the next read has them.
func (m *Merger) Closed(clean bool) {
	l := &m.live
	if !l.coming() {
		return
	}
	l.opening, l.open, l.clean = false, false, clean && l.open
	if !l.clean {
		l.stop()
	}
}

// Synced reports that live bytes are delivered as they come.
func (m *Merger) Synced() bool { return m.live.open && m.live.synced }

// Behind reports that the last read knew more than the live stream has brought.
func (m *Merger) Behind() bool { return m.live.open && m.live.behind > 0 }

// sure reports that nothing is missing among the live lines up to now.
func (m *Merger) sure() bool {
	return m.live.synced && !m.live.forced && (m.live.open || m.live.clean)
}

// Held is how many live lines may have to wait for a log read, a begun one included. They are delivered by the next
// that decides.
func (m *Merger) Held() int {
	l := &m.live
	if !l.open || l.synced {
		return 0
	}
	held := int64(len(l.ends))
	if len(l.numbers) > 0 {
		held = l.numbers[len(l.numbers)-1] + held - 1 - m.n
	}
	return int(max(held, int64(boolInt(len(l.partial) > 0))))
}

// Full reports that as much is held back as there may be: no more should be taken from the stream until a log read
// decides, or [Merger.Force].
func (m *Merger) Full() bool {
	l := &m.live
	return l.open && !l.synced && len(l.text)+len(l.partial) >= mostHeld
}

// Live takes bytes of the live stream.
func (m *Merger) Live(p []byte) {
	l := &m.live
	l.moved = true
	for len(p) > 0 {
		if l.synced && l.pos == m.n {
			m.pass(p)
			return
		}
		n := bytes.IndexByte(p, '\n')
		if n < 0 {
			l.partial = append(l.partial, p...)
			if l.synced && len(l.partial) > mostHeld {
				m.outOfStep() // no log read can have shown that line
			}
			return
		}
		line, whole := p[:n+1], l.partial
		p = p[n+1:]
		if len(whole) > 0 {
			whole = append(whole, line...)
			line, l.partial = whole, nil
		}
		m.liveLine(line)
		if l.partial == nil {
			l.partial = whole[:0]
		}
	}
}

// pass delivers bytes whose place is known.
func (m *Merger) pass(p []byte) {
	if l := &m.live; l.passed.bytes > 0 { // the line was broken off, and goes on
		m.begun, l.passed = l.passed, m.begun
		m.begunIn = l.stream
		l.passed.reset()
	}
	for rest := p; len(rest) > 0; {
		n := bytes.IndexByte(rest, '\n')
		if n < 0 {
			m.noteHead(rest)
			m.begun.add(rest)
			m.begunIn = m.live.stream
			break
		}
		m.noteHead(rest[:n+1])
		var h uint64
		if m.begun.bytes == 0 {
			h = m.hashLine(rest[:n])
		} else {
			m.begun.add(rest[:n])
			h = m.begun.sum(m.seed)
			m.begun.reset()
		}
		m.live.pos++
		m.count(h)
		rest = rest[n+1:]
	}
	m.opt.Deliver(p)
}

// liveLine takes a whole line that is not simply the next one.
func (m *Merger) liveLine(line []byte) {
	l, h := &m.live, m.hashLine(line)
	if l.passed.bytes > 0 {
		l.passed.add(line[:len(line)-1])
		h = l.passed.sum(m.seed)
		l.passed.reset()
	}
	if l.synced {
		// A log read was faster.
		next := l.pos + 1
		if !m.done.has(next) || m.done.at(next) == h {
			l.pos = next
			return
		}
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

// Force delivers the live lines without waiting for a log read any longer, because log reads fail. Those that a read may
// have shown are taken for delivered. If a later read shows lines from before, those come late.
func (m *Merger) Force() {
	l := &m.live
	if !l.open || l.synced {
		return
	}
	if l.astray {
		m.drop() // these may have been delivered
		return
	}
	first := min(m.liveStart(), m.n+1)
	l.start, l.end = 0, -1 // no read is waited for
	l.numbers, l.forced = []int64{first}, true
	if first == m.n+1 {
		if l.torn {
			l.torn = false
			m.gap(0, 0, "a line had begun before the live stream did, and no log read shows it whole")
		}
		m.breakLine()
	}
	m.split()
	m.agree()
}

// outOfStep gives up the numbers of the live lines: the stream left something out.
func (m *Merger) outOfStep() {
	l := &m.live
	if l.synced {
		if l.pos == m.n && m.begunIn == l.stream {
			l.passed = m.begun.clone()
		}
		l.low = l.pos + 1
	} else {
		l.low += l.lines.end()
	}
	m.drop()
}

// drop forgets the live lines. Only a read that is asked for from now on says where the next line belongs.
func (m *Merger) drop() {
	m.live.clear()
	m.asked.stream = 0
}

// held is the i-th line that is held back, from 1.
func (l *live) held(i int64) []byte {
	from := 0
	if i > 1 {
		from = l.ends[i-2]
	}
	return l.text[from:l.ends[i-1]]
}
