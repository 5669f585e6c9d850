package provision

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/pacific-aci/pacific/access"
	"github.com/pacific-aci/pacific/internal/steps"
	"github.com/pacific-aci/pacific/jobtemplate"
	"github.com/pacific-aci/pacific/prefect"
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
// it; the pool itself stays. What another pool uses stays too, and so does everything that does not have
// [TagProvisioned]; the application stays if it has secrets of others.
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
			list[i].Line = func() string { return cmp.Or(p.o.Namespace(), "none") }
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
	others, err := p.otherPools(ctx, s)
	if err != nil {
		return nil, Plan{}, err
	}
	u := undo{p: p, s: s, others: others}
	if s.group != nil {
		if u.inGroup, err = p.o.Cloud.GroupResources(ctx, s.group.Name); err != nil {
			return nil, Plan{}, err
		}
	}
	plan := Plan{Pool: s.pool, Request: s.request, Location: s.location}
	for i, item := range items {
		r := Resource{Kind: all[i].kind, Name: item.Line, Action: ActionKeep}
		do, why := u.of(all[i].kind)
		switch {
		case item.State == steps.Absent:
			r.Detail = "it is not there"
		case do == nil:
			r.Detail = why
		default:
			r.Action = ActionDelete
			if all[i].kind == KindTemplate {
				r.Action, r.Detail = ActionUpdate, "without the defaults that refer to what goes"
			}
			list[i].Undo = func(ctx context.Context, _ func(string)) error { return do(ctx) }
		}
		plan.Resources = append(plan.Resources, r)
	}
	return list, plan, nil
}

// otherPools are the templates of all other work pools.
func (p *Provisioner) otherPools(ctx context.Context, s *state) ([]*template, error) {
	var all []*template
	for pool, err := range p.o.Prefect.WorkPools(ctx, prefect.Query{}) {
		if err != nil {
			return nil, fmt.Errorf("looking for pools that use the same resources: %w", err)
		}
		if pool.Name == s.pool {
			continue
		}
		if read, err := jobtemplate.ReadTemplate(pool.BaseJobTemplate); err == nil {
			all = append(all, &template{read})
		}
	}
	return all, nil
}

// undo decides for each kind of thing whether it is deleted.
type undo struct {
	p       *Provisioner
	s       *state
	others  []*template
	inGroup []string
}

// of returns how a thing is deleted, or nil and why it stays.
func (u *undo) of(kind Kind) (do func(context.Context) error, why string) {
	cloud, s := u.p.o.Cloud, u.s
	switch kind {
	case KindGroup:
		return u.group()
	case KindApplication, KindPrincipal, KindRole:
		return u.application(kind)
	case KindSecret:
		return func(ctx context.Context) error {
			return cloud.DeleteSecret(ctx, *s.application, s.request.Names.CredentialsBlock)
		}, ""
	case KindCredentials:
		if u.used(varCredentials, prefect.BlockRef(s.blockID())) {
			return nil, "another work pool uses it"
		}
		return func(ctx context.Context) error { return u.p.o.Prefect.DeleteBlockDocument(ctx, s.blockID()) }, ""
	case KindRegistry:
		return u.registry()
	case KindLogin, KindNamespace:
		return u.onMachine(kind)
	case KindIdentity:
		return u.identity()
	case KindPull:
		// It goes with the registry or the identity.
		if do, why := u.identity(); do == nil {
			return nil, why
		}
		return func(ctx context.Context) error { return cloud.Revoke(ctx, s.pull()) }, ""
	case KindTemplate:
		return func(context.Context) error { return s.template.clear() }, ""
	}
	return nil, "it is not Pacific's to delete"
}

// hasSecret reports whether the application has the secret of this pool.
func (s *state) hasSecret() bool {
	return s.application != nil && slices.ContainsFunc(s.application.Secrets, func(i access.SecretInfo) bool {
		return i.DisplayName == s.request.Names.CredentialsBlock
	})
}

func (s *state) blockID() prefect.ID {
	if s.credentials == nil {
		return ""
	}
	return s.credentials.id
}

// used reports whether another pool's template has this default.
func (u *undo) used(variable string, value any) bool {
	encoded, err := json.Marshal(value)
	return err == nil && slices.ContainsFunc(u.others, func(t *template) bool { return sameJSON(t.Default(variable), encoded) })
}

