package storage

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
	"github.com/pacific-aci/pacific/emulator/azure/internal/storage/share"
)

// accountBody is what a client may say of an account. Pointers tell what it does not speak of from what it turns off.
type accountBody struct {
	Location         string             `json:"location"`
	Tags             *map[string]string `json:"tags"`
	Kind             string             `json:"kind"`
	SKU              *skuView           `json:"sku"`
	Identity         *identityBody      `json:"identity"`
	ExtendedLocation any                `json:"extendedLocation"`
	Properties       map[string]any     `json:"properties"`
}

type skuView struct {
	Name string `json:"name"`
	Tier string `json:"tier"`
}

type identityBody struct {
	PrincipalID            string         `json:"principalId,omitempty"`
	TenantID               string         `json:"tenantId,omitempty"`
	Type                   string         `json:"type"`
	UserAssignedIdentities map[string]any `json:"userAssignedIdentities,omitempty"`
}

// accountView is an account on the wire.
type accountView struct {
	SKU        skuView           `json:"sku"`
	Kind       string            `json:"kind"`
	ID         string            `json:"id"`
	Name       string            `json:"name"`
	Type       string            `json:"type"`
	Location   string            `json:"location"`
	Tags       map[string]string `json:"tags"`
	Identity   *identityBody     `json:"identity,omitempty"`
	Properties map[string]any    `json:"properties"`
}

// The values that Azure has (learn.microsoft.com/rest/api/storagerp/storage-accounts/create).
var (
	kinds = []string{"Storage", "StorageV2", "BlobStorage", "FileStorage", "BlockBlobStorage"}
	skus  = []string{
		"Standard_LRS", "Standard_GRS", "Standard_RAGRS", "Standard_ZRS", "Premium_LRS", "Premium_ZRS", "Standard_GZRS", "Standard_RAGZRS",
		"StandardV2_LRS", "StandardV2_GRS", "StandardV2_ZRS", "StandardV2_GZRS", "PremiumV2_LRS", "PremiumV2_ZRS",
	}
	tiers = []string{"Hot", "Cool", "Cold", "Premium"}
	// readOnly are the properties that only Azure says.
	readOnly = []string{
		"keyCreationTime", "privateEndpointConnections", "provisioningState", "creationTime", "primaryEndpoints", "primaryLocation", "statusOfPrimary",
		"secondaryEndpoints", "secondaryLocation", "statusOfSecondary", "lastGeoFailoverTime", "failoverInProgress", "geoReplicationStats", "blobRestoreStatus",
	}
)

