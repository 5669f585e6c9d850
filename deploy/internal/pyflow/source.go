package pyflow

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

const byteOrderMark = "\xef\xbb\xbf"

// decode turns the bytes of a Python file into text as Python does: a byte order mark or a coding cookie (PEP 263) names
// the encoding, UTF-8 is the default, and every line ends in \n.
func decode(source []byte) string {
	source, marked := bytes.CutPrefix(source, []byte(byteOrderMark))
	encoding := cookie(source)
	if at := bytes.IndexByte(source, 0); at >= 0 {
		failf(-1, "", "the source has a NUL byte at offset %d", at)
	}
	var text string
	switch normal := normalEncoding(encoding); {
	case normal == "utf-8" || encoding == "":
		text = utf8Text(source)
	case marked:
		failf(-1, "save the file as UTF-8", "the file has a UTF-8 byte order mark, but declares the encoding %q", encoding)
	case normal == "iso-8859-1":
		runes := make([]rune, len(source))
		for i, b := range source {
			runes[i] = rune(b)
		}
		text = string(runes)
	case normal == "ascii":
		for i, b := range source {
			if b >= utf8.RuneSelf {
				failf(-1, "save the file as UTF-8", "the byte %#x at offset %d is not ASCII, which the file declares", b, i)
			}
		}
		text = string(source)
	default:
		failf(-1, "save the file as UTF-8", "cannot read the encoding %q", encoding)
	}
	text = strings.ReplaceAll(text, "\r\n", "\n")
	return strings.ReplaceAll(text, "\r", "\n")
}

func utf8Text(source []byte) string {
	for at := 0; at < len(source); {
		r, size := utf8.DecodeRune(source[at:])
		if r == utf8.RuneError && size == 1 {
			failf(-1, "save the file as UTF-8", "line %d is not UTF-8", bytes.Count(source[:at], []byte("\n"))+1)
		}
		at += size
	}
	return string(source)
}

// cookie is the encoding that a comment in the first two lines declares, or "". The second line counts only below a line
// without code.
func cookie(source []byte) string {
	for range 2 {
		line, rest, _ := bytes.Cut(source, []byte("\n"))
		trimmed := strings.TrimLeft(string(line), " \t\f")
		trimmed = strings.TrimRight(trimmed, "\r")
		if trimmed != "" && trimmed[0] != '#' {
			return ""
		}
		for from := trimmed; ; {
			_, after, found := strings.Cut(from, "coding")
			if !found {
				break
			}
			if name := cookieName(after); name != "" {
				return name
			}
			from = after
		}
		source = rest
	}
	return ""
}

// cookieName reads ": utf-8" or "= utf-8".
func cookieName(text string) string {
	if text == "" || text[0] != ':' && text[0] != '=' {
		return ""
	}
	text = strings.TrimLeft(text[1:], " \t")
	end := 0
	for end < len(text) && (isNameByte(text[end]) && text[end] < utf8.RuneSelf || text[end] == '-' || text[end] == '.') {
		end++
	}
	return text[:end]
}

// normalEncoding gives the many names of the three encodings that are read one name each, as Python's tokenizer does.
func normalEncoding(name string) string {
	name = strings.ReplaceAll(strings.ToLower(name), "_", "-")
	if name == "utf-8" || name == "utf8" || strings.HasPrefix(name, "utf-8-") {
		return "utf-8"
	}
	for _, latin := range []string{"latin-1", "iso-8859-1", "iso-latin-1"} {
		if name == latin || strings.HasPrefix(name, latin+"-") {
			return "iso-8859-1"
		}
	}
	switch name {
	case "latin1", "l1", "iso8859-1", "8859", "cp819":
		return "iso-8859-1"
	case "ascii", "us-ascii":
		return "ascii"
	}
	return name
}
