package azcli

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"
)

// Runner runs az commands. The zero value runs the az of the PATH with this process's environment, silently. It is safe
// for concurrent use if its Reporter is.
type Runner struct {
	// Path is the az program: a path, or a name to be looked for in the PATH. Empty is "az".
	Path string
	// Env is the environment of the commands, KEY=VALUE each; nil is this process's own. Their output is always without
	// colours.
	Env []string
	// Reporter receives the messages of [Options]; nil is silent.
	Reporter func(Message)
	// Secrets are values that must not be seen: they are blotted out of messages and errors, and a command that has one
	// among its arguments is refused.
	Secrets []string
	// Log receives each command with its duration and exit code, at debug level; nil discards. Output is never logged.
	Log *slog.Logger
	// Grace is how long a command whose context has ended may take to end by itself before it is killed; 0 is
	// [DefaultGrace].
	Grace time.Duration
}

// DefaultGrace is [Runner.Grace] where none is given.
const DefaultGrace = 5 * time.Second

// Options say what a command is for. The zero value reports nothing and fails on every failure.
type Options struct {
	// Success is reported when the command succeeds; empty reports nothing.
	Success string
	// Failure is reported, with what az wrote to standard error, when the command fails; empty reports nothing.
	Failure string
	// IgnoreExists takes a failure that says "already exists" for the status [Exists].
	IgnoreExists bool
	// JSON demands that the output is JSON; other output is a [*JSONError].
	JSON bool
	// Stdin is the command's standard input, from which az reads an argument that is written "@-". That is the way to
	// pass a secret: arguments can be read by every user of a machine.
	Stdin string
}

// Status says what a command that did not fail found.
type Status string

const (
	// Created is the status of a command that succeeded.
	Created Status = "created"
	// Exists is the status of a command that failed because what it should make was there already.
	Exists Status = "exists"
)

// Result is what a command brought. Printing or logging it shows no output, which may hold secrets.
type Result struct {
	Status Status
	// Output is standard output without the white space around it; empty if Status is [Exists].
	Output string
	// Stderr is what az wrote to standard error, such as warnings, with [Runner.Secrets] blotted out.
	Stderr string
}

// Decode reads the output as JSON into v. The error is a [*JSONError].
func (r Result) Decode(v any) error {
	if err := json.Unmarshal([]byte(r.Output), v); err != nil {
		return &JSONError{Err: err}
	}
	return nil
}

// String is the status and the length of the output.
func (r Result) String() string { return fmt.Sprintf("%s (%d bytes)", r.Status, len(r.Output)) }

// Format writes what String returns, whatever the verb.
func (r Result) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, r.String()) }

// LogValue is the result as package slog shows it.
func (r Result) LogValue() slog.Value { return slog.StringValue(r.String()) }

// MessageKind says what a [Message] reports.
type MessageKind string

// The kinds of messages.
const (
	MessageSuccess MessageKind = "success"
	MessageExists  MessageKind = "exists"
	MessageFailure MessageKind = "failure"
)

// Message is what a [Runner] reports of a command.
type Message struct {
	Kind MessageKind
	// Text is one or more lines without a line break at the end.
	Text string
}

// String is the message's text.
func (m Message) String() string { return m.Text }

func (r *Runner) report(kind MessageKind, text string) {
	if r.Reporter != nil {
		r.Reporter(Message{Kind: kind, Text: r.redact(strings.TrimRight(text, "\r\n"))})
	}
}

func (r *Runner) log() *slog.Logger {
	if r.Log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return r.Log
}
