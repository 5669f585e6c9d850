package console

import (
	"context"
	"fmt"
	"io"
	"strings"

	tea "charm.land/bubbletea/v2"
	"charm.land/huh/v2"
	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"
)

// ask draws one field until it is answered, and leaves nothing of it on the screen.
func (p *Prompter) ask(ctx context.Context, field huh.Field) error {
	form := huh.NewForm(huh.NewGroup(field)).WithTheme(huh.ThemeFunc(theme))
	form.SubmitCmd, form.CancelCmd = tea.Quit, tea.Quit
	// Signals are the program's own, which ends ctx; the terminal gives Ctrl-C as a key.
	options := []tea.ProgramOption{tea.WithInput(p.in), tea.WithOutput(p.out), tea.WithoutSignalHandler()}
	if !p.colour {
		options = append(options, tea.WithColorProfile(colorprofile.ASCII))
	}
	q := &question{form: form}
	program := tea.NewProgram(q, options...)
	// Not tea.WithContext: bubbletea closes its reader then while it is still read.
	stop := context.AfterFunc(ctx, program.Quit)
	_, err := program.Run()
	stop()
	q.erase(p.out)
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case err != nil:
		return fmt.Errorf("asking on the terminal: %w", err)
	case form.State != huh.StateCompleted:
		return ErrInterrupted
	}
	return nil
}

// question is a form as bubbletea runs it. huh's own way of running leaves the last picture on the screen.
type question struct {
	form *huh.Form
	// lines is the most that a picture has had.
	lines int
}

// Init begins the form.
func (q *question) Init() tea.Cmd { return q.form.Init() }

// Update passes a message to the form, which changes itself.
func (q *question) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	_, cmd := q.form.Update(msg)
	return q, cmd
}

// View draws the form, never smaller than before: bubbletea leaves lines of a picture that shrinks at the bottom of a
// terminal. A form that has ended draws nothing, which bubbletea takes for no change: it becomes blank lines, for erase.
func (q *question) View() tea.View {
	text := q.form.View()
	q.lines = max(q.lines, strings.Count(text, "\n")+1)
	return tea.NewView(text + strings.Repeat("\n ", q.lines-1-strings.Count(text, "\n")))
}

// erase goes from the last line of the picture to its first, and clears all from there.
func (q *question) erase(w io.Writer) {
	if q.lines > 1 {
		fmt.Fprint(w, "\r"+ansi.CursorUp(q.lines-1)+ansi.EraseScreenBelow)
	}
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
