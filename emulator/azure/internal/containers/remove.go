package containers

import (
	"context"
	"net/http"
	"time"

	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
	"github.com/pacific-aci/pacific/emulator/azure/internal/faults"
)

// A group is deleted by a client, with its resource group, or at once by the event vanish:
//
//	deleting ──▶ the incarnation is cancelled ── latency.delete ──▶ vanished: SIGKILL ──▶ it is over ──▶ forgotten
//	                                     vanish: no wait, and out of the store first
//
// deleting is never taken back. Whoever sets it calls forget, once, which closes deleted; all others wait for that.

// deleteGroup deletes a group. With no latency.delete it is gone when the answer comes,
// a 200 with the whole group as recorded from real Azure; else the answer is 202, and
// the group stays visible until its time is over.
func (s *Service) deleteGroup(r *arm.Request) (*arm.Response, error) {
	g, err := s.find(r)
	if err != nil {
		return noContent(), nil // ARM deletes what is not there
	}
	began, err := s.beginDelete(g, true)
	if err != nil {
		return nil, err
	}
	view := g.view(true, r.APIVersion)
	delay := s.latency().Delete.Std()
	if began {
		s.endDelete(g, delay)
	}
	if delay == 0 {
		select {
		case <-g.deleted:
			return &arm.Response{Body: view}, nil
		case <-s.ctx.Done():
			return nil, context.Cause(s.ctx)
		case <-r.Context().Done():
			return nil, context.Cause(r.Context())
		}
	}
	op := s.core.StartOperation(r, arm.OperationSpec{
		Namespace: namespace, Location: g.location, APIVersion: operationVersion, Running: "Pending",
		Work: func(ctx context.Context, _ *arm.AsyncOperation) error {
			select {
			case <-g.deleted:
				return nil
			case <-ctx.Done():
				return context.Cause(ctx)
			}
		},
	})
	return &arm.Response{Status: http.StatusAccepted, Header: op.Header()}, nil
}

// deleteResource deletes a group because its resource group goes; it waits for the end.
// It is neither refused nor counted: Azure itself asks for it.
func (s *Service) deleteResource(ctx context.Context, id arm.ResourceID) error {
	stored, ok := s.core.Get(id)
	if !ok {
		return nil
	}
	g := stored.Value.(*group)
	if began, err := s.beginDelete(g, false); err != nil {
		return err
	} else if began {
		s.endDelete(g, s.latency().Delete.Std())
	}
	select {
	case <-g.deleted:
		return nil
	case <-s.ctx.Done():
		return context.Cause(s.ctx)
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// beginDelete marks a group as being deleted; false: it was already. Azure deletes a group whatever state it is in. asked: a
// client asked for it, so the delete counts against the limits.
func (s *Service) beginDelete(g *group, asked bool) (bool, error) {
	s.deciding.Lock()
	defer s.deciding.Unlock()
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.deleting {
		return false, nil
	}
	if asked {
		if err := s.count(faults.GroupDeletes, g.location); err != nil {
			return false, err
		}
	}
	g.deleting = true
	return true, nil
}

// endDelete ends the group in the background. Its containers have the time of
// latency.delete for a clean end, at most the grace of a stop.
func (s *Service) endDelete(g *group, delay time.Duration) {
	inc := g.current()
	inc.cancel(&cause{reason: "the container group is deleted", grace: min(delay, g.svc.stopGrace)})
	s.run(func() {
		if delay > 0 { // a timer that has expired when it is read can end Go 1.26's race detector in a synctest bubble
			timer := time.NewTimer(delay)
			defer timer.Stop()
			select {
			case <-timer.C:
			case <-g.vanished:
			case <-s.ctx.Done():
			}
		}
		g.vanish() // a stop under way may have given the containers more time
		s.forget(g, inc)
	})
}

// forget removes a group from the store once its last incarnation has ended. A group that is
// marked as being deleted is not launched again.
func (s *Service) forget(g *group, last *incarnation) {
	<-last.done
	if stored, ok := s.core.Get(g.id); ok && stored.Value == any(g) {
		s.drop(g)
	}
	close(g.deleted)
}

// vanish removes a group at once, without a trace, and waits for its containers' end. Call it
// with deciding held.
func (s *Service) vanish(g *group) {
	g.mu.Lock()
	already := g.deleting
	g.deleting = true
	g.mu.Unlock()
	g.vanish()
	s.drop(g)
	inc := g.current()
	inc.cancel(&cause{reason: "the container group has vanished"})
	if already {
		select {
		case <-g.deleted:
		case <-s.ctx.Done(): // the delete began too late to finish before Close
		}
		return
	}
	s.forget(g, inc)
}

// current is the latest incarnation.
func (g *group) current() *incarnation {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.run
}
