package worker

import (
	"context"
	"errors"
	"log/slog"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/pacific-aci/pacific/aci"
	"github.com/pacific-aci/pacific/jobtemplate"
	"github.com/pacific-aci/pacific/prefect"
	"github.com/pacific-aci/pacific/worker/internal/quota"
)

// Why a flight is stopped from outside. The first reason counts.
var (
	// errCancelled: the run is Cancelling, or the server has Cancelled it.
	errCancelled = errors.New("the flow run was cancelled")
	// errDeleted: the server does not know the run any more.
	errDeleted = errors.New("the flow run was deleted")
	// errOver: the server has known the run as ended, or as one to run again after an end, for endGrace, and its container still
	// runs.
	errOver = errors.New("the flow run has ended")
	// errDraining: this worker ends. The container goes on.
	errDraining = errors.New("the worker is ending")
)

// A flight is one run that this worker looks after, from the claim until its container group is gone:
//
//	         claim                                        adopt
//	           │                                            │
//	           ▼                   the group is there       ▼
//	     ┌────────┐  ┌────────────────────────────────── (either)
//	┌───▶│ submit │──┤                                       │
//	│    └────────┘  ▼                                       │
//	│        │   ┌───────┐  the container ended         ┌────────┐
//	│        │   │ watch │ ───────────────────────────▶ │ finish │──▶ done
//	│        │   └───────┘                              └────────┘
//	│        │       │ cancelled, deleted, over     ▲       │
//	│        │       ▼                              │       │
//	│        │   ┌──────┐                           │       │
//	│        └──▶│ stop │──▶ done      it never ran ┘       │
//	│            └──────┘                                   │
//	└── an infrastructure failure before the flow began ────┘
//
// A step reports an end to the server before it deletes anything in Azure, and writes down the group's name before it asks Azure
// for the group. (A cancellation is reported when the group has gone, or when the container has ended and the delete must wait: until then the run
// is Cancelling.) So each step can be
// repeated by another worker that finds what this one left.
//
// One goroutine at a time carries out the steps, and none while the flight rests. The fields below mu of the worker are also read by
// others.
type flight struct {
	run     prefect.FlowRun
	began   time.Time // when it was taken in
	attempt int
	// client has the container group; plan is what it is made from, nil for a group that was adopted.
	client *aci.Client
	plan   *jobtemplate.Plan
	// ahead is the plan that is made while the run is claimed; nil: there is none.
	ahead *ahead
	keep  aci.Keep
	// known is when the run's state was last known to be what it is in run.
	known time.Time
	// live ends with the reason to stop, which halt gives; both are nil until the flight is launched, and written under the
	// worker's mu.
	live   context.Context
	halt   context.CancelCauseFunc
	log    *slog.Logger
	events *runEvents
	output *runOutput
	// grant is what the group takes of Azure's limits; nil: nothing is counted.
	grant *quota.Grant
	// created is the group as Azure accepted it, until the watch begins; nil: it is not known.
	created *aci.Group
	// unmade: Azure refused to make the group of the attempt, and nobody else can have made it. inDoubt: Azure gave no answer, so the
	// group may be there, or come.
	unmade, inDoubt bool
	// rest is set by a step that gives no next one because it waits for long. It is called when the goroutine lets go of the
	// flight, and has carryOut called on another one; nil: the flight does not rest.
	rest func()
	// stays: the group is kept after the end. last is the group of the attempt before, until it is
	// deleted, and lastIn the client for it.
	stays  bool
	last   string
	lastIn *aci.Client
	// result and failure are what became of the last container: one that ran, and one that never did.
	result  *aci.Result
	failure error

	// Under the worker's mu.
	// takeover: another worker, or this one in another life, had claimed the run.
	takeover bool
	group    string
	phase    Phase
	// watching is the last watch; nil: there was none.
	watching *aci.Watching
	// endedSince is since when the server has known the run as ended, though it may run again since; zero: it has not.
	endedSince time.Time
	// alive is when the server last said that the run is Running; zero: the last time it was asked, it was not. aliveIn is the
	// id of the state that it told.
	alive   time.Time
	aliveIn prefect.ID
}

// A step does a part of a flight and gives the next; nil: the flight is over, or rests.
type step func(ctx, work context.Context, f *flight) step

