package steps_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pacific-aci/pacific/internal/steps"
)

// system is what the tests' steps change: things by name, in the order of their making.
type system struct {
	things  []string
	broken  []string
	log     []string
	failing string
}

// act is an action of a step: it takes a second.
func (s *system) act(ctx context.Context, what string, change func()) error {
	s.log = append(s.log, what)
	if what == s.failing {
		return errors.New("it fails")
	}

	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(time.Second):
	}
	change()
	return nil
}

func (s *system) steps(names ...string) []steps.Step {
	var list []steps.Step
	for _, name := range names {
		step := steps.Step{
			Name: name,
			Check: func(ctx context.Context) (state steps.State, err error) {
				err = s.act(ctx, "check "+name, func() {
					switch {
					case slices.Contains(s.broken, name):
						state = steps.Different
					case slices.Contains(s.things, name):
						state = steps.Present
					}
				})
				return state, err
			},
			Line: func() string { return "the " + name },
			Do: func(ctx context.Context, note func(string)) error {
				note("waiting for " + name)
				return s.act(ctx, "do "+name, func() {
					if !slices.Contains(s.things, name) {
						s.things = append(s.things, name)
					}
					s.broken = slices.DeleteFunc(s.broken, func(b string) bool { return b == name })
				})
			},
			Undo: func(ctx context.Context, _ func(string)) error {
				return s.act(ctx, "undo "+name, func() {
					s.things = slices.DeleteFunc(s.things, func(t string) bool { return t == name })
				})
			},
		}
		if name == "kept" {
			step.Undo = nil
		}
		list = append(list, step)
	}
	return list
}

func TestPlanChangesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &system{things: []string{"b", "c"}, broken: []string{"c"}}
		got, err := steps.Plan(t.Context(), s.steps("a", "b", "c"), nil)
		want := []steps.Item{{Step: "a", State: steps.Absent, Line: "the a"}, {Step: "b", State: steps.Present, Line: "the b"}, {Step: "c", State: steps.Different, Line: "the c"}}
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Error(err, diff)
		}
		if diff := cmp.Diff([]string{"check a", "check b", "check c"}, s.log); diff != "" {
			t.Error(diff)
		}
	})
}

func TestRunMakesWhatIsMissing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &system{things: []string{"b", "c"}, broken: []string{"c"}}
		var told []string
		got, err := steps.Run(t.Context(), s.steps("a", "b", "c"), func(e steps.Event) {
			told = append(told, fmt.Sprintf("%d/%d %s %d %s %s", e.Index, e.Total, e.Step, e.Kind, e.State, e.Text))
		})
		if diff := cmp.Diff([]string{"a", "c"}, got.Changed); err != nil || diff != "" {
			t.Error(err, diff)
		}
		if diff := cmp.Diff([]string{"check a", "do a", "check b", "check c", "do c"}, s.log); diff != "" {
			t.Error(diff)
		}
		want := []string{
			"0/3 a 0 absent ", "0/3 a 2 absent the a", "0/3 a 3 absent waiting for a", "0/3 a 4 absent the a",
			"1/3 b 0 absent ", "1/3 b 1 present the b",
			"2/3 c 0 absent ", "2/3 c 2 different the c", "2/3 c 3 different waiting for c", "2/3 c 4 different the c",
		}
		if diff := cmp.Diff(want, told); diff != "" {
			t.Error(diff)
		}
		s.log = nil
		again, err := steps.Run(t.Context(), s.steps("a", "b", "c"), nil)
		if err != nil || len(again.Changed) != 0 || len(s.log) != 3 {
			t.Errorf("a second run: %v, %v, %v", again.Changed, s.log, err)
		}
	})
}

func TestUndo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &system{things: []string{"a", "kept", "c"}, broken: []string{"c"}}
		var kinds []string
		got, err := steps.Undo(t.Context(), s.steps("a", "b", "kept", "c"), func(e steps.Event) { kinds = append(kinds, fmt.Sprint(e.Step, e.Kind)) })
		if diff := cmp.Diff([]string{"c", "a"}, got.Changed); err != nil || diff != "" {
			t.Error(err, diff)
		}
		want := []string{"check a", "check b", "check kept", "check c", "undo c", "undo a"}
		if diff := cmp.Diff(want, s.log); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff([]string{"kept"}, s.things); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff([]string{"a0", "b0", "kept0", "c0", "c5", "c6", "kept7", "b1", "a5", "a6"}, kinds); diff != "" {
			t.Error(diff)
		}
	})
}

