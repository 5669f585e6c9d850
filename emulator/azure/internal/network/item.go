package network

import (
	"context"
	"maps"
	"net/http"
	"strings"

	"github.com/google/uuid"

	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
)

// The provisioning states of this service's resources.
const (
	updating = "Updating"
	deleting = "Deleting"
)

// A definition is the properties of one kind of resource: as sent, with defaults filled in and without what only Azure
// says. The methods are called with the service's mu held.
type definition interface {
	// accept checks a change and fills in defaults. keep, which may be nil, stores what lies below the resource, once that
	// is stored itself, and returns the ids of what it stored.
	accept(s *service, c *change) (keep func() ([]arm.ResourceID, error), err error)
	// show is the properties as replies have them.
	show(s *service, id arm.ResourceID, it *item) any
	// release is asked before the resource goes, with what lies below it; its error says who still needs it. With act it
	// also takes the resource out of what knows of it.
	release(s *service, id arm.ResourceID, act bool) error
}

// An item is what the service keeps with a resource in the core's store. It is replaced and never changed.
type item struct {
	etag, guid, state string
	sku               *sku
	zones             []string
	def               definition
}

// head is what all kinds have in common.
type head struct {
	Location         string             `json:"location"`
	Tags             *map[string]string `json:"tags"`
	SKU              *sku               `json:"sku"`
	Zones            []string           `json:"zones"`
	ExtendedLocation any                `json:"extendedLocation"`
}

type sku struct {
	Name string `json:"name,omitempty"`
	Tier string `json:"tier,omitempty"`
}

// view is a resource on the wire. Children have neither location nor tags.
type view struct {
	Name       string            `json:"name"`
	ID         string            `json:"id"`
	Etag       string            `json:"etag"`
	Type       string            `json:"type"`
	Location   string            `json:"location,omitempty"`
	Tags       map[string]string `json:"tags,omitzero"`
	Zones      []string          `json:"zones,omitempty"`
	SKU        *sku              `json:"sku,omitempty"`
	Properties any               `json:"properties"`
}

// reference names another resource.
type reference struct {
	ID string `json:"id"`
}

// change is a resource as somebody wants it.
type change struct {
	r        *arm.Request
	id       arm.ResourceID
	location string
	next     *item
	// old is what is there; nil if the resource is new.
	old *item
}

func (s *service) view(res arm.Resource) view {
	it := res.Value.(*item)
	return view{
		Name: res.Name, ID: res.ID.String(), Etag: it.etag, Type: res.Type, Location: res.Location, Tags: res.Tags,
		Zones: it.zones, SKU: it.sku, Properties: it.def.show(s, res.ID, it),
	}
}

func newEtag() string { return `W/"` + uuid.NewString() + `"` }

// find is the resource of a request's path, or ARM's 404. Call it with mu held.
func (s *service) find(r *arm.Request) (arm.Resource, error) {
	res, ok := s.core.Get(r.ResourceID())
	if !ok {
		return arm.Resource{}, s.notFound(r.ResourceID())
	}
	return res, nil
}

// notFound is ARM's 404 for a resource or for a child's missing parent, or the service's own for a child.
func (s *service) notFound(id arm.ResourceID) error {
	if len(id.Types) > 1 {
		if _, ok := s.core.Get(id.Root()); !ok {
			return arm.ResourceNotFound(id.Root())
		}
		return arm.NotFound("NotFound", "Resource %s not found.", id)
	}
	return arm.ResourceNotFound(id)
}

func (s *service) get(r *arm.Request) (*arm.Response, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	res, err := s.find(r)
	if err != nil {
		return nil, err
	}
	v := s.view(res)
	header := http.Header{"Etag": {v.Etag}}
	if res.ProvisioningState == updating || res.ProvisioningState == deleting {
		s.core.RetryAfter(header)
	}
	return &arm.Response{Header: header, Body: v}, nil
}

// list serves the lists of the subscription and of a resource group.
func (s *service) list(kind string) arm.Handler {
	return func(r *arm.Request) (*arm.Response, error) {
		return s.page(r, arm.Filter{Subscription: s.core.SubscriptionID(), ResourceGroup: r.Params["resourceGroupName"], Type: kind}, arm.ResourceID{})
	}
}

func (s *service) listChildren(kind string) arm.Handler {
	return func(r *arm.Request) (*arm.Response, error) {
		parent := r.ResourceID()
		if _, ok := s.core.Get(parent); !ok {
			return nil, arm.ResourceNotFound(parent)
		}
		return s.page(r, arm.Filter{Subscription: s.core.SubscriptionID(), ResourceGroup: parent.ResourceGroup, Type: kind}, parent)
	}
}

func (s *service) page(r *arm.Request, f arm.Filter, below arm.ResourceID) (*arm.Response, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	views := []view{}
	for _, res := range s.core.List(f) {
		if below.Namespace == "" || res.ID.Within(below) {
			views = append(views, s.view(res))
		}
	}
	page, err := arm.Paginate(r, views, 1000, func(v view) string { return strings.ToLower(v.ID) })
	if err != nil {
		return nil, err
	}
	return &arm.Response{Body: page}, nil
}

