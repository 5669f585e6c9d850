package worker

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/pacific-aci/pacific/aci"
	"github.com/pacific-aci/pacific/prefect"
	"github.com/pacific-aci/pacific/worker/internal/quota"
)

// drainTime is how long what was begun may take after Run's context has ended: a submission that is under way, a report.
const drainTime = 30 * time.Second

// reportTime is how long the last events may take at the end.
const reportTime = 5 * time.Second

// lastLogsTime is the same for log lines, of which thousands may wait for a server that is busy. With it, a worker that was told
// to end has done so within the 30 seconds that Kubernetes gives.
const lastLogsTime = 20 * time.Second

// A Worker serves one work pool. Make it with [New]. Run or RunOne may be called once; Status at any time.
//
// Run has these goroutines, which share the worker's fields under mu:
//
//	sync    reads the pool and sends a heartbeat; goes on while the worker drains
//	poll    asks for due runs and starts a flight for each; events and the end of a flight make it ask at once
//	cancel  asks how the runs in flight are, and for runs that are to be cancelled; events make it ask at once
//	adopt   at the start, and when another worker is gone: takes over what that has left
//	forbid  tries again to stop and delete groups that Azure has forbidden to stop or delete
//	flight  one for each run: see flight.go
type Worker struct {
	cfg Config

	// pollNow, cancelNow and adoptNow wake their loops. Each holds one signal.
	pollNow, cancelNow, adoptNow chan struct{}
	// flying counts the goroutines of flights.
	flying sync.WaitGroup
	// feed and outputs are made when the worker is up; feed is nil for no events.
	feed    *feed
	outputs *outputs
	// single: this is RunOne, which shows the output of its run to the end however long its reader takes.
	single bool
	// onlyBefore is the latest time at which the runs are due that a worker with Config.RunOnce takes. It is set before the first poll.
	onlyBefore time.Time

	mu      sync.Mutex
	pool    prefect.WorkPool
	version prefect.Version
	flights map[prefect.ID]*flight
	// behind: the last poll left runs to the next because of flights that are to end first. crowded: because of flights that are to
	// have asked for their groups first.
	behind, crowded bool
	// passed are the runs that polls leave out for a while.
	passed  map[prefect.ID]passedOver
	ledgers map[*aci.Client]*quota.Ledger
	// needed are the blocks and variables that the jobs of the last poll's runs were made of.
	needed map[object]bool
	// kept are the groups that this worker has finished with and that stay: nobody needs to take them over.
	kept map[string]keptGroup
	// ownPlace is the client for the place of Config.Containers, with the credentials that hold by now.
	ownPlace *aci.Client
	// others are the clients of resource groups that may have groups of this worker's, besides its own: see places.
	others map[string]*aci.Client
	// searched is when the last list of the subscription for others began, and searchAsked when one was last asked for; zero: never.
	searched, searchAsked time.Time
	// refusedPlaces are those of others that Azure did not let list their groups last.
	refusedPlaces map[*aci.Client]bool
	// warned is what the looks for leftovers have said: of resource groups by their ids in lower case, and of adoption.
	warned warnings
	// queues are an agent's; nil for a worker of a pool.
	queues *agentQueues
	// workers are the other workers of the pool, and whether they are online, as of the last sync.
	workers map[string]bool
	status  Status
	// syncError and pollError are why the last sync or poll failed; empty: it did not.
	syncError, pollError string
}

// New checks the configuration. It sends nothing.
func New(cfg Config) (*Worker, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	return &Worker{
		cfg: cfg, pollNow: make(chan struct{}, 1), cancelNow: make(chan struct{}, 1), adoptNow: make(chan struct{}, 1),
		flights: map[prefect.ID]*flight{}, passed: map[prefect.ID]passedOver{}, ledgers: map[*aci.Client]*quota.Ledger{}, workers: map[string]bool{},
		ownPlace: cfg.Containers, others: map[string]*aci.Client{}, refusedPlaces: map[*aci.Client]bool{}, kept: map[string]keptGroup{},
		syncError: "the worker has not started", status: Status{Finished: map[string]int{}},
	}, nil
}

// called is what people call this worker.
func (w *Worker) called() string {
	if w.queues != nil {
		return "agent"
	}
	return "worker"
}

// Name is the worker's name in Prefect.
func (w *Worker) Name() string { return w.cfg.Name }

// Run serves the pool until ctx ends, and then returns nil: it claims nothing more, and its jobs go on in Azure, where the
// next worker finds them. With Config.RunOnce it returns when the runs that were due when it began have ended.
//
// An API that cannot be reached is waited for. The errors are final: a [*prefect.Error] for a key that is wrong or may not
// do this, a [*PoolTypeError], a [*QueueNotFoundError], and [ErrPoolNotFound].
func (w *Worker) Run(ctx context.Context) error {
	return w.serve(ctx, func(ctx, work context.Context) {
		w.sayStarted(ctx)
		w.adopt(ctx, work)
		var loops sync.WaitGroup
		loops.Go(func() { w.adoptLoop(ctx, work) })
		w.pollLoop(ctx, work)
		if w.cfg.RunOnce {
			w.flying.Wait()
		}
		loops.Wait()
	})
}

