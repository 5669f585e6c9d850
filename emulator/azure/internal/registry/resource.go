package registry

import (
	"context"
	"maps"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
)

// The paths of Microsoft's API files.
const (
	providerPath = "/subscriptions/{subscriptionId}/providers/" + namespace
	groupPath    = "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/providers/" + namespace
	onePath      = groupPath + "/registries/{registryName}"
)

// pageSize is how many registries a page of a list holds. Azure's own is not known.
const pageSize = 100

func (s *Service) routes() {
	const get, put, patch, post, del = http.MethodGet, http.MethodPut, http.MethodPatch, http.MethodPost, http.MethodDelete
	for _, row := range []struct {
		id, method, path string
		handler          arm.Handler
	}{
		{"Registries_List", get, providerPath + "/registries", s.list},
		{"Registries_ListByResourceGroup", get, groupPath + "/registries", s.list},
		{"Registries_Get", get, onePath, s.get},
		{"Registries_Create", put, onePath, s.put},
		{"Registries_Update", patch, onePath, s.patch},
		{"Registries_Delete", del, onePath, s.delete},
		{"Registries_CheckNameAvailability", post, providerPath + "/checkNameAvailability", s.checkName},
		{"Registries_ListCredentials", post, onePath + "/listCredentials", s.listCredentials},
		{"Registries_RegenerateCredential", post, onePath + "/regenerateCredential", s.regenerateCredential},
	} {
		op := arm.Operation{ID: row.id, Method: row.method, Path: row.path}
		if row.id == "Registries_CheckNameAvailability" {
			op.Action = namespace + "/checkNameAvailability/read"
		}
		s.core.Handle(op, row.handler)
	}
	s.core.Handle(arm.Operation{ID: "Operations_List", Method: get, Path: "/providers/" + namespace + "/operations", TokenOnly: true}, listOperations)
}

func (s *Service) get(r *arm.Request) (*arm.Response, error) {
	stored, ok := s.core.Get(r.ResourceID())
	if !ok {
		return nil, arm.ResourceNotFound(r.ResourceID())
	}
	return &arm.Response{Body: s.view(stored, r.APIVersion)}, nil
}

// list serves the lists of the subscription and of a resource group.
func (s *Service) list(r *arm.Request) (*arm.Response, error) {
	all := s.core.List(arm.Filter{ResourceGroup: r.ResourceID().ResourceGroup, Type: registryType})
	page, err := arm.Paginate(r, all, pageSize, func(stored arm.Resource) string { return stored.ID.Key() })
	if err != nil {
		return nil, err
	}
	views := arm.List[*registryView]{Value: []*registryView{}, NextLink: page.NextLink}
	for _, stored := range page.Value {
		views.Value = append(views.Value, s.view(stored, r.APIVersion))
	}
	return &arm.Response{Body: views}, nil
}

// put makes a registry (201 with Azure-AsyncOperation) or replaces the settings of one (200).
func (s *Service) put(r *arm.Request) (*arm.Response, error) {
	var body registryBody
	if err := r.Decode(&body); err != nil {
		return nil, err
	}
	id := r.ResourceID()
	if err := checkName(id.Name()); err != nil {
		return nil, err
	}
	location, err := s.core.CheckLocation(body.Location, registryType)
	if err != nil {
		return nil, err
	}
	next, err := defaults(time.Now().UTC()).with(&body)
	if err != nil {
		return nil, err
	}
	next.changedBy = r.Principal.AppID
	s.mu.Lock()
	defer s.mu.Unlock()
	reg, taken := s.byName[strings.ToLower(id.Name())]
	if !taken {
		return s.create(r, arm.Resource{ID: id, Location: location, Tags: tagsOf(&body)}, next)
	}
	if reg.id.Key() != id.Key() {
		return nil, arm.Conflict("AlreadyInUse", "The registry DNS name %s is already in use. You can check if the name is already claimed using following API: https://docs.microsoft.com/en-us/rest/api/containerregistry/registries/checknameavailability", reg.loginServer)
	}
	stored, _ := s.core.Get(id)
	if stored.Location != location {
		return nil, arm.InvalidResourceLocation(id, stored.Location, body.Location)
	}
	stored.Tags = tagsOf(&body)
	return s.change(r, stored, next)
}

func tagsOf(body *registryBody) map[string]string {
	if body.Tags == nil {
		return nil
	}
	return *body.Tags
}

