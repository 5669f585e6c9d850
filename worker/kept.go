package worker

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/pacific-aci/pacific/aci"
	"github.com/pacific-aci/pacific/worker/internal/quota"
)

// A keptGroup is the group of a run that has ended, which stays in Azure.
type keptGroup struct {
	// grant is what it takes of Azure's limits as long as it is there; nil: nothing is counted.
	grant *quota.Grant
	// again is what Azure has forbidden and this worker tries again: to delete the group, or to stop one that is to be kept. Nil:
	// nothing.
	again func(context.Context) error
	// stop: again only stops the group.
	stop bool
	// missing: the last try found not even the resource group.
	missing bool
}

// leaveKept lets a group stay whose run has ended, as it is to be kept or as Azure forbids to delete it. later is what is to be
// tried again.
func (w *Worker) leaveKept(f *flight, later keptGroup) {
	w.mu.Lock()
	defer w.mu.Unlock()
	f.stays = true
	later.grant = f.grant
	w.kept[f.group] = later
}

// deleteLater deletes the flight's group once Azure lets it be deleted. A worker has a reaper for that; an agent has not.
func (w *Worker) deleteLater(f *flight) keptGroup {
	if w.queues == nil {
		return keptGroup{}
	}
	client, group, grant := f.client, f.group, f.grant
	return keptGroup{again: func(ctx context.Context) error {
		return client.Kill(ctx, group, aci.KillOptions{Grace: stopGrace, Turn: grant.Delete})
	}}
}

// stopLater stops the flight's group, which is to be kept, once Azure lets it be stopped.
func (w *Worker) stopLater(f *flight) keptGroup {
	client, group := f.client, f.group
	return keptGroup{stop: true, again: func(ctx context.Context) error { return client.Stop(ctx, group) }}
}

// keeps reports whether this worker has seen a group to its end and left it.
func (w *Worker) keeps(group string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	_, kept := w.kept[group]
	return kept
}

// forgetKept forgets the groups that are gone by now, and what they took of Azure's limits. Whether one is gone that Azure forbids to
// stop or delete, the next try tells: its place may not be listed either.
func (w *Worker) forgetKept(groups []placed) {
	w.mu.Lock()
	var gone []keptGroup
	for name, kept := range w.kept {
		if kept.again == nil && !slices.ContainsFunc(groups, func(g placed) bool { return g.Name == name }) {
			gone = append(gone, kept)
			delete(w.kept, name)
		}
	}
	w.mu.Unlock()
	for _, kept := range gone {
		kept.grant.Release()
	}
}

const (
	// forbiddenEvery is how often what Azure has forbidden is tried again.
	forbiddenEvery = 5 * time.Minute
	// forbiddenAtOnce is how many groups are tried at a time. Each waits for its turn with Azure, which hundreds could do for hours.
	forbiddenAtOnce = 16
)

// forbiddenLoop tries again what Azure has forbidden, until ctx ends.
func (w *Worker) forbiddenLoop(ctx context.Context) {
	every(ctx, forbiddenEvery, nil, func() bool {
		w.retryForbidden(ctx)
		return false
	})
}

// retryForbidden tries once more what Azure has forbidden.
func (w *Worker) retryForbidden(ctx context.Context) {
	forbidden := map[string]keptGroup{}
	w.mu.Lock()
	for name, kept := range w.kept {
		if kept.again != nil {
			forbidden[name] = kept
		}
	}
	w.mu.Unlock()
	var tries sync.WaitGroup
	places := make(chan struct{}, forbiddenAtOnce)
	for name, kept := range forbidden {
		places <- struct{}{}
		tries.Go(func() {
			defer func() { <-places }()
			w.retryGroup(ctx, name, kept)
		})
	}
	tries.Wait()
}

// retryGroup tries once more to stop or delete one group.
func (w *Worker) retryGroup(ctx context.Context, name string, kept keptGroup) {
	err := kept.again(ctx)
	before := kept.missing
	if kept.missing = lacksResourceGroup(err); kept.missing && before {
		err = aci.ErrNotFound
	}
	gone := errors.Is(err, aci.ErrNotFound) || !kept.stop
	switch {
	case err != nil && !errors.Is(err, aci.ErrNotFound) && !errors.Is(err, aci.ErrAlreadyEnded):
		w.mu.Lock()
		w.kept[name] = kept
		w.mu.Unlock()
		w.cfg.Log.DebugContext(ctx, "a leftover container group cannot be stopped or deleted yet", "group", name, "error", err)
	case gone:
		w.cfg.Log.InfoContext(ctx, "deleted a leftover container group", "group", name)
		w.count(func(s *Status) { s.Reaped++ })
		w.mu.Lock()
		delete(w.kept, name)
		w.mu.Unlock()
		kept.grant.Release()
	default:
		w.cfg.Log.InfoContext(ctx, "stopped a container group that is kept", "group", name)
		w.mu.Lock()
		w.kept[name] = keptGroup{grant: kept.grant}
		w.mu.Unlock()
		kept.grant.Ended()
	}
}
