package worker

import (
	"context"
	"errors"
	"iter"
	"slices"
	"strconv"
	"time"

	"github.com/pacific-aci/pacific/aci"
	"github.com/pacific-aci/pacific/azure"
	"github.com/pacific-aci/pacific/prefect"
)

// adoptEvery is how often a worker looks for runs that nobody looks after though it has seen nobody go.
const adoptEvery = 5 * time.Minute

// adoptLoop takes over runs whose worker is gone, until ctx ends. Looks that are asked for again and again come ever later: there
// may be something that cannot be taken over, and each look costs lists of Azure.
func (w *Worker) adoptLoop(ctx, work context.Context) {
	if w.cfg.RunOnce {
		return
	}
	var last time.Time
	var pause time.Duration
	every(ctx, adoptEvery, w.adoptNow, func() bool {
		if err := azure.Sleep(ctx, time.Until(last.Add(pause))); err != nil {
			return true
		}
		pause = min(max(2*pause, time.Second), longestPause)
		if time.Since(last) > 2*longestPause {
			pause = time.Second
		}
		w.adopt(ctx, work)
		last = time.Now()
		return false
	})
}

// lookNow makes adoption run, as there is a reason to believe that it finds something: so it searches the whole subscription.
func (w *Worker) lookNow() {
	w.mu.Lock()
	w.searchAsked = time.Now()
	w.mu.Unlock()
	signal(w.adoptNow)
}

// adopt compares what Azure and the server have of the pool, and takes over what has no worker. It costs a list on each
// side for each resource group; only groups that are taken over are read. Which workers live is read after what they may have
// begun: one that the last heartbeat's list lacks may have just come.
func (w *Worker) adopt(ctx, work context.Context) {
	const adoption = "adoption"
	err := w.tryAdopt(ctx, work)
	switch {
	case ctx.Err() != nil:
	case err != nil:
		if w.warned.news(adoption, kindOf(err)) {
			w.cfg.Log.WarnContext(ctx, "looking for runs to take over failed; trying again", "error", err)
		}
		time.AfterFunc(longestPause, w.lookNow)
	case w.warned.over(adoption):
		w.cfg.Log.InfoContext(ctx, "looking for runs to take over succeeds again")
	}
}

