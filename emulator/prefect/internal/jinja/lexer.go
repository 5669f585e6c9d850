package jinja

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/pacific-aci/pacific/internal/pytext"
)

// token is a piece of a template. Its kind is a word of Jinja's own, which its messages quote.
type token struct {
	kind, value string
	line        int
}

// is reports whether the token is of a kind, or with "name:for" that name.
func (t token) is(want string) bool {
	kind, value, exact := strings.Cut(want, ":")
	return t.kind == kind && (!exact || t.value == value)
}

var operators = map[string]string{
	"+": "add", "-": "sub", "/": "div", "//": "floordiv", "*": "mul", "%": "mod", "**": "pow", "~": "tilde",
	"[": "lbracket", "]": "rbracket", "(": "lparen", ")": "rparen", "{": "lbrace", "}": "rbrace",
	"==": "eq", "!=": "ne", ">": "gt", ">=": "gteq", "<": "lt", "<=": "lteq", "=": "assign",
	".": "dot", ":": "colon", "|": "pipe", ",": "comma", ";": "semicolon",
}

var kindWords = func() map[string]string {
	words := map[string]string{
		"block_begin": "begin of statement block", "block_end": "end of statement block", "variable_begin": "begin of print statement",
		"variable_end": "end of print statement", "data": "template data / text", "eof": "end of template",
	}
	for sign, kind := range operators {
		words[kind] = sign
	}
	return words
}()

// describe says what a token is, or what "name:for" or "comma" wants.
func describe(kind, value string) string {
	if kind == "name" && value != "" {
		return value
	}
	if word, ok := kindWords[kind]; ok {
		return word
	}
	return kind
}

func (t token) describe() string { return describe(t.kind, t.value) }

// lexer cuts a template into tokens, one at a time: what is wrong later is not noticed before what comes first.
//
//	data --{{--> expression --}}--> data
//	data --{%--> statement  --%}--> data
//	data --{%raw%}--> text until endraw --> data
type lexer struct {
	source string
	at     int
	line   int
	// inside is "variable" or "block" in a tag, "" in data.
	inside string
	// open are the closing brackets that are still to come.
	open []string
	// queue are tokens that one step found along with the first.
	queue []token
}

var (
	tagForm        = regexp.MustCompile(`\{\{[-+]?|\{#[-+]?|\{%[-+]?`)
	rawForm        = regexp.MustCompile(`^\{%([-+]?)\s*raw\s*(?:-%\}\s*|%\})`)
	endRawForm     = regexp.MustCompile(`\{%([-+]?)\s*endraw\s*(?:\+%\}|-%\}\s*|%\})`)
	endCommentForm = regexp.MustCompile(`\+#\}|-#\}\s*|#\}`)
	endBlockForm   = regexp.MustCompile(`^(?:\+%\}|-%\}\s*|%\})`)
	endPrintForm   = regexp.MustCompile(`^(?:-\}\}\s*|\}\})`)
	spaceForm      = regexp.MustCompile(`^\s+`)
	floatForm      = regexp.MustCompile(`^(?i)(?:\d+_)*\d+(?:(?:\.(?:\d+_)*\d+)?e[+-]?(?:\d+_)*\d+|\.(?:\d+_)*\d+)`)
	integerForm    = regexp.MustCompile(`^(?i)(?:0b(?:_?[01])+|0o(?:_?[0-7])+|0x(?:_?[\da-f])+|[1-9](?:_?\d)*|0(?:_?0)*)`)
	nameForm       = regexp.MustCompile(`^[\pL\pN_]+`)
	stringForm     = regexp.MustCompile(`^(?s)(?:'[^'\\]*(?:\\.[^'\\]*)*'|"[^"\\]*(?:\\.[^"\\]*)*")`)
	operatorForm   = regexp.MustCompile(`^(?:\*\*|//|==|!=|>=|<=|[-+/*%~\[\](){}><=.:|,;])`)
)

func newLexer(source string) *lexer {
	source = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(source)
	return &lexer{source: strings.TrimSuffix(source, "\n"), line: 1}
}

func fail(line int, format string, values ...any) {
	panic(&Error{line, fmt.Sprintf(format, values...)})
}

// next gives the next token; after the last one, eof for ever.
func (l *lexer) next() token {
	for len(l.queue) == 0 {
		rest := l.source[l.at:]
		if rest == "" {
			return token{"eof", "", l.line}
		}
		if l.inside == "" {
			l.data(rest)
		} else {
			l.tag(rest)
		}
	}
	first := l.queue[0]
	l.queue = l.queue[1:]
	return first
}

// add queues a token and goes past it.
func (l *lexer) add(kind, value string, length int) {
	l.queue = append(l.queue, token{kind, value, l.line})
	l.skip(length)
}

func (l *lexer) skip(length int) {
	l.line += strings.Count(l.source[l.at:l.at+length], "\n")
	l.at += length
}

// addText queues text before a tag, without its last blanks if the tag begins with a minus.
func (l *lexer) addText(text, sign string) {
	kept := text
	if sign == "-" {
		kept = strings.TrimRightFunc(text, unicode.IsSpace)
	}
	if kept != "" {
		l.queue = append(l.queue, token{"data", kept, l.line})
	}
	l.skip(len(text))
}

