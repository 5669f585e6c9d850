package console

import (
	"context"
	"errors"
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"
	"charm.land/huh/v2"
	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/colorprofile"
)

// ask draws one field until it is answered, and leaves nothing of it on the screen.
func (p *Prompter) ask(ctx context.Context, field huh.Field) error {
	// Signals are the program's own, which ends ctx; the terminal gives Ctrl-C as a key.
	options := []tea.ProgramOption{tea.WithInput(p.in), tea.WithOutput(p.out), tea.WithoutSignalHandler()}
	if !p.colour {
		options = append(options, tea.WithColorProfile(colorprofile.ASCII))
	}
	form := huh.NewForm(huh.NewGroup(field)).WithTheme(huh.ThemeFunc(theme)).WithProgramOptions(options...)
	err := form.RunWithContext(ctx)
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case errors.Is(err, huh.ErrUserAborted):
		return ErrInterrupted
	case err != nil:
		return fmt.Errorf("asking on the terminal: %w", err)
	}
	return nil
}

// theme uses the terminal's own sixteen colours: they can be read on a dark and on a light background.
func theme(dark bool) *huh.Styles {
	s := huh.ThemeBase16(dark)
	s.Focused.Title = lipgloss.NewStyle().Bold(true)
	s.Focused.Description = lipgloss.NewStyle().Faint(true)
	s.Focused.Option = lipgloss.NewStyle()
	return s
}

// answered leaves a question with its answer on the screen.
func (p *Prompter) answered(title, answer string) {
	title, answer = Flat(title), Flat(answer)
	if p.colour {
		answer = lipgloss.NewStyle().Foreground(lipgloss.Cyan).Render(answer)
	}
	p.say("%s %s\n", title, answer)
}

func (p *Prompter) drawnSelect(ctx context.Context, c Choice) (int, error) {
	widths := make([]int, len(c.Rows[0]))
	for _, row := range append([][]string{c.Header}, c.Rows...) {
		for i, text := range row {
			widths[i] = max(widths[i], lipgloss.Width(Flat(text)))
		}
	}
	options := make([]huh.Option[int], len(c.Rows))
	for i, row := range c.Rows {
		options[i] = huh.NewOption(line(flatRow(row), widths), i)
	}
	chosen := 0
	field := huh.NewSelect[int]().Title(Flat(c.Title)).Options(options...).Value(&chosen)
	if len(c.Header) > 0 {
		field.Description("  " + line(c.Header, widths)) // under the mark of the chosen row
	}
	if len(c.Rows) > mostRows {
		field.Height(mostRows + 2)
	}
	if err := p.ask(ctx, field); err != nil {
		return 0, err
	}
	p.answered(c.Title, strings.Join(c.Rows[chosen], "  "))
	return chosen, nil
}

// mostRows is how many rows of a list are seen at once; the others are reached by scrolling, or with / and a part of their
// text.
const mostRows = 10

func flatRow(row []string) []string {
	flat := make([]string, len(row))
	for i, text := range row {
		flat[i] = Flat(text)
	}
	return flat
}

func (p *Prompter) drawnInput(ctx context.Context, q Question) (string, error) {
	text := q.Default
	field := huh.NewInput().Title(Flat(q.Title)).Value(&text)
	if q.Check != nil {
		field.Validate(func(text string) error { return q.Check(strings.TrimSpace(text)) })
	}
	if err := p.ask(ctx, field); err != nil {
		return "", err
	}
	text = strings.TrimSpace(text)
	p.answered(q.Title+":", text)
	return text, nil
}

func (p *Prompter) drawnConfirm(ctx context.Context, title string) (bool, error) {
	yes := false
	if err := p.ask(ctx, huh.NewConfirm().Title(Flat(title)).Affirmative("Yes").Negative("No").Value(&yes)); err != nil {
		return false, err
	}
	answer := "no"
	if yes {
		answer = "yes"
	}
	p.answered(title, answer)
	return yes, nil
}