func (w *Worker) newFlight(run prefect.FlowRun) *flight {
	name := run.Name
	if name == "" {
		name = string(run.ID)
	}
	return &flight{
		run: run, began: time.Now(), attempt: 1, phase: PhaseSubmitting, client: w.containers(),
		log: w.cfg.Log.With("run", run.ID, "name", name),
	}
}

// add takes a flight in, unless the run has one already.
func (w *Worker) add(f *flight) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.flights[f.run.ID] != nil {
		return false
	}
	w.flights[f.run.ID] = f
	return true
}

func (w *Worker) forget(f *flight) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.flights[f.run.ID] == f {
		delete(w.flights, f.run.ID)
	}
	if w.behind {
		signal(w.pollNow)
	}
	w.gotOn()
}

// launch carries out the flight's steps beside its caller.
func (w *Worker) launch(ctx, work context.Context, f *flight, first step) {
	live, halt := context.WithCancelCause(work)
	w.mu.Lock()
	f.live, f.halt = live, halt
	w.mu.Unlock()
	f.output = w.outputs.of(f.run, outputOptions{})
	w.flying.Add(1)
	go w.carryOut(ctx, work, f, first)
}

// carryOut carries out steps, from next on, until the flight rests or is over.
func (w *Worker) carryOut(ctx, work context.Context, f *flight, next step) {
	for next != nil {
		next = next(ctx, work, f)
	}
	if rest := f.rest; rest != nil {
		f.rest = nil
		rest() // from here on the flight is another goroutine's
		return
	}
	f.free()
	f.halt(nil)
	w.forget(f)
	w.flying.Done()
}

// slim drops what only a start needs. A run may last for days, and a worker may have a thousand of them; what follows their
// end reads them anew.
func (f *flight) slim() {
	run := &f.run
	f.plan, f.run = nil, prefect.FlowRun{ID: run.ID, Name: run.Name, StateID: run.StateID, StateType: run.StateType, StateName: run.StateName,
		InfrastructurePID: run.InfrastructurePID}
}

// enter notes how far a flight is.
func (w *Worker) enter(f *flight, p Phase) {
	w.mu.Lock()
	defer w.mu.Unlock()
	before := f.phase
	if f.phase = p; before == PhaseSubmitting && p != before {
		w.gotOn()
	}
}

// name gives the flight's container group a name that others can read.
func (w *Worker) name(f *flight, group string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	f.group = group
}

// ended counts a flight that is over.
func (w *Worker) ended(f *flight, how string) {
	said := "run finished"
	if how == LeftRunning {
		said = "run left to the next " + w.called()
	}
	facts := []any{"outcome", how}
	if container := f.container(); container != "" {
		facts = append(facts, "container", container)
	}
	if f.group != "" {
		facts = append(facts, "group", f.group)
	}
	f.log.Info(said, append(facts, "attempt", f.attempt)...)
	w.count(func(s *Status) { s.Finished[how]++ })
}

// begins starts what is reported about one attempt.
func (w *Worker) begins(f *flight, of relations) {
	f.events = w.feed.run(eventSubject{run: f.run.ID, name: f.run.Name, number: f.attempt, group: f.group, relations: of})
}

func (f *flight) outcome() Outcome {
	return Outcome{Run: f.run, Group: f.group, Attempts: f.attempt, Result: f.result}
}

// attemptSuffix is the end of a group's name after the run's id.
var attemptSuffix = regexp.MustCompile(`^-([2-9]|[1-9][0-9]+)$`)

// AttemptOf numbers the container group that a run is at, from 1: that of its attempt under way or, once it has ended, of its
// last one. A run that is scheduled is at the next.
func AttemptOf(run prefect.FlowRun) int {
	_, attempt := splitPID(run)
	if attempt > 0 && run.StateType == prefect.StateScheduled {
		return attempt + 1
	}
	return max(attempt, 1)
}

// splitPID gives the group that the server has for a run and which attempt it is; 0 if it has none of Pacific's.
func splitPID(run prefect.FlowRun) (group string, attempt int) {
	id, group, ok := strings.Cut(run.InfrastructurePID, ":")
	if !ok || id != string(run.ID) {
		return "", 0
	}
	_, suffix, ok := strings.Cut(group, string(run.ID))
	if !ok {
		return "", 0
	}
	if suffix == "" {
		return group, 1
	}
	match := attemptSuffix.FindStringSubmatch(suffix)
	if match == nil {
		return "", 0
	}
	attempt, err := strconv.Atoi(match[1])
	if err != nil {
		return "", 0
	}
	return group, attempt
}
