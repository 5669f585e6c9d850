// Package steps brings a system into a wanted state, one idempotent step after the other.
//
// Each [Step] looks at the system itself, so a list of steps needs no record of its own: a run that was interrupted
// anywhere is resumed by running the same list again. [Plan] says what is there and what would be made, [Run] makes what is
// missing, [Undo] removes it in the reverse order. Progress is told as [Event] values; nothing is ever printed.
//
//	          Check
//	            │
//	 ┌──────────┼───────────┐
//	Present   Absent    Different
//	 │          └─────┬─────┘
//	 │               Do
//	 │                │
//	Unchanged    Made or Mended
package steps

import (
	"context"
	"fmt"
)

// State is what a check finds.
type State int

const (
	// Absent: nothing is there, and Do makes it.
	Absent State = iota
	// Present: it is there as wanted, and nothing is to do.
	Present
	// Different: something is there, but not as wanted, and Do mends it.
	Different
)

// String is the state as a word.
func (s State) String() string {
	switch s {
	case Absent:
		return "absent"
	case Present:
		return "present"
	case Different:
		return "different"
	}
	return fmt.Sprintf("State(%d)", int(s))
}

// Step is one thing that should be there. Steps tell each other what they found and made through what their functions
// share; Check and Do of the steps before have run when a step's Check does. In a plan, only their checks have: a step that
// rests on an absent one is absent too.
//
// The errors of Check, Do and Undo say themselves what failed, "creating resource group jobs: no such region": [Error] adds no
// words to them.
type Step struct {
	// Name is the thing, such as "resource group". It is unique in a list.
	Name string
	// Check looks whether the thing is there, and changes nothing.
	Check func(ctx context.Context) (State, error)
	// Line describes the thing in a plan, after Check: "resource group jobs in westeurope". Nil is the name.
	Line func() string
	// Do makes or mends the thing. When ctx ends it may leave a part of the work, which the next Check must see. It calls note
	// to say what it waits for.
	Do func(ctx context.Context, note func(text string)) error
	// Undo removes the thing; one that is gone meanwhile is no error. Nil: the thing stays. A [*KeepError] says that it stays
	// after all, and is no failure.
	Undo func(ctx context.Context, note func(text string)) error
}

func (s *Step) line() string {
	if s.Line == nil {
		return s.Name
	}
	return s.Line()
}

// Kind says what an [Event] tells.
type Kind int

// The kinds of events, in the order in which a step has them.
const (
	// Checking: the step looks.
	Checking Kind = iota
	// Unchanged: the thing is there, and nothing is done.
	Unchanged
	// Doing: the thing is being made, or mended if State is Different.
	Doing
	// Noted: Text says what the step waits for.
	Noted
	// Done: the thing was made or mended.
	Done
	// Undoing: the thing is being removed.
	Undoing
	// Undone: the thing was removed.
	Undone
	// Kept: the thing is there and stays, because its step has no Undo, or because Undo gave Err, a [*KeepError].
	Kept
	// Failed: the step failed with Err, and no other follows.
	Failed
)

// Event is progress.
type Event struct {
	Kind Kind
	// Step is the step's name; Index counts from 0 to Total-1 in the order of the list, in an undo too.
	Step         string
	Index, Total int
	// State is what the check found; Absent while it looks.
	State State
	// Text is the step's line, and for Noted what is waited for; empty while the check looks.
	Text string
	// Err is set for Failed, and for Kept if Undo gave a reason.
	Err error
}

// Item is what a plan says of a step.
type Item struct {
	Step  string
	State State
	// Line describes the thing.
	Line string
}

// Result is what a run or an undo did.
type Result struct {
	// Items are the steps that were checked, with what was found before anything was done.
	Items []Item
	// Changed are the names of the steps whose thing was made, mended or removed, in that order.
	Changed []string
}

// Error is a step that failed. What the steps before it did stays done, and running the same list again goes on from
// there.
type Error struct {
	// Step is the step's name, Doing what it was about: check, create, mend or remove.
	Step, Doing string
	// Err is the error of the step's function; where ctx has ended before that was called, its cause and what was to be done.
	Err error
}

// Error is Err in words, which say what failed.
func (e *Error) Error() string { return e.Err.Error() }

// Unwrap returns Err.
func (e *Error) Unwrap() error { return e.Err }

// KeepError is what Undo returns for a thing that stays: what was seen when the undo was planned is not so any more.
type KeepError struct {
	// Reason says why, in words.
	Reason string
}

// Error gives the reason.
func (e *KeepError) Error() string { return e.Reason }
