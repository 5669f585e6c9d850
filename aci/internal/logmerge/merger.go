// Package logmerge puts a container's output together again from the two things that Azure gives: a live stream that
// has no history, no times and breaks off, and log reads that show the last 4 MB (16 KB once the container has
// stopped) as text, with a time before each line. The result has every byte once, in order, or a [Gap].
//
// Make a [Merger] with [New]. Tell it about the live stream with Opening, Opened, Live and Closed, and about log reads
// with Requested and Window; tell it the last read with Final. It does no input or output, has no clock and no
// goroutine, and keeps hashes of lines, not lines.
//
// How it works: lines are numbered. A log read is laid over what was delivered by the line that the last read ended
// with, which time and text tell from others; if lines are equal in both, by how many there are. What the live
// stream delivered since is compared. A new live stream is laid over the next read that was asked for after the
// stream had begun: its first line is then one of those read, or the next. Where equal lines leave more than one
// possibility, only what all of them agree on is delivered, until a further read decides.
//
// If no read decides in time, the place of the live lines is guessed ([Merger.Force]), and what was delivered is several stretches
// of the log with unknown lines between them. A read is compared with one stretch at a time, in order: what it has more comes
// late, with a gap; one that only has another order is a gap too. A guess stands until a read leaves it no other place. The
// first line of a stretch may be but the end of a line, and is compared as one.
//
// Once its place is known, a live stream delivers its bytes as they come, and log reads only prove it: a read is JSON,
// which cannot carry every byte. What only a read has is delivered from there, with a gap if bytes were replaced.
package logmerge

import (
	"hash/maphash"
	"time"
)

// Gap is a place where output was lost or changed, or where that cannot be ruled out.
type Gap struct {
	// From is the time of the last line before, To of the first line after; zero where not known.
	From, To time.Time
	// Lines is how many, 0 if not known.
	Lines int
	// Reason is a phrase.
	Reason string
}

// Options are what a Merger does with the result.
type Options struct {
	// Deliver gets the next bytes of the output; from log reads whole lines. They are valid during the call.
	Deliver func(p []byte)
	// Gap is told about each gap. Nil: nobody listens.
	Gap func(Gap)
	// Stamped delivers lines as read, with their times. There must be no live stream then.
	Stamped bool
	// Tail delivers only that many last lines of the first read. 0: all.
	Tail int
}

// Merger is the state of one container's output. Use it from one goroutine.
type Merger struct {
	opt  Options
	seed maphash.Seed
	pow  powers

	// What was delivered.
	n     int64      // number of the last line
	base  int64      // number of the last line of the container's runs before this one
	done  seq        // hashes of the lines delivered last, at least all behind the anchor
	begun linePrefix // the beginning of line n+1, if some of it was delivered
	// begunIn is the stream that the last of begun came from.
	begunIn int

	// What log reads have told.
	anchor  anchor
	head    head
	counted bool   // the first line of the log has number base+1
	shared  bool   // lines were seen that have the same time
	other   bool   // the last read was of another log: the container was started again
	others  int    // such reads in a row
	doubt   *doubt // nil: none
	asked   asked
	win     window

	live    live
	pieces  []piece      // delivered lines whose place was guessed; none: all are in their place
	resumed piece        // what was delivered behind the last gap that a read left; first 0: there was none
	broken  []brokenLine // lines that were ended though their rest may still be read
	scratch linePrefix
}

// anchor is the last line of the last read that was delivered: where the next read is laid on.
type anchor struct {
	set   bool
	line  int64
	stamp int64
	hash  uint64
	run   int64 // how many lines, this the last, have the same time
	cut   bool  // only the line's end was delivered
}

// head is the beginning of the log, once seen: a read that begins so has lost nothing.
type head struct {
	lines int // how many lines sum covers; 0: not seen
	stamp int64
	sum   uint64
}

// doubt is a first read that is complete if the container still ran then.
type doubt struct {
	gap Gap
	end int64 // its last line
}

// asked is what was known when the current read was asked for: all of it must be in the answer.
type asked struct {
	delivered int64
	stream    int // which live stream; 0: none was open
	received  int64
}

// keep is how many hashes of delivered lines are kept beyond what is needed, to recognise a read by.
const keep = 1024

// most bounds the hashes of live lines that no read has confirmed (4 MB). Reads come earlier: Azure's 4 MB, times counted,
// are 130,000 lines at most.
const most = 1 << 18

