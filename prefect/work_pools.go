package prefect

import (
	"context"
	"encoding/json"
	"iter"
	"net/http"
	"reflect"
)

// WorkPool is a place where runs are started, by workers or (type …:push) by the server.
type WorkPool struct {
	ID          ID     `json:"id"`
	Created     Time   `json:"created"`
	Updated     Time   `json:"updated"`
	Name        string `json:"name"`
	Description string `json:"description"`
	Type        string `json:"type"`
	// BaseJobTemplate is {} or {"job_configuration": …, "variables": …}, as it is stored.
	BaseJobTemplate  json.RawMessage `json:"base_job_template"`
	IsPaused         bool            `json:"is_paused"`
	ConcurrencyLimit *int            `json:"concurrency_limit"`
	// Status is READY, NOT_READY or PAUSED; empty for the type prefect-agent.
	Status         string `json:"status"`
	DefaultQueueID ID     `json:"default_queue_id"`
}

// WorkPoolCreate describes a pool. The server refuses names that begin with "prefect" and templates with placeholders that
// are no property of the variables' schema.
type WorkPoolCreate struct {
	Name             string          `json:"name"`
	Type             string          `json:"type,omitempty"` // empty: prefect-agent
	Description      string          `json:"description,omitempty"`
	BaseJobTemplate  json.RawMessage `json:"base_job_template,omitempty"`
	IsPaused         bool            `json:"is_paused,omitempty"`
	ConcurrencyLimit *int            `json:"concurrency_limit,omitempty"`
}

// WorkPoolUpdate changes the fields that are set.
type WorkPoolUpdate struct {
	Description      Field[string]          `json:"description,omitzero"`
	BaseJobTemplate  Field[json.RawMessage] `json:"base_job_template,omitzero"`
	IsPaused         Field[bool]            `json:"is_paused,omitzero"`
	ConcurrencyLimit Field[int]             `json:"concurrency_limit,omitzero"`
}

// CreateWorkPool makes a pool with its queue "default"; [ErrConflict] if the name is taken.
func (c *Client) CreateWorkPool(ctx context.Context, create WorkPoolCreate) (WorkPool, error) {
	return do(ctx, c, request[WorkPool]{
		doing: "creating work pool " + create.Name, method: http.MethodPost, path: "/work_pools/", body: create,
		settled: ifFound(
			func(ctx context.Context) (WorkPool, error) { return c.WorkPool(ctx, create.Name) },
			func(p WorkPool) bool {
				return p.Description == create.Description && p.IsPaused == create.IsPaused && sameJSON(p.BaseJobTemplate, create.BaseJobTemplate)
			},
		),
	})
}

// WorkPool reads a pool by its name.
func (c *Client) WorkPool(ctx context.Context, name string) (WorkPool, error) {
	return do(ctx, c, request[WorkPool]{doing: "reading work pool " + name, method: http.MethodGet, path: pathf("/work_pools/%s", name)})
}

// WorkPools lists pools; only the query's WorkPools and Limit count.
func (c *Client) WorkPools(ctx context.Context, q Query) iter.Seq2[WorkPool, error] {
	body := Query{WorkPools: q.WorkPools}
	return pages(ctx, c, list{doing: "listing work pools", path: "/work_pools/filter", body: body, limit: q.Limit}, func(p *WorkPool) ID { return p.ID })
}

// UpdateWorkPool changes the fields that are set.
func (c *Client) UpdateWorkPool(ctx context.Context, name string, update WorkPoolUpdate) error {
	_, err := do(ctx, c, request[none]{doing: "updating work pool " + name, method: http.MethodPatch, path: pathf("/work_pools/%s", name), body: update})
	return err
}

// DeleteWorkPool deletes a pool with its queues; deployments lose it.
func (c *Client) DeleteWorkPool(ctx context.Context, name string) error {
	_, err := do(ctx, c, request[none]{doing: "deleting work pool " + name, method: http.MethodDelete, path: pathf("/work_pools/%s", name)})
	return err
}

// sameJSON compares two values, whatever the order of their keys. Absent, null and {} are the same.
func sameJSON(a, b json.RawMessage) bool {
	read := func(raw json.RawMessage) any {
		var value any
		if decodeNumbers(raw, &value) != nil || value == nil {
			return map[string]any{}
		}
		return value
	}
	return reflect.DeepEqual(read(a), read(b))
}
