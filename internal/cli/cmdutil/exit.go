package cmdutil

import (
	"fmt"
	"os"
	"syscall"
)

// The exit codes of every command. `pacific run` has besides these the
// container's own, 0 to 255.
const (
	ExitOK     = 0
	ExitFailed = 1
	// ExitUsage is wrong usage, of every command but run.
	ExitUsage = 2
	// ExitDeclined is a no to a question, or a question where nobody can be asked.
	ExitDeclined = 3
	// ExitTimedOut is run's --timeout.
	ExitTimedOut = 124
	// ExitNotRun is run's own failure, Azure's, or that the job never ran:
	// outside what programs use themselves, as docker has it.
	ExitNotRun = 125
	// ExitNotExecutable and ExitNoProgram are a shell's codes for a command that cannot be run: emulator run's command,
	// and in `pacific run` only ever the container's own.
	ExitNotExecutable = 126
	ExitNoProgram     = 127
	// ExitOutOfRange stands for a container's code that no exit code
	// can carry; the true one is in words and in JSON.
	ExitOutOfRange = 255
	// A signal's code is 128 and its number.
	ExitHungUp      = 129
	ExitInterrupted = 130
	ExitTerminated  = 143
)

// OwnsExitCodes marks a command that passes a job's exit code on, so that its
// own failures must be ExitNotRun.
const OwnsExitCodes = "owns-exit-codes"

// PrintsResult marks a command whose JSON says how it ended even if it failed.
const PrintsResult = "prints-result"

// ExitError ends Pacific with a code after everything has been said.
type ExitError struct{ Code int }

func (e *ExitError) Error() string { return fmt.Sprintf("exit code %d", e.Code) }

// SignalError is why a context ended when a signal asked for it.
type SignalError struct{ Sig os.Signal }

// Error names the signal as people who send one do.
func (e *SignalError) Error() string {
	switch e.Sig {
	case syscall.SIGTERM:
		return "SIGTERM received"
	case syscall.SIGHUP:
		return "SIGHUP received"
	}
	return fmt.Sprintf("%s received", e.Sig)
}

// Code is what a shell reports for a program that this signal ended.
func (e *SignalError) Code() int {
	switch e.Sig {
	case syscall.SIGTERM:
		return ExitTerminated
	case syscall.SIGHUP:
		return ExitHungUp
	}
	return ExitInterrupted
}

// Exit ends Pacific with a code after everything has been said.
func Exit(code int) error { return &ExitError{code} }
