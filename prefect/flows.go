package prefect

import (
	"context"
	"iter"
	"net/http"
)

// Flow is a flow: a name that runs and deployments belong to.
type Flow struct {
	ID      ID             `json:"id"`
	Created Time           `json:"created"`
	Updated Time           `json:"updated"`
	Name    string         `json:"name"`
	Tags    []string       `json:"tags"`
	Labels  map[string]any `json:"labels,omitempty"` // 3.x
}

// FlowCreate names a flow. Labels are left out for a 2.20 server.
type FlowCreate struct {
	Name   string         `json:"name"`
	Tags   []string       `json:"tags,omitempty"`
	Labels map[string]any `json:"labels,omitempty"`
}

// CreateFlow makes the flow, or gives the one that has this name.
func (c *Client) CreateFlow(ctx context.Context, flow FlowCreate) (Flow, error) {
	return do(ctx, c, request[Flow]{doing: "creating flow " + flow.Name, method: http.MethodPost, path: "/flows/", body: flow, since: labelsSince3()})
}

// Flow reads one flow.
func (c *Client) Flow(ctx context.Context, id ID) (Flow, error) {
	return do(ctx, c, request[Flow]{doing: "reading flow " + string(id), method: http.MethodGet, path: pathf("/flows/%s", string(id))})
}

// FlowByName reads the flow with exactly this name.
func (c *Client) FlowByName(ctx context.Context, name string) (Flow, error) {
	return do(ctx, c, request[Flow]{doing: "reading flow " + name, method: http.MethodGet, path: pathf("/flows/name/%s", name)})
}

// Flows lists flows.
func (c *Client) Flows(ctx context.Context, q Query) iter.Seq2[Flow, error] {
	return pages(ctx, c, list{doing: "listing flows", path: "/flows/filter", body: q, limit: q.Limit}, func(f *Flow) ID { return f.ID })
}
