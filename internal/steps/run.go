package steps

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// Plan checks every step and does nothing. emit may be nil. The error is an [*Error]; the items before it are returned.
func Plan(ctx context.Context, list []Step, emit func(Event)) ([]Item, error) {
	r := newRunner(list, emit)
	for i := range list {
		if err := r.check(ctx, i); err != nil {
			return r.result.Items, err
		}
	}
	return r.result.Items, nil
}

// Run checks each step and does what is missing, in order. It stops at the first error, which is an [*Error], and between
// two steps when ctx ends.
func Run(ctx context.Context, list []Step, emit func(Event)) (Result, error) {
	return Continue(ctx, list, nil, emit)
}

// Continue is Run after a [Plan] of the same list, whose items are found. What the plan found [Present] is not checked
// again: the caller decides how long that holds, and leaves out an item, or gives it another state, to have it checked. All
// that is to be made is checked again at its turn, for another may have made it meanwhile.
func Continue(ctx context.Context, list []Step, found []Item, emit func(Event)) (Result, error) {
	r := newRunner(list, emit)
	for i := range list {
		if err := r.checkUnless(ctx, i, found); err != nil {
			return r.result, err
		}
		if r.result.Items[i].State == Present {
			r.tell(i, Event{Kind: Unchanged})
			continue
		}
		doing := "create"
		if r.result.Items[i].State == Different {
			doing = "mend"
		}
		if err := r.change(ctx, i, doing, Doing, Done, list[i].Do); err != nil {
			return r.result, err
		}
	}
	return r.result, nil
}

// Undo checks all steps, because a step may need what another finds, and then removes what is there, in the reverse order.
// It stops at the first error, which is an [*Error].
func Undo(ctx context.Context, list []Step, emit func(Event)) (Result, error) {
	r := newRunner(list, emit)
	for i := range list {
		if err := r.check(ctx, i); err != nil {
			return r.result, err
		}
	}
	for i := range slices.Backward(list) {
		switch {
		case r.result.Items[i].State == Absent:
			r.tell(i, Event{Kind: Unchanged})
		case list[i].Undo == nil:
			r.tell(i, Event{Kind: Kept})
		default:
			if err := r.change(ctx, i, "remove", Undoing, Undone, list[i].Undo); err != nil {
				return r.result, err
			}
		}
	}
	return r.result, nil
}

type runner struct {
	list   []Step
	emit   func(Event)
	result Result
}

func newRunner(list []Step, emit func(Event)) *runner {
	if emit == nil {
		emit = func(Event) {}
	}
	return &runner{list: list, emit: emit}
}

// tell completes an event with what is known of the step and emits it.
func (r *runner) tell(i int, e Event) {
	e.Step, e.Index, e.Total = r.list[i].Name, i, len(r.list)
	if i < len(r.result.Items) {
		e.State = r.result.Items[i].State
		if e.Text == "" {
			e.Text = r.result.Items[i].Line
		}
	}
	r.emit(e)
}

func (r *runner) failed(i int, doing string, err error) error {
	wrapped := &Error{Step: r.list[i].Name, Doing: doing, Err: err}
	r.tell(i, Event{Kind: Failed, Err: wrapped})
	return wrapped
}

// ended is the failure of a step that is not begun because ctx has ended; nil: it has not.
func (r *runner) ended(ctx context.Context, i int, doing string) error {
	if ctx.Err() == nil {
		return nil
	}
	return r.failed(i, doing, fmt.Errorf("%s %s: %w", doing, r.list[i].Name, context.Cause(ctx)))
}

// checkUnless checks a step that was not found [Present], and enters what is known of the others.
func (r *runner) checkUnless(ctx context.Context, i int, found []Item) error {
	known := slices.IndexFunc(found, func(item Item) bool { return item.Step == r.list[i].Name && item.State == Present })
	if known < 0 || ctx.Err() != nil {
		return r.check(ctx, i)
	}
	r.tell(i, Event{Kind: Checking})
	r.result.Items = append(r.result.Items, found[known])
	return nil
}

// check looks at a step's thing and enters what it finds.
func (r *runner) check(ctx context.Context, i int) error {
	if err := r.ended(ctx, i, "check"); err != nil {
		return err
	}
	r.tell(i, Event{Kind: Checking})
	state, err := r.list[i].Check(ctx)
	if err != nil {
		return r.failed(i, "check", err)
	}
	r.result.Items = append(r.result.Items, Item{Step: r.list[i].Name, State: state, Line: r.list[i].line()})
	return nil
}

// change does or undoes a step.
func (r *runner) change(ctx context.Context, i int, doing string, before, after Kind, work func(context.Context, func(string)) error) error {
	if err := r.ended(ctx, i, doing); err != nil {
		return err
	}
	r.tell(i, Event{Kind: before})
	err := work(ctx, func(text string) { r.tell(i, Event{Kind: Noted, Text: text}) })
	if keep, ok := errors.AsType[*KeepError](err); ok && before == Undoing {
		r.tell(i, Event{Kind: Kept, Err: keep})
		return nil
	}
	if err != nil {
		return r.failed(i, doing, err)
	}
	r.result.Changed = append(r.result.Changed, r.list[i].Name)
	done := Event{Kind: after}
	if after == Done {
		done.Text = r.list[i].line() // which may name what was just made
	}
	r.tell(i, done)
	return nil
}
