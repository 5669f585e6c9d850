package cmdutil

// Hinter is an error that knows what to do about itself. Rooms' errors name no
// command of Pacific's; those of commands do.
type Hinter interface {
	error
	// Hint says what to do; "" for nothing.
	Hint() string
}

// UsageError is a command line or a setting that makes no sense; nothing was
// done.
type UsageError struct {
	Problem string
	advice  advice
}

func (e *UsageError) Error() string { return e.Problem }

// Hint says what to give instead.
func (e *UsageError) Hint() string { return e.advice.words(nil) }

// Usage is a command line or a setting that makes no sense: nothing was done.
// hint says what to give, "" for nothing, with {} in the place of each command.
func Usage(problem, hint string, commands ...Command) error {
	return &UsageError{problem, advice{hint, commands}}
}

// hintedError carries what to do about an error that does not say so itself.
type hintedError struct {
	err    error
	advice advice
}

func (e *hintedError) Error() string { return e.err.Error() }
func (e *hintedError) Unwrap() error { return e.err }
func (e *hintedError) Hint() string  { return e.advice.words(nil) }

// WithHint adds to an error what to do about it, with {} in the place of each
// command. It wins over the hint of the error itself, because it knows the
// command that failed.
func WithHint(err error, hint string, commands ...Command) error {
	return &hintedError{err, advice{hint, commands}}
}

// JobFileError is a job file that cannot be read.
type JobFileError struct {
	Name string
	Err  error
}

func (e *JobFileError) Error() string { return e.Name + ": " + e.Err.Error() }

// Unwrap gives the mistakes in the file.
func (e *JobFileError) Unwrap() error { return e.Err }
