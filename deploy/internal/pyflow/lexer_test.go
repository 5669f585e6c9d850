package pyflow

import (
	"fmt"
	"strings"
	"testing"
)

// lexed is the tokens of a text in short: [ and ] are indent and dedent, / ends a line.
func lexed(text string) (out string, problem *Problem) {
	var parts []string
	problem = caught(text, func() {
		for _, t := range tokenize(text) {
			switch t.kind {
			case newline:
				parts = append(parts, "/")
			case indent:
				parts = append(parts, "[")
			case dedent:
				parts = append(parts, "]")
			case endMarker:
			case str, number:
				parts = append(parts, fmt.Sprintf("<%v>", t.value))
			default:
				parts = append(parts, t.text)
			}
		}
	})
	return strings.Join(parts, " "), problem
}

// What an f-string holds is read by the rules of Python 3.12 (PEP 701), which take in all that was valid before.
func TestTokenize(t *testing.T) {
	for _, test := range []struct{ name, text, want string }{
		{"empty", "", ""},
		{"no line end", "x", "x /"},
		{"blank lines and comments", "\n# c\n  # d\nx # e\n\n", "x /"},
		{"blocks", "if x:\n  y\n  if z:\n  \tw\nv\n", "if x : / [ y / if z : / [ w / ] ] v /"},
		{"block to the end", "if x:\n  y", "if x : / [ y / ]"},
		{"comment deeper than its block", "if x:\n  y\n      # c\n  z", "if x : / [ y / z / ]"},
		{"brackets join lines", "f(\n  a,\n# c\n b)\n", "f ( a , b ) /"},
		{"backslash joins lines", "a = \\\n  1\n", "a = <1> /"},
		{"form feed resets", "if x:\n  a\n\f  b", "if x : / [ a / b / ]"},
		{"operators", "a**=b//c->d:=e...f@=g!=h<<=i", "a **= b // c -> d := e ... f @= g != h <<= i /"},
		{"numbers", "0x_fF 0o17 0B1 1_000 1.5e-3 .5 1. 1e5 007.5 0", "<255> <15> <1> <1000> <0.0015> <0.5> <1> <100000> <7.5> <0> /"},
		{"a name ends a number", "1if x else 0", "<1> if x else <0> /"},
		{"imaginary", "2j", "<a complex number> /"},
		{"names", "é _x x1 名前", "é _x x1 名前 /"},
		{"quotes", `'a"b' "a'b" 'a\'b' ''`, `<a"b> <a'b> <a'b> <> /`},
		{"triple", "'''a\n'b''c''' \"\"\"\"x\"\"\"", "<a\n'b''c> <\"x> /"},
		{"raw", `r'\n\'' R"\\"`, `<\n\'> <\\> /`},
		{"bytes", `b'\xff\u0041' rb"\x"`, "<\xff\\u0041> <\\x> /"},
		{"escapes", `'\a\b\f\n\r\t\v\\\'\"\101\x41\u0041\U00000041\q'`, "<\a\b\f\n\r\t\v\\'\"AAAA\\q> /"},
		{"escaped line end", "'a\\\nb'", "<ab> /"},
		{"malformed escape", `'\x4'`, "<a string with a malformed escape> /"},
		{"surrogate", `'\ud800'`, "<a string with a lone surrogate> /"},
		{"by name", `'\N{BULLET}'`, `<a string with a character by name (\N{...})> /`},
		{"prefix that is none", "bu'x'", "bu <x> /"},
		{"f without a field", `f'a{{b}}' F"\x41"`, "<a{b}> <A> /"},
		{"f with a field", `f'a{b}c' x`, "<an f-string with a placeholder> x /"},
		{"f with its own quotes inside", `f'{d['k']}' x`, "<an f-string with a placeholder> x /"},
		{"f in f in f", `f'{f'{f'{1}'}'}' x`, "<an f-string with a placeholder> x /"},
		{"f with a spec", `f'{a!r:>{w}.{p}}' x`, "<an f-string with a placeholder> x /"},
		{"f with brackets", `f'{ {'a': '}'}['a'] }' x`, "<an f-string with a placeholder> x /"},
		{"f over lines", "f'''{\na # }\n}''' x", "<an f-string with a placeholder> x /"},
		{"f with a comparison", `f'{a!=b}' x`, "<an f-string with a placeholder> x /"},
		{"f with a name", `f'\N{BULLET}' x`, "<an f-string with a placeholder> x /"},
		{"raw f with a backslash", `rf'\{a}' x`, "<an f-string with a placeholder> x /"},
		{"template", `t'a' tr"{b}"`, "<a template string> <a template string> /"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, problem := lexed(test.text)
			if problem != nil || got != test.want {
				t.Errorf("got  %q (%v)\nwant %q", got, problem, test.want)
			}
		})
	}
}

