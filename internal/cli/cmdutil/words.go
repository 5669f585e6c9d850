package cmdutil

import (
	"errors"
	"slices"

	"github.com/pacific-aci/pacific/aci"
	"github.com/pacific-aci/pacific/azure"
	"github.com/pacific-aci/pacific/internal/config"
	"github.com/spf13/cobra"
)

// SayError prints an error and its hints, whatever the exit code will be. call
// is the command that failed; nil for none.
func (a *App) SayError(err error, call *cobra.Command) Words {
	w := Explain(err, call)
	for _, problem := range w.Problems {
		a.Say.Error(problem, "")
	}
	for _, hint := range w.AllHints() {
		a.Say.Hint(hint)
	}
	return w
}

// Hint prints what can be done now, with {} in the place of each command, which gets the flags of the call.
func (a *App) Hint(call *cobra.Command, hint string, commands ...Command) {
	a.Say.Hint(advice{hint, commands}.words(call))
}

// Words is an error as a person reads it.
type Words struct {
	Problems []string
	Hints    []string
	// See says where to find out more; doctor leaves it out, because it is there.
	See string
	// Usage marks what was wrong with the command line or the settings:
	// nothing was attempted.
	Usage bool
	// TimedOut marks a job that reached its --timeout before anything was sent.
	TimedOut bool
}

// AllHints are the hints, the last one with where to find out more.
func (w Words) AllHints() []string {
	switch {
	case w.See == "":
		return w.Hints
	case len(w.Hints) == 0:
		return []string{w.See}
	}
	all := slices.Clone(w.Hints)
	all[len(all)-1] += "; " + w.See
	return all
}

// Explain puts an error into words: what failed, what to do, and whether the
// command line was wrong. Commands in hints get the flags of call that say
// where and as whom; call may be nil.
func Explain(err error, call *cobra.Command) Words {
	w := explainRooms(err, call)
	w.TimedOut = errors.Is(err, aci.ErrTimeout)
	if hint := ownHint(err, call); hint != "" {
		w.Hints, w.See = []string{hint}, "" // it knows the command that failed
	} else if region := regionHint(azure.Explain(err)); region != "" {
		w.Hints = []string{region}
	} else if len(w.Hints) == 0 {
		w.Hints = roomHints(err)
	}
	return w
}

// ownHint is the hint of a command's own error.
func ownHint(err error, call *cobra.Command) string {
	if e, ok := errors.AsType[*hintedError](err); ok {
		return e.advice.words(call)
	}
	if e, ok := errors.AsType[*UsageError](err); ok {
		return e.advice.words(call)
	}
	return ""
}

// roomHints are the hints of an error of a room: the outermost that there is, and of joined errors one each.
func roomHints(err error) []string {
	if e, ok := err.(Hinter); ok && e.Hint() != "" {
		return []string{e.Hint()}
	}
	switch e := err.(type) {
	case interface{ Unwrap() error }:
		return roomHints(e.Unwrap())
	case interface{ Unwrap() []error }:
		var all []string
		for _, one := range e.Unwrap() {
			for _, hint := range roomHints(one) {
				if !slices.Contains(all, hint) {
					all = append(all, hint)
				}
			}
		}
		return all
	}
	return nil
}

// isUsage reports whether the command line or the settings were wrong.
func isUsage(err error) bool {
	if _, ok := errors.AsType[*UsageError](err); ok {
		return true
	}
	if _, ok := errors.AsType[*config.InvalidError](err); ok {
		return true
	}
	_, ok := errors.AsType[*config.FileError](err)
	return ok
}
