package provision

import (
	"context"

	"github.com/pacific-aci/pacific/internal/steps"
)

// Kind is a kind of thing that is provisioned.
type Kind string

// The kinds, in the order in which they are made.
const (
	KindGroup       Kind = "resource group"
	KindApplication Kind = "app registration"
	KindSecret      Kind = "secret"
	KindCredentials Kind = "credentials block"
	KindPrincipal   Kind = "service principal"
	KindRole        Kind = "role on the resource group"
	KindRegistry    Kind = "container registry"
	KindLogin       Kind = "registry login"
	KindNamespace   Kind = "docker build namespace"
	KindIdentity    Kind = "managed identity"
	KindPull        Kind = "role on the registry"
	KindTemplate    Kind = "base job template"
)

// Action is what is to be done with a resource.
type Action string

// The actions of a plan.
const (
	// ActionCreate: it is not there.
	ActionCreate Action = "create"
	// ActionKeep: it is there and stays as it is.
	ActionKeep Action = "keep"
	// ActionUpdate: it is there and gets new values; Detail says why.
	ActionUpdate Action = "update"
	// ActionDelete: it is there and goes. In a plan to destroy, the Detail of what stays says why.
	ActionDelete Action = "delete"
)

// DetailAbsent is the Detail of what a destroy keeps because there is nothing to delete.
const DetailAbsent = "not found"

// Resource is one line of a plan, or what a step is about.
type Resource struct {
	// Kind and Name say what it is. The name of what Azure will name is a pattern, such as "prefect…".
	Kind Kind   `json:"kind"`
	Name string `json:"name"`
	// Action is what is to be done, and Detail adds to it; it may be empty.
	Action Action `json:"action"`
	Detail string `json:"detail,omitempty"`
	// Hint says what a person can do about it where a run would fail; empty: nothing is needed.
	Hint string `json:"hint,omitempty"`
}

// Plan says what is there and what would be made.
type Plan struct {
	// Pool is the work pool's name.
	Pool string `json:"pool"`
	// Request is what was asked for, with its defaults filled in.
	Request Request `json:"-"`
	// Location is the region of what is created.
	Location string `json:"location"`
	// Resources are all that the pool needs, in the order in which they are made.
	Resources []Resource `json:"resources"`
}

// Changes reports whether anything would be changed. Signing docker in to the registry does not count: it is done each
// time, because nobody can see how long the last one is still good for.
func (p Plan) Changes() bool {
	for _, r := range p.Resources {
		if r.Action != ActionKeep && r.Kind != KindLogin {
			return true
		}
	}
	return false
}

// plan looks at what is there. It changes nothing but the state.
func (p *Provisioner) plan(ctx context.Context, s *state) (Plan, error) {
	plan, _, err := p.find(ctx, s)
	return plan, err
}

// find is plan with what each step found.
func (p *Provisioner) find(ctx context.Context, s *state) (Plan, []steps.Item, error) {
	all := p.steps(s)
	items, err := steps.Plan(ctx, listOf(all), nil)
	if err != nil {
		return Plan{}, nil, err
	}
	plan := Plan{Pool: s.pool}
	for i, item := range items {
		r := Resource{Kind: all[i].kind, Name: item.Line, Action: ActionKeep}
		switch item.State {
		case steps.Absent:
			r.Action = ActionCreate
		case steps.Different:
			r.Action = ActionUpdate
		}
		if r.Action != ActionKeep && all[i].detail != nil {
			r.Detail = all[i].detail()
		}
		if r.Action != ActionKeep && all[i].hint != nil {
			r.Hint = all[i].hint()
		}
		plan.Resources = append(plan.Resources, r)
	}
	plan.Request, plan.Location = s.request, s.location
	return plan, items, nil
}
