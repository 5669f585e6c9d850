package prefect

import (
	"context"
	"iter"
	"net/http"
)

// WorkQueue is a queue of a work pool. An agent's queue is one of the pool default-agent-pool.
type WorkQueue struct {
	ID               ID     `json:"id"`
	Created          Time   `json:"created"`
	Updated          Time   `json:"updated"`
	Name             string `json:"name"`
	Description      string `json:"description"`
	IsPaused         bool   `json:"is_paused"`
	ConcurrencyLimit *int   `json:"concurrency_limit"`
	// Priority 1 comes first.
	Priority     int    `json:"priority"`
	WorkPoolID   ID     `json:"work_pool_id"`
	WorkPoolName string `json:"work_pool_name"`
	LastPolled   Time   `json:"last_polled"`
	Status       string `json:"status"` // READY, NOT_READY or PAUSED
}

// WorkQueueCreate describes a queue.
type WorkQueueCreate struct {
	Name             string `json:"name"`
	Description      string `json:"description,omitempty"`
	IsPaused         bool   `json:"is_paused,omitempty"`
	ConcurrencyLimit *int   `json:"concurrency_limit,omitempty"`
	Priority         int    `json:"priority,omitempty"` // 0: after all others
}

// WorkQueueUpdate changes the fields that are set.
type WorkQueueUpdate struct {
	Name             Field[string] `json:"name,omitzero"`
	Description      Field[string] `json:"description,omitzero"`
	IsPaused         Field[bool]   `json:"is_paused,omitzero"`
	ConcurrencyLimit Field[int]    `json:"concurrency_limit,omitzero"`
	Priority         Field[int]    `json:"priority,omitzero"`
}

func (create WorkQueueCreate) same(q WorkQueue) bool {
	return q.Description == create.Description && q.IsPaused == create.IsPaused
}

// CreateWorkQueue makes a queue of a pool; [ErrConflict] if the name is taken there.
func (c *Client) CreateWorkQueue(ctx context.Context, pool string, create WorkQueueCreate) (WorkQueue, error) {
	return do(ctx, c, request[WorkQueue]{
		doing: "creating work queue " + pool + "/" + create.Name, method: http.MethodPost, path: pathf("/work_pools/%s/queues", pool), body: create,
		settled: ifFound(func(ctx context.Context) (WorkQueue, error) { return c.WorkQueue(ctx, pool, create.Name) }, create.same),
	})
}

// WorkQueue reads a queue of a pool by its name.
func (c *Client) WorkQueue(ctx context.Context, pool, name string) (WorkQueue, error) {
	return do(ctx, c, request[WorkQueue]{doing: "reading work queue " + pool + "/" + name, method: http.MethodGet, path: pathf("/work_pools/%s/queues/%s", pool, name)})
}

// WorkQueues lists the queues of a pool.
func (c *Client) WorkQueues(ctx context.Context, pool string) iter.Seq2[WorkQueue, error] {
	return pages(ctx, c, list{doing: "listing the queues of work pool " + pool, path: pathf("/work_pools/%s/queues/filter", pool)}, func(q *WorkQueue) ID { return q.ID })
}

// UpdateWorkQueue changes the fields that are set.
func (c *Client) UpdateWorkQueue(ctx context.Context, pool, name string, update WorkQueueUpdate) error {
	_, err := do(ctx, c, request[none]{
		doing: "updating work queue " + pool + "/" + name, method: http.MethodPatch, path: pathf("/work_pools/%s/queues/%s", pool, name), body: update,
	})
	return err
}

// DeleteWorkQueue deletes a queue; the default one cannot be deleted.
func (c *Client) DeleteWorkQueue(ctx context.Context, pool, name string) error {
	_, err := do(ctx, c, request[none]{doing: "deleting work queue " + pool + "/" + name, method: http.MethodDelete, path: pathf("/work_pools/%s/queues/%s", pool, name)})
	return err
}