// application decides for the application, and for its service principal and role, which go with it.
func (u *undo) application(kind Kind) (func(context.Context) error, string) {
	s := u.s
	if s.application == nil {
		return nil, "it is not there"
	}
	for _, secret := range s.application.Secrets {
		if secret.DisplayName != s.request.Names.CredentialsBlock {
			return nil, "the application has another secret, " + secretName(secret)
		}
	}
	switch kind {
	case KindRole:
		return func(ctx context.Context) error { return u.p.o.Cloud.Revoke(ctx, s.role()) }, ""
	case KindPrincipal:
		return func(context.Context) error { return nil }, "" // Entra deletes it with its application
	}
	return func(ctx context.Context) error { return u.p.o.Cloud.DeleteApplication(ctx, *s.application) }, ""
}

// secretName names a secret, which need not have a name.
func secretName(s access.SecretInfo) string {
	if s.DisplayName == "" {
		return s.KeyID
	}
	return fmt.Sprintf("%q", s.DisplayName)
}

func (u *undo) registry() (func(context.Context) error, string) {
	r := u.s.registry
	switch {
	case r == nil:
		return nil, "it is not there"
	case r.Tags[TagProvisioned] == "":
		return nil, "Pacific did not make it"
	case slices.ContainsFunc(u.others, func(t *template) bool { return strings.EqualFold(t.registry(), r.LoginServer) }):
		return nil, "another work pool uses it"
	}
	return func(ctx context.Context) error { return u.p.o.Cloud.DeleteRegistry(ctx, *r) }, ""
}

// onMachine decides for docker's sign-in and the namespace: they go with the registry, and if it is gone already.
func (u *undo) onMachine(kind Kind) (func(context.Context) error, string) {
	server := u.s.knownServer()
	if kind == KindNamespace && u.p.o.Namespace() != server {
		return nil, "it is not the registry of this pool"
	}
	if do, why := u.registry(); do == nil && !u.s.registryGone {
		return nil, why
	}
	if kind == KindLogin {
		return func(ctx context.Context) error { return u.p.o.SignOut(ctx, server) }, ""
	}
	return func(context.Context) error { return u.p.o.SetNamespace("") }, ""
}

// signedIn reports whether docker has a sign-in of ours to the pool's registry.
func (p *Provisioner) signedIn(ctx context.Context, s *state) (bool, error) {
	server := s.knownServer()
	if server == "" {
		return false, nil
	}
	return p.o.SignedIn(ctx, server)
}

// knownServer is the host of the pool's registry, or of the one that its template names and that is gone; empty for none.
func (s *state) knownServer() string {
	if s.registry != nil {
		return s.registry.LoginServer
	}
	return s.template.registry()
}

func (u *undo) identity() (func(context.Context) error, string) {
	i := u.s.identity
	switch {
	case i == nil:
		return nil, "it is not there"
	case i.Tags[TagProvisioned] == "":
		return nil, "Pacific did not make it"
	case u.used(varIdentities, []string{i.ID}):
		return nil, "another work pool uses it"
	}
	return func(ctx context.Context) error { return u.p.o.Cloud.DeleteIdentity(ctx, *i) }, ""
}

// group goes only if Pacific made it and nothing is left in it but what goes too.
func (u *undo) group() (func(context.Context) error, string) {
	g := u.s.group
	switch {
	case g == nil:
		return nil, "it is not there"
	case g.Tags[TagProvisioned] == "":
		return nil, "Pacific did not make it"
	case u.used(varGroup, g.Name):
		return nil, "another work pool uses it"
	}
	var goes []string
	if do, _ := u.registry(); do != nil {
		goes = append(goes, strings.ToLower(u.s.registry.ID))
	}
	if do, _ := u.identity(); do != nil {
		goes = append(goes, strings.ToLower(u.s.identity.ID))
	}
	for _, id := range u.inGroup {
		if !slices.Contains(goes, strings.ToLower(id)) {
			return nil, "something else is in it: " + id[strings.LastIndexByte(id, '/')+1:]
		}
	}
	return func(ctx context.Context) error { return u.p.o.Cloud.DeleteGroup(ctx, g.Name) }, ""
}
