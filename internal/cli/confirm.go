package cli

import (
	"bufio"
	"context"
	"fmt"
	"strings"

	"github.com/pacific-aci/pacific/internal/console"
	"github.com/spf13/cobra"
)

// confirm asks a person before something is lost. yes is the flag --yes, which answers beforehand and is needed where
// nobody can be asked. Declined is an error whose exit code says so.
func (a *app) confirm(ctx context.Context, cmd *cobra.Command, question string, yes bool) error {
	if yes {
		return nil
	}
	if !a.world.Terminal(a.world.Stdin) {
		again := []string{cmd.CommandPath()}
		for _, arg := range cmd.Flags().Args() {
			again = append(again, shellWord(arg))
		}
		a.say.Error(question+": nobody can be asked here", strings.Join(again, " ")+" --yes does it")
		return &exitError{exitDeclined}
	}
	fmt.Fprintf(a.stderr, "%s? [y/N] ", console.Flat(question))
	answer := make(chan string, 1)
	// A read from a terminal cannot be ended, and Ctrl-C must not wait for it.
	go func() {
		line, _ := bufio.NewReader(a.world.Stdin).ReadString('\n')
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
	a.say.Status("nothing was done")
	return &exitError{exitDeclined}
}