// serve brings the worker up, keeps its heartbeats going, and calls do. ctx ends when the worker is to stop; work some
// time later, when everything must be let go.
func (w *Worker) serve(ctx context.Context, do func(ctx, work context.Context)) error {
	if err := w.startUp(ctx); err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return err
	}
	work, giveUp := context.WithCancel(context.WithoutCancel(ctx))
	defer giveUp()
	stopTimer := context.AfterFunc(ctx, func() {
		w.mu.Lock()
		w.status.Draining = true
		w.mu.Unlock()
		select {
		case <-time.After(drainTime):
			giveUp()
		case <-work.Done():
		}
	})
	defer stopTimer()
	defer w.report(context.WithoutCancel(ctx))()
	beats, stopBeats := context.WithCancel(work)
	looks, stopLooks := context.WithCancel(ctx)
	var loops sync.WaitGroup
	loops.Go(func() { w.syncLoop(beats) })
	loops.Go(func() { w.cancelLoop(looks, work) })
	loops.Go(func() { w.eventLoop(looks) })
	loops.Go(func() { w.forbiddenLoop(looks) })
	if w.queues == nil { // an agent takes over every group of its queues, those of ended runs too
		loops.Go(func() { w.reaper().run(looks) })
	}
	do(ctx, work)
	w.flying.Wait()
	stopLooks()
	stopBeats()
	loops.Wait()
	w.leave(context.WithoutCancel(ctx))
	return nil
}

// leave makes the server forget this worker, so that the next one takes over its runs at once and not after three missed
// heartbeats. The server does not know an agent.
func (w *Worker) leave(ctx context.Context) {
	if w.queues != nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, reportTime)
	defer cancel()
	if err := w.cfg.Prefect.DeleteWorker(ctx, w.cfg.Pool, w.cfg.Name); err != nil && !errors.Is(err, prefect.ErrNotFound) {
		w.cfg.Log.InfoContext(ctx, "the server could not be told that this worker is gone; it notices by itself", "error", err)
	}
}

// report starts what tells others of the worker's doings. The function that it gives sends what is left, if it can be sent
// soon.
func (w *Worker) report(ctx context.Context) (end func()) {
	pool := w.poolNow()
	ctx, cancel := context.WithCancel(ctx)
	var shown *printer
	if w.cfg.Output != nil {
		shown = newPrinter(w.cfg.Output, w.single, w.cfg.Log)
	}
	w.outputs = newOutputs(ctx, w.cfg.Prefect, shown, w.cfg.Log)
	if !w.cfg.NoEvents {
		w.feed = newFeed(ctx, feedConfig{client: w.cfg.Prefect, log: w.cfg.Log, name: w.cfg.Name, kind: pool.Type, poolID: pool.ID, pool: pool.Name})
		w.feed.started()
	}
	return func() {
		defer cancel()
		soon, late := context.WithTimeout(ctx, reportTime)
		defer late()
		w.feed.stopped()
		w.feed.close(soon)
		lines, late := context.WithTimeout(ctx, lastLogsTime)
		defer late()
		w.outputs.close(lines)
	}
}

func (w *Worker) reaper() *reaper {
	return &reaper{
		places: w.places, unreadable: w.unreadable, client: w.cfg.Prefect, log: w.cfg.Log, poolID: w.poolNow().ID, watched: w.watched,
		turn: func(ctx context.Context, in *aci.Client, g *aci.Group) error {
			return w.ledger(in).Delete(ctx, g.Location)
		},
		reaped: func(groups int) { w.count(func(s *Status) { s.Reaped += groups }) },
	}
}

// watched reports whether a flight looks after a group.
func (w *Worker) watched(group string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, f := range w.flights {
		if f.group == group {
			return true
		}
	}
	return false
}

// An Outcome is what became of one flow run.
type Outcome struct {
	// Run is the flow run as it was at the end. Its State is the server's word.
	Run prefect.FlowRun
	// Group is the name of the last container group, Attempts how many there were.
	Group    string
	Attempts int
	// Result is what became of the last container; nil if there was none.
	Result *aci.Result
}

// RunOne claims one flow run and sees it through to its end, whatever its pool's queues say. The pool must be Config.Pool.
// When ctx ends, the job goes on in Azure and the error is the context's. A run that may not be started is a
// [*NotStartedError].
func (w *Worker) RunOne(ctx context.Context, id prefect.ID) (Outcome, error) {
	var outcome Outcome
	var failed error
	w.single = true
	err := w.serve(ctx, func(ctx, work context.Context) { outcome, failed = w.runOne(ctx, work, id) })
	switch {
	case err != nil:
		return Outcome{}, err
	case failed != nil:
		return outcome, failed
	case ctx.Err() != nil:
		return outcome, context.Cause(ctx)
	}
	return outcome, nil
}

func (w *Worker) runOne(ctx, work context.Context, id prefect.ID) (Outcome, error) {
	known := time.Now()
	run, err := w.cfg.Prefect.FlowRun(ctx, id)
	if err != nil {
		return Outcome{}, err
	}
	if run.StateType.Terminal() {
		return Outcome{Run: run}, &NotStartedError{Run: id, State: *run.State, Reason: "it has ended already and is " + run.StateName}
	}
	f := w.newFlight(run)
	f.known = known
	if !w.add(f) {
		return Outcome{}, errors.New("the run is in flight already")
	}
	err = w.claim(ctx, f)
	if err != nil {
		w.forget(f)
		return Outcome{Run: run}, err
	}
	w.launch(ctx, work, f, w.submit)
	w.flying.Wait()
	outcome := f.outcome()
	if ctx.Err() != nil {
		return outcome, context.Cause(ctx)
	}
	if outcome.Run, err = w.cfg.Prefect.FlowRun(work, id); err != nil && !errors.Is(err, prefect.ErrNotFound) {
		return outcome, err
	}
	return outcome, nil
}