func (w *Worker) tryAdopt(ctx, work context.Context) error {
	asked := time.Now()
	groups, err := w.groups(ctx)
	if err != nil {
		return err
	}
	if err := w.seeWorkers(ctx); err != nil {
		return err
	}
	w.forgetKept(groups)
	byRun := map[prefect.ID][]placed{}
	var ids []string
	for _, g := range groups {
		id := prefect.ID(g.Tags[TagFlowRun])
		if id != "" && w.gone(g.Owner) && !w.inFlight(id) && !w.keeps(g.Name) {
			byRun[id] = append(byRun[id], g)
			ids = append(ids, string(id))
		}
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	for part := range slices.Chunk(ids, mostClaims) {
		known := map[prefect.ID]bool{}
		for run, err := range w.cfg.Prefect.FlowRuns(ctx, prefect.Query{FlowRuns: prefect.FlowRunFilter{ID: prefect.Match{Any: part}}, Sort: prefect.SortIDDesc}) {
			if err != nil {
				return err
			}
			if known[run.ID] = true; !w.lookedAfter(run, byRun[run.ID]) {
				w.adoptGroups(ctx, work, run, byRun[run.ID])
			}
		}
		for _, id := range part {
			if !known[prefect.ID(id)] {
				w.adoptGroups(ctx, work, prefect.FlowRun{ID: prefect.ID(id)}, byRun[prefect.ID(id)])
			}
		}
	}
	return w.adoptRuns(ctx, work, asked, func(id prefect.ID) bool { return len(byRun[id]) > 0 })
}

// adoptRuns takes over runs that nobody looks after and that have no group among those listed since known, as has says.
func (w *Worker) adoptRuns(ctx, work context.Context, known time.Time, has func(prefect.ID) bool) error {
	var orphans []prefect.FlowRun
	for _, wanted := range withoutGroup {
		for run, err := range w.inPool(ctx, wanted) {
			if err != nil {
				return err
			}
			waits := run.StateType == prefect.StateScheduled && run.EmpiricalPolicy.RetryType != retryInProcess
			if !has(run.ID) && !waits && w.orphaned(run) && !w.inFlight(run.ID) {
				orphans = append(orphans, run)
			}
		}
	}
	if len(orphans) == 0 {
		return nil
	}
	if err := w.seeWorkers(ctx); err != nil {
		return err
	}
	for _, run := range orphans {
		if w.orphaned(run) {
			w.adoptRun(ctx, work, known, run)
		}
	}
	return nil
}

// withoutGroup are the states of runs that are taken over though they have no group in Azure. One that waits for a retry in its
// own process is taken over because that process may be gone, and the server would keep it from the workers for ever.
var withoutGroup = []prefect.StateFilter{
	ofTypes(prefect.StatePending, prefect.StateRunning, prefect.StateCancelling),
	{Type: prefect.Match{Any: []string{string(prefect.StateScheduled)}}, Name: prefect.Match{Any: []string{prefect.StateNameAwaitingRetry}}},
}

func ofTypes(types ...prefect.StateType) (f prefect.StateFilter) {
	for _, t := range types {
		f.Type.Any = append(f.Type.Any, string(t))
	}
	return f
}

// inPool is all runs of the pool, or of the agent's queues, in states that match. An agent that serves no queue yet has none:
// a filter by no names would match the runs of every queue.
func (w *Worker) inPool(ctx context.Context, states prefect.StateFilter) iter.Seq2[prefect.FlowRun, error] {
	q := prefect.Query{WorkPools: prefect.WorkPoolFilter{Name: prefect.Match{Any: []string{w.cfg.Pool}}}, Sort: prefect.SortIDDesc}
	if w.queues != nil {
		if q.FlowRuns.WorkQueueName.Any = w.queues.queueNames(); len(q.FlowRuns.WorkQueueName.Any) == 0 {
			return func(func(prefect.FlowRun, error) bool) {}
		}
	}
	q.FlowRuns.State = states
	return w.cfg.Prefect.FlowRuns(ctx, q)
}

// adoptGroups takes over the groups of one run. The newest attempt is watched; the others are left over from it.
func (w *Worker) adoptGroups(ctx, work context.Context, run prefect.FlowRun, groups []placed) {
	slices.SortFunc(groups, func(a, b placed) int { return attemptOf(a.Group) - attemptOf(b.Group) })
	newest := groups[len(groups)-1]
	f := w.newFlight(run)
	f.takeover, f.attempt, f.keep, f.group = true, attemptOf(newest.Group), newest.Keep, newest.Name
	f.client = newest.in
	if !w.add(f) {
		return
	}
	w.count(func(s *Status) { s.Adopted++ })
	f.log.InfoContext(ctx, "taking over a run", "group", newest.Name, "from", newest.Owner)
	w.launch(ctx, work, f, w.takeUp(groups))
}

// takeUp is the first step with a run whose groups were found, the newest attempt's last.
func (w *Worker) takeUp(groups []placed) step {
	newest := groups[len(groups)-1]
	return func(_, work context.Context, f *flight) step {
		if f.run.StateType == "" { // a list that lacks a run is no proof that it is gone
			run, err := w.readRun(work, f)
			switch {
			case errors.Is(err, prefect.ErrNotFound):
				f.halt(errDeleted)
			case err != nil:
				return nil
			default:
				f.run = run
			}
		}
		for _, old := range groups[:len(groups)-1] {
			if old.in == newest.in { // else the reaper finds it
				w.remove(work, f, old.Name)
			}
		}
		if errors.Is(context.Cause(f.live), errDeleted) {
			return w.stop
		}
		if _, written := splitPID(f.run); f.run.StateType == prefect.StatePending && written > f.attempt && w.orphaned(f.run) {
			// The next attempt was written down, but Azure never had it.
			w.remove(work, f, newest.Name)
			f.attempt = written
			return w.submit
		}
		w.own(f)
		w.counted(f, &newest.Group)
		if f.run.StateType == prefect.StatePending { // its flow renews it later
			w.keepSlot(f)
		}
		_, _ = w.recall(f) // the group was listed: what cannot be read concerns events and output
		if !newest.Created.IsZero() {
			f.events.created(newest.Created) // as its own worker told it, so that what comes next is later
		}
		return w.watch
	}
}

// readRun reads a flight's run anew.
func (w *Worker) readRun(work context.Context, f *flight) (run prefect.FlowRun, _ error) {
	err := w.insist(work, f.log, "reading the run of a container group", func() (err error) {
		run, err = w.cfg.Prefect.FlowRun(work, f.run.ID)
		return err
	})
	return run, err
}

// adoptRun takes over a run that has no group in Azure, as far as the list says.
func (w *Worker) adoptRun(ctx, work context.Context, known time.Time, run prefect.FlowRun) {
	f := w.newFlight(run)
	f.known = known
	group, attempt := splitPID(run)
	f.takeover, f.attempt, f.group = true, max(attempt, 1), group
	if group == "" && run.StateType != prefect.StatePending && run.StateType != prefect.StateCancelling {
		return // nothing is known of a container
	}
	if !w.add(f) {
		return
	}
	w.count(func(s *Status) { s.Adopted++ })
	f.log.InfoContext(ctx, "taking over a run", "state", run.StateName, "from", ownerOf(run))
	first := w.find
	switch {
	case run.StateType == prefect.StatePending && w.queues != nil:
		first = w.release // whoever polls next gets it, by the server's word
	case run.StateType == prefect.StatePending:
		first = w.submit
	case group == "" && run.StateType == prefect.StateCancelling:
		first = func(_, _ context.Context, f *flight) step {
			f.halt(errCancelled)
			return w.stop
		}
	}
	w.launch(ctx, work, f, first)
}

// own tells the server who looks after the run now, so that others leave it to this worker. Where that fails, several workers
// watch one group, which costs reads and does no harm.
func (w *Worker) own(f *flight) {
	_ = w.cfg.Prefect.UpdateFlowRunLabels(f.live, f.run.ID, map[string]any{labelOwner: w.cfg.Name})
}

func (w *Worker) inFlight(id prefect.ID) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.flights[id] != nil
}

