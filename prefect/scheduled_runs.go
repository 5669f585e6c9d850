package prefect

import (
	"context"
	"net/http"
	"time"
)

// ScheduledFlowRun is a run that a worker may start.
type ScheduledFlowRun struct {
	WorkPoolID  ID      `json:"work_pool_id"`
	WorkQueueID ID      `json:"work_queue_id"`
	FlowRun     FlowRun `json:"flow_run"`
}

// ScheduledQuery says which runs of a pool to poll for.
type ScheduledQuery struct {
	// WorkQueueNames: empty for all of the pool; an unknown one is [ErrNotFound].
	WorkQueueNames []string
	// Before is the latest start. Zero: the server's choice, now. After is the earliest. Zero: any.
	Before, After time.Time
	// Limit is at most 200. 0: 200.
	Limit int
}

// scheduledQuery is the body of the three polls.
type scheduledQuery struct {
	WorkQueueNames []string `json:"work_queue_names,omitempty"`
	DeploymentIDs  []ID     `json:"deployment_ids,omitempty"`
	Before         Time     `json:"scheduled_before,omitzero"`
	After          Time     `json:"scheduled_after,omitzero"`
	Limit          int      `json:"limit,omitempty"`
}

// ScheduledFlowRuns polls a pool for runs to start, in the order of queue priority and time. The server leaves out those over
// a limit or in a paused queue, and takes note that the queues are polled. Nothing is claimed by it: that is what
// proposing PENDING does. A server older than 3.9 sends no state here; State then has the id, type and name that it does send.
func (c *Client) ScheduledFlowRuns(ctx context.Context, pool string, q ScheduledQuery) ([]ScheduledFlowRun, error) {
	runs, err := do(ctx, c, request[[]ScheduledFlowRun]{
		doing: "polling work pool " + pool, method: http.MethodPost, path: pathf("/work_pools/%s/get_scheduled_flow_runs", pool),
		body: scheduledQuery{WorkQueueNames: q.WorkQueueNames, Before: At(q.Before), After: At(q.After), Limit: q.Limit},
	})
	for i := range runs {
		if run := &runs[i].FlowRun; run.State == nil && run.StateType != "" {
			run.State = &State{ID: run.StateID, Type: run.StateType, Name: run.StateName}
		}
	}
	return runs, err
}

// ScheduledDeploymentRuns polls for the runs of some deployments that are due before a time, at most limit (0: 200).
func (c *Client) ScheduledDeploymentRuns(ctx context.Context, deployments []ID, before time.Time, limit int) ([]FlowRun, error) {
	return do(ctx, c, request[[]FlowRun]{
		doing: "polling for runs of deployments", method: http.MethodPost, path: "/deployments/get_scheduled_flow_runs",
		body: scheduledQuery{DeploymentIDs: deployments, Before: At(before), Limit: limit},
	})
}
