package prefect

import (
	"context"
	"iter"
	"net/http"
)

// Query chooses and orders what a list method walks through. The zero value is everything. All its filters hold together,
// and each may be about another kind of object: flow runs can be chosen by their deployment's name. (2.20 and 3.x know
// the same ones.)
type Query struct {
	Flows          FlowFilter       `json:"flows,omitzero"`
	FlowRuns       FlowRunFilter    `json:"flow_runs,omitzero"`
	TaskRuns       TaskRunFilter    `json:"task_runs,omitzero"`
	Deployments    DeploymentFilter `json:"deployments,omitzero"`
	WorkPools      WorkPoolFilter   `json:"work_pools,omitzero"`
	WorkPoolQueues WorkQueueFilter  `json:"work_pool_queues,omitzero"`
	// Sort is one of the server's names, such as [SortIDDesc]. Empty: the server's own order.
	Sort string `json:"sort,omitempty"`
	// Limit ends the list after so many items. 0: all.
	Limit int `json:"-"`
}

// Orders for [Query.Sort]. Not every list knows every one; the server names its own in the error.
const (
	SortIDDesc                    = "ID_DESC"
	SortNameAsc                   = "NAME_ASC"
	SortCreatedDesc               = "CREATED_DESC"
	SortStartTimeDesc             = "START_TIME_DESC"
	SortExpectedStartTimeAsc      = "EXPECTED_START_TIME_ASC"
	SortExpectedStartTimeDesc     = "EXPECTED_START_TIME_DESC"
	SortNextScheduledStartTimeAsc = "NEXT_SCHEDULED_START_TIME_ASC"
	SortEndTimeDesc               = "END_TIME_DESC"
	SortTimestampAsc              = "TIMESTAMP_ASC"
	SortTimestampDesc             = "TIMESTAMP_DESC"
)

// Match is a condition on one field; all that are set must hold. The server refuses those that a field does not have:
// ids have Any and NotAny, names Any and Like, tags All and IsNull, a state's type Any (and on 3.x NotAny).
type Match struct {
	Any    []string `json:"any_,omitempty"`
	NotAny []string `json:"not_any_,omitempty"`
	All    []string `json:"all_,omitempty"`
	// Like is a part of the name, in any case.
	Like       string   `json:"like_,omitempty"`
	StartsWith []string `json:"startswith_,omitempty"`
	IsNull     *bool    `json:"is_null_,omitempty"`
	Eq         *bool    `json:"eq_,omitempty"`
}

// TimeRange is a condition on a time; the ends are included.
type TimeRange struct {
	Before Time  `json:"before_,omitzero"`
	After  Time  `json:"after_,omitzero"`
	IsNull *bool `json:"is_null_,omitempty"`
}

// StateFilter chooses by the current state's type and name.
type StateFilter struct {
	Type Match `json:"type,omitzero"`
	Name Match `json:"name,omitzero"`
}

// FlowFilter chooses flows.
type FlowFilter struct {
	ID   Match `json:"id,omitzero"`
	Name Match `json:"name,omitzero"`
	Tags Match `json:"tags,omitzero"`
}

// FlowRunFilter chooses flow runs.
type FlowRunFilter struct {
	ID                     Match       `json:"id,omitzero"`
	Name                   Match       `json:"name,omitzero"`
	Tags                   Match       `json:"tags,omitzero"`
	DeploymentID           Match       `json:"deployment_id,omitzero"`
	WorkQueueName          Match       `json:"work_queue_name,omitzero"`
	State                  StateFilter `json:"state,omitzero"`
	StartTime              TimeRange   `json:"start_time,omitzero"`
	ExpectedStartTime      TimeRange   `json:"expected_start_time,omitzero"`
	NextScheduledStartTime TimeRange   `json:"next_scheduled_start_time,omitzero"`
	ParentFlowRunID        Match       `json:"parent_flow_run_id,omitzero"`
	ParentTaskRunID        Match       `json:"parent_task_run_id,omitzero"`
	IdempotencyKey         Match       `json:"idempotency_key,omitzero"`
}

// TaskRunFilter chooses task runs.
type TaskRunFilter struct {
	ID        Match       `json:"id,omitzero"`
	Name      Match       `json:"name,omitzero"`
	Tags      Match       `json:"tags,omitzero"`
	State     StateFilter `json:"state,omitzero"`
	FlowRunID Match       `json:"flow_run_id,omitzero"`
}

// DeploymentFilter chooses deployments.
type DeploymentFilter struct {
	ID            Match `json:"id,omitzero"`
	Name          Match `json:"name,omitzero"`
	Tags          Match `json:"tags,omitzero"`
	WorkQueueName Match `json:"work_queue_name,omitzero"`
	Paused        Match `json:"paused,omitzero"`
}

// WorkPoolFilter chooses work pools.
type WorkPoolFilter struct {
	ID   Match `json:"id,omitzero"`
	Name Match `json:"name,omitzero"`
	Type Match `json:"type,omitzero"`
}

// WorkQueueFilter chooses work queues.
type WorkQueueFilter struct {
	ID   Match `json:"id,omitzero"`
	Name Match `json:"name,omitzero"`
}

// pageSize is the server's limit and default for one page (PREFECT_SERVER_API_DEFAULT_LIMIT).
const pageSize = 200

// list is a filter request before it is cut into pages.
type list struct {
	doing, path string
	// body is the filter; limit and offset are added to it.
	body any
	// limit ends the list; 0: all.
	limit int
}

// pages walks a list with one page in memory. Objects that move to the next page while it is read (a run that is created at
// the front of a newest-first list) are given once.
func pages[Item any](ctx context.Context, c *Client, l list, id func(*Item) ID) iter.Seq2[Item, error] {
	return func(yield func(Item, error) bool) {
		var last map[ID]bool
		for offset, given := 0, 0; ; offset += pageSize {
			page, err := do(ctx, c, request[[]Item]{
				doing: l.doing, method: http.MethodPost, path: l.path, body: paged{filter: l.body, limit: pageSize, offset: offset},
			})
			if err != nil {
				var zero Item
				yield(zero, err)
				return
			}
			seen := make(map[ID]bool, len(page))
			for i := range page {
				key := id(&page[i])
				seen[key] = true
				if last[key] {
					continue
				}
				if !yield(page[i], nil) {
					return
				}
				if given++; given == l.limit {
					return
				}
			}
			if len(page) < pageSize {
				return
			}
			last = seen
		}
	}
}
