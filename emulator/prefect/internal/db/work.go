package db

import (
	"cmp"
	"slices"

	"github.com/google/uuid"
)

// AgentType is the type of pools that agents poll: they have no status.
const AgentType = "prefect-agent"

// Status is the pool's on the wire; nil for one of agents.
func (p *WorkPool) Status() *string {
	switch {
	case p.Type == AgentType:
		return nil
	case p.IsPaused:
		return new("PAUSED")
	case p.Ready:
		return new("READY")
	}
	return new("NOT_READY")
}

// Status is the queue's on the wire.
func (q *WorkQueue) Status() string {
	switch {
	case q.IsPaused:
		return "PAUSED"
	case q.Ready:
		return "READY"
	}
	return "NOT_READY"
}

// Queues are a pool's, by priority.
func (d *DB) Queues(pool uuid.UUID) []*WorkQueue {
	var queues []*WorkQueue
	for q := range d.WorkQueues.All() {
		if q.WorkPoolID == pool {
			queues = append(queues, q)
		}
	}
	slices.SortStableFunc(queues, func(a, b *WorkQueue) int { return cmp.Compare(a.Priority, b.Priority) })
	return queues
}
