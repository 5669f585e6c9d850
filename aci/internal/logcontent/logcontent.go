// Package logcontent reads the answer of ACI's log operation, {"content": "…"}, straight into one buffer: encoding/json
// would hold the 4 MB several times over. Call [Read].
package logcontent

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"unicode/utf16"
	"unicode/utf8"
)

// ErrForm is wrapped where the answer is not in that form.
var ErrForm = errors.New("the answer is not in the form of a log read")

// Most bounds the content. Azure keeps 4 MB; each line has 31 bytes of time before it, so that many short lines
// multiply.
const Most = 256 << 20

// Read appends the content to buf and returns it. Content that is missing or null is empty. Invalid escapes and bytes
// become U+FFFD, as in encoding/json.
func Read(r io.Reader, buf []byte) ([]byte, error) {
	in := bufio.NewReaderSize(r, 32<<10)
	if err := expect(in, '{'); err != nil {
		return nil, err
	}
	first, err := blank(in)
	if err != nil {
		return nil, err
	}
	if first == '}' {
		return buf, nil
	}
	for {
		if first != '"' {
			return nil, fmt.Errorf("%w: %q instead of a name", ErrForm, first)
		}
		name, err := text(in, nil)
		if err != nil {
			return nil, err
		}
		if err := expect(in, ':'); err != nil {
			return nil, err
		}
		if string(name) == "content" {
			return content(in, buf)
		}
		if err := skip(in); err != nil {
			return nil, err
		}
		switch first, err = blank(in); {
		case err != nil:
			return nil, err
		case first == '}':
			return buf, nil
		case first != ',':
			return nil, fmt.Errorf("%w: %q instead of a comma", ErrForm, first)
		}
		if first, err = blank(in); err != nil {
			return nil, err
		}
	}
}

// content reads the string, or null.
func content(in *bufio.Reader, buf []byte) ([]byte, error) {
	first, err := blank(in)
	switch {
	case err != nil:
		return nil, err
	case first == '"':
		return text(in, buf)
	case first == 'n':
		return buf, nil
	}
	return nil, fmt.Errorf("%w: the content begins with %q", ErrForm, first)
}

// skip leaves out the value of another name, which is never large.
func skip(in *bufio.Reader) error {
	depth := 0
	for {
		b, err := in.ReadByte()
		if err != nil {
			return cut(err)
		}
		switch b {
		case '"':
			if _, err := text(in, nil); err != nil {
				return err
			}
		case '{', '[':
			depth++
		case '}', ']', ',':
			if depth == 0 {
				return in.UnreadByte()
			}
			if b != ',' {
				depth--
			}
		}
	}
}

// blank gives the next byte that is no white space.
func blank(in *bufio.Reader) (byte, error) {
	for {
		b, err := in.ReadByte()
		if err != nil {
			return 0, cut(err)
		}
		switch b {
		case ' ', '\t', '\r', '\n':
		default:
			return b, nil
		}
	}
}

func expect(in *bufio.Reader, want byte) error {
	got, err := blank(in)
	if err == nil && got != want {
		err = fmt.Errorf("%w: %q instead of %q", ErrForm, got, want)
	}
	return err
}

// cut makes the end of the input an error that says that more was to come.
func cut(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// text reads the rest of a string behind its quote.
func text(in *bufio.Reader, buf []byte) ([]byte, error) {
	from := len(buf)
	for {
		// Most of it is plain; that goes in one piece.
		if waiting, _ := in.Peek(in.Buffered()); len(waiting) > 0 {
			n := plain(waiting)
			buf = append(buf, waiting[:n]...)
			if _, err := in.Discard(n); err != nil {
				return nil, err
			}
		}
		b, err := in.ReadByte()
		switch {
		case err != nil:
			return nil, cut(err)
		case len(buf)-from > Most:
			return nil, fmt.Errorf("%w: more than %d MB", ErrForm, Most>>20)
		case b == '"':
			return buf, nil
		case b == '\\':
			if buf, err = escape(in, buf); err != nil {
				return nil, err
			}
		case b < ' ':
			return nil, fmt.Errorf("%w: a control character in a string", ErrForm)
		case b < utf8.RuneSelf:
			buf = append(buf, b)
		default:
			if err := in.UnreadByte(); err != nil {
				return nil, err
			}
			r, _, err := in.ReadRune()
			if err != nil {
				return nil, cut(err)
			}
			buf = utf8.AppendRune(buf, r)
		}
	}
}

// plain is how many bytes at p's beginning stand for themselves.
func plain(p []byte) int {
	for i, b := range p {
		if b < ' ' || b >= utf8.RuneSelf || b == '"' || b == '\\' {
			return i
		}
	}
	return len(p)
}

// escape reads what follows a backslash.
func escape(in *bufio.Reader, buf []byte) ([]byte, error) {
	b, err := in.ReadByte()
	if err != nil {
		return nil, cut(err)
	}
	switch b {
	case '"', '\\', '/':
		return append(buf, b), nil
	case 'b':
		return append(buf, '\b'), nil
	case 'f':
		return append(buf, '\f'), nil
	case 'n':
		return append(buf, '\n'), nil
	case 'r':
		return append(buf, '\r'), nil
	case 't':
		return append(buf, '\t'), nil
	case 'u':
		r, err := hex(in)
		if err != nil {
			return nil, err
		}
		return surrogate(in, buf, r)
	}
	return nil, fmt.Errorf("%w: unknown escape \\%c", ErrForm, b)
}

// surrogate finishes a rune that may be the first half of a pair.
func surrogate(in *bufio.Reader, buf []byte, r rune) ([]byte, error) {
	if !utf16.IsSurrogate(r) {
		return utf8.AppendRune(buf, r), nil
	}
	next, err := in.Peek(6)
	if err == nil && next[0] == '\\' && next[1] == 'u' {
		if second, ok := digits(next[2:]); ok {
			if pair := utf16.DecodeRune(r, second); pair != utf8.RuneError {
				_, err := in.Discard(6)
				return utf8.AppendRune(buf, pair), err
			}
		}
	}
	return utf8.AppendRune(buf, utf8.RuneError), nil
}

func hex(in *bufio.Reader) (rune, error) {
	four, err := in.Peek(4)
	if err != nil {
		return 0, cut(err)
	}
	r, ok := digits(four)
	if !ok {
		return 0, fmt.Errorf("%w: %q after \\u", ErrForm, four)
	}
	_, err = in.Discard(4)
	return r, err
}

func digits(p []byte) (r rune, ok bool) {
	for _, b := range p[:4] {
		switch {
		case b >= '0' && b <= '9':
			b -= '0'
		case b >= 'a' && b <= 'f':
			b -= 'a' - 10
		case b >= 'A' && b <= 'F':
			b -= 'A' - 10
		default:
			return 0, false
		}
		r = r<<4 | rune(b)
	}
	return r, true
}
