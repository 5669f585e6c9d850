package main

import (
	"encoding/xml"
	"io"
	"strings"
	"testing"
)

func TestRun(t *testing.T) {
	const in = "\x1b[1m[1/3] <one>\x1b[m\n  \x1b[32m$ a & b\x1b[m c\n\ntwo\n\n\x1b[1;91mthree\x1b[0m\n"
	var out strings.Builder
	if err := run(strings.NewReader(in), &out, "pacific demo", "1,3"); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"<title>pacific demo</title>",
		`<tspan class="b">[1/3] &lt;one&gt;</tspan></text>`,
		`>  <tspan class="c2">$ a &amp; b</tspan> c</text>`,
		">…</text>",
		`<tspan class="b c1">three</tspan>`,
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%s is missing in\n%s", want, &out)
		}
	}
	if strings.Contains(out.String(), "two") || strings.ContainsRune(out.String(), '\x1b') {
		t.Errorf("too much is drawn:\n%s", &out)
	}
	for decoder := xml.NewDecoder(strings.NewReader(out.String())); ; {
		if _, err := decoder.Token(); err == io.EOF {
			break
		} else if err != nil {
			t.Fatalf("%v in\n%s", err, &out)
		}
	}
}

func TestRunRefuses(t *testing.T) {
	for _, test := range []struct{ in, only, want string }{
		{"\n", "", "standard input is empty"},
		{"a\n\nb\n", "2,1", "rising numbers from 1 to 2"},
		{"a\n\nb\n", "3", "rising numbers from 1 to 2"},
		{"a\n\nb\n", "x", "rising numbers from 1 to 2"},
	} {
		err := run(strings.NewReader(test.in), io.Discard, "", test.only)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%q, %q: %v, want %s", test.in, test.only, err, test.want)
		}
	}
}
