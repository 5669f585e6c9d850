package events

import (
	"fmt"

	"github.com/google/uuid"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/api"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/db"
)

// Figures of the server's settings.
const (
	maxName    = 1024
	maxLabels  = 500
	maxRelated = 100
)

// eventName is an event's name.
type eventName string

// Check limits its length.
func (n eventName) Check() string {
	if len([]rune(string(n))) > maxName {
		return fmt.Sprintf("Event name must be at most %d characters", maxName)
	}
	return ""
}

// resource is what an event is about, as labels.
type resource map[string]string

// Check wants the label that names it.
func (r resource) Check() string {
	id, ok := r["prefect.resource.id"]
	switch {
	case len(r) > maxLabels:
		return fmt.Sprintf("The maximum number of labels per resource is %d", maxLabels)
	case !ok:
		return "Resources must include the prefect.resource.id label"
	case id == "":
		return "The prefect.resource.id label must be non-empty"
	}
	return ""
}

// related is a resource with a role in an event.
type related map[string]string

// Check wants the role too.
func (r related) Check() string {
	if reason := resource(r).Check(); reason != "" {
		return reason
	}
	role, ok := r["prefect.resource.role"]
	switch {
	case !ok:
		return "Related Resources must include the prefect.resource.role label"
	case role == "":
		return "The prefect.resource.role label must be non-empty"
	}
	return ""
}

// relatedList is all of them.
type relatedList []related

// Check limits their number.
func (l relatedList) Check() string {
	if len(l) > maxRelated {
		return fmt.Sprintf("The maximum number of related resources is %d", maxRelated)
	}
	return ""
}

// eventBody is an event as clients send it.
type eventBody struct {
	api.Loose
	Occurred api.Time       `json:"occurred" req:"true"`
	Event    eventName      `json:"event" req:"true"`
	Resource resource       `json:"resource" req:"true"`
	Related  relatedList    `json:"related"`
	Payload  map[string]any `json:"payload"`
	ID       uuid.UUID      `json:"id" req:"true"`
	Follows  *uuid.UUID     `json:"follows"`
}

// record makes the event that is kept.
func (b *eventBody) record() *db.Event {
	e := &db.Event{ID: b.ID, Occurred: b.Occurred, Event: string(b.Event), Resource: b.Resource, Follows: b.Follows}
	for _, r := range b.Related {
		e.Related = append(e.Related, r)
	}
	if b.Payload != nil {
		e.Payload = api.Raw(b.Payload)
	}
	return e
}

func (s *store) create(r *api.Request) (api.Reply, error) {
	var body []eventBody
	if err := r.Decode(&body); err != nil {
		return api.Reply{}, err
	}
	for i := range body {
		s.receive(body[i].record())
	}
	return api.NoContent()
}
