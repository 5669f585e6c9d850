package containers

import (
	"context"
	"net/http"
	"time"

	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
)

// A transition is a stop, restart or eviction under way: it cancels the incarnation, waits for its end, and then does what
// follows. Azure accepts another such request meanwhile, and the later request decides what follows (recorded):
//
//	                                      last request: stop     ┌─────────┐  restart: 409
//	┌─────────┐  stop, restart  ┌────────┐ ────────────────────▶ │ Stopped │
//	│ Running │ ──────────────▶ │ ending │                       └─────────┘
//	└─────────┘                 └────────┘
//	     ▲   last request: restart   │
//	     └───────────────────────────┘ provisioning: Updating, then Succeeded
type transition struct {
	// then runs with the group's mu held once the incarnation is over. Guarded by mu.
	then func()
	// over is closed after then.
	over chan struct{}
}

// busy reports whether a group is between two states, so that an update or a start is refused. Call it with mu held.
func (g *group) busy() bool { return g.ending != nil || g.deleting || !g.run.over }

// ended reports whether the group's containers have ended, by themselves or by a stop. Call it with mu held.
func (g *group) ended() bool {
	return g.state == stateStopped || g.state == stateSucceeded || g.state == stateFailed
}

// end begins a transition of the group, or changes what follows the one under way. Call it with g.mu held.
func (s *Service) end(g *group, why *cause, delay time.Duration, then func()) *transition {
	if g.ending != nil {
		g.ending.then = then
		return g.ending
	}
	t := &transition{then: then, over: make(chan struct{})}
	g.ending = t
	inc := g.run
	inc.cancel(why)
	s.after(inc, delay, func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.ending = nil
		t.then()
		close(t.over)
	})
	return t
}

// change calls change with the group that a request names, and its mu held. A group that is being deleted is a 409. deciding
// is held too: between the count of a quota and the start that needs it nobody else may take it.
func (s *Service) change(r *arm.Request, change func(*group) (*arm.Response, error)) (*arm.Response, error) {
	g, err := s.find(r)
	if err != nil {
		return nil, err
	}
	s.deciding.Lock()
	defer s.deciding.Unlock()
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.deleting {
		return nil, transitioning(g)
	}
	return change(g)
}

// stopGroup stops a group and answers when it has stopped, so that the next read shows it. Containers get SIGTERM, and
// SIGKILL after the grace. A client that leaves before the answer does not undo the stop.
func (s *Service) stopGroup(r *arm.Request) (*arm.Response, error) {
	var under *transition
	res, err := s.change(r, func(g *group) (*arm.Response, error) {
		if g.state == stateStopped && g.ending == nil {
			return noContent(), nil
		}
		why := &cause{reason: "the container group is stopped", grace: s.stopGrace, quiet: true}
		under = s.end(g, why, s.latency().Stop.Std(), g.showStopped)
		return noContent(), nil
	})
	if err != nil || under == nil {
		return res, err
	}
	select {
	case <-under.over:
		return res, nil
	case <-s.ctx.Done():
		return nil, context.Cause(s.ctx)
	case <-r.Context().Done():
		return nil, context.Cause(r.Context())
	}
}

// detailStopped is the detailStatus of a container that a client stopped (recorded).
const detailStopped = "Container stopped per client request"

// showStopped shows the group and all of its containers as stopped, together. Call it with mu held.
func (g *group) showStopped() {
	g.state = stateStopped
	now := time.Now().UTC()
	for _, c := range g.everything() {
		if c.current != nil && c.current.State == containerTerminated {
			continue
		}
		if c.current != nil && c.current.State == containerRunning {
			c.previous = &containerState{State: containerRunning, StartTime: c.current.StartTime}
		}
		c.current = &containerState{State: containerTerminated, FinishTime: &now, DetailStatus: detailStopped}
	}
	if g.provisioning == provisioningUpdating {
		g.provision(provisioningSucceeded)
	}
}

