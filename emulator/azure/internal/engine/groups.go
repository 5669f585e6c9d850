package engine

import (
	"context"
	"errors"
	"sync"
)

// Groups is what every engine keeps: its groups that are not yet removed. The zero value is ready.
type Groups struct {
	mu     sync.Mutex
	closed bool
	all    map[Group]struct{}
}

// Add keeps a new group, or fails with ErrClosed after Close.
func (s *Groups) Add(g Group) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return ErrClosed
	}
	if s.all == nil {
		s.all = map[Group]struct{}{}
	}
	s.all[g] = struct{}{}
	return nil
}

// Forget lets go of a group that is removed.
func (s *Groups) Forget(g Group) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.all, g)
}

// Close takes no further group and removes those that are left, all at the same time.
func (s *Groups) Close(ctx context.Context) error {
	s.mu.Lock()
	s.closed = true
	left := make([]Group, 0, len(s.all))
	for g := range s.all {
		left = append(left, g)
	}
	s.mu.Unlock()

	errs := make([]error, len(left))
	var wg sync.WaitGroup
	for i, g := range left {
		wg.Go(func() { errs[i] = g.Remove(ctx) })
	}
	wg.Wait()
	return errors.Join(errs...)
}
