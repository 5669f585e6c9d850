package worker

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync/atomic"
	"time"

	"github.com/pacific-aci/pacific/prefect"
)

// mostClaims is the server's limit for one poll.
const mostClaims = 200

// pollLoop claims due runs until ctx ends; with RunOnce, those that are due when it begins.
func (w *Worker) pollLoop(ctx, work context.Context) {
	failing := false
	w.onlyBefore = time.Now().Add(w.cfg.Prefetch)
	poll := apart(ctx, w.cfg.Poll, func() bool {
		more, err := w.poll(ctx, work)
		w.mu.Lock()
		defer w.mu.Unlock()
		switch {
		case err == nil:
			if failing {
				w.cfg.Log.InfoContext(ctx, "polls succeed again")
			}
			failing, w.pollError, w.status.LastPoll = false, "", time.Now()
			return w.cfg.RunOnce && !more
		case ctx.Err() == nil:
			w.status.PollErrors++
			w.pollError = err.Error()
			if !failing {
				w.cfg.Log.WarnContext(ctx, "a poll for runs failed; runs in flight go on", "error", err)
			}
			failing = true
		}
		return false
	})
	if ctx.Err() != nil || poll() {
		return
	}
	every(ctx, w.cfg.Poll, w.pollNow, poll)
}

// poll asks for due runs and starts a flight for each. more: there may be more of them than the server gives at once, and the poll
// that follows these claims asks for them. With RunOnce, it is also true where Config.Limit leaves some to the poll that follows the
// end of a run.
func (w *Worker) poll(ctx, work context.Context) (more bool, _ error) {
	room := w.room()
	if room.free <= 0 {
		w.fallBehind(room)
		return w.cfg.RunOnce, nil
	}
	asked := time.Now()
	runs, more, err := w.due(ctx)
	if err != nil {
		return false, err
	}
	shared := w.newBatch(work, len(runs))
	claims := &claims{full: more, poll: w.pollNow}
	claims.left.Add(1)
	defer claims.answered(false)
	for _, run := range runs {
		if ctx.Err() != nil {
			return false, nil
		}
		if room.free <= 0 {
			w.fallBehind(room)
			return w.cfg.RunOnce, nil
		}
		f := w.newFlight(run)
		f.known = asked
		if !w.add(f) {
			w.waitForEnding(run.ID)
			continue
		}
		room.free--
		claims.left.Add(1)
		w.launch(ctx, work, f, func(ctx, work context.Context, f *flight) step {
			if w.queues == nil {
				w.planAhead(f, shared)
			}
			err := w.claim(ctx, f)
			claims.answered(err == nil)
			if err != nil {
				return nil
			}
			return w.submit
		})
	}
	return more, nil
}

// claims are those of one poll. When the server has answered all of them, and gave some of the runs, its next list has others: a poll
// follows if the last list was full.
type claims struct {
	left atomic.Int32
	got  atomic.Bool
	full bool
	poll chan struct{}
}

func (c *claims) answered(got bool) {
	if got {
		c.got.Store(true)
	}
	if c.left.Add(-1) == 0 && c.full && c.got.Load() {
		signal(c.poll)
	}
}

// fallBehind notes that runs are left to a later poll for want of room. It then follows when there is some.
func (w *Worker) fallBehind(full room) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !full.crowded {
		w.behind = true
		return
	}
	w.crowded = true
	w.gotOn()
}

// waitForEnding notes that a run is left to a later poll while the container of its last start is still being put away.
func (w *Worker) waitForEnding(id prefect.ID) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if f := w.flights[id]; f == nil || f.phase == PhaseEnding || f.phase == PhaseStopping {
		w.behind = true
	}
}

// How many runs may be between their claim and the request for their group, and how long one of them counts. Each has its job, its
// answers and a deep stack then, which a server does not get through any faster for having a thousand at once. One that waits for
// longer, for what it alone is made of, must not keep the others.
const (
	mostSubmitting   = 50
	submittingCounts = 20 * time.Second
)