// showEnded shows a container as ended because its group has ended, even if it waited for a start or restart.
func (c *container) showEnded(detail string) {
	if c.current == nil || c.current.State == containerTerminated {
		return
	}
	c.current = &containerState{State: containerTerminated, DetailStatus: detail}
	if c.previous != nil && c.previous.ExitCode != nil {
		c.current, c.previous = c.previous, nil
	}
}

// startGroup launches a group that has ended. A running one is left alone.
func (s *Service) startGroup(r *arm.Request) (*arm.Response, error) {
	return s.change(r, func(g *group) (*arm.Response, error) {
		if g.busy() {
			return nil, transitioning(g)
		}
		if !g.ended() {
			return noContent(), nil
		}
		if err := s.checkCores(g, g.spec); err != nil {
			return nil, err
		}
		g.forced = r.Fault.ProvisioningState
		inc := g.launch(launching{})
		op := s.core.StartOperation(r, s.operation(g, inc))
		return &arm.Response{Status: http.StatusNoContent, Header: op.Header()}, nil
	})
}

// restartGroup ends the containers of a group and starts them again in place, pulling the images anew. The group is
// Updating meanwhile.
func (s *Service) restartGroup(r *arm.Request) (*arm.Response, error) {
	return s.change(r, func(g *group) (*arm.Response, error) {
		if g.state == stateStopped && g.ending == nil {
			return nil, stopped(g)
		}
		g.forced = r.Fault.ProvisioningState
		restarted := s.relaunch(g, &cause{reason: "the container group is restarted", grace: s.stopGrace}, launching{again: true})
		g.provision(provisioningUpdating)
		op := s.core.StartOperation(r, arm.OperationSpec{
			Namespace: namespace, Location: g.location, APIVersion: operationVersion, Running: provisioningUpdating, ResourceID: g.id.String(),
			Work: func(ctx context.Context, _ *arm.AsyncOperation) error {
				select {
				case <-restarted:
				case <-ctx.Done():
					return context.Cause(ctx)
				}
				return g.awaitSettled(ctx)
			},
		})
		return &arm.Response{Status: http.StatusNoContent, Header: op.Header()}, nil
	})
}

// relaunch ends an incarnation and launches the next. The channel is closed when that has begun. Call it with g.mu held.
//
// It cancels the operation of a group that was still being provisioned, but does not leave the group Failed.
func (s *Service) relaunch(g *group, why *cause, how launching) <-chan struct{} {
	before := g.provisioning
	return s.end(g, why, 0, func() {
		if g.deleting || s.ctx.Err() != nil {
			return
		}
		g.launch(how)
		if before != provisioningFailed && g.provisioning == provisioningFailed {
			g.provision(how.provisioning())
		}
	}).over
}

// provisioning is the state of a group that is relaunched while it was being provisioned.
func (how launching) provisioning() string {
	if how.counted {
		return provisioningPending
	}
	return provisioningUpdating
}

// awaitSettled waits until the current incarnation is settled, and returns why it failed.
func (g *group) awaitSettled(ctx context.Context) error {
	inc := g.current()
	select {
	case <-inc.settled:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if inc.failure != nil {
		return inc.failure
	}
	return nil
}

// operation is the long-running operation of an incarnation's provisioning. The status document carries the first
// container's events, as Azure's does.
func (s *Service) operation(g *group, inc *incarnation) arm.OperationSpec {
	return arm.OperationSpec{
		Namespace: namespace, Location: g.location, APIVersion: operationVersion, Running: "Pending", ResourceID: g.id.String(),
		Work: func(ctx context.Context, op *arm.AsyncOperation) error {
			select {
			case <-inc.settled:
			case <-ctx.Done():
				return context.Cause(ctx)
			}
			g.mu.Lock()
			defer g.mu.Unlock()
			for _, e := range g.containers[0].events {
				op.AddEvent(e)
			}
			if inc.failure != nil {
				return inc.failure
			}
			return nil
		},
	}
}
