package containers

import (
	"context"
	"net/http"

	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
)

// busy says whether a group is on its way from one state to another, which refuses
// whatever would send it elsewhere. Call it with mu held.
func (g *group) busy() bool { return g.changing || g.deleting || !g.run.over }

// ended says whether the group's containers have ended, by themselves or by a stop.
// Call it with mu held.
func (g *group) ended() bool {
	return g.state == stateStopped || g.state == stateSucceeded || g.state == stateFailed
}

// whenSettled changes the group that a request names, with mu held, unless it is on its way to another state already.
func (s *Service) whenSettled(r *arm.Request, change func(*group) (*arm.Response, error)) (*arm.Response, error) {
	g, err := s.find(r)
	if err != nil {
		return nil, err
	}
	s.deciding.Lock()
	defer s.deciding.Unlock()
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.busy() {
		return nil, transitioning(g)
	}
	return change(g)
}

// stopGroup answers at once; containers get SIGTERM, and SIGKILL after the grace. The
// group is transitioning until they have ended and latency.stop is over.
func (s *Service) stopGroup(r *arm.Request) (*arm.Response, error) {
	return s.whenSettled(r, func(g *group) (*arm.Response, error) {
		if g.state == stateStopped {
			return noContent(), nil
		}
		inc := g.run
		g.changing = true
		inc.cancel(&cause{reason: "the container group is stopped", grace: s.stopGrace})
		s.after(inc, s.latency().Stop.Std(), func() {
			g.mu.Lock()
			defer g.mu.Unlock()
			g.state, g.changing = stateStopped, false
			for _, c := range g.everything() {
				c.rest(stateStopped)
			}
		})
		return noContent(), nil
	})
}

// rest shows a container whose group has ended as ended too, also one that waited to
// be started or restarted.
func (c *container) rest(detail string) {
	if c.current == nil || c.current.State == containerTerminated {
		return
	}
	c.current = &containerState{State: containerTerminated, DetailStatus: detail}
	if c.previous != nil && c.previous.ExitCode != nil {
		c.current, c.previous = c.previous, nil
	}
}

// startGroup begins a new life of a group that has ended; a running one is left alone.
func (s *Service) startGroup(r *arm.Request) (*arm.Response, error) {
	return s.whenSettled(r, func(g *group) (*arm.Response, error) {
		if !g.ended() {
			return noContent(), nil
		}
		if err := s.checkCores(g, g.spec); err != nil {
			return nil, err
		}
		g.forced = r.Fault.ProvisioningState
		inc := g.launch(launching{})
		op := s.core.StartOperation(r, s.operation(g, inc))
		return &arm.Response{Status: http.StatusAccepted, Header: op.Header()}, nil
	})
}

// restartGroup ends the containers of a running group and starts them again in place,
// pulling the images anew.
func (s *Service) restartGroup(r *arm.Request) (*arm.Response, error) {
	return s.whenSettled(r, func(g *group) (*arm.Response, error) {
		if g.state == stateStopped {
			return nil, stopped(g)
		}
		g.forced = r.Fault.ProvisioningState
		s.relaunch(g, &cause{reason: "the container group is restarted", grace: s.stopGrace})
		return noContent(), nil
	})
}

// relaunch ends an incarnation and begins the next in its place. Call it with g.mu held.
func (s *Service) relaunch(g *group, why *cause) {
	inc := g.run
	g.changing = true
	inc.cancel(why)
	s.after(inc, 0, func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.changing = false
		if !g.deleting && s.ctx.Err() == nil {
			g.launch(launching{again: true})
		}
	})
}

// operation is the long-running operation of an incarnation's provisioning. The status
// document carries the first container's events, as Azure's does.
func (s *Service) operation(g *group, inc *incarnation) arm.OperationSpec {
	return arm.OperationSpec{
		Namespace: namespace, Location: g.location, APIVersion: operationVersion, Running: "Pending",
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