func TestTokenizeRefuses(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"x = 'a\n'", "line 1, column 5: the string is never closed"},
		{"é = '''a", "line 1, column 5: the string is never closed"},
		{"'\\", "line 1, column 1: the string is never closed"},
		{"f(\n", "line 2, column 1: '(' is never closed"},
		{"f(]", "line 1, column 3: unmatched ']'"},
		{"x)", "line 1, column 2: unmatched ')'"},
		{"if x:\n    a\n  b", "line 3, column 3: the indentation matches no outer level"},
		{"if x:\n        a\n\tb", "line 3, column 2: inconsistent use of tabs and spaces in the indentation"},
		{"a $ b", "line 1, column 3: invalid character '$'"},
		{"a € b", "line 1, column 3: invalid character '€'"},
		{"a \\ b", "line 1, column 3: unexpected character after the line continuation character"},
		{"007", "line 1, column 1: leading zeros in an integer"},
		{"0x", "line 1, column 1: invalid number"},
		{"f'{a'", "line 1, column 5: the string is never closed"},
		{"f'}'", "line 1, column 3: a single '}' in an f-string"},
		{strings.Repeat("(", 201), "line 1, column 201: too many nested brackets"},
		{strings.Repeat("9", 5000), "line 1, column 1: the number has more than 4300 digits"},
		{strings.Repeat("f'{", 200), "line 1, column 453: f-string fields are nested too deep"},
	} {
		if _, problem := lexed(test.text); problem == nil || problem.Error() != test.want {
			t.Errorf("%.20q: got %v, want %s", test.text, problem, test.want)
		}
	}
}

func TestDecode(t *testing.T) {
	for _, test := range []struct{ source, want string }{
		{"x\r\ny\rz\n", "x\ny\nz\n"},
		{"\xef\xbb\xbfé", "é"},
		{"# -*- coding: latin-1 -*-\n\xe9", "# -*- coding: latin-1 -*-\né"},
		{"#!x\n# vim: set fileencoding=ISO_8859-1 :\n\xe9", "#!x\n# vim: set fileencoding=ISO_8859-1 :\né"},
		{"x\n# coding: latin-1\né", "x\n# coding: latin-1\né"},
		{"# coding coding:utf8\né", "# coding coding:utf8\né"},
		{"# coding: us-ascii\ne", "# coding: us-ascii\ne"},
	} {
		var got string
		if problem := caught("", func() { got = decode([]byte(test.source)) }); problem != nil || got != test.want {
			t.Errorf("%q: got %q (%v), want %q", test.source, got, problem, test.want)
		}
	}
	for source, want := range map[string]string{
		"# coding: koi8-r\nx":              `cannot read the encoding "koi8-r"`,
		"\xef\xbb\xbf# coding: latin-1\nx": `the file has a UTF-8 byte order mark, but declares the encoding "latin-1"`,
		"x\n\xff":                          "line 2 is not UTF-8",
		"# coding: ascii\n\xc3\xa9":        "the byte 0xc3 at offset 16 is not ASCII, which the file declares",
		"x\x00":                            "the source has a NUL byte at offset 1",
	} {
		if problem := caught("", func() { decode([]byte(source)) }); problem == nil || problem.Error() != want {
			t.Errorf("%q: got %v, want %s", source, problem, want)
		}
	}
}
