package aci

import (
	"context"
	"fmt"
	"time"

	"github.com/pacific-aci/pacific/azure"
)

// found notes that our group is there. It is about how many PUTs may still make it: unclear of them were sent and got no
// clear answer, and request is one that has none yet. If only one PUT can have made it, that PUT has taken effect and none is unclear.
func (s *start) found() {
	open := s.unclear
	if s.request != nil {
		open++
	}
	if s.accepted || open != 1 {
		return
	}
	if s.request != nil {
		s.request.end()
		s.request = nil
	}
	s.unclear, s.settled, s.unseen = 0, time.Time{}, false
}

// discard deletes the group if it is ours, and waits until no request that was sent can make it again.
func (s *start) discard(ctx context.Context) error {
	err := s.settle(ctx)
	if s.request != nil {
		s.request.end()
	}
	if err != nil {
		return fmt.Errorf("deleting what is left of container group %q: %w", s.name, err)
	}
	return nil
}

// settle makes sure that nothing of ours is left, and that nothing appears later. It reads the group and deletes it if it
// is ours, until two reads find nothing after the moment from which no PUT can take effect any more. What each read finds:
//
//	our group                                     it is deleted, and the next read follows
//	none of ours, but a PUT may yet take effect   wait for that PUT's answer, or until it cannot (unsettled)
//	nothing, and no PUT can take effect           one more read after goneAfter: Azure's caches may lack a new group
//	another's, and no PUT can take effect         done: ours cannot be under that name
//
// A delete ends nothing by itself, since a second PUT may be under way. Only the end of ctx and an error of the reads do.
func (s *start) settle(ctx context.Context) error {
	said, missing := false, 0
	for wait := (pace{s.c.firstPoll, 10 * time.Second}); ; {
		g, err := s.c.getPatiently(ctx, s.name)
		if err != nil {
			return err
		}
		if s.owns(g) {
			s.found()
			if err := s.c.remove(ctx, removal{name: s.name, token: s.token}); err != nil {
				return err
			}
			s.accepted = false
			continue
		}
		left := s.unsettled()
		if left <= 0 {
			if missing++; g != nil || missing > 1 {
				return nil
			}
			if err := azure.Sleep(ctx, s.c.goneAfter()); err != nil {
				return err
			}
			continue
		}
		if missing = 0; !said {
			said = true
			s.c.emit(ctx, s.name, Event{Kind: EventSettling, Wait: left})
		}
		if err := s.awaitAnswer(ctx, min(wait.step(), left)); err != nil {
			return err
		}
	}
}

// unsettled is for how long a PUT that was sent may still make the group; 0 if none can.
func (s *start) unsettled() time.Duration {
	until := s.settled
	if p := s.request; p != nil && p.deadline.Add(putLag).After(until) {
		until = p.deadline.Add(putLag)
	}
	return max(time.Until(until), 0)
}

// awaitAnswer waits for d, or until the PUT that is under way is answered.
func (s *start) awaitAnswer(ctx context.Context, d time.Duration) error {
	if s.request == nil {
		return azure.Sleep(ctx, d)
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-s.request.done:
		p := s.request
		p.end()
		s.request = nil
		// Its error does not matter: nobody wants the group any more.
		if _ = s.answered(p); p.accepted() {
			// The next read may still miss the group.
			s.accepted, s.unclear, s.settled = false, s.unclear+1, time.Now().Add(putLag)
		}
	}
	return nil
}
