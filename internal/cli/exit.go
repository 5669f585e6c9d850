package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pacific-aci/pacific/internal/config"
	"github.com/pacific-aci/pacific/internal/suggest"
	"github.com/spf13/cobra"
)

// The exit codes of every command. `pacific run` has besides these the
// container's own, 0 to 255.
const (
	exitOK     = 0
	exitFailed = 1
	// exitUsage is wrong usage, of every command but run.
	exitUsage = 2
	// exitDeclined is a no to a question, or a question where nobody can be asked.
	exitDeclined = 3
	// exitTimedOut is run's --timeout.
	exitTimedOut = 124
	// exitNotRun is run's own failure, Azure's, or that the job never ran:
	// outside what programs use themselves, as docker has it.
	exitNotRun = 125
	// exitNotExecutable and exitNoProgram are a shell's codes for a command that cannot be run: emulator run's command,
	// and in `pacific run` only ever the container's own.
	exitNotExecutable = 126
	exitNoProgram     = 127
	// exitContainerOutOfRange stands for a container's code that no exit code
	// can carry; the true one is in words and in JSON.
	exitContainerOutOfRange = 255
	// A signal's code is 128 and its number.
	exitHungUp      = 129
	exitInterrupted = 130
	exitTerminated  = 143
)

// ownsExitCodes marks a command that passes a job's exit code on, so that its
// own failures must be exitNotRun.
const ownsExitCodes = "owns-exit-codes"

// printsResult marks a command whose JSON says how it ended even if it failed.
const printsResult = "prints-result"

// exitError ends Pacific with a code after everything has been said.
type exitError struct{ code int }

func (e *exitError) Error() string { return fmt.Sprintf("exit code %d", e.code) }

// usageError is a command line that makes no sense; nothing was done.
type usageError struct{ problem, hint string }

func (e *usageError) Error() string { return e.problem }

// hintedError carries what to do about an error that does not say so itself.
type hintedError struct {
	err  error
	hint string
}

func (e *hintedError) Error() string { return e.err.Error() }
func (e *hintedError) Unwrap() error { return e.err }

func withHint(err error, format string, args ...any) error {
	return &hintedError{err, fmt.Sprintf(format, args...)}
}

// report says an error and returns the exit code: the only place where an
// error becomes either.
func (a *app) report(ctx context.Context, cmd *cobra.Command, err error) int {
	if e, ok := errors.AsType[*exitError](err); ok {
		return e.code
	}
	failed, usage := exitFailed, exitUsage
	if cmd != nil && cmd.Annotations[ownsExitCodes] != "" {
		failed, usage = exitNotRun, exitNotRun
	}
	// After a signal the error is only its echo.
	if sig, ok := errors.AsType[*signalError](context.Cause(ctx)); ok {
		if _, echo := errors.AsType[*signalError](err); echo || errors.Is(err, context.Canceled) {
			a.say.Error(sig.Error(), "")
			return sig.code()
		}
	}
	if a.sayError(err).usage {
		return usage
	}
	return failed
}

// sayError says an error, whatever the exit code will be.
func (a *app) sayError(err error) words {
	w := explain(err)
	for _, problem := range w.problems {
		a.say.Error(problem, "")
	}
	for _, hint := range w.hints {
		a.say.Hint(hint)
	}
	return w
}

// words is an error as a person reads it.
type words struct {
	problems []string
	hints    []string
	// usage marks what was wrong with the command line or the settings:
	// nothing was attempted.
	usage bool
}

func explain(err error) words {
	w := words{problems: []string{err.Error()}}
	if e, ok := errors.AsType[*hintedError](err); ok {
		w.hints = []string{e.hint}
	}
	if e, ok := errors.AsType[*usageError](err); ok {
		w.usage = true
		if e.hint != "" {
			w.hints = []string{e.hint}
		}
		return w
	}
	if _, ok := errors.AsType[*config.InvalidError](err); ok {
		w.usage = true
		return w
	}
	if e, ok := errors.AsType[*config.FileError](err); ok {
		w.usage = true
		if e.Hint != "" {
			w.hints = []string{e.Hint}
		}
		return w
	}
	return explainRooms(err, w)
}

// onlyCommands refuses a word that is no command.
func (a *app) onlyCommands(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	var names []string
	for _, c := range cmd.Commands() {
		names = append(names, c.Name())
	}
	slices.Sort(names)
	hint := "commands: " + strings.Join(names, ", ")
	if near := suggest.Nearest(args[0], names); near != "" {
		hint = fmt.Sprintf("did you mean %s %s?", cmd.CommandPath(), near)
	}
	return &usageError{fmt.Sprintf("%s has no command %q", cmd.CommandPath(), args[0]), hint}
}

// noArguments is for commands that take flags alone.
func noArguments(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	return &usageError{fmt.Sprintf("%s takes no arguments, got %q", cmd.CommandPath(), args[0]),
		fmt.Sprintf("see %s --help", cmd.CommandPath())}
}
