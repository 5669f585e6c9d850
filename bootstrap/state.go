package bootstrap

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"

	"github.com/pacific-aci/pacific/access"
	"github.com/pacific-aci/pacific/armtemplate"
	"github.com/pacific-aci/pacific/azure"
)

// state is what is there, as far as the steps have looked.
type state struct {
	request Request
	// group is nil where it is not there. location is the region of everything.
	group    *group
	location string

	template *armtemplate.Template
	// evaluated is the template with all secrets of the request.
	evaluated *armtemplate.Deployment
	resources []*resource
	// looked: what is known of the resources was just found, and nothing was changed since.
	looked bool
	// parameters are those to deploy with: of the secrets, only those that have to be written.
	parameters  armtemplate.Parameters
	fingerprint string
	// record is the last deployment of our name.
	record *record
	// missing are the resource providers that are not registered.
	missing []string
	// deleted are the deleted vaults that hold the name of one of ours and can be recovered.
	deleted []deletedVault
	// earlier is the worker of an earlier run, where this one makes none; empty: there is none.
	earlier string
	outputs map[string]any
}

// resource is one resource of the template.
type resource struct {
	kind Kind
	// name is for people.
	name, id, kindOfAzure, version string
	body                           map[string]any
	// there is nil where it is not there. change says why one that is there has to be written again; empty: it has not.
	there  *found
	change string
	// deleted: it is a secret that was deleted, and can be recovered.
	deleted bool
	// unseen: it is a role assignment, and this account may not read those at its scope. It may give them all the same.
	unseen bool
}

// evaluate reads the template and finds what it makes.
func (s *state) evaluate(ctx context.Context) (err error) {
	if s.template, err = s.request.template(); err != nil {
		return &TemplateError{err}
	}
	if s.parameters, err = s.request.parameters(s.location, s.given()); err != nil {
		return err
	}
	options := armtemplate.Options{Parameters: s.parameters, Name: s.request.deployment(), Scope: armtemplate.Scope{
		TenantID: s.request.Tenant, SubscriptionID: s.request.Subscription, ResourceGroup: s.request.ResourceGroup, Location: s.location,
	}}
	if kind := s.template.ScopeKind(); kind != armtemplate.ResourceGroup {
		return &TemplateError{fmt.Errorf("the template is for a %s: only those for a resource group can be deployed", kind)}
	}
	if err := s.checkNames(); err != nil {
		return err
	}
	if s.evaluated, err = s.template.Evaluate(ctx, options); err != nil {
		return &TemplateError{err}
	}
	s.fingerprint = fingerprint(s.template, s.evaluated, s.given())
	all, err := s.evaluated.Flatten(ctx)
	if err != nil {
		return &TemplateError{err}
	}
	s.resources = nil
	for _, r := range all {
		if r.Skipped || r.Existing || strings.EqualFold(r.Type, deploymentType) {
			continue
		}
		text, err := r.Body(ctx, nil)
		if err != nil {
			return &TemplateError{err}
		}
		one := &resource{kind: kindOf(r.Type), name: nameOf(r), id: r.ID, kindOfAzure: r.Type, version: r.APIVersion}
		if err := json.Unmarshal(text, &one.body); err != nil {
			return &TemplateError{err}
		}
		s.resources = append(s.resources, one)
	}
	return s.checkVaults()
}

const deploymentType = "Microsoft.Resources/deployments"

// checkVaults refuses a vault's name that is not legal, before anything is made: Azure itself says so in the middle of the
// deployment.
func (s *state) checkVaults() error {
	for _, r := range s.of(KindVault) {
		if unknown(r.name) {
			continue
		}
		if err := CheckKeyVault(r.name); err != nil {
			return err
		}
	}
	return nil
}

// checkAny refuses a template that makes nothing.
func (s *state) checkAny() error {
	switch {
	case len(s.resources) > 0:
		return nil
	case len(s.evaluated.Resources) == 0:
		return &TemplateError{errNoResources}
	}
	return &TemplateError{errNothing}
}

// unknown reports whether a text is an expression that only the deployment can evaluate.
func unknown(text string) bool { return strings.HasPrefix(text, "[") && !strings.HasPrefix(text, "[[") }

