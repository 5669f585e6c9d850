package console

import (
	"bufio"
	"context"
	"errors"
	"io"
)

// ErrInterrupted says that whoever was asked pressed Ctrl-C.
var ErrInterrupted = errors.New("interrupted")

// ErrNoAnswer says that the input ended before there was an answer.
var ErrNoAnswer = errors.New("the input ended before there was an answer")

// Prompter asks a person. Make it with [NewPrompter]; it asks one question at a time.
//
// On a terminal, questions are drawn and redrawn in place, and only the answer stays on the screen. The plain form asks
// line by line and never moves the cursor: for screen readers, and for terminals that cannot do more.
type Prompter struct {
	in     io.Reader
	out    io.Writer
	plain  bool
	colour bool
	// lines reads the input of the plain form; what it has read ahead belongs to the next question.
	lines *bufio.Reader
}

// NewPrompter makes a prompter that reads from in and draws on out. say is the printer of the same terminal, which knows
// about colours and screen readers. Without a real terminal on both sides, the plain form is used.
func NewPrompter(in io.Reader, out io.Writer, say *Printer) *Prompter {
	return &Prompter{
		in: in, out: out, colour: say.colour, lines: bufio.NewReader(in),
		plain: say.plain || !IsTerminal(in) || !IsTerminal(out),
	}
}

// Choice is a question with a list to choose from.
type Choice struct {
	// Title is the question.
	Title string
	// Header names the columns; empty: there is one, without a name.
	Header []string
	// Rows are what can be chosen, a cell for each column. The first one is the default.
	Rows [][]string
}

// Question is a question that is answered with a text.
type Question struct {
	// Title is the question, Default the answer that Enter gives.
	Title, Default string
	// Check returns why an answer is not good; then it is asked again. Nil: every answer is.
	Check func(string) error
}

// Select asks for one of a list and returns its index. The error is [ErrInterrupted], [ErrNoAnswer] or ctx's cause.
func (p *Prompter) Select(ctx context.Context, c Choice) (int, error) {
	if p.plain {
		return p.plainSelect(ctx, c)
	}
	return p.drawnSelect(ctx, c)
}

// Input asks for a text. The errors are those of [Prompter.Select].
func (p *Prompter) Input(ctx context.Context, q Question) (string, error) {
	if p.plain {
		return p.plainInput(ctx, q)
	}
	return p.drawnInput(ctx, q)
}

// Confirm asks for a yes or a no. The errors are those of [Prompter.Select].
func (p *Prompter) Confirm(ctx context.Context, title string) (bool, error) {
	if p.plain {
		return p.plainConfirm(ctx, title)
	}
	return p.drawnConfirm(ctx, title)
}
