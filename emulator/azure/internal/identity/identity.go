// Package identity is the service Microsoft.ManagedIdentity: user-assigned identities, each with a principal in the
// directory, and a look at a resource's own identity. Call [Register]. Who holds an identity gets its tokens from
// package entra, which asks the directory.
package identity

import (
	"context"
	"net/http"
	"strings"
	"sync"

	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
	"github.com/pacific-aci/pacific/emulator/azure/internal/directory"
)

const (
	namespace    = "Microsoft.ManagedIdentity"
	identityType = namespace + "/userAssignedIdentities"
)

// apiVersions are Azure's, newest first.
var apiVersions = []string{
	"2025-05-31-preview", "2025-01-31-preview", "2024-11-30", "2023-07-31-preview", "2023-01-31", "2022-01-31-preview", "2021-09-30-preview", "2018-11-30", "2015-08-31-preview",
}

type service struct {
	core *arm.Core
	// mu keeps an identity and its principal together: nobody sees one without the other.
	mu sync.RWMutex
}

// Register adds managed identities to the core.
func Register(core *arm.Core) {
	s := &service{core: core}
	core.AddType(arm.ResourceType{Type: identityType, APIVersions: apiVersions, Delete: s.deleteResource, Purge: s.purge})
	core.AddType(arm.ResourceType{Type: namespace + "/identities", APIVersions: apiVersions, Global: true})
	const sub, group = "/subscriptions/{subscriptionId}", "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}"
	const in = "/providers/" + identityType
	const one = group + in + "/{resourceName}"
	for _, row := range []struct {
		id, method, path string
		handler          arm.Handler
	}{
		{"UserAssignedIdentities_ListBySubscription", http.MethodGet, sub + in, s.list},
		{"UserAssignedIdentities_ListByResourceGroup", http.MethodGet, group + in, s.list},
		{"UserAssignedIdentities_Get", http.MethodGet, one, s.get},
		{"UserAssignedIdentities_CreateOrUpdate", http.MethodPut, one, s.put},
		{"UserAssignedIdentities_Update", http.MethodPatch, one, s.patch},
		{"UserAssignedIdentities_Delete", http.MethodDelete, one, s.delete},
		{"SystemAssignedIdentities_GetByScope", http.MethodGet, "/{scope}/providers/" + namespace + "/identities/default", s.systemAssigned},
		{"FederatedIdentityCredentials_List", http.MethodGet, one + "/federatedIdentityCredentials", noFederation},
		{"FederatedIdentityCredentials_Get", http.MethodGet, one + "/federatedIdentityCredentials/{federatedIdentityCredentialResourceName}", noFederation},
		{"FederatedIdentityCredentials_CreateOrUpdate", http.MethodPut, one + "/federatedIdentityCredentials/{federatedIdentityCredentialResourceName}", noFederation},
		{"FederatedIdentityCredentials_Delete", http.MethodDelete, one + "/federatedIdentityCredentials/{federatedIdentityCredentialResourceName}", noFederation},
	} {
		core.Handle(arm.Operation{ID: row.id, Method: row.method, Path: row.path}, row.handler)
	}
}

func noFederation(*arm.Request) (*arm.Response, error) {
	return nil, arm.NotYet("Federated credentials of managed identities: the local Azure does not do that yet.")
}

// body is what a client may say of an identity. Tags are a pointer, because a PATCH without tags keeps them.
type body struct {
	Location   string             `json:"location"`
	Tags       *map[string]string `json:"tags"`
	Properties struct {
		IsolationScope string `json:"isolationScope"`
	} `json:"properties"`
}

// view is an identity on the wire.
type view struct {
	ID         string            `json:"id"`
	Name       string            `json:"name"`
	Type       string            `json:"type"`
	Location   string            `json:"location"`
	Tags       map[string]string `json:"tags"`
	Properties properties        `json:"properties"`
}

type properties struct {
	TenantID       string `json:"tenantId"`
	PrincipalID    string `json:"principalId"`
	ClientID       string `json:"clientId"`
	IsolationScope string `json:"isolationScope,omitempty"`
}

// value is what the service keeps with an identity in the store.
type value struct{ isolationScope string }

func (s *service) view(r arm.Resource) view {
	p, _ := s.core.Directory.Identity(r.ID.String())
	v := view{ID: r.ID.String(), Name: r.Name, Type: identityType, Location: r.Location, Tags: r.Tags, Properties: s.properties(p)}
	v.Properties.IsolationScope = r.Value.(value).isolationScope
	if v.Tags == nil {
		v.Tags = map[string]string{}
	}
	return v
}

func (s *service) properties(p directory.Principal) properties {
	return properties{TenantID: s.core.TenantID(), PrincipalID: p.ID, ClientID: p.AppID}
}

