package worker

import (
	"context"
	"errors"
	"log/slog"

	"github.com/pacific-aci/pacific/aci"
	"github.com/pacific-aci/pacific/prefect"
	"github.com/pacific-aci/pacific/worker/internal/quota"
)

// ledger is the line for room in Azure of the runs of one client.
func (w *Worker) ledger(client *aci.Client) *quota.Ledger {
	w.mu.Lock()
	defer w.mu.Unlock()
	l := w.ledgers[client]
	if l == nil {
		l = quota.New(client, w.cfg.Log)
		w.ledgers[client] = l
	}
	return l
}

// admit waits for room in Azure and asks for the flight's group. A run that still waits in line when the worker ends is not
// begun: the error is then errDraining.
func (w *Worker) admit(ctx context.Context, f *flight) (*aci.Group, error) {
	inLine, leave := context.WithCancelCause(f.live)
	defer leave(nil)
	defer context.AfterFunc(ctx, func() {
		if w.phaseOf(f) == PhaseQueued {
			leave(errDraining)
		}
	})()
	told := func(p quota.Place) {
		if w.phaseOf(f) != PhaseQueued {
			f.output.note(slog.LevelInfo, "The run is %s.", p)
		}
		f.log.Info("a run waits for room in Azure", "place", p.Position, "reason", p.Reason)
		w.enter(f, PhaseQueued)
		if ctx.Err() != nil {
			leave(errDraining)
		}
	}
	group, grant, err := w.ledger(f.client).Create(inLine, f.plan.Job, f.run.Name, told)
	f.grant = grant
	if err != nil && f.live.Err() == nil && errors.Is(context.Cause(inLine), errDraining) {
		return nil, errDraining
	}
	return group, err
}

// counted lets the ledger know of a group that is in Azure already.
func (w *Worker) counted(f *flight, g *aci.Group) {
	cores := 0.0
	for _, c := range g.Containers {
		cores += c.CPU
	}
	location := g.Location
	if location == w.cfg.Location {
		location = ""
	}
	f.grant = w.ledger(f.client).Adopt(quota.Need{Name: f.run.Name, Location: location, Takes: map[string]float64{"ContainerGroups": 1, "StandardCores": cores}})
}

// release gives a run back that this worker has claimed and not begun, so that the next one need not wait until this one
// counts as lost.
func (w *Worker) release(_, work context.Context, f *flight) step {
	state, err := w.cfg.Prefect.ProposeFlowRunState(work, f.run.ID, prefect.State{Type: prefect.StateScheduled,
		Message: "Given back by a worker that ended before there was room in Azure."})
	if err != nil {
		f.log.WarnContext(work, "a run that was not begun could not be given back; the next worker takes it over", "error", err)
		return nil
	}
	f.log.InfoContext(work, "run given back", "state", state.Name)
	w.ended(f, "released")
	return nil
}

func (w *Worker) phaseOf(f *flight) Phase {
	w.mu.Lock()
	defer w.mu.Unlock()
	return f.phase
}

// free gives back what the flight's group took of Azure's limits: it is gone.
func (f *flight) free() {
	if f.grant != nil {
		f.grant.Release()
	}
}