// put accepts a new account with 202, as Azure does, or changes one (200).
func (s *service) put(r *arm.Request) (*arm.Response, error) {
	var body accountBody
	if err := r.Decode(&body); err != nil {
		return nil, err
	}
	id := r.ResourceID()
	if err := checkName(id.Name()); err != nil {
		return nil, err
	}
	location, err := s.core.CheckLocation(body.Location, accountType)
	if err != nil {
		return nil, err
	}
	if body.ExtendedLocation != nil {
		return nil, arm.NotYet("Extended locations: the local Azure has no edge zones.")
	}
	switch {
	case body.SKU == nil:
		return nil, invalidValue("sku")
	case body.Kind == "" && r.APIVersion >= "2016":
		return nil, invalidValue("kind")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if there, ok := s.byName[id.Name()]; ok {
		switch {
		case there.Key() == id.Key():
		case there.ResourceGroup != id.ResourceGroup:
			return nil, arm.Conflict("StorageAccountInAnotherResourceGroup", "The account %s is already in another resource group in this subscription.", id.Name())
		default:
			return nil, taken(id.Name())
		}
		return s.change(r, &body, location)
	}
	return s.create(r, &body, location)
}

// create is called with mu held.
func (s *service) create(r *arm.Request, body *accountBody, location string) (*arm.Response, error) {
	id := r.ResourceID()
	res := arm.Resource{ID: id, Location: location, ProvisioningState: "Creating"}
	if body.Tags != nil {
		res.Tags = *body.Tags
	}
	if err := arm.CheckTags(res.Tags); err != nil {
		return nil, err
	}
	a := &account{
		kind: "Storage", state: "Creating", created: time.Now().UTC(), settings: map[string]any{}, keys: [2]key{newKey(), newKey()},
		blobs: s.blobs.NewStore(id), shares: share.NewStore(s.folder),
	}
	if err := a.with(body); err != nil {
		return nil, err
	}
	res.Value = a
	if _, err := s.core.Put(res); err != nil {
		return nil, err
	}
	s.byName[id.Name()] = id
	s.keepIdentity(id, a)
	res, _ = s.core.Get(id)
	done := *a
	done.state = arm.Succeeded
	res.Value = &done
	op := s.core.StartOperation(r, arm.OperationSpec{
		Style: arm.Location, Namespace: namespace, Location: location, Final: &arm.Response{Body: s.view(res)},
		Work: func(_ context.Context, op *arm.AsyncOperation) error {
			state := arm.Succeeded
			if op.Forced != "" {
				state = op.Forced
			}
			s.settle(id, state)
			return nil
		},
	})
	return &arm.Response{Status: http.StatusAccepted, Header: op.Header()}, nil
}

// settle ends the creation of an account that is still there.
func (s *service) settle(id arm.ResourceID, state string) {
	s.core.Update(id, func(stored *arm.Resource) {
		next := *stored.Value.(*account)
		next.state = state
		stored.ProvisioningState, stored.Value = state, &next
	})
}

// change changes what a request speaks of. It is called with mu held; location is empty for a PATCH.
func (s *service) change(r *arm.Request, body *accountBody, location string) (*arm.Response, error) {
	res, a, err := s.find(r)
	if err != nil {
		return nil, err
	}
	if location != "" && res.Location != location {
		return nil, arm.InvalidResourceLocation(res.ID, res.Location, body.Location)
	}
	next := *a
	next.settings = maps.Clone(a.settings)
	if err := next.with(body); err != nil {
		return nil, err
	}
	if body.Tags != nil {
		if err := arm.CheckTags(*body.Tags); err != nil {
			return nil, err
		}
		res.Tags = *body.Tags
	}
	s.core.Update(res.ID, func(stored *arm.Resource) { stored.Tags, stored.Value = maps.Clone(res.Tags), &next })
	s.keepIdentity(res.ID, &next)
	now, _ := s.core.Get(res.ID)
	return &arm.Response{Body: s.view(now)}, nil
}

func (s *service) patch(r *arm.Request) (*arm.Response, error) {
	var body accountBody
	if err := r.Decode(&body); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.change(r, &body, "")
}

// with lays what a client says over an account.
func (a *account) with(body *accountBody) error {
	words := func(name, value string, into *string, allowed []string) error {
		if value == "" {
			return nil
		}
		i := slices.IndexFunc(allowed, func(word string) bool { return strings.EqualFold(word, value) })
		if i < 0 {
			return invalidValue(name)
		}
		*into = allowed[i]
		return nil
	}
	if err := words("kind", body.Kind, &a.kind, kinds); err != nil {
		return err
	}
	if body.SKU != nil {
		if err := words("sku", body.SKU.Name, &a.sku, skus); err != nil {
			return err
		}
		if body.SKU.Name == "" {
			return invalidValue("sku")
		}
	}
	if body.Identity != nil {
		a.identity = body.Identity
		if strings.EqualFold(body.Identity.Type, "None") {
			a.identity = nil
		}
	}
	for _, name := range slices.Sorted(maps.Keys(body.Properties)) {
		value := body.Properties[name]
		same := func(other string) bool { return strings.EqualFold(name, other) }
		if slices.ContainsFunc(readOnly, same) {
			continue
		}
		if same("accessTier") {
			text, ok := value.(string)
			if !ok && value != nil {
				return invalidValue("accessTier")
			}
			tier := ""
			if err := words("accessTier", text, &tier, tiers); err != nil {
				return err
			}
			value = tier
		}
		maps.DeleteFunc(a.settings, func(old string, _ any) bool { return strings.EqualFold(old, name) })
		if value != nil && value != "" {
			a.settings[name] = value
		}
	}
	return nil
}

// keepIdentity gives an account its own principal if it wants one, and takes it away otherwise.
func (s *service) keepIdentity(id arm.ResourceID, a *account) {
	if a.identity != nil && strings.Contains(strings.ToLower(a.identity.Type), "systemassigned") {
		s.core.Directory.AddIdentity(id.String(), id.Name(), false)
		return
	}
	s.core.Directory.DeleteIdentity(id.String())
}
