package flow

import (
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/pacific-aci/pacific/prefect"
)

// ErrCancelled is the cause of a run's context, and the error of Run, after somebody has cancelled the run on the server.
var ErrCancelled = errors.New("the flow run was cancelled on the server")

// CrashError is a flow or a task that did not return: it panicked, or ended its goroutine. Its run is Crashed.
type CrashError struct {
	// What is the flow or task, such as `task "fetch"`.
	What string
	// Value is what it panicked with; nil if it ended its goroutine.
	Value any
	// Stack is where, as runtime/debug.Stack writes it.
	Stack []byte
}

// Error is one line, without the stack.
func (e *CrashError) Error() string {
	if e.Value == nil {
		return e.What + " ended its goroutine instead of returning"
	}
	return fmt.Sprintf("%s panicked: %v", e.What, e.Value)
}

// Unwrap is the error that the function panicked with, if it was one.
func (e *CrashError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}

// TimeoutError is an attempt that took longer than its [Timeout]. Its run is TimedOut.
type TimeoutError struct {
	// What is the flow or task, such as `task "fetch"`; Limit is the time it had.
	What  string
	Limit time.Duration
}

// Error is one line.
func (e *TimeoutError) Error() string { return fmt.Sprintf("%s took longer than %v", e.What, e.Limit) }

// Timeout reports true, as for errors of package net.
func (e *TimeoutError) Timeout() bool { return true }

// SignalError is the cause of a run's context after [Main] was told to stop. Its run is Crashed.
type SignalError struct {
	// Signal is the signal that came.
	Signal os.Signal
	// Reschedule: the run is to be started again elsewhere, and becomes AwaitingRetry.
	Reschedule bool
}

// Error is one line.
func (e *SignalError) Error() string { return "stopped by signal: " + e.Signal.String() }

// StateError is a run that the server does not let go on, because it is in another state: it is paused, has ended already,
// or is somebody else's.
type StateError struct {
	// State is the run's state on the server.
	State prefect.State
}

// Error is one line.
func (e *StateError) Error() string {
	text := "the flow run is " + stateName(e.State)
	if e.State.Message != "" {
		text += ": " + e.State.Message
	}
	return text
}

// ParameterError is parameters that do not fit the flow. Its run has Failed.
type ParameterError struct {
	// Flow is the flow's name.
	Flow string
	// Name is the parameter's, or that of a part of one, such as hosts[2].port; empty if it is about all of them.
	Name string
	// Problem is what is wrong, such as "is required".
	Problem string

	hint string
}

// Error is one line.
func (e *ParameterError) Error() string {
	if e.Name == "" {
		return fmt.Sprintf("parameters of flow %q: %s", e.Flow, e.Problem)
	}
	return fmt.Sprintf("parameter %q of flow %q %s", e.Name, e.Flow, e.Problem)
}

// Hint names the parameters that the flow has, or the fields of the parameter, where a name is unknown or missing.
func (e *ParameterError) Hint() string { return e.hint }

func stateName(s prefect.State) string {
	if s.Name != "" {
		return s.Name
	}
	return s.Type.Name()
}
