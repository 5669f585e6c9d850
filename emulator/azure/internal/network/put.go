package network

import (
	"context"
	"net/http"
	"regexp"
	"strings"

	"github.com/google/uuid"

	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
)

// putter makes the handler that creates or replaces a resource of a kind that is in a resource group.
func putter[P any, D interface {
	*P
	definition
}](s *service) arm.Handler {
	return func(r *arm.Request) (*arm.Response, error) {
		var h head
		if err := r.Decode(&h); err != nil {
			return nil, err
		}
		var body struct{ Properties P }
		if err := r.Decode(&body); err != nil {
			return nil, err
		}
		return s.put(r, &h, D(&body.Properties))
	}
}

// put creates a resource (201) or replaces one (200). Azure-AsyncOperation tells when that is done.
func (s *service) put(r *arm.Request, h *head, def definition) (*arm.Response, error) {
	id := r.ResourceID()
	location, err := s.core.CheckLocation(h.Location, id.Type())
	if err != nil {
		return nil, err
	}
	if h.ExtendedLocation != nil {
		return nil, arm.NotYet("Extended locations: the local Azure has no edge zones.")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if old, ok := s.core.Get(id); ok && old.Location != location {
		return nil, arm.InvalidResourceLocation(id, old.Location, h.Location)
	}
	res := arm.Resource{ID: id, Location: location}
	if h.Tags != nil {
		res.Tags = *h.Tags
	}
	if err := arm.CheckTags(res.Tags); err != nil {
		return nil, err
	}
	return s.store(r, res, &item{sku: h.SKU, zones: h.Zones, def: def})
}

// store stores a resource and begins the operation that the client waits for. Call it with mu held.
func (s *service) store(r *arm.Request, res arm.Resource, next *item) (*arm.Response, error) {
	if err := checkName(res.ID); err != nil {
		return nil, err
	}
	if err := s.checkDeleting(res.ID); err != nil {
		return nil, err
	}
	c := &change{r: r, id: res.ID, location: s.region(res.ID), next: next}
	if res.Location != "" {
		c.location = res.Location
	}
	next.etag, next.guid, next.state = newEtag(), uuid.NewString(), updating
	if old, ok := s.core.Get(res.ID); ok {
		c.old = old.Value.(*item)
		next.guid = c.old.guid
	}
	if err := checkEtag(r, c.old); err != nil {
		return nil, err
	}
	keep, err := next.def.accept(s, c)
	if err != nil {
		return nil, err
	}
	res.ProvisioningState, res.Value = next.state, next
	if _, err := s.core.Put(res); err != nil {
		return nil, err
	}
	changed := []arm.ResourceID{res.ID}
	if keep != nil {
		below, err := keep()
		if err != nil {
			return nil, err
		}
		changed = append(changed, below...)
	}
	stored, _ := s.core.Get(res.ID)
	body := s.view(stored)
	op := s.core.StartOperation(r, arm.OperationSpec{
		Namespace: namespace, Location: c.location,
		Work: func(_ context.Context, op *arm.AsyncOperation) error {
			state := arm.Succeeded
			if op.Forced != "" {
				state = op.Forced
			}
			s.settle(updating, state, changed...)
			return nil
		},
	})
	status := http.StatusOK
	if c.old == nil {
		status = http.StatusCreated
	}
	return &arm.Response{Status: status, Header: op.Header(), Body: body}, nil
}

// checkEtag holds a request to the version that it names with If-Match.
func checkEtag(r *arm.Request, old *item) error {
	want := r.Header.Get("If-Match")
	if want == "" || want == "*" || old != nil && want == old.etag {
		return nil
	}
	return arm.Errorf(http.StatusPreconditionFailed, "PreconditionFailed", "Precondition failed.")
}

// validName is the rule for the names of nearly all resources of this service
// (learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules).
var validName = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9_])?$`)

func checkName(id arm.ResourceID) error {
	least, most := 1, 80
	if id.Type() == networkType {
		least, most = 2, 64
	}
	if name := id.Name(); !validName.MatchString(name) || len(name) < least || len(name) > most {
		return arm.BadRequest("InvalidResourceName",
			"Resource name %s is invalid. The name must have %d to %d characters. It must begin with a letter or digit, and end with a letter, digit or '_'. It may contain letters, digits, '.', '-' and '_'.",
			name, least, most)
	}
	return nil
}

// refer checks that what a resource refers to exists in its region, is of the type, and may be joined by the caller, and
// spells the reference as its creator did. A nil reference is fine.
func (s *service) refer(c *change, ref *reference, kind string) error {
	if ref == nil {
		return nil
	}
	id, err := arm.ParseResourceID(ref.ID)
	if err != nil || !strings.EqualFold(id.Type(), kind) {
		return arm.BadRequest("InvalidRequestFormat", "Cannot parse the request: '%s' is not the id of a resource of type '%s'.", ref.ID, kind)
	}
	if err := s.core.Linked(c.r, kind+"/join/action", id); err != nil {
		return err
	}
	res, ok := s.core.Get(id)
	if !ok || res.Location != "" && c.location != "" && !strings.EqualFold(res.Location, c.location) {
		return arm.BadRequest("InvalidResourceReference",
			"Resource %s referenced by resource %s was not found. Please make sure that the referenced resource exists, and that both resources are in the same region.", id, c.id)
	}
	ref.ID = res.ID.String()
	return nil
}

func (s *service) referAll(c *change, refs []reference, kind string) error {
	for i := range refs {
		if err := s.refer(c, &refs[i], kind); err != nil {
			return err
		}
	}
	return nil
}

// same reports whether a reference is to a resource.
func (ref *reference) same(id arm.ResourceID) bool {
	return ref != nil && strings.EqualFold(ref.ID, id.String())
}

// referrers are the resources of a type whose definition satisfies uses, as references.
func (s *service) referrers(kind string, uses func(definition) bool) []reference {
	var refs []reference
	for _, res := range s.core.List(arm.Filter{Subscription: s.core.SubscriptionID(), Type: kind}) {
		if it, ok := res.Value.(*item); ok && uses(it.def) {
			refs = append(refs, reference{res.ID.String()})
		}
	}
	return refs
}

// oneOf finds a value among those allowed, in any case, and returns it as Azure spells it; an empty value is the first.
func oneOf(c *change, name, value string, allowed ...string) (string, error) {
	if value == "" {
		return allowed[0], nil
	}
	if word, ok := arm.OneOf(value, allowed...); ok {
		return word, nil
	}
	return "", arm.BadRequest("InvalidRequestFormat", "Cannot parse the request: the value '%s' of '%s' of resource %s is not one of %s.", value, name, c.id, strings.Join(allowed, ", "))
}
