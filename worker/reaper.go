package worker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/google/uuid"

	"github.com/pacific-aci/pacific/aci"
	"github.com/pacific-aci/pacific/azure"
	"github.com/pacific-aci/pacific/prefect"
)

const (
	// reapInterval is how often leftovers are looked for. It costs one list of the resource group.
	reapInterval = 10 * time.Minute
	// reapAfter is how long after the end of its run a group is somebody's to delete: the worker that watches it reads its
	// last output and may have to wait for Azure.
	reapAfter = 10 * time.Minute
	// defaultKeepFor is how long a group stays that keep_container_group keeps. It costs nothing, but counts against the
	// quota of groups.
	defaultKeepFor = 24 * time.Hour
	// reapPage is about how many runs one request asks for.
	reapPage = 100
)

// reaper deletes container groups of a work pool that nobody needs: those of runs that ended long ago or were deleted,
// those past their deadline, and those that were kept for long enough. It is [aci.Client.Reap] with what the Prefect
// server knows. It never touches the group of a run that has not ended and is within its deadline.
type reaper struct {
	containers *aci.Client
	// places are the resource groups to look through, containers among them, and unreadable is told of one that could not be.
	// Nil: containers alone, which is not used otherwise.
	places     func(context.Context) []*aci.Client
	unreadable func(context.Context, *aci.Client, error)
	client     *prefect.Client
	log        *slog.Logger
	// poolID is the pool whose groups are looked at. Empty: every group of a flow run, for an agent without a pool.
	poolID prefect.ID
	// watched reports whether this process watches the group, and so deletes it itself. Nil: it watches none.
	watched func(group string) bool
	// keepFor is how long a kept group stays after the end of its run. Zero: [defaultKeepFor].
	keepFor time.Duration
	// turn waits until one more group of a place may be deleted. Nil: it does not wait.
	turn func(context.Context, *aci.Client, *aci.Group) error
	// reaped is told how many groups were deleted. Nil: nobody is.
	reaped func(groups int)
}

// run reaps until ctx ends. Workers of one pool do it at different times.
func (r *reaper) run(ctx context.Context) {
	const leftovers = "leftovers"
	var warned warnings
	for {
		wait := reapInterval/2 + rand.N(reapInterval)
		if azure.Sleep(ctx, wait) != nil {
			return
		}
		switch _, err := r.once(ctx); {
		case err == nil:
			warned.over(leftovers)
		case ctx.Err() == nil && warned.news(leftovers, kindOf(err)):
			r.log.WarnContext(ctx, "leftover container groups could not be deleted; trying again later", "error", err)
		}
	}
}

// once reaps now, and gives what it found.
func (r *reaper) once(ctx context.Context) ([]aci.Reaped, error) {
	tags := map[string]string{TagFlowRun: ""}
	if r.poolID != "" {
		tags[TagPoolID] = string(r.poolID)
	}
	places := []*aci.Client{r.containers}
	if r.places != nil {
		places = r.places(ctx)
	}
	var found []aci.Reaped
	var failed error
	for i, place := range places {
		options := aci.ReapOptions{Tags: tags, Known: r.known, Delete: true}
		if r.turn != nil {
			options.Turn = func(ctx context.Context, g *aci.Group) error { return r.turn(ctx, place, g) }
		}
		leftovers, err := place.Reap(ctx, options)
		if len(leftovers) == 0 && err != nil && i > 0 {
			r.unreadable(ctx, place, err)
			continue
		}
		found, failed = append(found, leftovers...), errors.Join(failed, err)
	}
	deleted := 0
	for _, leftover := range found {
		if leftover.Deleted {
			deleted++
			r.log.InfoContext(ctx, "deleted a leftover container group", "group", leftover.Group.Name, "reason", leftover.Reason)
		}
	}
	if deleted > 0 && r.reaped != nil {
		r.reaped(deleted)
	}
	return found, failed
}

// known is what the server says about the runs of these groups.
func (r *reaper) known(ctx context.Context, groups []aci.Group) (map[string]aci.Knowledge, error) {
	known := map[string]aci.Knowledge{}
	asked := map[prefect.ID]bool{}
	var ids []string
	for i := range groups {
		name, id := groups[i].Name, prefect.ID(groups[i].Tags[TagFlowRun])
		if r.watched != nil && r.watched(name) {
			known[name] = aci.Knowledge{Spare: true}
		} else if !asked[id] && uuid.Validate(string(id)) == nil {
			asked[id] = true
			ids = append(ids, string(id))
		}
	}
	runs, err := r.runs(ctx, ids)
	if err != nil {
		return nil, err
	}
	for i := range groups {
		if _, done := known[groups[i].Name]; done {
			continue
		}
		what, err := r.judge(ctx, &groups[i], runs)
		if err != nil {
			return nil, err
		}
		known[groups[i].Name] = what
	}
	return known, nil
}

// runs reads the runs of these ids, as far as they exist.
func (r *reaper) runs(ctx context.Context, ids []string) (map[prefect.ID]prefect.FlowRun, error) {
	runs := map[prefect.ID]prefect.FlowRun{}
	for len(ids) > 0 {
		page := ids[:min(len(ids), reapPage)]
		ids = ids[len(page):]
		query := prefect.Query{FlowRuns: prefect.FlowRunFilter{ID: prefect.Match{Any: page}}}
		for run, err := range r.client.FlowRuns(ctx, query) {
			if err != nil {
				return nil, err
			}
			runs[run.ID] = run
		}
	}
	return runs, nil
}

// judge says what the server knows about one group.
func (r *reaper) judge(ctx context.Context, g *aci.Group, runs map[prefect.ID]prefect.FlowRun) (aci.Knowledge, error) {
	id := prefect.ID(g.Tags[TagFlowRun])
	run, found := runs[id]
	if uuid.Validate(string(id)) != nil {
		return aci.Knowledge{}, nil // not one that a worker made
	}
	if !found {
		if time.Since(g.Created) < reapAfter {
			return aci.Knowledge{Spare: true}, nil
		}
		// A list that was read while runs came and went may lack one.
		var err error
		run, err = r.client.FlowRun(ctx, id)
		switch {
		case errors.Is(err, prefect.ErrNotFound):
			return aci.Knowledge{Leftover: fmt.Sprintf("its flow run %s does not exist any more", id)}, nil
		case err != nil:
			return aci.Knowledge{}, err
		}
	}
	if !run.StateType.Terminal() {
		return aci.Knowledge{}, nil // its deadline alone may end it
	}
	stays := reapAfter
	if g.Keep == aci.KeepAlways || g.Keep == aci.KeepOnFailure && run.StateType != prefect.StateCompleted {
		stays = max(reapAfter, r.keepFor)
		if r.keepFor == 0 {
			stays = defaultKeepFor
		}
	}
	since := time.Since(runEnded(run))
	if since < stays {
		return aci.Knowledge{Spare: true}, nil
	}
	return aci.Knowledge{Leftover: fmt.Sprintf("its flow run is %s since %s", run.StateName, runEnded(run).UTC().Format(time.RFC3339))}, nil
}

// runEnded is when a run with a terminal state came to it. A run that was cancelled before it started has no end time.
func runEnded(run prefect.FlowRun) time.Time {
	if run.State != nil && !run.State.Timestamp.IsZero() {
		return run.State.Timestamp.Time
	}
	if !run.EndTime.IsZero() {
		return run.EndTime.Time
	}
	return run.Updated.Time
}
