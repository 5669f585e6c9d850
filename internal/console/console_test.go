package console_test

import (
	"bytes"
	"strings"
	"testing"

	"charm.land/lipgloss/v2"
	"github.com/pacific-aci/pacific/internal/console"
)

func printer(terminal bool, env map[string]string) (*console.Printer, *bytes.Buffer) {
	var b bytes.Buffer
	return console.New(&b, console.Options{
		Terminal:  func(any) bool { return terminal },
		LookupEnv: func(name string) (string, bool) { v, ok := env[name]; return v, ok },
	}), &b
}

func TestColour(t *testing.T) {
	for _, test := range []struct {
		name     string
		terminal bool
		env      map[string]string
		want     bool
	}{
		{"pipe", false, nil, false},
		{"terminal", true, nil, true},
		{"NO_COLOR", true, map[string]string{"NO_COLOR": "1"}, false},
		{"empty NO_COLOR is none", true, map[string]string{"NO_COLOR": ""}, true},
		{"dumb terminal", true, map[string]string{"TERM": "dumb"}, false},
		{"forced", false, map[string]string{"FORCE_COLOR": "1"}, true},
		{"NO_COLOR wins", false, map[string]string{"FORCE_COLOR": "1", "NO_COLOR": "1"}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			p, b := printer(test.terminal, test.env)
			p.Status("requested")
			p.Error("no", "yes")
			p.Warning("odd")
			p.Table([]string{"NAME"}, nil)
			p.Line("%s %s", p.Mark(true, "ok"), p.Mark(false, "failed"))
			if got := strings.Contains(b.String(), "\x1b["); got != test.want {
				t.Errorf("escape sequences: got %v, want %v in %q", got, test.want, b)
			}
			if p.Terminal() != test.terminal {
				t.Errorf("Terminal: got %v", p.Terminal())
			}
		})
	}
}

func TestPlainLines(t *testing.T) {
	p, b := printer(false, nil)
	p.Status("requested job-1")
	p.Error("no room\nin westeurope", "try\tnortheurope")
	p.Error("again", "")
	p.Warning("GPUs are gone")
	p.Hint("wait")
	want := `pacific: requested job-1
pacific: error: no room in westeurope
pacific: hint: try northeurope
pacific: error: again
pacific: warning: GPUs are gone
pacific: hint: wait
`
	if got := b.String(); got != want {
		t.Errorf("got:\n%swant:\n%s", got, want)
	}
}

func TestTable(t *testing.T) {
	p, b := printer(false, nil)
	p.Table([]string{"NAME", "STATE", "IMAGE"}, [][]string{
		{"job-1", "Running", "alpine:3"},
		{"jöb-22", "", "a\nb"},
		{"x"},
	})
	want := "NAME    STATE    IMAGE\n" +
		"job-1   Running  alpine:3\n" +
		"jöb-22  -        a b\n" +
		"x       -        -\n"
	if got := b.String(); got != want {
		t.Errorf("got:\n%swant:\n%s", got, want)
	}
}

func TestTableCannotRepaintTheTerminal(t *testing.T) {
	p, b := printer(true, nil)
	p.Table([]string{"NAME"}, [][]string{{"\x1b[2Jgone"}})
	if strings.Contains(b.String(), "\x1b[2J") {
		t.Errorf("a cell's escape sequence came through: %q", b)
	}
}

func TestJSONIsOneLine(t *testing.T) {
	p, b := printer(true, nil)
	if err := p.JSON(map[string]any{"a": "<b>\n", "n": nil}); err != nil {
		t.Fatal(err)
	}
	if got, want := b.String(), `{"a":"<b>\n","n":null}`+"\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if err := p.JSON(make(chan int)); err == nil {
		t.Error("a channel became JSON")
	}
}

func TestFlat(t *testing.T) {
	for in, want := range map[string]string{
		"a\nb": "a b", "\x1b[31mred": "[31mred", " x ": "x", "": "", "bell\a": "bell",
	} {
		if got := console.Flat(in); got != want {
			t.Errorf("Flat(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestABufferIsNoTerminal(t *testing.T) {
	if console.IsTerminal(&bytes.Buffer{}) {
		t.Error("a buffer was taken for a terminal")
	}
	p := console.New(&bytes.Buffer{}, console.Options{})
	if p.Terminal() {
		t.Error("the zero Options took a buffer for a terminal")
	}
}

func TestListFitsATerminal(t *testing.T) {
	rows := [][]string{{"short", strings.Repeat("wide-", 20), "äöü" + strings.Repeat("日", 20)}}
	for _, terminal := range []bool{true, false} {
		var out strings.Builder
		p := console.New(&out, console.Options{Terminal: func(any) bool { return terminal }, Columns: func() int { return 60 }, LookupEnv: func(string) (string, bool) { return "dumb", true }})
		p.List([]string{"NAME", "VALUE", "OTHER"}, rows)
		for line := range strings.Lines(out.String()) {
			if width := lipgloss.Width(strings.TrimSuffix(line, "\n")); terminal && width > 60 {
				t.Errorf("a line of %d columns: %s", width, line)
			}
		}
		if cut := strings.Contains(out.String(), "…"); cut != terminal || !strings.Contains(out.String(), "short ") {
			t.Errorf("terminal %v:\n%s", terminal, out.String())
		}
	}
	// Columns too many for the width keep enough to be told apart.
	var out strings.Builder
	p := console.New(&out, console.Options{Terminal: func(any) bool { return true }, Columns: func() int { return 5 }})
	p.List([]string{"NAME", "A HEADER OF SOME LENGTH"}, [][]string{{strings.Repeat("n", 40), strings.Repeat("v", 40)}})
	if want := strings.Repeat("n", 11) + "…  " + strings.Repeat("v", len("A HEADER OF SOME LENGTH")-1) + "…"; !strings.Contains(out.String(), want) {
		t.Errorf("got\n%s\nwant a line %s", out.String(), want)
	}
}
