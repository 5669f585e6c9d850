// Package logmerge puts a container's output together again from the two things that Azure gives: a live stream that
// has no history, no times and breaks off, and log reads that show the last 4 MB (16 KB once the container has
// stopped) with a time before each line. The result has every line once, in order.
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
package logmerge

import (
	"hash/maphash"
	"time"
)

var (
	newline     = []byte{'\n'}
	replacement = []byte("\uFFFD")
)

// Gap is a place where lines were lost, or where that cannot be ruled out.
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
	// Deliver gets each line, with its newline if it has one. The bytes are valid during the call.
	Deliver func(line []byte)
	// Gap is told about each gap. Nil: nobody listens.
	Gap func(Gap)
	// Stamped delivers lines as read, with their times. There must be no live stream then.
	Stamped bool
	// Tail delivers only that many last lines of the first read. 0: all.
	Tail int
}

// Merger is the state of one container's output. Use it from one goroutine.
type Merger struct {
	opt    Options
	seed   maphash.Seed
	n      int64 // number of the last line delivered
	done   seq   // hashes of the lines delivered last, at least all behind the anchor
	anchor anchor
	head   head
	live   live
	win    window
	asked  asked
	// counted: the first line of the log has number 1.
	counted bool
	// shared: lines were seen that have the same time.
	shared bool
	pow    powers
}

// anchor is the last line of the last read: where the next read is laid on.
type anchor struct {
	set   bool
	line  int64
	stamp int64
	hash  uint64
	run   int64 // how many lines, this the last, have the same time
}

// head is the beginning of the log, once seen: a read that begins so has lost nothing.
type head struct {
	lines int // how many lines sum covers; 0: not seen
	stamp int64
	sum   uint64
}

// asked is what was known when the current read was asked for: all of it must be in the answer.
type asked struct {
	delivered int64
	stream    int // which live stream; 0: none was open
	received  int64
}

// keep is how many hashes of delivered lines are kept beyond what is needed, to recognise a read by.
const keep = 1024

// most bounds the hashes of live lines that no read has confirmed (8 MB). Reads come much earlier.
const most = 1 << 20

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

// Lines is how many lines were delivered or counted so far.
func (m *Merger) Lines() int64 { return m.n }

// Last is the time of the last line read; zero before the first read.
func (m *Merger) Last() time.Time { return at(m.anchor.stamp) }

// Restarted tells that the container began anew and its log with it.
func (m *Merger) Restarted() {
	m.anchor, m.head, m.counted = anchor{}, head{}, false
	m.done.reset(m.n + 1)
	m.live.stop()
}

// deliver counts the next line and gives it away.
func (m *Merger) deliver(line []byte, hash uint64) {
	m.n++
	m.done.push(hash)
	m.opt.Deliver(line)
	if len(m.done.hash) > most {
		m.done.trim(m.n - most/2)
		if m.anchor.set && m.anchor.line < m.done.first-1 {
			m.anchor.set = false
		}
	}
}

// out is how a read line is delivered.
func (m *Merger) out(l wline) []byte {
	if m.opt.Stamped {
		return m.win.buf[l.off:l.end]
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
