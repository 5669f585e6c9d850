package worker

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/pacific-aci/pacific/aci"
	"github.com/pacific-aci/pacific/jobtemplate"
	"github.com/pacific-aci/pacific/prefect"
)

// Labels on a flow run. The last two are Pacific's own: who looks after the run, and which resource group has its container
// group, see [placeOf].
const (
	labelWorkerName = "prefect.worker.name"
	labelWorkerType = "prefect.worker.type"
	labelPoolName   = "prefect.work-pool.name"
	labelPoolID     = "prefect.work-pool.id"
	labelOwner      = "pacific.worker"
	labelPlace      = "pacific.resource-group"
)

// errTaken: another worker submits the run.
var errTaken = errors.New("another worker has the run")

// submit makes the container group of an attempt.
func (w *Worker) submit(ctx, work context.Context, f *flight) step {
	w.enter(f, PhaseSubmitting)
	err := w.claimed(f, func() error {
		if err := w.prepare(f); err != nil {
			return err
		}
		return w.announce(f)
	})
	if err == nil {
		w.dropLast(work, f)
		err = w.create(ctx, f)
	}
	switch {
	case err == nil:
		w.count(func(s *Status) { s.Started++ })
		f.log.InfoContext(ctx, "run started", "group", f.group, "attempt", f.attempt)
		return w.watch
	case work.Err() != nil:
		return nil
	case errors.Is(context.Cause(f.live), errTaken):
		w.count(func(s *Status) { s.LostClaims++ })
		return nil
	case f.live.Err() != nil:
		return w.stop
	case errors.Is(err, errDraining) && f.inDoubt:
		// Given back, it could be started beside a container that Azure makes yet.
		w.ended(f, LeftRunning)
		return nil
	case errors.Is(err, errDraining):
		return w.release
	case errors.Is(err, errUnseen):
		f.log.WarnContext(ctx, "a run is left as it is", "reason", err)
		return nil
	case errors.Is(err, errTaken):
		w.count(func(s *Status) { s.LostClaims++ })
		return nil
	case isGone(err):
		return w.unplanned(err)
	case errors.Is(err, prefect.ErrNotFound) && !lacksBlock(err):
		f.halt(errDeleted)
		return w.stop
	}
	if abort, ok := errors.AsType[*prefect.AbortError](err); ok {
		return w.refused(f, abort.State)
	}
	f.failure, f.unmade = err, !f.takeover && !f.inDoubt && refusesCreate(err)
	return w.finish
}

// lacksBlock reports whether a block that the run's job is made of does not exist: a 404 of the server's as well, which says nothing
// about the run.
func lacksBlock(err error) bool {
	e, ok := errors.AsType[*jobtemplate.Error](err)
	return ok && errors.Is(e, jobtemplate.ErrReference)
}

// refused goes on from the state in which the server keeps a run that it does not let be submitted.
func (w *Worker) refused(f *flight, state prefect.State) step {
	switch {
	case state.Type == prefect.StateCancelling || state.Type == prefect.StateCancelled:
		f.halt(errCancelled)
	case state.Type.Terminal():
		f.halt(errOver)
	case state.Type == prefect.StateRunning && f.group != "":
		return w.watch // it was started before this worker took it over
	default:
		w.count(func(s *Status) { s.LostClaims++ })
		return nil
	}
	return w.stop
}

// unplanned ends a run whose deployment is gone, as Prefect's own worker does.
func (w *Worker) unplanned(cause error) step {
	return func(_, work context.Context, f *flight) step {
		_, err := w.change(work, f, prefect.State{Type: prefect.StateCancelled, Message: sentence(fmt.Sprintf("the run cannot be started: %v", cause))},
			w.cfg.Prefect.ForceFlowRunStateAfter)
		abort, aborted := errors.AsType[*prefect.AbortError](err)
		switch {
		case aborted:
			return w.refused(f, abort.State)
		case err != nil && !errors.Is(err, prefect.ErrNotFound):
			return nil
		case f.group != "":
			return w.over("deleted") // an attempt that failed, or one that another worker made
		}
		w.ended(f, "deleted")
		return nil
	}
}

// prepare makes the plan of the attempt and takes it over into the flight.
func (w *Worker) prepare(f *flight) error {
	made, plan, err := w.makePlan(f)
	if err != nil {
		return err
	}
	return w.planned(f, plan, made)
}

// makePlan makes the plan of the attempt. Where only that fails, there still is what the plan would be made of.
func (w *Worker) makePlan(f *flight) (*Work, *jobtemplate.Plan, error) {
	if w.queues != nil {
		return w.planOfBlock(f)
	}
	if made, plan := f.plannedAhead(); plan != nil {
		return made, plan, nil
	}
	var made *Work
	var plan *jobtemplate.Plan
	err := w.insist(f.live, f.log, "reading what a run is made of", func() (err error) {
		made, plan, err = w.planOf(f.live, w.cfg.Prefect, f.run, f.attempt)
		return err
	})
	return made, plan, err
}

