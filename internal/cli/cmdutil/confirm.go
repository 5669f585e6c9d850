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

// Confirm asks a person before something is lost. question begins in lower case, as in an error. yes is the flag --yes, which answers beforehand and is needed where
// nobody can be asked. Declined is an error whose exit code says so.
func (a *App) Confirm(ctx context.Context, cmd *cobra.Command, question string, yes bool) error {
	if yes {
		return nil
	}
	if !a.Env.Terminal(a.Env.Stdin) {
		a.Say.Error(question+": cannot ask for confirmation: standard input is not a terminal", Advice("{} does it", Again(cmd)))
		return Exit(ExitDeclined)
	}
	fmt.Fprintf(a.Stderr, "%s? [y/N] ", console.Flat(sentence(question)))
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
