package document

import (
	"strings"
	"testing"

	"github.com/pacific-aci/pacific/armtemplate/internal/value"
)

func TestParse(t *testing.T) {
	for text, want := range map[string]string{
		"\ufeff {\"a\": 9007199254740993, // exact\n\"b\":[1.50, -0, 1e3, 12345678901234567890],}": `{"a":9007199254740993,"b":[1.50,0,1e3,12345678901234567890]}`,
		`{'a': 'it''s'}`: "!After parsing property value an unexpected character was encountered: '. Line 1, position 10.",
		`{'a': 'it\'s', b: "\u00e4\ud83d\ude00\ud83d\/"}`: `{"a":"it's","b":"ä😀` + "\ufffd" + `/"}`,
		"[\"line\n\tbreak\"]":                             `["line\n\tbreak"]`,
		`{"a": 1, "b": 2, "a": 3}`:                        `{"a":3,"b":2}`,
		`{"a": 1, "A": 2}`:                                `{"a":1,"A":2}`,
		"/* one *//* two\n*/ true":                        `true`,
		"":                                                "!Unexpected end of content",
		"{\"a\"\n 1}":                                     "!Expected ':' but got: 1. Line 2, position 1.",
		"[1 2]":                                           "!After parsing a value an unexpected character was encountered: 2.",
		"[1] 2":                                           "!Additional text",
		`"a`:                                              "!Unterminated string",
		`"\x"`:                                            "!Bad JSON escape",
		`"\u12"`:                                          "!Invalid Unicode",
		"[nope]":                                          "!Unexpected character encountered while parsing value: n. Line 1, position 1.",
		"hunter2":                                         "!parsing value: h. Line 1, position 0.",
		"[01, 1.]":                                        `[1,1.0]`,
		"\xff":                                            "!not UTF-8",
		strings.Repeat("[", 200) + strings.Repeat("]", 200): "!maximum depth",
	} {
		got, err := Parse([]byte(text))
		fragment, fails := strings.CutPrefix(want, "!")
		switch {
		case fails && (err == nil || !strings.Contains(err.Error(), fragment)):
			t.Errorf("%.40q: error %v; want %q", text, err, fragment)
		case !fails && err != nil:
			t.Errorf("%.40q: %v", text, err)
		case !fails && string(value.Append(nil, got.Literal())) != want:
			t.Errorf("%.40q: got %s, want %s", text, value.Append(nil, got.Literal()), want)
		}
	}
}

// TestPositions counts as ARM does: a scalar is where its last character is, an object or array where it opens.
func TestPositions(t *testing.T) {
	root, err := Parse([]byte("{\n  \"ä\": \"[b()]\", \"c\": {\n\"d\": [ 12,\n null]}}"))
	if err != nil {
		t.Fatal(err)
	}
	d := root.Get("C").Get("d")
	for _, c := range []struct {
		of   *Node
		want Position
	}{{root, Position{1, 1}}, {root.Get("Ä"), Position{2, 14}}, {root.Get("c"), Position{2, 22}}, {d, Position{3, 6}}, {d.Items[0], Position{3, 9}}, {d.Items[1], Position{4, 5}}} {
		if c.of == nil || c.of.Pos != c.want {
			t.Errorf("%+v; want %v", c.of, c.want)
		}
	}
}
