package worker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/pacific-aci/pacific/aci"
	"github.com/pacific-aci/pacific/azure"
	"github.com/pacific-aci/pacific/prefect"
	"github.com/pacific-aci/pacific/worker/internal/quota"
)

// StateNameAwaitingAzure is the name of the pending state of a run whose group Azure neither takes nor refuses, see [WaitOf].
const StateNameAwaitingAzure = "AwaitingAzure"

const (
	// outageSaid is how long Azure may fail before the run's state says so: most failures are over by then.
	outageSaid = time.Minute
	// Between two calls of aci's Create, each of which repeats its requests until the start deadline, there is a minute, then
	// ever more.
	firstOutagePause, mostOutagePause = time.Minute, 5 * time.Minute
)

// errNoAnswer: Azure took no group and refused none, and whoever waits for that has ended.
var errNoAnswer = errors.New("no answer from Azure")

// undecided reports whether a create ended without a fact: Azure throttles (429), fails (408, 5xx) or cannot be reached, as where a
// proxy or a firewall answers in its place. That says nothing about the run, so it neither ends it nor uses up an attempt. A refusal to
// sign in is as little a fact about the run: somebody renews the credentials. It counts unless a person waits for this one run.
func (w *Worker) undecided(err error) bool {
	if start, ok := errors.AsType[*aci.StartError](err); ok && start.Timeout > 0 {
		return true // aci's own deadline passed before a usable answer
	}
	e := explainStart(err)
	return e != nil && (e.Lost() || e.Foreign() || e.Class == azure.ClassConnection || e.Class == azure.ClassAuthentication && !w.single)
}

// explainStart is what Azure said to a create, and not what the cleanup after it may have met; nil: nothing.
func explainStart(err error) *azure.Error {
	if start, ok := errors.AsType[*aci.StartError](err); ok {
		err = start.Err
	}
	return azure.Explain(err)
}

// An outage is the time in which Azure takes the group of one flight no more, and says nothing against it.
type outage struct {
	since atomic.Pointer[time.Time] // nil: Azure has answered
	said  bool
}

// begin notes a failure.
func (o *outage) begin() {
	now := time.Now()
	o.since.CompareAndSwap(nil, &now)
}

// createInTheEnd makes the group, however long Azure gives no answer. Only a fact ends it, or the end of live. line's end ends
// it as soon as Azure fails. A right that is missing is a fact once it has been missing for long, see [lateRight].
func (w *Worker) createInTheEnd(live, line context.Context, f *flight, p quota.Pending) (*aci.Group, *quota.Grant, error) {
	var o outage
	var right lateRight
	for pause := firstOutagePause; ; pause = min(2*pause, mostOutagePause) {
		group, grant, err := w.tryCreate(live, line, f, &o, p)
		wait, said := pause, ""
		switch {
		case err == nil || live.Err() != nil:
			return group, grant, err
		case lacksRight(err):
			if wait, said = right.refused(err); wait == 0 {
				return nil, nil, fmt.Errorf("refused for %v: %w", rightTakes, err)
			}
			w.tellRight(f, &right, said)
		case w.undecided(err), errors.Is(err, errNoAnswer):
			if e := azure.Explain(err); e != nil {
				pause = max(pause, e.RetryAfter)
			}
			if w.signInAnew(live, f, err) {
				continue
			}
			o.begin()
			f.inDoubt = true
			w.tellOutage(f, &o, err)
			wait, said = pause, outageSays(err)
		default:
			return nil, nil, err
		}
		if err := w.stillMine(live, f); err != nil {
			return nil, nil, err
		}
		w.showOutage(f, said)
		if azure.Sleep(line, wait) != nil {
			return nil, nil, fmt.Errorf("waiting for Azure: %w", context.Cause(line))
		}
		if err := w.stillMine(live, f); err != nil {
			return nil, nil, err
		}
	}
}

// tryCreate is one call of the ledger's Create. A failure of Azure while line has ended ends it with errNoAnswer.
func (w *Worker) tryCreate(live, line context.Context, f *flight, o *outage, p quota.Pending) (*aci.Group, *quota.Grant, error) {
	try, giveUp := context.WithCancelCause(live)
	defer giveUp(nil)
	endIfFailing := func() {
		if line.Err() != nil && o.since.Load() != nil {
			giveUp(errNoAnswer)
		}
	}
	defer context.AfterFunc(line, endIfFailing)()
	told := p.Job.Events
	p.Job.Events = func(e aci.Event) {
		if e.Kind == aci.EventRetry && w.undecided(e.Err) {
			o.begin()
			endIfFailing()
			w.tellOutage(f, o, e.Err)
		}
		if told != nil {
			told(e)
		}
	}
	return w.ledger(f.client).Create(try, line, p)
}

// tellOutage says once in the run's log and the worker's what the run waits for.
func (w *Worker) tellOutage(f *flight, o *outage, err error) {
	if since := o.since.Load(); o.said || since == nil || time.Since(*since) < outageSaid {
		return
	}
	o.said = true
	f.log.Warn("Azure takes no container group for now; the run waits", "reason", outageReason(err))
	f.output.note(slog.LevelWarn, "%s", outageSays(err))
}

// showOutage says so in the run's state, once: the server refuses a second state of one name. It is called between two creates
// only. While a PUT has no answer its flow may already run, and may have ended by the time that a proposal of Pending arrives.
func (w *Worker) showOutage(f *flight, said string) {
	w.enter(f, PhaseStarting)
	if f.run.StateName == StateNameAwaitingAzure || !w.versionNow().Submitting() {
		return
	}
	w.showWait(f, StateNameAwaitingAzure, said)
}

func outageSays(err error) string {
	return fmt.Sprintf("Azure takes no container group for now: %s. The run waits until it does.", outageReason(err))
}

func outageReason(err error) string {
	if e := azure.Explain(err); e != nil {
		return e.Error()
	}
	return err.Error()
}

// stillMine reports what became of a run whose group has not been made yet: as an AbortError if it is not pending any more, since
// its container may have been made and have run all the same, and as errTaken if another worker has it.
func (w *Worker) stillMine(ctx context.Context, f *flight) error {
	run, err := w.readRun(ctx, f)
	by := claimant(run.State)
	switch {
	case err != nil:
		return err
	case run.StateType != prefect.StatePending:
		return &prefect.AbortError{State: prefect.State{Type: run.StateType, Name: run.StateName}, Reason: "it is " + run.StateName}
	case run.StateID != f.run.StateID && by != "" && by != w.cfg.Name:
		return errTaken
	}
	return nil
}
