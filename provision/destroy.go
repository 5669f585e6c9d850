package provision

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"

	"github.com/pacific-aci/pacific/internal/steps"
)

// PlanDestroy says what [Provisioner.Destroy] would delete, and what it would leave and why. It changes nothing.
func (p *Provisioner) PlanDestroy(ctx context.Context, pool string, base json.RawMessage) (Plan, error) {
	s, err := p.begin(pool, base, p.o.Request)
	if err != nil {
		return Plan{}, err
	}
	_, plan, err := p.undoing(ctx, s)
	return plan, err
}

// Destroy deletes what was provisioned for a pool and returns its base job template without the defaults that referred to
// it; the pool itself stays. What another pool of the same Prefect uses, or may use, stays too, and so does what Pacific did
// not make: what does not have [TagProvisioned], and a credentials block whose secret has another name. The application
// stays if it has credentials of others. What else uses these things, such as pools of another server, cannot be seen.
//
// It may be stopped anywhere and called again. [ErrDeclined] comes with the template as it was.
func (p *Provisioner) Destroy(ctx context.Context, pool string, base json.RawMessage) (json.RawMessage, error) {
	s, err := p.begin(pool, base, p.o.Request)
	if err != nil {
		return nil, err
	}
	list, plan, err := p.undoing(ctx, s)
	if err != nil {
		return nil, err
	}
	if p.o.Confirm != nil {
		if _, err := p.o.Confirm(ctx, plan); err != nil {
			return base, err
		}
	}
	if _, err := steps.Undo(ctx, list, p.o.Report); err != nil {
		return nil, err
	}
	return json.Marshal(s.template.Template)
}

// undoing looks at what is there and decides what goes: a step that has an undo is one whose thing is deleted.
func (p *Provisioner) undoing(ctx context.Context, s *state) ([]steps.Step, Plan, error) {
	s.regionChecked = true // nothing is made there
	all := slices.DeleteFunc(p.steps(s), func(one step) bool { return one.kind == KindLogin && p.o.SignedIn == nil })
	list := listOf(all)
	for i := range list {
		switch all[i].kind {
		case KindLogin:
			list[i].Line = s.knownServer
			list[i].Check = func(ctx context.Context) (steps.State, error) { return presence(p.signedIn(ctx, s)) }
		case KindNamespace:
			list[i].Line = func() string { return cmp.Or(p.o.Namespace(), "not set") }
			list[i].Check = func(context.Context) (steps.State, error) { return presence(p.o.Namespace() != "", nil) }
		case KindSecret:
			// For an undo a secret is there whether or not the block that holds it can be used.
			list[i].Check = func(context.Context) (steps.State, error) { return presence(s.hasSecret(), nil) }
		case KindTemplate:
			// And a template's defaults are there whether or not they are the right ones.
			list[i].Check = func(context.Context) (steps.State, error) { return presence(s.template.anyDefault(), nil) }
		}
	}
	items, err := steps.Plan(ctx, list, nil)
	if err != nil {
		return nil, Plan{}, err
	}
	u := &undo{p: p, s: s}
	if err := u.observe(ctx); err != nil {
		return nil, Plan{}, err
	}
	plan := Plan{Pool: s.pool, Request: s.request, Location: s.location}
	for i, item := range items {
		r := Resource{Kind: all[i].kind, Name: item.Line, Action: ActionKeep}
		kind := all[i].kind
		do, why := u.of(kind)
		switch {
		case item.State == steps.Absent:
			r.Detail = DetailAbsent
		case do == nil:
			r.Detail = why
		default:
			r.Action = ActionDelete
			if kind == KindTemplate {
				r.Action, r.Detail = ActionUpdate, "removes the defaults that refer to what is deleted"
			}
			list[i].Undo = func(ctx context.Context, _ func(string)) error { return u.checkAndDelete(ctx, kind) }
		}
		plan.Resources = append(plan.Resources, r)
	}
	return list, plan, nil
}
