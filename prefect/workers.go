package prefect

import (
	"context"
	"iter"
	"math"
	"net/http"
	"time"
)

// Worker is a worker as its heartbeats tell.
type Worker struct {
	ID                ID      `json:"id"`
	Created           Time    `json:"created"`
	Updated           Time    `json:"updated"`
	Name              string  `json:"name"`
	WorkPoolID        ID      `json:"work_pool_id"`
	LastHeartbeatTime Time    `json:"last_heartbeat_time"`
	HeartbeatInterval Seconds `json:"heartbeat_interval_seconds"`
	// Status is ONLINE while the last heartbeat is younger than three intervals, else OFFLINE.
	Status string `json:"status"`
}

// WorkerHeartbeat says that a worker lives and how often it will say so (whole seconds, rounded up). The first one makes
// the worker known, and makes the pool READY.
func (c *Client) WorkerHeartbeat(ctx context.Context, pool, worker string, interval time.Duration) error {
	body := struct {
		Name     string `json:"name"`
		Interval int    `json:"heartbeat_interval_seconds,omitempty"`
	}{worker, int(math.Ceil(interval.Seconds()))}
	_, err := do(ctx, c, request[none]{doing: "sending a heartbeat to work pool " + pool, method: http.MethodPost, path: pathf("/work_pools/%s/workers/heartbeat", pool), body: body})
	return err
}

// Workers lists the workers of a pool, those that are gone too.
func (c *Client) Workers(ctx context.Context, pool string) iter.Seq2[Worker, error] {
	return pages(ctx, c, list{doing: "listing the workers of work pool " + pool, path: pathf("/work_pools/%s/workers/filter", pool)}, func(w *Worker) ID { return w.ID })
}

// DeleteWorker forgets a worker.
func (c *Client) DeleteWorker(ctx context.Context, pool, worker string) error {
	_, err := do(ctx, c, request[none]{doing: "deleting worker " + worker, method: http.MethodDelete, path: pathf("/work_pools/%s/workers/%s", pool, worker)})
	return err
}
