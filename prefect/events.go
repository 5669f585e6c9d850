package prefect

import (
	"context"
	"maps"
	"net/http"
	"time"

	"github.com/google/uuid"
)

// Labels of resources in events.
const (
	ResourceIDLabel   = "prefect.resource.id"
	ResourceNameLabel = "prefect.resource.name"
	ResourceRoleLabel = "prefect.resource.role"
)

// Resource is a set of labels; [ResourceIDLabel] is always among them, and for a related resource [ResourceRoleLabel].
type Resource map[string]string

// ID is the resource's id, such as prefect.flow-run.⟨uuid⟩.
func (r Resource) ID() string { return r[ResourceIDLabel] }

// NewResource makes a resource of an id and a name, which may be empty.
func NewResource(id, name string) Resource {
	r := Resource{ResourceIDLabel: id}
	if name != "" {
		r[ResourceNameLabel] = name
	}
	return r
}

// As is the same resource in a role, such as flow-run, for [Event.Related].
func (r Resource) As(role string) Resource {
	with := maps.Clone(r)
	with[ResourceRoleLabel] = role
	return with
}

// Event is something that happened. The server takes at most 500 labels a resource, 100 related resources and 1.5 MB.
type Event struct {
	// ID is a UUID of the sender's. Empty: a new one.
	ID ID `json:"id"`
	// Occurred is when. Zero: now.
	Occurred Time `json:"occurred"`
	// Event is what, such as prefect.worker.started.
	Event    string         `json:"event"`
	Resource Resource       `json:"resource"`
	Related  []Resource     `json:"related"`
	Payload  map[string]any `json:"payload"`
	// Follows is the id of the event before it, for the server to keep their order.
	Follows ID `json:"follows"`
	// Received is when the server got it; only in what it sends.
	Received Time `json:"received,omitzero"`
}

// complete fills in what the zero values stand for.
func (e Event) complete() Event {
	if e.ID == "" {
		e.ID = ID(uuid.NewString())
	}
	if e.Occurred.IsZero() {
		e.Occurred = At(time.Now())
	}
	if e.Related == nil {
		e.Related = []Resource{}
	}
	if e.Payload == nil {
		e.Payload = map[string]any{}
	}
	e.Received = Time{}
	return e
}

// CreateEvents sends events in one request, all or none. The server keeps the first of two events with one id, so a repeat
// does no harm. [ErrUnsupported] on 2.20.
func (c *Client) CreateEvents(ctx context.Context, events []Event) error {
	const doing = "sending events"
	if err := c.needs3(ctx, doing, "the events API"); err != nil {
		return err
	}
	body := make([]Event, 0, len(events))
	for _, e := range events {
		body = append(body, e.complete())
	}
	_, err := do(ctx, c, request[none]{doing: doing, method: http.MethodPost, path: "/events", body: body})
	return err
}

// EventFilter chooses events; all that is set must hold.
type EventFilter struct {
	Occurred    EventOccurredFilter `json:"occurred,omitzero"`
	Event       EventNameFilter     `json:"event,omitzero"`
	Resource    EventResourceFilter `json:"resource,omitzero"`
	Related     EventRelatedFilter  `json:"related,omitzero"`
	AnyResource EventResourceFilter `json:"any_resource,omitzero"`
}

// EventOccurredFilter bounds the time, ends included. A subscription begins a minute ago if Since is zero, as Prefect's
// does, and never more than 15 minutes ago; it has no end if Until is zero.
type EventOccurredFilter struct {
	Since Time `json:"since,omitzero"`
	Until Time `json:"until,omitzero"`
}

// EventNameFilter chooses by name.
type EventNameFilter struct {
	Prefix []string `json:"prefix,omitempty"`
	Name   []string `json:"name,omitempty"`
}

// EventResourceFilter chooses by resource.
type EventResourceFilter struct {
	ID       []string `json:"id,omitempty"`
	IDPrefix []string `json:"id_prefix,omitempty"`
	// Labels must all have one of the values.
	Labels map[string][]string `json:"labels,omitempty"`
}

// EventRelatedFilter chooses by related resource.
type EventRelatedFilter struct {
	ID     []string            `json:"id,omitempty"`
	Role   []string            `json:"role,omitempty"`
	Labels map[string][]string `json:"labels,omitempty"`
}
