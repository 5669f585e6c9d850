package console

import (
	"fmt"
	"math"
	"strings"

	"charm.land/lipgloss/v2"
)

// Tone says how a row of a panel is meant; it decides the colour.
type Tone int

// The tones.
const (
	// ToneSame: nothing is done.
	ToneSame Tone = iota
	// ToneNew: something is made.
	ToneNew
	// ToneChanged: something that is there changes.
	ToneChanged
)

// Panel is a text that stands out: in a box on a terminal, as plain lines elsewhere and for screen readers.
type Panel struct {
	Title    string
	Sections []PanelSection
}

// PanelSection is a heading with rows under it.
type PanelSection struct {
	Heading string
	Rows    []PanelRow
}

// PanelRow is a word that says what happens, and to what.
type PanelRow struct {
	Mark, Text string
	Tone       Tone
}

// panelWidth is the most that a panel takes of a terminal: a box that is wider than the terminal is after a resize falls
// apart.
const panelWidth = 78

// Panel writes a panel. In a box, no line is longer than the terminal.
func (p *Printer) Panel(panel Panel) {
	width := math.MaxInt32 // a program, and a screen reader, gets each line whole
	boxed := p.terminal && !p.plain
	if boxed {
		width = min(p.columns(), panelWidth) - 4 // the border, and a blank at each side
	}
	var b strings.Builder
	for _, line := range hang(Flat(panel.Title), 0, width) {
		b.WriteString(p.paint(lipgloss.NewStyle().Bold(true), line) + "\n")
	}
	for _, section := range panel.Sections {
		b.WriteString("\n")
		for _, line := range hang(Flat(section.Heading), 0, width) {
			b.WriteString(line + "\n")
		}
		marks := 0
		for _, row := range section.Rows {
			marks = max(marks, lipgloss.Width(row.Mark))
		}
		for _, row := range section.Rows {
			indent := 2 + marks + 2
			lines := hang(Flat(row.Text), indent, width)
			mark := row.Mark + strings.Repeat(" ", marks-lipgloss.Width(row.Mark))
			b.WriteString("  " + p.paint(row.Tone.style(), mark) + "  " + strings.TrimLeft(lines[0], " ") + "\n")
			for _, line := range lines[1:] {
				b.WriteString(line + "\n")
			}
		}
	}
	text := strings.TrimSuffix(b.String(), "\n")
	if boxed {
		text = lipgloss.NewStyle().Border(lipgloss.RoundedBorder()).Padding(0, 1).Render(text)
	}
	fmt.Fprintln(p.w, text)
}

func (t Tone) style() lipgloss.Style {
	switch t {
	case ToneNew:
		return lipgloss.NewStyle().Foreground(lipgloss.Green)
	case ToneChanged:
		return lipgloss.NewStyle().Foreground(lipgloss.Yellow)
	}
	return lipgloss.NewStyle().Faint(true)
}

// hang breaks a text into lines of at most width columns, each of which begins with indent blanks. A word that is too long
// is broken too: in a box it would push the border out.
func hang(text string, indent, width int) []string {
	blank := strings.Repeat(" ", indent)
	room := max(width-indent, 8)
	var lines []string
	line := ""
	for word := range strings.FieldsSeq(text) {
		switch {
		case line == "":
		case lipgloss.Width(line)+1+lipgloss.Width(word) <= room:
			line += " " + word
			continue
		default:
			lines = append(lines, blank+line)
		}
		for lipgloss.Width(word) > room {
			head := []rune(word)
			for lipgloss.Width(string(head)) > room {
				head = head[:len(head)-1]
			}
			lines = append(lines, blank+string(head))
			word = strings.TrimPrefix(word, string(head))
		}
		line = word
	}
	return append(lines, blank+line)
}

// Hanging writes a text after a label that is indent columns wide. On a terminal, lines that are too long are broken between
// words and go on under the text; a program gets one line.
func (p *Printer) Hanging(label string, indent int, text string) {
	width := math.MaxInt32
	if p.terminal && !p.plain {
		width = p.columns()
	}
	lines := hang(Flat(text), indent, width)
	lines[0] = label + strings.TrimLeft(lines[0], " ")
	p.Line("%s", strings.Join(lines, "\n"))
}

// Heading writes the line that begins a step of some work.
func (p *Printer) Heading(text string) {
	p.Line("%s", p.paint(lipgloss.NewStyle().Bold(true), Flat(text)))
}

// Outcome writes how a step went, indented under its heading.
func (p *Printer) Outcome(tone Tone, text string) {
	style := tone.style()
	if tone == ToneSame {
		style = lipgloss.NewStyle().Foreground(lipgloss.Yellow)
	}
	p.Line("  %s", p.paint(style, Flat(text)))
}

// Success writes that all went well.
func (p *Printer) Success(text string) {
	p.Line("%s", p.paint(lipgloss.NewStyle().Foreground(lipgloss.Green), "pacific: "+Flat(text)))
}
