package cmdutil

import (
	"errors"

	"github.com/pacific-aci/pacific/internal/config"
)

// SayError says an error, whatever the exit code will be.
func (a *App) SayError(err error) Words {
	w := Explain(err)
	for _, problem := range w.Problems {
		a.Say.Error(problem, "")
	}
	for _, hint := range w.Hints {
		a.Say.Hint(hint)
	}
	return w
}

// Words is an error as a person reads it.
type Words struct {
	Problems []string
	Hints    []string
	// Usage marks what was wrong with the command line or the settings:
	// nothing was attempted.
	Usage bool
}

// Explain puts an error into words: what failed, what to do, and whether the command line was wrong.
func Explain(err error) Words {
	w := Words{Problems: []string{err.Error()}}
	if e, ok := errors.AsType[*hintedError](err); ok {
		w.Hints = []string{e.hint}
	}
	if e, ok := errors.AsType[*UsageError](err); ok {
		w.Usage = true
		if e.Hint != "" {
			w.Hints = []string{e.Hint}
		}
		return w
	}
	if _, ok := errors.AsType[*config.InvalidError](err); ok {
		w.Usage = true
		return w
	}
	if e, ok := errors.AsType[*config.FileError](err); ok {
		w.Usage = true
		if e.Hint != "" {
			w.Hints = []string{e.Hint}
		}
		return w
	}
	return explainRooms(err, w)
}
