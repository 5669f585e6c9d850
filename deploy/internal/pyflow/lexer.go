package pyflow

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	// maxBrackets and maxIndents are CPython's own limits (MAXLEVEL and MAXINDENT of Parser/tokenizer).
	maxBrackets = 200
	maxIndents  = 100
	tabSize     = 8
)

// A lexer cuts a decoded file into tokens. It is a state machine over lines:
//
//	          +--------- blank or comment line ---------+
//	          v                                         |
//	[line start] -- indentation --> [logical line] -- line end --+
//	     ^                           |    ^   |                  |
//	     |                           |    |   +-- bracket open: line ends are space
//	     |                           |    +------ backslash, line end: the line goes on
//	     +--------- newline token ---+
type lexer struct {
	text     string
	at       int
	tokens   []token
	brackets []byte // the open ones
	// columns are the indentations of the open blocks with tabs to the next multiple of eight; narrow are the same with
	// tabs one wide. Python refuses a line that the two order differently.
	columns, narrow []int
	lineStart       bool
	nesting         int // of f-strings
}

// tokenize cuts text into tokens; the last is an endMarker.
func tokenize(text string) []token {
	l := &lexer{text: text, columns: []int{0}, narrow: []int{0}, lineStart: true}
	for l.next() {
	}
	if len(l.brackets) > 0 {
		failf(l.at, "", "%q is never closed", l.brackets[len(l.brackets)-1])
	}
	if n := len(l.tokens); n > 0 && l.tokens[n-1].kind != newline && l.tokens[n-1].kind != dedent {
		l.emit(newline, l.at)
	}
	for range len(l.columns) - 1 {
		l.emit(dedent, l.at)
	}
	l.emit(endMarker, l.at)
	return l.tokens
}

func (l *lexer) emit(kind kind, from int) {
	l.tokens = append(l.tokens, token{kind: kind, at: from, text: l.text[from:l.at]})
}

// peek is the byte that is n bytes ahead, 0 past the end. A decoded text has no NUL.
func (l *lexer) peek(n int) byte {
	if l.at+n < len(l.text) {
		return l.text[l.at+n]
	}
	return 0
}

// next reads one token, or space, and reports false at the end of the text.
func (l *lexer) next() bool {
	if l.lineStart {
		l.lineStart = false
		l.indentation()
	}
	c := l.peek(0)
	switch {
	case c == 0:
		return false
	case c == ' ' || c == '\t' || c == '\f':
		l.at++
	case c == '#':
		l.comment()
	case c == '\n':
		l.lineEnd()
	case c == '\\':
		if l.peek(1) != '\n' {
			failf(l.at, "", "unexpected character after the line continuation character")
		}
		l.at += 2
	case c >= '0' && c <= '9' || c == '.' && isDigit(l.peek(1)):
		l.number()
	case isNameByte(c):
		l.word()
	case c == '"' || c == '\'':
		l.string(l.at, "")
	default:
		l.operator()
	}
	return true
}

func (l *lexer) comment() {
	if end := strings.IndexByte(l.text[l.at:], '\n'); end >= 0 {
		l.at += end
		return
	}
	l.at = len(l.text)
}

func (l *lexer) lineEnd() {
	l.at++
	if len(l.brackets) > 0 {
		return
	}
	l.lineStart = true
	if n := len(l.tokens); n > 0 && l.tokens[n-1].kind != newline && l.tokens[n-1].kind != indent && l.tokens[n-1].kind != dedent {
		l.emit(newline, l.at-1)
	}
}

// indentation measures the space before a line and opens or closes blocks. Lines without code do not count.
func (l *lexer) indentation() {
	from, column, narrow := l.at, 0, 0
	for ; ; l.at++ {
		switch l.peek(0) {
		case ' ':
			column, narrow = column+1, narrow+1
			continue
		case '\t':
			column, narrow = (column/tabSize+1)*tabSize, narrow+1
			continue
		case '\f':
			column, narrow = 0, 0
			continue
		case '\n', '#', 0:
			return
		}
		break
	}
	top := len(l.columns) - 1
	switch {
	case column == l.columns[top]:
		l.sameTabs(narrow == l.narrow[top])
	case column > l.columns[top]:
		l.sameTabs(narrow > l.narrow[top])
		if top+1 >= maxIndents {
			failf(l.at, "", "too many levels of indentation")
		}
		l.columns, l.narrow = append(l.columns, column), append(l.narrow, narrow)
		l.emit(indent, from)
	default:
		for top > 0 && column < l.columns[top] {
			l.emit(dedent, l.at)
			top--
		}
		if column != l.columns[top] {
			failf(l.at, "", "the indentation matches no outer level")
		}
		l.sameTabs(narrow == l.narrow[top])
		l.columns, l.narrow = l.columns[:top+1], l.narrow[:top+1]
	}
}

func (l *lexer) sameTabs(ok bool) {
	if !ok {
		failf(l.at, "", "inconsistent use of tabs and spaces in the indentation")
	}
}

func (l *lexer) word() {
	from := l.at
	for l.at < len(l.text) {
		r, size := utf8.DecodeRuneInString(l.text[l.at:])
		if !isNameRune(r) {
			break
		}
		l.at += size
	}
	if l.at == from {
		r, _ := utf8.DecodeRuneInString(l.text[l.at:])
		failf(l.at, "", "invalid character %q", r)
	}
	if c := l.peek(0); (c == '"' || c == '\'') && isStringPrefix(l.text[from:l.at]) {
		l.string(from, strings.ToLower(l.text[from:l.at]))
		return
	}
	l.emit(name, from)
}

func (l *lexer) operator() {
	for _, operator := range operators {
		if !strings.HasPrefix(l.text[l.at:], operator) {
			continue
		}
		from := l.at
		l.at += len(operator)
		l.bracket(from, operator[0])
		l.emit(op, from)
		return
	}
	failf(l.at, "", "invalid character %q", l.text[l.at])
}

// bracket keeps the stack of open brackets.
func (l *lexer) bracket(at int, c byte) {
	switch c {
	case '(', '[', '{':
		if len(l.brackets) >= maxBrackets {
			failf(at, "", "too many nested brackets")
		}
		l.brackets = append(l.brackets, c)
	case ')', ']', '}':
		top := len(l.brackets) - 1
		if top < 0 || closing(l.brackets[top]) != c {
			failf(at, "", "unmatched %q", c)
		}
		l.brackets = l.brackets[:top]
	}
}

func closing(open byte) byte {
	switch open {
	case '(':
		return ')'
	case '[':
		return ']'
	}
	return '}'
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// isNameByte reports whether c can be in a name; any byte of a character beyond ASCII can, until [isNameRune] has seen it.
func isNameByte(c byte) bool {
	return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || isDigit(c) || c >= utf8.RuneSelf
}

func isNameRune(r rune) bool {
	return r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) || r >= utf8.RuneSelf &&
		unicode.In(r, unicode.Nl, unicode.Mn, unicode.Mc, unicode.Nd, unicode.Pc, unicode.Other_ID_Start, unicode.Other_ID_Continue)
}