// TestUndoKeeps: what must stay after all is kept, with the reason, and the undo goes on.
func TestUndoKeeps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &system{things: []string{"a", "b"}}
		list := s.steps("a", "b")
		list[1].Undo = func(context.Context, func(string)) error { return &steps.KeepError{Reason: "it is used"} }
		var kept []string
		got, err := steps.Undo(t.Context(), list, func(e steps.Event) {
			if e.Kind == steps.Kept {
				kept = append(kept, fmt.Sprint(e.Step, ": ", e.Err))
			}
		})
		if err != nil || !slices.Equal(got.Changed, []string{"a"}) || !slices.Equal(kept, []string{"b: it is used"}) {
			t.Errorf("got %v, kept %q, %v", got.Changed, kept, err)
		}
	})
}

// At every boundary, and in the middle of every action, an interrupted run leaves a state from which the next run gets to
// the same end; what was done is done once.
func TestInterruptedAnywhere(t *testing.T) {
	names := []string{"a", "b", "c"}
	for _, undo := range []bool{false, true} {
		verb, run := "do ", steps.Run
		if undo {
			verb, run = "undo ", steps.Undo
		}
		// Each action takes a second: every half second is the middle of one, every whole second a boundary.
		for halves := 0; halves <= 13; halves++ {
			t.Run(fmt.Sprintf("%safter %d halves", verb, halves), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s := &system{}
					if undo {
						s.things = slices.Clone(names)
					}
					why := errors.New("enough")
					ctx, cancel := context.WithCancelCause(t.Context())
					defer time.AfterFunc(time.Duration(halves)*time.Second/2, func() { cancel(why) }).Stop()
					if halves == 0 {
						cancel(why)
					}
					var last steps.Event
					first, err := run(ctx, s.steps(names...), func(e steps.Event) { last = e })
					if halves < 12 {
						failed, ok := errors.AsType[*steps.Error](err)
						if !ok || !errors.Is(err, why) || last.Kind != steps.Failed || last.Err != err || failed.Step != last.Step {
							t.Fatalf("%v; the last event is %+v", err, last)
						}
					} else if halves > 12 && err != nil { // at 12 the end and the interruption meet
						t.Fatal(err)
					}
					second, err := run(t.Context(), s.steps(names...), nil)
					if err != nil {
						t.Fatal(err)
					}
					if undo != (len(s.things) == 0) {
						t.Errorf("left: %v", s.things)
					}
					all := slices.Concat(first.Changed, second.Changed)
					if slices.Sort(all); !slices.Equal(all, names) {
						t.Errorf("changed: %v then %v", first.Changed, second.Changed)
					}
				})
			})
		}
	}
}

func TestErrors(t *testing.T) {
	of := func(doing string) func(error) bool {
		return func(err error) bool {
			e, ok := errors.AsType[*steps.Error](err)
			return ok && e.Step == "b" && e.Doing == doing && err.Error() == "it fails" // the step's own words, once
		}
	}
	for failing, doing := range map[string]string{"check b": "check", "do b": "create"} {
		synctest.Test(t, func(t *testing.T) {
			s := &system{failing: failing}
			got, err := steps.Run(t.Context(), s.steps("a", "b", "c"), nil)
			if !of(doing)(err) || !slices.Equal(got.Changed, []string{"a"}) || slices.Contains(s.log, "check c") {
				t.Errorf("%s: %v, %v, %v", failing, got.Changed, s.log, err)
			}
			s.failing = ""
			if got, err := steps.Run(t.Context(), s.steps("a", "b", "c"), nil); err != nil || strings.Join(got.Changed, "") != "bc" {
				t.Errorf("the second run: %v, %v", got.Changed, err)
			}
		})
	}
	synctest.Test(t, func(t *testing.T) {
		s := &system{failing: "do b", things: []string{"b"}, broken: []string{"b"}}
		if _, err := steps.Run(t.Context(), s.steps("b"), nil); !of("mend")(err) {
			t.Error(err)
		}
		s.failing = "undo b"
		if _, err := steps.Undo(t.Context(), s.steps("b"), nil); !of("remove")(err) {
			t.Error(err)
		}
		s.failing = "check b"
		if items, err := steps.Plan(t.Context(), s.steps("a", "b"), nil); err == nil || len(items) != 1 {
			t.Error(items, err)
		}
	})
}
