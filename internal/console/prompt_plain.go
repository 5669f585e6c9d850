package console

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

func (p *Prompter) say(format string, args ...any) { fmt.Fprintf(p.out, format, args...) }

// line reads one line. A read from a terminal cannot be ended, and Ctrl-C must not wait for it.
func (p *Prompter) line(ctx context.Context) (string, error) {
	type answer struct {
		text string
		err  error
	}
	read := make(chan answer, 1)
	go func() {
		text, err := p.lines.ReadString('\n')
		read <- answer{text, err}
	}()
	select {
	case <-ctx.Done():
		p.say("\n")
		return "", context.Cause(ctx)
	case a := <-read:
		switch {
		case a.err == nil || errors.Is(a.err, io.EOF) && a.text != "":
			return strings.TrimSpace(a.text), nil
		case errors.Is(a.err, io.EOF):
			p.say("\n")
			return "", ErrNoAnswer
		}
		return "", fmt.Errorf("reading an answer: %w", a.err)
	}
}

func (p *Prompter) plainSelect(ctx context.Context, c Choice) (int, error) {
	p.say("%s\n", Flat(c.Title))
	for i, row := range c.Rows {
		cells := make([]string, len(row))
		for n, text := range row {
			cells[n] = Flat(text)
		}
		p.say("  %d: %s\n", i+1, strings.Join(cells, ", "))
	}
	for {
		p.say("Number from 1 to %d, or Enter for 1: ", len(c.Rows))
		text, err := p.line(ctx)
		if err != nil {
			return 0, err
		}
		if text == "" {
			return 0, nil
		}
		if n, err := strconv.Atoi(text); err == nil && n >= 1 && n <= len(c.Rows) {
			return n - 1, nil
		}
		p.say("%q is not a number from 1 to %d.\n", Flat(text), len(c.Rows))
	}
}

func (p *Prompter) plainInput(ctx context.Context, q Question) (string, error) {
	for {
		p.say("%s, or Enter for %s: ", Flat(q.Title), Flat(q.Default))
		text, err := p.line(ctx)
		if err != nil {
			return "", err
		}
		if text == "" {
			text = q.Default
		}
		if q.Check == nil {
			return text, nil
		}
		problem := q.Check(text)
		if problem == nil {
			return text, nil
		}
		p.say("%s\n", Flat(problem.Error()))
	}
}

func (p *Prompter) plainConfirm(ctx context.Context, title string) (bool, error) {
	for {
		p.say("%s [y/n]: ", Flat(title))
		text, err := p.line(ctx)
		if err != nil {
			return false, err
		}
		switch strings.ToLower(text) {
		case "y", "yes":
			return true, nil
		case "n", "no":
			return false, nil
		}
		p.say("Answer y or n.\n")
	}
}
