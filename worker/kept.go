package worker

import (
	"context"
	"errors"
	"slices"

	"github.com/pacific-aci/pacific/aci"
	"github.com/pacific-aci/pacific/worker/internal/quota"
)

// A keptGroup is the group of a run that has ended, which stays in Azure.
type keptGroup struct {
	in *aci.Client
	// grant is what it takes of Azure's limits as long as it is there; nil: nothing is counted.
	grant *quota.Grant
	// forbidden: it should be gone, but Azure does not let it be deleted.
	forbidden bool
}

// leaveKept lets a group stay that has ended, as it is to be kept or as Azure forbids to delete it.
func (w *Worker) leaveKept(f *flight, forbidden bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	f.stays = true
	w.kept[f.group] = keptGroup{f.client, f.grant, forbidden}
}

// keeps reports whether this worker has seen a group to its end and left it.
func (w *Worker) keeps(group string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	_, kept := w.kept[group]
	return kept
}

// forgetKept forgets the groups that are gone by now, and what they took of Azure's limits.
func (w *Worker) forgetKept(groups []placed) {
	w.mu.Lock()
	var gone []keptGroup
	for name, kept := range w.kept {
		if !slices.ContainsFunc(groups, func(g placed) bool { return g.Name == name }) {
			gone = append(gone, kept)
			delete(w.kept, name)
		}
	}
	w.mu.Unlock()
	for _, kept := range gone {
		kept.grant.Release()
	}
}

// dropForbidden tries once more to delete what Azure did not let be deleted. A worker has a reaper for that; an agent has not.
func (w *Worker) dropForbidden(ctx context.Context) {
	if w.queues == nil {
		return
	}
	forbidden := map[string]keptGroup{}
	w.mu.Lock()
	for name, kept := range w.kept {
		if kept.forbidden {
			forbidden[name] = kept
		}
	}
	w.mu.Unlock()
	for name, kept := range forbidden {
		err := kept.in.Kill(ctx, name, aci.KillOptions{Turn: kept.grant.Delete})
		if err != nil && !errors.Is(err, aci.ErrNotFound) && !errors.Is(err, aci.ErrAlreadyEnded) {
			w.cfg.Log.DebugContext(ctx, "a leftover container group cannot be deleted yet", "group", name, "error", err)
			continue
		}
		w.cfg.Log.InfoContext(ctx, "deleted a leftover container group", "group", name)
		w.count(func(s *Status) { s.Reaped++ })
		w.mu.Lock()
		delete(w.kept, name)
		w.mu.Unlock()
		kept.grant.Release()
	}
}
