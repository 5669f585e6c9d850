package cmdutil

import (
	"bufio"
	"context"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/pacific-aci/pacific/internal/console"
	"github.com/spf13/cobra"
)

// Confirm asks a person before something is lost. question begins in lower case, as in an error. yes is the flag --yes,
// which answers beforehand and is needed where nobody can be asked. Declined is an error whose exit code says so.
func (a *App) Confirm(ctx context.Context, cmd *cobra.Command, question string, yes bool) error {
	return a.ConfirmLoss(ctx, cmd, Question{Text: question}, yes)
}

// Question is what a person is asked.
type Question struct {
	// Text is what would be done, as in [App.Confirm].
	Text string
	// Loss is a whole sentence that says what is lost by it; empty: the text says enough.
	Loss string
}

// ConfirmLoss is [App.Confirm] for a question whose consequence needs a sentence of its own.
func (a *App) ConfirmLoss(ctx context.Context, cmd *cobra.Command, q Question, yes bool) error {
	if yes {
		return nil
	}
	if !a.Env.Terminal(a.Env.Stdin) {
		a.Say.Error(q.Text+": cannot ask for confirmation: standard input is not a terminal", Advice("{} does it", Again(cmd)))
		return Exit(ExitDeclined)
	}
	text := console.Flat(sentence(q.Text)) + "?"
	if q.Loss != "" {
		text += " " + console.Flat(q.Loss)
	}
	fmt.Fprint(a.Stderr, text+" [y/N] ")
	answer := make(chan string, 1)
	// A read from a terminal cannot be ended, and Ctrl-C must not wait for it.
	go func() {
		line, _ := bufio.NewReader(a.Env.Stdin).ReadString('\n')
		answer <- line
	}()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case line := <-answer:
		switch strings.ToLower(strings.TrimSpace(line)) {
		case "y", "yes":
			return nil
		}
	}
	a.Say.Status("nothing was changed")
	return Exit(ExitDeclined)
}

// sentence begins a text with a capital letter.
func sentence(text string) string {
	first, size := utf8.DecodeRuneInString(text)
	return string(unicode.ToUpper(first)) + text[size:]
}