// room is how many more runs may be claimed now.
type room struct {
	free int
	// crowded: there would be more room if fewer were being submitted.
	crowded bool
}

// room is that of the poll that begins now.
func (w *Worker) room() room {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.behind, w.crowded = false, false
	r := room{free: mostSubmitting - w.submitting(), crowded: true}
	if w.cfg.RunOnce { // somebody waits for its end: a poll for each piece would only add to that
		r.free, r.crowded = mostClaims, false
	}
	used := 0
	for _, f := range w.flights {
		if w.queues == nil || !f.takeover { // another agent may count it
			used++
		}
	}
	if w.cfg.Limit > 0 && w.cfg.Limit-used < r.free {
		r.free, r.crowded = w.cfg.Limit-used, false
	}
	return r
}

// submitting counts the flights that [mostSubmitting] is about. The caller has the worker's mu.
func (w *Worker) submitting() (n int) {
	for _, f := range w.flights {
		if f.phase == PhaseSubmitting && !f.takeover && time.Since(f.began) < submittingCounts {
			n++
		}
	}
	return n
}

// gotOn makes the next poll come once half of the runs that were being submitted have got on, if the last one left some for that. One
// for each would ask the server for the same again and again. The caller has the worker's mu.
func (w *Worker) gotOn() {
	if w.crowded && w.submitting() <= mostSubmitting/2 {
		signal(w.pollNow)
	}
}

// claim asks the server for the run. Only one worker gets it, as the server lets a run become Pending once.
func (w *Worker) claim(ctx context.Context, f *flight) error {
	proposed := time.Now()
	state, err := w.cfg.Prefect.ProposeFlowRunStateAfter(ctx, f.run.ID, f.run.StateID, prefect.State{Type: prefect.StatePending, Message: claimOf(w.cfg.Name)})
	if err != nil || state.Type != prefect.StatePending {
		w.passOver(f.run)
	}
	abort, aborted := errors.AsType[*prefect.AbortError](err)
	switch {
	case aborted:
		w.count(func(s *Status) { s.LostClaims++ })
		return &NotStartedError{Run: f.run.ID, State: abort.State, Reason: abort.Reason}
	case errors.Is(err, prefect.ErrNotFound):
		return err
	case err != nil:
		// The claim may have been carried out; adoption finds it then.
		w.cfg.Log.WarnContext(ctx, "a run could not be claimed", "run", f.run.ID, "error", err)
		w.lookNow()
		return err
	case state.Type != prefect.StatePending:
		w.count(func(s *Status) { s.LostClaims++ })
		level := slog.LevelInfo
		if f.run.StateName == state.Name { // as at the last try, half a minute ago
			level = slog.LevelDebug
		}
		f.log.Log(ctx, level, "the server does not let the run start", "reason", keptBack(state))
		return &NotStartedError{Run: f.run.ID, State: state, Reason: keptBack(state)}
	}
	if err := w.accepted(ctx, f, state, proposed); err != nil {
		return err
	}
	w.count(func(s *Status) { s.Claimed++ })
	f.attempt = nextAttempt(f.run) // the second: an earlier start of this run was resumed, retried or scheduled again
	return nil
}

// DeploymentLimitReached is why a run waits whose state is [prefect.StateNameAwaitingConcurrencySlot].
const DeploymentLimitReached = "the concurrency limit of its deployment is reached"

// keptBack says why the server did not let a run be claimed, by the state that it gave the run instead.
func keptBack(state prefect.State) string {
	said := "the server keeps it " + state.Name
	switch {
	case state.Name == prefect.StateNameAwaitingConcurrencySlot: // the server's own state has no message
		return DeploymentLimitReached
	case state.Type == prefect.StateCancelled:
		said = "the server has cancelled it"
	}
	if state.Message != "" {
		said += ": " + strings.TrimSuffix(state.Message, ".")
	}
	return said
}