// put creates an identity (201) or changes the tags of one (200).
func (s *service) put(r *arm.Request) (*arm.Response, error) {
	var b body
	if err := r.Decode(&b); err != nil {
		return nil, err
	}
	id := r.ResourceID()
	if err := checkName(id.Name()); err != nil {
		return nil, err
	}
	location, err := s.core.CheckLocation(b.Location, identityType)
	if err != nil {
		return nil, err
	}
	if old, ok := s.core.Get(id); ok && old.Location != location {
		return nil, arm.InvalidResourceLocation(id, old.Location, b.Location)
	}
	next := arm.Resource{ID: id, Location: location, Value: value{b.Properties.IsolationScope}}
	if b.Tags != nil {
		next.Tags = *b.Tags
	}
	if err := arm.CheckTags(next.Tags); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	created, err := s.core.Put(next)
	if err != nil {
		return nil, err
	}
	s.core.Directory.AddIdentity(id.String(), id.Name(), true)
	status := http.StatusOK
	if created {
		status = http.StatusCreated
	}
	stored, _ := s.core.Get(id)
	return &arm.Response{Status: status, Body: s.view(stored)}, nil
}

func (s *service) get(r *arm.Request) (*arm.Response, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	stored, ok := s.core.Get(r.ResourceID())
	if !ok {
		return nil, arm.ResourceNotFound(r.ResourceID())
	}
	return &arm.Response{Body: s.view(stored)}, nil
}

// patch replaces the tags; nothing else of an identity can change.
func (s *service) patch(r *arm.Request) (*arm.Response, error) {
	var b body
	if err := r.Decode(&b); err != nil {
		return nil, err
	}
	if b.Tags != nil {
		if err := arm.CheckTags(*b.Tags); err != nil {
			return nil, err
		}
		s.core.Update(r.ResourceID(), func(stored *arm.Resource) { stored.Tags = *b.Tags })
	}
	return s.get(r)
}

// delete answers 200, or 204 where there was none.
func (s *service) delete(r *arm.Request) (*arm.Response, error) {
	if !s.remove(r.ResourceID()) {
		return &arm.Response{Status: http.StatusNoContent}, nil
	}
	return nil, nil
}

// remove takes an identity and its principal away, and reports whether it was there.
func (s *service) remove(id arm.ResourceID) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	there := s.core.Delete(id)
	s.core.Directory.DeleteIdentity(id.String())
	return there
}

func (s *service) deleteResource(_ context.Context, id arm.ResourceID) error {
	s.remove(id)
	return nil
}

// purge waits for a request that is making an identity: after it, none can be made until the reset is done, and store and
// directory are emptied together.
func (s *service) purge(context.Context) {
	s.mu.Lock()
	defer s.mu.Unlock()
}

func (s *service) list(r *arm.Request) (*arm.Response, error) {
	views := []view{}
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, stored := range s.core.List(arm.Filter{Subscription: s.core.SubscriptionID(), ResourceGroup: r.Params["resourceGroupName"], Type: identityType}) {
		views = append(views, s.view(stored))
	}
	page, err := arm.Paginate(r, views, 1000, func(v view) string { return strings.ToLower(v.ID) })
	if err != nil {
		return nil, err
	}
	return &arm.Response{Body: page}, nil
}

// systemAssigned shows the identity that a resource has of its own.
func (s *service) systemAssigned(r *arm.Request) (*arm.Response, error) {
	scope := r.ResourceID().Scope()
	p, ok := s.core.Directory.Identity(scope.String())
	if !ok || p.UserAssigned {
		return nil, arm.ResourceNotFound(r.ResourceID())
	}
	stored, _ := s.core.Get(scope)
	v := view{ID: r.ResourceID().String(), Name: "default", Type: namespace + "/identities", Location: stored.Location, Tags: stored.Tags, Properties: s.properties(p)}
	if v.Tags == nil {
		v.Tags = map[string]string{}
	}
	return &arm.Response{Body: v}, nil
}

// checkName holds Azure's rule: 3 to 128 letters, digits, hyphens and underscores, the first a letter or digit
// (learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules).
func checkName(name string) error {
	invalid := strings.ContainsFunc(name, func(c rune) bool { return !alphanumeric(c) && c != '-' && c != '_' })
	if invalid || len(name) < 3 || len(name) > 128 || !alphanumeric(rune(name[0])) {
		return arm.BadRequest("InvalidResourceName",
			"The name '%s' of the identity is invalid: it must have 3 to 128 letters, digits, '-' and '_', and begin with a letter or digit.", name)
	}
	return nil
}

func alphanumeric(c rune) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}