// gone reports whether the worker of that name looks after nothing any more, by the server's word as of the last sync. This
// worker's own earlier life is gone too.
func (w *Worker) gone(name string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.queues != nil || name == w.cfg.Name || !w.workers[name]
}

// lookedAfter reports whether another worker that lives has made or taken over a run's newest group, and the groups have none of
// an earlier attempt. The group's own tag names who made it, which may be gone for long.
func (w *Worker) lookedAfter(run prefect.FlowRun, groups []placed) bool {
	owner, _ := run.Labels[labelOwner].(string)
	_, newest := splitPID(run)
	earlier := func(g placed) bool { return attemptOf(g.Group) < newest }
	return owner != "" && !w.gone(owner) && !slices.ContainsFunc(groups, earlier)
}

// orphaned reports whether one of Pacific's workers had the run and is gone.
func (w *Worker) orphaned(run prefect.FlowRun) bool {
	if w.queues != nil {
		return w.unclaimed(run)
	}
	owner := ownerOf(run)
	return owner != "" && w.gone(owner)
}

// ownerOf is the worker of Pacific's that had the run last; empty: none.
func ownerOf(run prefect.FlowRun) string {
	if name := claimant(run.State); name != "" {
		return name
	}
	name, _ := run.Labels[labelOwner].(string)
	return name
}

func attemptOf(g aci.Group) int {
	attempt, err := strconv.Atoi(g.Tags[aci.TagAttempt])
	if err != nil {
		return 1
	}
	return attempt
}
