package console_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"charm.land/lipgloss/v2"
	"github.com/pacific-aci/pacific/internal/console"
)

func TestPanel(t *testing.T) {
	panel := console.Panel{Title: "The plan", Sections: []console.PanelSection{{Heading: "In Azure", Rows: []console.PanelRow{
		{Mark: "create", Text: "a group", Tone: console.ToneNew},
		{Mark: "keep", Text: "a thing with " + strings.Repeat("many words ", 20) + strings.Repeat("x", 200)},
	}}}}
	p, b := printer(false, nil)
	p.Panel(panel)
	if want := "The plan\n\nIn Azure\n  create  a group\n  keep    a thing with many words "; !strings.HasPrefix(b.String(), want) || strings.Count(b.String(), "\n") != 5 {
		t.Errorf("through a pipe:\n%s", b)
	}
	for _, columns := range []int{40, 80, 200} {
		var out bytes.Buffer
		p := console.New(&out, console.Options{Terminal: func(any) bool { return true }, Columns: func() int { return columns }})
		p.Panel(panel)
		first := 0
		for line := range strings.Lines(out.String()) {
			width := lipgloss.Width(strings.TrimSuffix(line, "\n"))
			if first == 0 {
				first = width
			}
			if width != first || width > columns || width > 78 {
				t.Errorf("%d columns: a line of %d: %q", columns, width, line)
			}
		}
	}
	p, b = printer(true, map[string]string{"PACIFIC_ACCESSIBLE": "1"})
	p.Panel(panel)
	if strings.Contains(b.String(), "─") || p.CanRedraw() {
		t.Errorf("for a screen reader:\n%s", b)
	}
}

// TestHanging breaks a long text between words under itself on a terminal, and nowhere else.
func TestHanging(t *testing.T) {
	text := "a check: " + strings.Repeat("many words ", 10) + "end"
	p, b := printer(false, nil)
	p.Hanging("ok  ", 4, text)
	if b.String() != "ok  "+text+"\n" {
		t.Errorf("through a pipe: %q", b)
	}
	var out bytes.Buffer
	p = console.New(&out, console.Options{Terminal: func(any) bool { return true }, Columns: func() int { return 40 }})
	p.Hanging("ok  ", 4, text)
	lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
	if len(lines) < 3 || !strings.HasPrefix(lines[0], "ok  a check: many") {
		t.Errorf("on a terminal:\n%s", out.String())
	}
	for _, line := range lines[1:] {
		if lipgloss.Width(line) > 40 || !strings.HasPrefix(line, "    ") || strings.HasPrefix(line, "     ") {
			t.Errorf("a line of %d: %q", lipgloss.Width(line), line)
		}
	}
}

func TestPlainQuestions(t *testing.T) {
	ask := func(input string) (*console.Prompter, *bytes.Buffer) {
		say, _ := printer(false, nil)
		var out bytes.Buffer
		return console.NewPrompter(strings.NewReader(input), &out, say), &out
	}
	choice := console.Choice{Title: "Which?", Header: []string{"Name", "ID"}, Rows: [][]string{{"a", "1"}, {"b", "2"}}}
	for input, want := range map[string]int{"\n": 0, "2\n": 1, "0\n3\nb\n 2 \n": 1, "2": 1} {
		p, out := ask(input)
		if got, err := p.Select(t.Context(), choice); got != want || err != nil || !strings.Contains(out.String(), "  2: b, 2\n") {
			t.Errorf("%q: %d, %v\n%s", input, got, err, out)
		}
	}
	p, out := ask("no\n\nn\nyes\n")
	name, err := p.Input(t.Context(), console.Question{Title: "Name", Default: "fine", Check: func(text string) error {
		if text == "no" {
			return errors.New("not this one")
		}
		return nil
	}})
	if name != "fine" || err != nil || !strings.Contains(out.String(), "Name, or Enter for fine: not this one\nName, or Enter") {
		t.Errorf("%q, %v\n%s", name, err, out)
	}
	for _, want := range []bool{false, true} {
		if got, err := p.Confirm(t.Context(), "Sure?"); got != want || err != nil {
			t.Errorf("%v, %v", got, err)
		}
	}
	if _, err := p.Confirm(t.Context(), "Sure?"); !errors.Is(err, console.ErrNoAnswer) {
		t.Errorf("at the end of the input: %v", err)
	}
	ended, cancel := context.WithCancelCause(t.Context())
	why := fmt.Errorf("enough")
	cancel(why)
	say, _ := printer(false, nil)
	silent, typed := io.Pipe() // nobody types anything
	defer typed.Close()
	if _, err := console.NewPrompter(silent, out, say).Confirm(ended, "Sure?"); !errors.Is(err, why) {
		t.Errorf("after the context's end: %v", err)
	}
}