// New makes a Merger.
func New(opt Options) *Merger {
	if opt.Gap == nil {
		opt.Gap = func(Gap) {}
	}
	m := &Merger{opt: opt, seed: maphash.MakeSeed()}
	m.done = newSeq(1, &m.pow)
	m.win.hash = newSeq(0, &m.pow)
	m.live.lines = newSeq(1, &m.pow)
	return m
}

// Last is the time of the last line read; zero before the first read.
func (m *Merger) Last() time.Time { return at(m.anchor.stamp) }

// Running tells that the container still ran after the last read was answered: that read had not the limits of one
// that has ended.
func (m *Merger) Running() { m.doubt = nil }

// Other reports that the last read was of another log than the reads before: the container was started again. The
// read was dropped; after [Merger.Restarted] the next one counts.
func (m *Merger) Other() bool { return m.other }

// Complete reports that nothing is missing up to the end of the log: the live stream brought it and ended by itself.
func (m *Merger) Complete() bool {
	return m.live.clean && m.sure() && m.live.pos == m.n && m.doubt == nil
}

// Restarted tells that the container began anew and its log with it. That the earlier output was complete is known
// only if a live stream ended by itself.
func (m *Merger) Restarted() {
	if !m.Complete() {
		m.gap(0, 0, "the container was started again; the last of its output before that could not be read")
	}
	m.anchor, m.head, m.doubt, m.counted, m.other = anchor{}, head{}, nil, false, false
	m.base, m.pieces, m.resumed, m.broken, m.live.forced = m.n, nil, piece{}, nil, false
	m.done.reset(m.n + 1)
	m.begun.reset()
	m.live.stop()
}

// fresh reports that nothing of this log is known yet.
func (m *Merger) fresh() bool { return m.n == m.base && !m.anchor.set }

// deliver counts the next line and gives it away, or what is left of it.
func (m *Merger) deliver(line []byte, hash uint64) {
	if m.begun.bytes > 0 {
		line = m.finishLine(line)
	}
	m.noteHead(line)
	m.count(hash)
	if len(line) > 0 {
		m.opt.Deliver(line)
	}
}

// finishLine is what line has behind the bytes of it that were delivered.
func (m *Merger) finishLine(line []byte) []byte {
	if !m.begun.begins(line) {
		m.breakLine()
		return line
	}
	defer m.endBegun()
	rest, whole := m.begun.after(line)
	if !whole {
		m.gap(0, 0, replaced)
		if len(rest) == 0 && line[len(line)-1] == '\n' {
			rest = newline
		}
	}
	return rest
}

// endBegun forgets the line that had begun. If its stream is just within it, that knows it again by what it passed on.
func (m *Merger) endBegun() {
	if l := &m.live; l.open && l.synced && l.pos == m.n && m.begunIn == l.stream {
		l.passed, m.begun = m.begun, l.passed
	}
	m.begun.reset()
}

// breakLine ends a line whose rest is lost.
func (m *Merger) breakLine() {
	if m.begun.bytes > 0 {
		m.broken = append(m.broken, brokenLine{after: m.n, begun: m.begun.clone(), guessed: len(m.pieces) > 0})
		m.endBegun()
		m.gap(0, 0, "the rest of a line could not be read")
		m.opt.Deliver(newline)
	}
}

// count counts one line that was delivered.
func (m *Merger) count(hash uint64) {
	m.n++
	m.done.push(hash)
	if len(m.done.hash) > most {
		m.done.trim(m.n - most/2)
		if m.anchor.set && m.anchor.line < m.done.first-1 {
			m.anchor.set = false
		}
	}
}

// out is how a read line is delivered.
func (m *Merger) out(l wline) []byte {
	switch {
	case m.opt.Stamped:
		return m.win.buf[l.off:l.end]
	case l.live > 0:
		return m.live.held(l.live)
	}
	return m.win.text(l)
}

func (m *Merger) gap(lines int, first int64, reason string) {
	m.opt.Gap(Gap{From: at(m.anchor.stamp), To: at(first), Lines: lines, Reason: reason})
}

func at(nanos int64) time.Time {
	if nanos == 0 {
		return time.Time{}
	}
	return time.Unix(0, nanos).UTC()
}

// Doubtful reports that what was read first may not be the beginning of the output, if the container had ended then.
func (m *Merger) Doubtful() bool { return m.doubt != nil }

// Untouched reports that no output is known at all.
func (m *Merger) Untouched() bool {
	return m.n == 0 && !m.anchor.set && m.begun.bytes == 0 && m.live.lines.end() == 0 && len(m.live.partial) == 0
}
