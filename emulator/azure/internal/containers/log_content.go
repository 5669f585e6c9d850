package containers

import (
	"bytes"
	"io"
	"time"
	"unicode/utf8"
)

const stampLayout = "2006-01-02T15:04:05.000000000Z"

// logView is what a log read shows: a window of a log as it was.
type logView struct {
	blocks     []logBlock
	timestamps bool
}

// write writes it as text. With times, the first line has one though only its end may be in the window.
func (v logView) write(w io.Writer) error {
	var err error
	put := func(p []byte) bool {
		_, err = w.Write(p)
		return err == nil
	}
	var stamp stampText
	first := true
	for i := range v.blocks {
		if !v.timestamps {
			put(v.blocks[i].text)
		} else {
			v.blocks[i].each(func(s logSegment) bool {
				if s.begun || first {
					put(stamp.of(s.stamp))
				}
				first = false
				return err == nil && put(s.text)
			})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// stampText writes times as they stand before lines, with the blank. Those of one log mostly share their second.
type stampText struct {
	second int64
	text   []byte
}

// of is the text of a time in Unix nanoseconds. It is valid until the next call.
func (s *stampText) of(nanos int64) []byte {
	const unitsAt = len("2006-01-02T15:04:05.")
	if second := nanos / int64(time.Second); s.text == nil || second != s.second {
		s.second = second
		s.text = append(time.Unix(second, 0).UTC().AppendFormat(s.text[:0], stampLayout), ' ')
	}
	rest := nanos % int64(time.Second)
	for i := unitsAt + 8; i >= unitsAt; i-- {
		s.text[i] = byte('0' + rest%10)
		rest /= 10
	}
	return s.text
}

// writeJSON writes it as Azure answers, {"content":"…"}.
func (v logView) writeJSON(w io.Writer) error {
	text := jsonText{w: w, out: append(make([]byte, 0, 2*jsonPiece), `{"content":"`...)}
	if err := v.write(&text); err != nil {
		return err
	}
	return text.end(`"}`)
}

// jsonText is a writer of the inside of a JSON string. It holds little, however much comes: a log of zeros is six times as
// long in JSON. Bytes that are no UTF-8 become U+FFFD.
type jsonText struct {
	w   io.Writer
	out []byte
	cut []byte // the beginning of a character that the last Write ended in
}

// jsonPiece is how much is written at once.
const jsonPiece = 32 << 10

// Write writes text.
func (t *jsonText) Write(p []byte) (int, error) {
	all := len(p)
	for len(t.cut) > 0 && len(p) > 0 {
		t.cut, p = append(t.cut, p[0]), p[1:]
		for len(t.cut) > 0 && utf8.FullRune(t.cut) {
			t.cut = t.cut[t.char(t.cut):]
		}
	}
	for len(p) > 0 {
		n := plainText(p)
		if n > 0 {
			n = min(n, jsonPiece)
			t.out = append(t.out, p[:n]...)
		} else if !utf8.FullRune(p) {
			t.cut = bytes.Clone(p)
			return all, nil
		} else {
			n = t.char(p)
		}
		p = p[n:]
		if len(t.out) >= jsonPiece {
			if err := t.flush(); err != nil {
				return 0, err
			}
		}
	}
	return all, nil
}

// plainText is how many bytes at the beginning of p mean themselves in JSON.
func plainText(p []byte) int {
	for i, b := range p {
		if b < ' ' || b >= utf8.RuneSelf || b == '"' || b == '\\' {
			return i
		}
	}
	return len(p)
}

const hexDigits = "0123456789abcdef"

// char writes the first character of p and returns its length there.
func (t *jsonText) char(p []byte) int {
	switch b := p[0]; {
	case b == '"' || b == '\\':
		t.out = append(t.out, '\\', b)
	case b == '\n':
		t.out = append(t.out, '\\', 'n')
	case b == '\r':
		t.out = append(t.out, '\\', 'r')
	case b == '\t':
		t.out = append(t.out, '\\', 't')
	case b < ' ':
		t.out = append(t.out, '\\', 'u', '0', '0', hexDigits[b>>4], hexDigits[b&15])
	default:
		r, n := utf8.DecodeRune(p)
		t.out = utf8.AppendRune(t.out, r) // U+FFFD where p is no UTF-8
		return n
	}
	return 1
}

func (t *jsonText) flush() error {
	_, err := t.w.Write(t.out)
	t.out = t.out[:0]
	return err
}

// end writes what is left, and what stands behind the string.
func (t *jsonText) end(tail string) error {
	for cut := t.cut; len(cut) > 0; {
		cut = cut[t.char(cut):]
	}
	t.out = append(t.out, tail...)
	return t.flush()
}