// data reads text, and the beginning of the tag after it.
func (l *lexer) data(rest string) {
	found := tagForm.FindStringIndex(rest)
	if found == nil {
		l.add("data", rest, len(rest))
		return
	}
	mark := rest[found[0]:found[1]]
	if raw := rawForm.FindStringSubmatch(rest[found[0]:]); raw != nil {
		l.addText(rest[:found[0]], raw[1])
		l.skip(len(raw[0]))
		l.raw()
		return
	}
	l.addText(rest[:found[0]], mark[2:])
	switch mark[:2] {
	case "{#":
		l.skip(len(mark))
		l.comment()
	case "{{":
		l.add("variable_begin", mark, len(mark))
		l.inside = "variable"
	default:
		l.add("block_begin", mark, len(mark))
		l.inside = "block"
	}
}

func (l *lexer) comment() {
	rest := l.source[l.at:]
	end := endCommentForm.FindStringIndex(rest)
	if end == nil {
		if rest != "" {
			fail(l.line, "Missing end of comment tag")
		}
		return
	}
	l.skip(end[1])
}

func (l *lexer) raw() {
	rest := l.source[l.at:]
	end := endRawForm.FindStringSubmatchIndex(rest)
	if end == nil {
		if rest != "" {
			fail(l.line, "Missing end of raw directive")
		}
		return
	}
	l.addText(rest[:end[0]], rest[end[2]:end[3]])
	l.skip(end[1] - end[0])
}

// tag reads one token within a tag.
func (l *lexer) tag(rest string) {
	end, kind := endPrintForm, "variable_end"
	if l.inside == "block" {
		end, kind = endBlockForm, "block_end"
	}
	if text := end.FindString(rest); text != "" && len(l.open) == 0 {
		l.add(kind, text, len(text))
		l.inside = ""
		return
	}
	if text := spaceForm.FindString(rest); text != "" {
		l.skip(len(text))
		return
	}
	afterDot := l.at > 0 && l.source[l.at-1] == '.'
	if text := floatForm.FindString(rest); text != "" && !afterDot {
		l.add("float", strings.ReplaceAll(text, "_", ""), len(text))
		return
	}
	for _, form := range []struct {
		kind string
		form *regexp.Regexp
	}{{"integer", integerForm}, {"name", nameForm}, {"string", stringForm}, {"operator", operatorForm}} {
		text := form.form.FindString(rest)
		if text == "" {
			continue
		}
		switch form.kind {
		case "operator":
			l.balance(text)
			l.add(operators[text], text, len(text))
		case "string":
			l.add("string", l.unescape(text[1:len(text)-1]), len(text))
		case "name":
			first, _ := utf8.DecodeRuneInString(text)
			if unicode.IsNumber(first) && !unicode.Is(unicode.Nl, first) || strings.ContainsFunc(text, func(r rune) bool { return unicode.Is(unicode.No, r) }) {
				fail(l.line, "Invalid character in identifier")
			}
			l.add("name", text, len(text))
		default:
			l.add(form.kind, strings.ReplaceAll(text, "_", ""), len(text))
		}
		return
	}
	first, _ := utf8.DecodeRuneInString(rest)
	fail(l.line, "unexpected char %s at %d", pytext.Repr(string(first)), utf8.RuneCountInString(l.source[:l.at]))
}

// balance holds brackets against those that are open.
func (l *lexer) balance(sign string) {
	if i := strings.Index("{([", sign); i >= 0 {
		l.open = append(l.open, "})]"[i:i+1])
		return
	}
	if !strings.Contains("})]", sign) {
		return
	}
	if len(l.open) == 0 {
		fail(l.line, "unexpected '%s'", sign)
	}
	want := l.open[len(l.open)-1]
	l.open = l.open[:len(l.open)-1]
	if want != sign {
		fail(l.line, "unexpected '%s', expected '%s'", sign, want)
	}
}

var simpleEscapes = map[byte]string{
	'\n': "", '\\': `\`, '\'': "'", '"': `"`, 'a': "\a", 'b': "\b", 'f': "\f", 'n': "\n", 'r': "\r", 't': "\t", 'v': "\v",
}

// unescape reads Python's escapes of a string.
func (l *lexer) unescape(text string) string {
	var out strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] != '\\' || i+1 == len(text) {
			out.WriteByte(text[i])
			continue
		}
		i++
		if plain, ok := simpleEscapes[text[i]]; ok {
			out.WriteString(plain)
			continue
		}
		size := map[byte]int{'x': 2, 'u': 4, 'U': 8}[text[i]]
		switch {
		case size > 0:
			end := min(len(text), i+1+size)
			n, err := strconv.ParseUint(text[i+1:end], 16, 32)
			if err != nil || end < i+1+size {
				fail(l.line, `truncated \%c%s escape`, text[i], strings.Repeat("X", size))
			}
			if n > unicode.MaxRune {
				fail(l.line, "illegal Unicode character")
			}
			out.WriteRune(rune(n))
			i = end - 1
		case text[i] >= '0' && text[i] <= '7':
			end := i + 1
			for end < min(len(text), i+3) && text[end] >= '0' && text[end] <= '7' {
				end++
			}
			n, _ := strconv.ParseUint(text[i:end], 8, 32)
			out.WriteRune(rune(n))
			i = end - 1
		case text[i] == 'N':
			fail(l.line, `malformed \N character escape`)
		default:
			out.WriteByte('\\')
			out.WriteByte(text[i])
		}
	}
	return out.String()
}