// patch replaces the tags; nothing else of a resource can be changed so.
func (s *service) patch(r *arm.Request) (*arm.Response, error) {
	var body struct {
		Tags map[string]string `json:"tags"`
	}
	if err := r.Decode(&body); err != nil {
		return nil, err
	}
	if err := arm.CheckTags(body.Tags); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	res, err := s.find(r)
	if err != nil {
		return nil, err
	}
	if err := s.checkDeleting(res.ID); err != nil {
		return nil, err
	}
	if body.Tags != nil {
		s.core.Update(res.ID, func(stored *arm.Resource) {
			it := *stored.Value.(*item)
			it.etag = newEtag()
			stored.Tags, stored.Value = maps.Clone(body.Tags), &it
		})
	}
	now, _ := s.core.Get(res.ID)
	return &arm.Response{Body: s.view(now)}, nil
}

// delete accepts with 202, or answers 204 where there is nothing. What is in use is refused at once.
func (s *service) delete(r *arm.Request) (*arm.Response, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	res, ok := s.core.Get(r.ResourceID())
	if !ok {
		return &arm.Response{Status: http.StatusNoContent}, nil
	}
	it := res.Value.(*item)
	if err := checkEtag(r, it); err != nil {
		return nil, err
	}
	if err := it.def.release(s, res.ID, false); err != nil {
		return nil, err
	}
	s.settle(res.ProvisioningState, deleting, res.ID)
	op := s.core.StartOperation(r, arm.OperationSpec{
		Style: arm.Location, Namespace: namespace, Location: s.region(res.ID),
		Work: func(_ context.Context, op *arm.AsyncOperation) error {
			if op.Forced != "" && op.Forced != arm.Succeeded {
				s.settle(deleting, op.Forced, res.ID)
				return nil
			}
			return s.endDelete(res.ID)
		},
	})
	return &arm.Response{Status: http.StatusAccepted, Header: op.Header()}, nil
}

// region is where a resource is: its own location, or its parent's.
func (s *service) region(id arm.ResourceID) string {
	for id, ok := id, true; ok; id, ok = id.Parent() {
		if res, there := s.core.Get(id); there && res.Location != "" {
			return res.Location
		}
	}
	return ""
}

// checkDeleting refuses to change what is being deleted, alone or with what it is part of, or a part of which is.
func (s *service) checkDeleting(id arm.ResourceID) error {
	list := s.below(id, "")
	for at, ok := id, true; ok; at, ok = at.Parent() {
		if res, there := s.core.Get(at); there {
			list = append(list, res)
		}
	}
	for _, res := range list {
		if res.ProvisioningState == deleting {
			return arm.Conflict("AnotherOperationInProgress", "Another operation on this or dependent resource is in progress: %s is being deleted.", res.ID)
		}
	}
	return nil
}

// settle gives resources that are there another state. The end of an update, whose resources were in another state before
// than deleting, leaves alone those that are being deleted by now; the end of a deletion changes no others.
func (s *service) settle(before, state string, ids ...arm.ResourceID) {
	for _, id := range ids {
		s.core.Update(id, func(stored *arm.Resource) {
			it := *stored.Value.(*item)
			if (it.state == deleting) != (before == deleting) {
				return
			}
			it.state = state
			stored.ProvisioningState, stored.Value = state, &it
		})
	}
}

// endDelete removes a resource that is still being deleted, and not one of the same name that was made after it.
func (s *service) endDelete(id arm.ResourceID) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if res, ok := s.core.Get(id); !ok || res.ProvisioningState != deleting {
		return nil
	}
	err := s.removeLocked(id)
	if err != nil { // somebody came to need it meanwhile
		s.settle(deleting, arm.Succeeded, id)
	}
	return err
}

// remove takes a resource and what lies below it away, unless it is in use.
func (s *service) remove(id arm.ResourceID) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.removeLocked(id)
}

// removeLocked is remove with mu held.
func (s *service) removeLocked(id arm.ResourceID) error {
	res, ok := s.core.Get(id)
	if !ok {
		return nil
	}
	if err := res.Value.(*item).def.release(s, id, true); err != nil {
		return err
	}
	for _, below := range s.below(id, "") {
		s.core.Delete(below.ID)
	}
	s.core.Delete(id)
	return nil
}

func (s *service) deleteResource(_ context.Context, id arm.ResourceID) error { return s.remove(id) }

// below are the children of a resource, of one type or all, sorted by id.
func (s *service) below(id arm.ResourceID, kind string) []arm.Resource {
	var list []arm.Resource
	for _, res := range s.core.List(arm.Filter{Subscription: id.Subscription, ResourceGroup: id.ResourceGroup, Type: kind}) {
		if _, ours := res.Value.(*item); ours && res.ID.Within(id) && res.ID.Key() != id.Key() {
			list = append(list, res)
		}
	}
	return list
}
