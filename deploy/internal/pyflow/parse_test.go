package pyflow

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// bound is what the statements of a text bind, in short: name for a function, a class or an assignment, name<module for an
// import, name? for what is not known, (name) for what is there only for type checkers.
func bound(t *testing.T, text string) string {
	t.Helper()
	var m *module
	if problem := caught(text, func() { m = parseModule(text) }); problem != nil {
		t.Fatal(problem)
	}
	var all []*stmt
	for _, list := range m.names {
		all = append(all, list...)
	}
	slices.SortStableFunc(all, func(a, b *stmt) int { return a.at - b.at })
	var parts []string
	for _, s := range all {
		part := s.name
		switch s.kind {
		case imported:
			part += "<" + s.module
		case skipped:
			part += "?"
		case declared:
			part += ":"
		}
		if s.typeChecking {
			part = "(" + part + ")"
		}
		parts = append(parts, part)
	}
	for _, s := range m.stars {
		parts = append(parts, "*<"+s.module)
	}
	return strings.Join(parts, " ")
}

func TestParseStatements(t *testing.T) {
	for _, test := range []struct{ name, text, want string }{
		{"imports", "import a, b.c, d.e as f\nfrom g import h, i as j\nfrom . import (k,\n l as m,)\nfrom ..n import o\nfrom p import *\n",
			"a<a b<b f<d.e h<g.h j<g.i k<..k m<..l o<..n.o *<p"},
		{"assignments", "a = 1; b: int = 2; c: int\nd = e = 3\nf, (g, *h) = x\ni += 1\nj.k = l[m] = 1\n", "a b c: d? e? f? g? h? i? m?"},
		{"functions and classes", "def a(): pass\nasync def b(x, *, y=1) -> 'int':\n  def c(): pass\n  d = 1\n@e\nclass f(g, h=1):\n  i = 1\nclass j: k = 1\n", "a b f j"},
		{"type parameters", "def a[T: int, *U](): pass\nclass b[T = int](x): pass\ntype c[T] = T\n", "a b c?"},
		{"blocks", "if x:\n  a = 1\nelif (lambda: y)():\n  b = 1\nelse: c = 1\nwhile z: d = 1\nfor e, f in g: h = 1\nelse:\n  i = 1\n", "a b c d e? f? h i"},
		{"try and with", "try:\n  import a\nexcept (X, Y) as b:\n  a = None\nfinally: c = 1\nwith x as d, y() as (e, f): g = 1\nasync with x as h: pass\nasync for i in j: pass\n",
			"a<a b? a c d? e? f? g h? i?"},
		{"match", "match x:\n  case {'k': a, **b} | [c, *d]: e = 1\n  case f if f: pass\nmatch = 1\ncase: int = 2\nmatch(x)\nprint(match, case)\ntype = 3\ntype(x)\n", "a? b? c? d? e f? f? match case type"},
		{"walrus and del", "print(a := 1)\nif (b := f()): pass\ndel c, d[e]\n", "a? b? c? e?"},
		{"globals", "def a():\n  global b, c\n  b = 1\ndef d(): global e\n", "a b? c? d e?"},
		{"type checking", "from typing import TYPE_CHECKING\nimport typing as t\nif TYPE_CHECKING:\n  import a\nelse:\n  b = 1\nif t.TYPE_CHECKING: c = 1\nif not TYPE_CHECKING: d = 1\n",
			"TYPE_CHECKING<typing.TYPE_CHECKING t<typing (a<a) b (c) d"},
		{"nothing", "pass\n'doc'\nf(a, b=1)[c].d\nassert a, b\nraise a from b\nlambda a: b\na == b\na: b\n", "a:"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := bound(t, test.text); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

// shown writes an expression with brackets around everything that has parts.
func shown(e *expr) string {
	var parts []string
	for _, item := range e.items {
		parts = append(parts, shown(item))
	}
	for _, k := range e.keywords {
		parts = append(parts, k.name+"="+shown(k.value))
	}
	inner := strings.Join(parts, " ")
	switch e.kind {
	case nameExpr:
		return e.text
	case attribute:
		return shown(e.x) + "." + e.text
	case subscript:
		return shown(e.x) + "[" + inner + "]"
	case call:
		return shown(e.x) + "(" + inner + ")"
	case constant:
		return fmt.Sprint(e.value)
	case tuple:
		return "(tuple " + inner + ")"
	case list:
		return "(list " + inner + ")"
	case set:
		return "(set " + inner + ")"
	case dict:
		return "(dict " + inner + ")"
	case unary:
		return "(" + e.text + " " + shown(e.x) + ")"
	case binary:
		return "(" + shown(e.x) + " " + e.text + " " + shown(e.y) + ")"
	case starred:
		return e.text + shown(e.x)
	}
	return "?"
}

func TestParseExpressions(t *testing.T) {
	for text, want := range map[string]string{
		"a.b[c, d].e(f, g=h)":           "a.b[(tuple c d)].e(f g=h)",
		"a[b,]":                         "a[(tuple b)]",
		"a | b | c":                     "((a | b) | c)",
		"1 - 2 - 3 * 4":                 "((1 - 2) - (3 * 4))",
		"- + ~ a":                       "(- (+ (~ a)))",
		"not a | b":                     "(not (a | b))",
		"(a)":                           "a",
		"(a,)":                          "(tuple a)",
		"()":                            "(tuple )",
		"[a, *b]":                       "(list a *b)",
		"{a: b, **c}":                   "(dict b c)",
		"{a, b}":                        "(set a b)",
		"'a' \"b\"":                     "ab",
		"None":                          "<nil>",
		"a < b":                         "?",
		"a if b else c":                 "?",
		"a ** b":                        "?",
		"a + b / c":                     "?",
		"[a, b == c, lambda: d, e]":     "(list a ? ? e)",
		"lambda a, b={1: 2}: a, c":      "?",
		"{a: b for a, b in c}":          "?",
		"[a for a in b if c]":           "(list ?)",
		"f(a for a in b)":               "f(?)",
		"f(a := 1, *b, **c)":            "f(? *b =c)",
		"a[1:2, ::3]":                   "a[?]",
		"await a":                       "?",
		"(yield)":                       "?",
		"(yield a, b)":                  "?",
		"a" + strings.Repeat(".b", 200): "?",
	} {
		var e *expr
		problem := caught(text, func() {
			p := &parser{tokens: tokenize(text)}
			e = p.expression()
		})
		if problem != nil || shown(e) != want {
			t.Errorf("%s: got %s (%v), want %s", text, shown(e), problem, want)
		}
	}
}

func TestParseEntrypoint(t *testing.T) {
	for _, test := range []struct{ entrypoint, path, function, problem string }{
		{"a/b.py:f", "a/b.py", "f", ""},
		{`C:\a\b.py:f_1`, `C:\a\b.py`, "f_1", ""},
		{"a.b.f", "", "", `the entrypoint "a.b.f" names no Python file and function`},
		{`C:\a\b.py`, "", "", `the entrypoint "C:\a\b.py" names no Python file and function`},
		{"b.py:", "", "", `the entrypoint "b.py:" names no function`},
		{"b.py:C.f", "", "", `"C.f" is a method: only functions are read`},
		{"b.py:1f", "", "", `"1f" is not the name of a function`},
	} {
		path, function, err := ParseEntrypoint(test.entrypoint)
		problem := ""
		if err != nil {
			problem = err.Error()
		}
		if path != test.path || function != test.function || problem != test.problem {
			t.Errorf("%s: got %q, %q, %v", test.entrypoint, path, function, err)
		}
	}
}
