package cmdutil

import "fmt"

// UsageError is a command line that makes no sense; nothing was done.
type UsageError struct{ Problem, Hint string }

func (e *UsageError) Error() string { return e.Problem }

// hintedError carries what to do about an error that does not say so itself.
type hintedError struct {
	err  error
	hint string
}

func (e *hintedError) Error() string { return e.err.Error() }

func (e *hintedError) Unwrap() error { return e.err }

// WithHint adds to an error what to do about it. It wins over the hint of the error itself, because it knows the command.
func WithHint(err error, format string, args ...any) error {
	return &hintedError{err, fmt.Sprintf(format, args...)}
}

// JobFileError is a job file that cannot be read.
type JobFileError struct {
	Name string
	Err  error
}

func (e *JobFileError) Error() string { return e.Name + ": " + e.Err.Error() }

func (e *JobFileError) Unwrap() error { return e.Err }

// Usage is a command line or a setting that makes no sense: nothing was done. hint says what to give; "" for none.
func Usage(problem, hint string) error { return &UsageError{problem, hint} }
