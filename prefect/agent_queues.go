package prefect

import (
	"context"
	"iter"
	"net/http"
	"time"
)

// AgentQueueStatus is a queue's health.
type AgentQueueStatus struct {
	Healthy       bool `json:"healthy"`
	LateRunsCount int  `json:"late_runs_count"`
	LastPolled    Time `json:"last_polled"`
}

// CreateAgentQueue makes a Prefect 2 style queue, which 3.x still serves; [ErrConflict] if the name is taken.
func (c *Client) CreateAgentQueue(ctx context.Context, create WorkQueueCreate) (WorkQueue, error) {
	return do(ctx, c, request[WorkQueue]{
		doing: "creating work queue " + create.Name, method: http.MethodPost, path: "/work_queues/", body: create,
		settled: ifFound(func(ctx context.Context) (WorkQueue, error) { return c.AgentQueueByName(ctx, create.Name) }, create.same),
	})
}

// AgentQueue reads a queue by its id.
func (c *Client) AgentQueue(ctx context.Context, id ID) (WorkQueue, error) {
	return do(ctx, c, request[WorkQueue]{doing: "reading work queue " + string(id), method: http.MethodGet, path: pathf("/work_queues/%s", string(id))})
}

// AgentQueueByName reads a queue of default-agent-pool by its name.
func (c *Client) AgentQueueByName(ctx context.Context, name string) (WorkQueue, error) {
	return do(ctx, c, request[WorkQueue]{doing: "reading work queue " + name, method: http.MethodGet, path: pathf("/work_queues/name/%s", name)})
}

// AgentQueues lists the queues whose names begin with one of the prefixes; none: all, of every pool.
func (c *Client) AgentQueues(ctx context.Context, prefixes ...string) iter.Seq2[WorkQueue, error] {
	body := struct {
		WorkQueues WorkQueueFilter `json:"work_queues,omitzero"`
	}{WorkQueueFilter{Name: Match{StartsWith: prefixes}}}
	return pages(ctx, c, list{doing: "listing work queues", path: "/work_queues/filter", body: body}, func(q *WorkQueue) ID { return q.ID })
}

// UpdateAgentQueue changes the fields that are set.
func (c *Client) UpdateAgentQueue(ctx context.Context, id ID, update WorkQueueUpdate) error {
	_, err := do(ctx, c, request[none]{doing: "updating work queue " + string(id), method: http.MethodPatch, path: pathf("/work_queues/%s", string(id)), body: update})
	return err
}

// DeleteAgentQueue deletes a queue.
func (c *Client) DeleteAgentQueue(ctx context.Context, id ID) error {
	_, err := do(ctx, c, request[none]{doing: "deleting work queue " + string(id), method: http.MethodDelete, path: pathf("/work_queues/%s", string(id))})
	return err
}

// AgentQueueStatus reads a queue's health.
func (c *Client) AgentQueueStatus(ctx context.Context, id ID) (AgentQueueStatus, error) {
	return do(ctx, c, request[AgentQueueStatus]{doing: "reading the status of work queue " + string(id), method: http.MethodGet, path: pathf("/work_queues/%s/status", string(id))})
}

// AgentQueueRuns polls a queue: the runs that are due before a time, with their states, at most limit (0: the server's 200).
// A paused queue has none. The server matches them by the queue's name and holds to the queue's limit, not the pool's.
func (c *Client) AgentQueueRuns(ctx context.Context, id ID, before time.Time, limit int) ([]FlowRun, error) {
	body := scheduledQuery{Before: At(before), Limit: limit}
	return do(ctx, c, request[[]FlowRun]{
		doing: "polling work queue " + string(id), method: http.MethodPost, path: pathf("/work_queues/%s/get_runs", string(id)), body: body,
	})
}