// of are the resources of a kind.
func (s *state) of(kind Kind) []*resource {
	var all []*resource
	for _, r := range s.resources {
		if r.kind == kind {
			all = append(all, r)
		}
	}
	return all
}

// given are the secrets of the request that have a value.
func (s *state) given() []Secret {
	return slices.DeleteFunc(slices.Clone(s.request.Secrets), func(one Secret) bool { return one.Value == "" })
}

// look asks for every resource of the template, and decides what has to be written.
func (b *Bootstrapper) look(ctx context.Context, s *state) error {
	for _, r := range s.resources {
		r.there, r.change, r.deleted, r.unseen = nil, "", false, false
	}
	if s.group == nil {
		s.record = nil
		return nil
	}
	for _, r := range s.parentsFirst() {
		if err := b.lookAt(ctx, s, r); err != nil {
			return err
		}
		if err := s.owns(r); err != nil {
			return err
		}
		r.change = s.change(r)
	}
	var err error
	if s.earlier, err = b.earlierWorker(ctx, s); err != nil {
		return err
	}
	if s.record, err = b.client.record(ctx, s.request.ResourceGroup, s.request.deployment()); err != nil {
		return err
	}
	return b.lookAtSecrets(ctx, s)
}

// parentsFirst are the resources in an order in which what is found out about one may rest on those before it: what is in or on
// another comes after that, and role assignments, whose names may follow from any resource, come last. A template may have
// them in any order.
func (s *state) parentsFirst() []*resource {
	rank := func(r *resource) int {
		if r.kind == KindAssignment {
			return math.MaxInt
		}
		return strings.Count(r.id, "/")
	}
	return slices.SortedStableFunc(slices.Values(s.resources), func(a, b *resource) int { return cmp.Compare(rank(a), rank(b)) })
}

// owns refuses a resource that has one of our names and is not of this environment.
func (s *state) owns(r *resource) error {
	if r.there == nil || !s.request.ours() || !topLevel(r.kindOfAzure) || r.kind == KindAssignment {
		return nil
	}
	switch tag := r.there.tags[TagEnvironment]; {
	case tag == s.request.NamePrefix:
		return nil
	case strings.EqualFold(tag, s.request.NamePrefix):
		return &ForeignError{Kind: r.kind, Name: r.name, Prefix: tag}
	}
	return &ForeignError{Kind: r.kind, Name: r.name}
}

// topLevel reports whether a type has no parent.
func topLevel(kind string) bool { return strings.Count(kind, "/") == 1 }

func (b *Bootstrapper) lookAt(ctx context.Context, s *state, r *resource) (err error) {
	if parent := s.parent(r); parent != nil && parent.there == nil {
		return nil
	}
	switch {
	case !unknown(lastSegment(r.id)) && !strings.Contains(r.id, "["):
		r.there, err = b.client.resource(ctx, r.id, r.version)
	case r.kind == KindAssignment:
		err = b.lookAtAssignment(ctx, s, r)
	}
	if e := azure.Explain(err); r.kind == KindAssignment && e != nil && e.Class == azure.ClassAuthorisation {
		r.unseen, err = true, nil
	}
	return err
}

// parent is the resource that another one is in, or is attached to.
func (s *state) parent(r *resource) *resource {
	for _, other := range s.resources {
		if other != r && strings.HasPrefix(strings.ToLower(r.id), strings.ToLower(other.id)+"/") {
			return other
		}
	}
	return nil
}

// principalOf finds the resource in [reference('ID', …).principalId].
var principalOf = regexp.MustCompile(`^\[reference\('([^']+)'.*\)\.principalId\]$`)

// lookAtAssignment looks for a role assignment whose name follows from a principal that is made by the same deployment.
func (b *Bootstrapper) lookAtAssignment(ctx context.Context, s *state, r *resource) error {
	properties, _ := r.body["properties"].(map[string]any)
	principal, _ := properties["principalId"].(string)
	role, _ := properties["roleDefinitionId"].(string)
	if m := principalOf.FindStringSubmatch(principal); m != nil {
		i := slices.IndexFunc(s.resources, func(one *resource) bool { return strings.EqualFold(one.id, m[1]) })
		if i < 0 {
			return nil
		}
		principal = s.resources[i].there.property("principalId")
	}
	if principal == "" || unknown(principal) || role == "" {
		return nil
	}
	scope, _, _ := strings.Cut(r.id, "/providers/Microsoft.Authorization/roleAssignments/")
	has, err := b.client.access.Assigned(ctx, access.Assignment{Scope: scope, Role: role, Principal: principal})
	if has {
		r.there = &found{id: r.id}
	}
	return err
}