// planOf reads what a run's job is made of, and makes the plan of an attempt.
func (w *Worker) planOf(ctx context.Context, from source, run prefect.FlowRun, attempt int) (*Work, *jobtemplate.Plan, error) {
	pool := w.poolNow()
	made, err := load(ctx, from, run, pool)
	if err != nil {
		return nil, nil, err
	}
	prepared, err := made.Prepare(ctx, PrepareOptions{Attempt: attempt, WorkerName: w.cfg.Name, Settings: w.cfg.Settings, LookupEnv: w.cfg.Env,
		ResourceGroupID: w.cfg.ResourceGroupID})
	if err != nil {
		return made, nil, err
	}
	prepared.Job.Tags[TagPoolID] = string(pool.ID)
	return made, &prepared.Plan, nil
}

// planned takes the plan of an attempt over into the flight.
func (w *Worker) planned(f *flight, plan *jobtemplate.Plan, made *Work) error {
	client, err := w.clientOf(f, plan)
	if err != nil {
		return err
	}
	f.plan, f.client, f.keep = plan, client, plan.Job.Keep
	w.name(f, plan.Job.Name)
	w.begins(f, relationsOf(f.run, made.Flow, made.Deployment))
	f.output = w.outputs.of(f.run, outputOptions{print: plan.StreamOutput, forward: w.cfg.ForwardOutput})
	for _, warning := range plan.Warnings {
		f.log.Warn(warning)
	}
	return nil
}

// announce tells the server who starts the run and where, before there is anything in Azure. Where another worker may be
// taking over the same run, the server's answer to the transition decides.
func (w *Worker) announce(f *flight) error {
	if w.queues != nil {
		return w.writeDown(f)
	}
	pool := w.poolNow()
	labels := map[string]any{labelWorkerName: w.cfg.Name, labelWorkerType: pool.Type, labelPoolName: pool.Name, labelPoolID: string(pool.ID),
		labelOwner: w.cfg.Name, labelPlace: placeOf(f.plan)}
	// Not beside another write: a server on SQLite refuses half of such labels.
	err := w.insist(f.live, f.log, "labelling a run", func() error { return w.cfg.Prefect.UpdateFlowRunLabels(f.live, f.run.ID, labels) })
	if err != nil && !errors.Is(err, prefect.ErrUnsupported) {
		return err
	}
	return w.writeDown(f)
}

// writeDown moves the run on to Submitting and writes down its group, for which the last state need not wait. A busy server takes
// its time over each:
//
//	claim ──▶ labels ──▶ Submitting ──▶ InfrastructurePending ──▶ create
//	                              └───▶ group written down ──┘
//
// Nobody asks Azure for the group before all of them are done.
func (w *Worker) writeDown(f *flight) error {
	f.events.submit()
	if err := w.transition(f, submitting(f)); err != nil {
		return err
	}
	group := prefect.FlowRunUpdate{InfrastructurePID: prefect.Set(Identifier(f.run.ID, f.group))}
	// Not after the container was made: a flow may have ended by the time that the state arrives, and the server would take a
	// run that has ended back to Pending.
	return beside(f.live, func() error { return w.transition(f, prefect.StateNameInfrastructurePending) }, func(ctx context.Context) error {
		return w.insist(ctx, f.log, "writing down a run's container group", func() error { return w.cfg.Prefect.UpdateFlowRun(ctx, f.run.ID, group) })
	})
}

// beside does two things at once, and is back when neither goes on. An error of the first ends the second, and is the one that
// counts.
func beside(ctx context.Context, first func() error, second func(context.Context) error) error {
	ctx, giveUp := context.WithCancel(ctx)
	defer giveUp()
	done := make(chan error, 1)
	go func() { done <- second(ctx) }()
	err := first()
	if err != nil {
		giveUp()
	}
	return cmp.Or(err, <-done)
}

// create asks Azure for the group, and takes the one that is there if it is this attempt's.
func (w *Worker) create(ctx context.Context, f *flight) error {
	w.enter(f, PhaseStarting)
	live, end := w.keepClaim(f)
	defer end()
	group, err := w.admit(ctx, live, f)
	if exists, ok := errors.AsType[*aci.ExistsError](err); ok && ours(&exists.Group, f) {
		// Another worker made it: its tags differ in the worker's name.
		group, err = &exists.Group, nil
		w.counted(f, group)
	}
	if err != nil && f.live.Err() == nil && errors.Is(context.Cause(live), errTaken) {
		return errTaken
	}
	if err != nil {
		return err
	}
	f.created = group
	f.events.created(group.Created)
	return nil
}

// ours reports whether a group is of this flight's run and attempt.
func ours(g *aci.Group, f *flight) bool {
	return g.Managed && g.Tags[TagFlowRun] == string(f.run.ID) && g.Tags[aci.TagAttempt] == strconv.Itoa(f.attempt)
}

func isGone(err error) bool {
	_, ok := errors.AsType[*GoneError](err)
	return ok
}
