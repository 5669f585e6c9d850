// Package console writes to people and to programs: status lines, tables and
// JSON. Call [New] for a stream and use what it returns.
//
// All styling is silent unless the stream is a terminal, so that what a
// program reads through a pipe is the plain text and nothing else. NO_COLOR
// and TERM=dumb turn colour off on a terminal too; FORCE_COLOR turns it on
// anywhere.
package console

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode"

	"charm.land/lipgloss/v2"
	"golang.org/x/term"
)

// Options says what surrounds a stream. The zero value asks the operating
// system about the stream and finds no environment.
type Options struct {
	// LookupEnv reads NO_COLOR, FORCE_COLOR, TERM and PACIFIC_ACCESSIBLE. Nil: nothing is set.
	LookupEnv func(string) (string, bool)
	// Terminal reports whether a stream is one. Nil: the operating system is
	// asked; tests give an answer of their own.
	Terminal func(stream any) bool
	// Columns tells how wide the terminal is. Nil: 80.
	Columns func() int
}

// Printer writes to one stream. Make it with [New].
type Printer struct {
	w        io.Writer
	terminal bool
	dumb     bool
	colour   bool
	plain    bool
	columns  func() int
}

// New makes a printer for w.
func New(w io.Writer, o Options) *Printer {
	isTerminal := o.Terminal
	if isTerminal == nil {
		isTerminal = IsTerminal
	}
	env := func(name string) string {
		if o.LookupEnv == nil {
			return ""
		}
		value, _ := o.LookupEnv(name)
		return value
	}
	p := &Printer{w: w, terminal: isTerminal(w), dumb: env("TERM") == "dumb", columns: o.Columns}
	if p.columns == nil {
		p.columns = func() int { return 80 }
	}
	p.colour = env("NO_COLOR") == "" &&
		(env("FORCE_COLOR") != "" || p.terminal && !p.dumb)
	p.plain = p.dumb || env("PACIFIC_ACCESSIBLE") != "" && env("PACIFIC_ACCESSIBLE") != "0"
	return p
}

// IsTerminal asks the operating system whether a stream (a reader or a
// writer) is a terminal.
func IsTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// Terminal reports whether a person sees this stream directly.
func (p *Printer) Terminal() bool { return p.terminal }

// CanRedraw reports whether a line that was written can be replaced: on a terminal that knows escape sequences.
func (p *Printer) CanRedraw() bool { return p.terminal && !p.plain }

// Plain reports whether only lines of text may be written, without boxes and without moving the cursor: for a screen reader
// (PACIFIC_ACCESSIBLE=1), or on a terminal that cannot do more.
func (p *Printer) Plain() bool { return p.plain }

// Line writes one line of plain text.
func (p *Printer) Line(format string, args ...any) {
	fmt.Fprintf(p.w, format+"\n", args...)
}

// Status writes one line about what is happening, dimmed on a terminal so
// that it stands back behind a job's own output.
func (p *Printer) Status(text string) {
	p.Line("%s", p.paint(lipgloss.NewStyle().Faint(true), "pacific: "+Flat(text)))
}

// LiveLine is a [Printer.Status] to be drawn in place, without a line end and cut so that it never wraps.
func (p *Printer) LiveLine(text string) string {
	return p.paint(lipgloss.NewStyle().Faint(true), cut("pacific: "+Flat(text), p.columns()-1))
}

// Error writes an error, and a hint when there is one. Both always carry the
// program's name: they may stand in a job's output.
func (p *Printer) Error(problem, hint string) {
	p.Line("%s %s", p.paint(lipgloss.NewStyle().Bold(true).Foreground(lipgloss.Red), "pacific: error:"), Flat(problem))
	if hint != "" {
		p.Hint(hint)
	}
}

// Hint writes what to do next.
func (p *Printer) Hint(text string) {
	p.Line("%s %s", p.paint(lipgloss.NewStyle().Foreground(lipgloss.Cyan), "pacific: hint:"), Flat(text))
}

// Warning writes what is odd but does not stop anything.
func (p *Printer) Warning(text string) {
	p.Line("%s %s", p.paint(lipgloss.NewStyle().Foreground(lipgloss.Yellow), "pacific: warning:"), Flat(text))
}

// Mark is how a check ended; it is painted by its kind.
func (p *Printer) Mark(ok bool, word string) string {
	style := lipgloss.NewStyle().Foreground(lipgloss.Green)
	if !ok {
		style = lipgloss.NewStyle().Foreground(lipgloss.Red)
	}
	return p.paint(style, word)
}

// JSON writes v as one line. Programs read line by line; people have jq.
func (p *Printer) JSON(v any) error {
	e := json.NewEncoder(p.w)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return fmt.Errorf("writing JSON: %w", err)
	}
	return nil
}

func (p *Printer) paint(style lipgloss.Style, text string) string {
	if !p.colour {
		return text
	}
	return style.Render(text)
}

// Flat makes a text safe to print on one line: what comes from Azure or from
// a container may hold line breaks, or escape sequences that would repaint the
// reader's terminal.
func Flat(text string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		switch {
		case r == '\n', r == '\r', r == '\t':
			return ' '
		case unicode.IsControl(r):
			return -1
		}
		return r
	}, text))
}