// create is called with mu held.
func (s *Service) create(r *arm.Request, res arm.Resource, first settings) (*arm.Response, error) {
	if err := arm.CheckTags(res.Tags); err != nil {
		return nil, err
	}
	reg := s.newRegistry(res.ID, r.Principal)
	reg.settings, reg.state = first, "Creating"
	res.Value, res.ProvisioningState = reg, reg.state
	if _, err := s.core.Put(res); err != nil {
		return nil, err
	}
	s.byName[strings.ToLower(res.ID.Name())] = reg
	stored, _ := s.core.Get(res.ID)
	view := s.view(stored, r.APIVersion)
	op := s.core.StartOperation(r, arm.OperationSpec{
		Style: arm.AzureAsync, Namespace: namespace, Location: res.Location, Running: "Creating",
		Work: func(_ context.Context, op *arm.AsyncOperation) error {
			end := arm.Succeeded
			if op.Forced != "" {
				end = op.Forced
			}
			s.settle(res.ID, reg, end)
			return nil
		},
	})
	return &arm.Response{Status: http.StatusCreated, Header: op.Header(), Body: view}, nil
}

func (s *Service) settle(id arm.ResourceID, reg *registry, state string) {
	reg.mu.Lock()
	reg.state = state
	reg.mu.Unlock()
	s.core.Update(id, func(stored *arm.Resource) {
		if stored.Value == any(reg) {
			stored.ProvisioningState = state
		}
	})
}

// change gives a registry other settings, and the tags of stored.
func (s *Service) change(r *arm.Request, stored arm.Resource, next settings) (*arm.Response, error) {
	if err := arm.CheckTags(stored.Tags); err != nil {
		return nil, err
	}
	reg := stored.Value.(*registry)
	reg.mu.Lock()
	if reg.state == arm.Failed { // what failed is made anew
		reg.state = arm.Succeeded
	}
	reg.settings = next
	state := reg.state
	reg.mu.Unlock()
	s.core.Update(stored.ID, func(there *arm.Resource) {
		there.Tags, there.ProvisioningState = maps.Clone(stored.Tags), state
	})
	now, ok := s.core.Get(stored.ID)
	if !ok {
		return nil, arm.ResourceNotFound(stored.ID)
	}
	return &arm.Response{Body: s.view(now, r.APIVersion)}, nil
}

// patch changes what it names and leaves the rest.
func (s *Service) patch(r *arm.Request) (*arm.Response, error) {
	var body registryBody
	if err := r.Decode(&body); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	stored, ok := s.core.Get(r.ResourceID())
	if !ok {
		return nil, arm.ResourceNotFound(r.ResourceID())
	}
	reg := stored.Value.(*registry)
	reg.mu.Lock()
	next := reg.settings
	reg.mu.Unlock()
	next.changed, next.changedBy = time.Now().UTC(), r.Principal.AppID
	next, err := next.with(&body)
	if err != nil {
		return nil, err
	}
	if body.Tags != nil {
		stored.Tags = *body.Tags
	}
	return s.change(r, stored, next)
}

// delete answers when the registry has gone.
func (s *Service) delete(r *arm.Request) (*arm.Response, error) {
	if !s.remove(r.ResourceID()) {
		return &arm.Response{Status: http.StatusNoContent}, nil
	}
	return &arm.Response{}, nil
}

// validName is Azure's rule for a registry's name
// (learn.microsoft.com, azure-resource-manager/management/resource-name-rules).
var validName = regexp.MustCompile(`^[a-zA-Z0-9]{5,50}$`)

const nameRule = "Registry names may contain alphanumeric characters only and must be between 5 and 50 characters."

func checkName(name string) error {
	if !validName.MatchString(name) {
		return arm.BadRequest("InvalidRegistryName", "The registry name '%s' is invalid. %s", name, nameRule)
	}
	return nil
}

// nameStatus is the answer of checkNameAvailability.
type nameStatus struct {
	AvailableLoginServerName string `json:"availableLoginServerName,omitempty"`
	NameAvailable            bool   `json:"nameAvailable"`
	Reason                   string `json:"reason,omitempty"`
	Message                  string `json:"message,omitempty"`
}

func (s *Service) checkName(r *arm.Request) (*arm.Response, error) {
	var body struct {
		Name string `json:"name"`
		Type string `json:"type"`
	}
	if err := r.Decode(&body); err != nil {
		return nil, err
	}
	if !strings.EqualFold(body.Type, registryType) {
		return nil, invalid("The value '%s' of the property 'type' is invalid. The value must be '%s'.", body.Type, registryType)
	}
	if !validName.MatchString(body.Name) {
		return &arm.Response{Body: nameStatus{Reason: "Invalid", Message: nameRule}}, nil
	}
	if _, taken := s.named(body.Name); taken {
		return &arm.Response{Body: nameStatus{Reason: "AlreadyExists", Message: "The registry " + body.Name + " is already in use."}}, nil
	}
	status := nameStatus{NameAvailable: true}
	if r.APIVersion >= "2024-11" { // earlier versions do not have it
		status.AvailableLoginServerName = strings.ToLower(body.Name) + Suffix
	}
	return &arm.Response{Body: status}, nil
}
