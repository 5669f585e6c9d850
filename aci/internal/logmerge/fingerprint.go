package logmerge

import (
	"bytes"
	"hash/maphash"
	"unicode/utf8"
)

var (
	newline     = []byte{'\n'}
	replacement = []byte("\uFFFD")
)

// comparable is how much of a line is compared. Azure was seen to cut lines near 8 KB in log reads, never in the
// live stream; a line must be known again all the same.
const comparable = 4096

// hashLine is a line's fingerprint, with or without its newline. What JSON cannot carry is left out: the live stream
// has the container's own bytes, a log read has U+FFFD for those that are no UTF-8.
func (m *Merger) hashLine(line []byte) uint64 {
	line = bytes.TrimSuffix(line, newline)
	if len(line) < comparable && faithful(line) && utf8.Valid(line) {
		return maphash.Bytes(m.seed, bytes.TrimSuffix(line, []byte{'\r'}))
	}
	m.scratch.reset()
	for len(line) > 0 && len(m.scratch.clean) <= comparable {
		n := min(len(line), 2*comparable)
		m.scratch.add(line[:n])
		line = line[n:]
	}
	return m.scratch.sum(m.seed)
}

// faithful reports whether a text that came as JSON can be what the container wrote: the replacement character stands
// for bytes that JSON cannot carry.
func faithful(text []byte) bool { return !bytes.Contains(text, replacement) }

// linePrefix collects what is compared of a line that comes in pieces. The zero value is an empty line.
type linePrefix struct {
	clean []byte // without what is no UTF-8, at most comparable+1 bytes
	cut   []byte // the beginning of a character that the last piece ended in
	bytes int    // of the line so far
	runes int    // characters so far; each byte that is no UTF-8 counts as one, as in JSON
}

func (p *linePrefix) reset() { p.clean, p.cut, p.bytes, p.runes = p.clean[:0], p.cut[:0], 0, 0 }

func (p *linePrefix) clone() linePrefix {
	c := *p
	c.clean, c.cut = bytes.Clone(p.clean), bytes.Clone(p.cut)
	return c
}

// add takes the next piece of the line, which must not have the newline.
func (p *linePrefix) add(piece []byte) {
	p.bytes += len(piece)
	if len(p.clean) > comparable { // a line of a gigabyte is only counted
		p.runes += utf8.RuneCount(piece)
		return
	}
	if len(p.cut) > 0 {
		piece = append(p.cut, piece...)
		p.cut = nil
	}
	for len(piece) > 0 {
		r, n := utf8.DecodeRune(piece)
		if r == utf8.RuneError && n == 1 && !utf8.FullRune(piece) {
			p.cut = append(p.cut[:0], piece...)
			return
		}
		if r != utf8.RuneError && len(p.clean) <= comparable {
			p.clean = append(p.clean, piece[:n]...)
		}
		p.runes++
		piece = piece[n:]
	}
}

// sum is the fingerprint of the line up to now.
func (p *linePrefix) sum(seed maphash.Seed) uint64 {
	if len(p.clean) > comparable {
		return maphash.Bytes(seed, p.clean[:comparable])
	}
	return maphash.Bytes(seed, bytes.TrimSuffix(p.clean, []byte{'\r'}))
}

// begins reports whether text, of a log read, begins with the line so far, as far as both are compared.
func (p *linePrefix) begins(text []byte) bool {
	var other linePrefix
	other.add(text)
	n := min(len(p.clean), comparable)
	return len(other.clean) >= n && bytes.Equal(other.clean[:n], p.clean[:n])
}

// after is what text, the same line in a log read, has behind the line so far. whole: it is surely all of it.
func (p *linePrefix) after(text []byte) (rest []byte, whole bool) {
	if faithful(text) {
		if len(text) < p.bytes {
			return nil, false
		}
		return text[p.bytes:], true
	}
	for range p.runes + len(p.cut) {
		_, n := utf8.DecodeRune(text)
		text = text[n:]
	}
	return text, false
}