// lookAtSecrets decides which secrets have to be written, and leaves only those in the parameters.
func (b *Bootstrapper) lookAtSecrets(ctx context.Context, s *state) error {
	if !s.request.ours() {
		return nil
	}
	var write []Secret
	for _, one := range s.given() {
		i := slices.IndexFunc(s.resources, func(r *resource) bool {
			return r.kind == KindSecret && strings.EqualFold(lastSegment(r.id), one.Name)
		})
		if i < 0 {
			return fmt.Errorf("the template has no place for secret %s", one.Name)
		}
		r, uri := s.resources[i], s.of(KindVault)[0].there.property("vaultUri")
		r.deleted = r.there == nil && b.client.hasDeleted(ctx, uri, one.Name)
		if r.deleted && one.IfAbsent {
			continue
		}
		if r.there != nil {
			if one.IfAbsent || one.Public && s.same() || b.client.holds(ctx, uri, one) {
				continue
			}
			r.change = "gets a new version"
		}
		write = append(write, one)
	}
	var err error
	if s.parameters, err = s.request.parameters(s.location, write); err != nil {
		return err
	}
	return s.addExisting()
}

// done reports whether the deployment has nothing to do. A record of it that is gone, or is about other parameters, says
// nothing about what the resources have in them. Without a worker that does not matter: our template writes nothing else that
// is there, so that a run with --no-worker leaves alone what one with a worker has made, and its record too.
func (s *state) done() bool {
	switch {
	case s.record == nil || s.record.state != succeeded:
		return false
	case !s.same() && (!s.request.ours() || s.worker() != ""):
		return false
	}
	if !s.request.ours() && slices.ContainsFunc(s.evaluated.Parameters(), func(p armtemplate.ParameterValue) bool { return p.Secure }) {
		return false // whether its secrets are those of the last time cannot be seen
	}
	return !slices.ContainsFunc(s.resources, func(r *resource) bool { return r.there == nil && !r.unseen || r.change != "" })
}

// same reports whether the last deployment succeeded, and was of the same template with the same parameters, as far as these
// are no secrets.
func (s *state) same() bool {
	return s.record != nil && s.record.state == succeeded && s.record.fingerprint == s.fingerprint
}

// any reports whether one of the resources is there.
func (s *state) any() bool {
	return slices.ContainsFunc(s.resources, func(r *resource) bool { return r.there != nil })
}

func (s *state) result() Result {
	result := Result{Outputs: s.outputs}
	for _, r := range s.resources {
		switch r.kind {
		case KindVault:
			result.KeyVault = cmp.Or(result.KeyVault, r.name)
			result.KeyVaultURI = cmp.Or(result.KeyVaultURI, r.there.property("vaultUri"))
		case KindIdentity:
			result.Identity = cmp.Or(result.Identity, r.id)
		case KindNetwork:
			result.Subnet = cmp.Or(result.Subnet, subnetOf(r))
		case KindSubnet:
			result.Subnet = cmp.Or(result.Subnet, r.id)
		case KindWorker:
			result.Worker = cmp.Or(result.Worker, r.name)
		}
	}
	return result
}

// subnetOf is the id of a network's first subnet; empty if it has none of its own.
func subnetOf(r *resource) string {
	properties, _ := r.body["properties"].(map[string]any)
	subnets, _ := properties["subnets"].([]any)
	if len(subnets) == 0 {
		return ""
	}
	first, _ := subnets[0].(map[string]any)
	name, _ := first["name"].(string)
	return r.id + "/subnets/" + name
}

// The templates that make nothing.
var (
	errNothing     = errors.New("the template makes nothing: all of its conditions are false")
	errNoResources = errors.New("the template has no resources")
)
