package worker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/pacific-aci/pacific/aci"
	"github.com/pacific-aci/pacific/prefect"
)

// agentQueues are the queues that an agent serves.
type agentQueues struct {
	client          *prefect.Client
	log             *slog.Logger
	names, prefixes []string
	pool            string // empty: default-agent-pool, by the endpoints for agents

	mu  sync.Mutex
	now []prefect.WorkQueue // as last read
}

// refresh reads the queues, and makes those that are named and do not exist.
func (q *agentQueues) refresh(ctx context.Context) error {
	var found []prefect.WorkQueue
	var err error
	switch {
	case q.pool != "":
		found, err = q.ofPool(ctx)
	case len(q.prefixes) > 0:
		found, err = prefect.Collect(q.client.AgentQueues(ctx, q.prefixes...))
	default:
		for _, name := range q.names {
			queue, failed := orMake(func() (prefect.WorkQueue, error) { return q.client.AgentQueueByName(ctx, name) }, func() (prefect.WorkQueue, error) {
				q.log.InfoContext(ctx, "making a work queue that does not exist", "queue", name)
				return q.client.CreateAgentQueue(ctx, prefect.WorkQueueCreate{Name: name})
			})
			if failed != nil {
				return failed
			}
			found = append(found, queue)
		}
	}
	if err != nil {
		return err
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(found) == 0 && len(q.now) == 0 {
		q.log.WarnContext(ctx, "no work queue matches yet", "prefixes", q.prefixes)
	}
	q.now = found
	return nil
}

// TypeAgent is the type of the work pools that are for agents.
const TypeAgent = "prefect-agent"

// ofPool reads the queues of a work pool. Pools of other types are refused: the server would give out their runs, which name no
// infrastructure block because a worker of the pool starts them, and the agent could only crash them.
func (q *agentQueues) ofPool(ctx context.Context) ([]prefect.WorkQueue, error) {
	pool, err := q.client.WorkPool(ctx, q.pool)
	switch {
	case errors.Is(err, prefect.ErrNotFound):
		return nil, fmt.Errorf("work pool %q: %w", q.pool, ErrPoolNotFound)
	case err != nil:
		return nil, err
	case pool.Type != TypeAgent:
		return nil, &PoolTypeError{Pool: pool.Name, Type: pool.Type, Want: TypeAgent}
	}
	all, err := prefect.Collect(q.client.WorkQueues(ctx, q.pool))
	if err != nil {
		return nil, err
	}
	if len(q.names) == 0 {
		return slices.DeleteFunc(all, func(queue prefect.WorkQueue) bool {
			return len(q.prefixes) > 0 && !slices.ContainsFunc(q.prefixes, func(p string) bool { return strings.HasPrefix(queue.Name, p) })
		}), nil
	}
	var found []prefect.WorkQueue
	for _, name := range q.names {
		queue, err := orMake(func() (prefect.WorkQueue, error) { return q.client.WorkQueue(ctx, q.pool, name) }, func() (prefect.WorkQueue, error) {
			return q.client.CreateWorkQueue(ctx, q.pool, prefect.WorkQueueCreate{Name: name})
		})
		if err != nil {
			return nil, err
		}
		found = append(found, queue)
	}
	return found, nil
}

// orMake reads a queue, and makes it if it does not exist; another agent may be faster.
func orMake(read, create func() (prefect.WorkQueue, error)) (prefect.WorkQueue, error) {
	queue, err := read()
	if !errors.Is(err, prefect.ErrNotFound) {
		return queue, err
	}
	if queue, err = create(); errors.Is(err, prefect.ErrConflict) {
		return read()
	}
	return queue, err
}

func (q *agentQueues) list() []prefect.WorkQueue {
	q.mu.Lock()
	defer q.mu.Unlock()
	return slices.Clone(q.now)
}

func (q *agentQueues) queueNames() []string {
	var names []string
	for _, queue := range q.list() {
		names = append(names, queue.Name)
	}
	return names
}

// id is the id of the queue of that name; empty: it is not served.
func (q *agentQueues) id(name string) prefect.ID {
	for _, queue := range q.list() {
		if queue.Name == name {
			return queue.ID
		}
	}
	return ""
}

// serves reports whether a group was made for a run of one of the queues.
func (q *agentQueues) serves(g *aci.Group) bool {
	id := prefect.ID(g.Tags[TagQueueID])
	return id != "" && slices.ContainsFunc(q.list(), func(queue prefect.WorkQueue) bool { return queue.ID == id })
}

// due are the runs that the queues have for the agent, the earliest first.
func (q *agentQueues) due(ctx context.Context, before time.Time) ([]prefect.FlowRun, error) {
	queues := q.list()
	if len(queues) == 0 {
		return nil, nil
	}
	var runs []prefect.FlowRun
	if q.pool != "" {
		found, err := q.client.ScheduledFlowRuns(ctx, q.pool, prefect.ScheduledQuery{WorkQueueNames: q.queueNames(), Before: before, Limit: mostClaims})
		if err != nil {
			return nil, err
		}
		for _, run := range found {
			runs = append(runs, run.FlowRun)
		}
		return runs, nil
	}
	for _, queue := range queues {
		if queue.IsPaused {
			continue
		}
		found, err := q.client.AgentQueueRuns(ctx, queue.ID, before, mostClaims)
		switch {
		case errors.Is(err, prefect.ErrNotFound):
			continue // deleted; the next refresh knows
		case err != nil:
			return nil, err
		}
		runs = append(runs, found...)
	}
	slices.SortStableFunc(runs, func(a, b prefect.FlowRun) int {
		return a.NextScheduledStartTime.Compare(b.NextScheduledStartTime.Time)
	})
	return runs, nil
}
