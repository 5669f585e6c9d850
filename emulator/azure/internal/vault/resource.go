package vault

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
	onePath      = groupPath + "/vaults/{vaultName}"
	deletedPath  = providerPath + "/locations/{location}/deletedVaults/{vaultName}"
	secretPath   = onePath + "/secrets/{secretName}"
)

// pageSize is how many items a page of a list of Azure Resource Manager holds.
const pageSize = 100

func (s *Service) routes() {
	const get, put, patch, post, del = http.MethodGet, http.MethodPut, http.MethodPatch, http.MethodPost, http.MethodDelete
	for _, row := range []struct {
		id, method, path string
		handler          arm.Handler
	}{
		{"Vaults_ListBySubscription", get, providerPath + "/vaults", s.list},
		{"Vaults_ListByResourceGroup", get, groupPath + "/vaults", s.list},
		{"Vaults_Get", get, onePath, s.get},
		{"Vaults_CreateOrUpdate", put, onePath, s.put},
		{"Vaults_Update", patch, onePath, s.patch},
		{"Vaults_Delete", del, onePath, s.delete},
		{"Vaults_UpdateAccessPolicy", put, onePath + "/accessPolicies/{operationKind}", s.changePolicies},
		{"Vaults_Deploy", post, onePath + "/deploy", s.deploy},
		{"Vaults_ListDeleted", get, providerPath + "/deletedVaults", s.listDeleted},
		{"Vaults_GetDeleted", get, deletedPath, s.getDeleted},
		{"Vaults_PurgeDeleted", post, deletedPath + "/purge", s.purge},
		{"Vaults_CheckNameAvailability", post, providerPath + "/checkNameAvailability", s.checkNameAvailability},
		{"Secrets_List", get, onePath + "/secrets", s.listSecretResources},
		{"Secrets_Get", get, secretPath, s.getSecretResource},
		{"Secrets_CreateOrUpdate", put, secretPath, s.putSecretResource},
		{"Secrets_Update", patch, secretPath, s.patchSecretResource},
		{"ManagedHsms_ListDeleted", get, providerPath + "/deletedManagedHSMs", none},
	} {
		op := arm.Operation{ID: row.id, Method: row.method, Path: row.path}
		if row.id == "Vaults_CheckNameAvailability" {
			op.Action = namespace + "/checkNameAvailability/read"
		}
		s.core.Handle(op, row.handler)
	}
	s.core.Handle(arm.Operation{ID: "Operations_List", Method: get, Path: "/providers/" + namespace + "/operations", TokenOnly: true}, listOperations)
}

// none is the list of what there is none of here: az asks for deleted managed HSMs whenever it lists deleted vaults.
func none(*arm.Request) (*arm.Response, error) {
	return &arm.Response{Body: arm.List[struct{}]{Value: []struct{}{}}}, nil
}

// get shows a vault. While it is being made, the client is told when to ask again.
func (s *Service) get(r *arm.Request) (*arm.Response, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v, stored, err := s.find(r.ResourceID())
	if err != nil {
		return nil, err
	}
	res := &arm.Response{Body: s.view(v, stored.Tags), Header: http.Header{}}
	if v.state == registering {
		s.core.RetryAfter(res.Header)
	}
	return res, nil
}

// list serves the lists of the subscription and of a resource group.
func (s *Service) list(r *arm.Request) (*arm.Response, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := s.core.List(arm.Filter{ResourceGroup: r.ResourceID().ResourceGroup, Type: vaultType})
	page, err := arm.Paginate(r, all, pageSize, func(stored arm.Resource) string { return stored.ID.Key() })
	if err != nil {
		return nil, err
	}
	views := arm.List[*vaultView]{Value: []*vaultView{}, NextLink: page.NextLink}
	for _, stored := range page.Value {
		if v, ok := stored.Value.(*vault); ok {
			views.Value = append(views.Value, s.view(v, stored.Tags))
		}
	}
	return &arm.Response{Body: views}, nil
}

// put makes a vault, changes the one that is there, or brings a deleted one back.
func (s *Service) put(r *arm.Request) (*arm.Response, error) {
	var body vaultBody
	if err := r.Decode(&body); err != nil {
		return nil, err
	}
	id := r.ResourceID()
	if err := checkName(id.Name()); err != nil {
		return nil, err
	}
	location, err := s.core.CheckLocation(body.Location, vaultType)
	if err != nil {
		return nil, err
	}
	var tags map[string]string
	if body.Tags != nil {
		tags = *body.Tags
	}
	if err := arm.CheckTags(tags); err != nil {
		return nil, err
	}
	recovers := body.Properties != nil && strings.EqualFold(body.Properties.CreateMode, "recover")
	s.mu.Lock()
	defer s.mu.Unlock()
	v, taken := s.named(id.Name())
	switch {
	case taken && v.deletion != nil && recovers:
		return s.recover(r, v, location)
	case taken:
		if err := v.keeps(id, location); err != nil {
			return nil, err
		}
		return s.change(r, v, &body)
	case recovers:
		return nil, arm.NotFound("VaultNotFound", "There is no deleted vault '%s' to recover.", id.Name())
	}
	set, err := defaults(r).with(body.Properties, true, s.core.TenantID())
	if err == nil {
		err = checkNew(body.Properties, set)
	}
	if err != nil {
		return nil, err
	}
	set.touch(r)
	return s.create(r, &vault{id: id, location: location, created: set.changed, createdBy: set.changedBy, settings: set, state: registering, secrets: map[string]*secret{}}, tags)
}

// keeps is the error for a name that another vault has, or a deleted one, or this one in another location.
func (v *vault) keeps(id arm.ResourceID, location string) error {
	switch {
	case v.deletion != nil:
		return arm.Conflict("ConflictError", "A vault with the same name already exists in deleted state. You need to either recover or purge existing key vault. Follow this link https://go.microsoft.com/fwlink/?linkid=2149745 for more information on soft delete.")
	case v.id.Key() != id.Key():
		return arm.Conflict("VaultAlreadyExists", "The vault name '%s' is already in use. Vault names are globaly unique so it is possible that the name is already taken. If you are sure that the vault name was not taken then it is possible that a vault with the same name was recently deleted but not purged after being placed in a recoverable state. If the vault is in a recoverable state then the vault will need to be purged before reusing the name. For more information on soft delete and purging a vault follow this link https://go.microsoft.com/fwlink/?linkid=2147740.", id.Name())
	case v.location != location:
		return arm.InvalidResourceLocation(id, v.location, location)
	}
	return nil
}

// touch notes who changed a vault, and when.
func (set *settings) touch(r *arm.Request) {
	set.changed, set.changedBy = time.Now().UTC(), r.Principal.AppID
}

// create answers 200 while the vault's host is being made; clients ask for the vault until it has Succeeded. It is called
// with mu held.
func (s *Service) create(r *arm.Request, v *vault, tags map[string]string) (*arm.Response, error) {
	if _, err := s.core.Put(arm.Resource{ID: v.id, Location: v.location, Tags: tags, ProvisioningState: v.state, Value: v}); err != nil {
		return nil, err
	}
	s.byName[strings.ToLower(v.id.Name())] = v
	op := s.core.StartOperation(r, arm.OperationSpec{
		Style: arm.BodyState, Namespace: namespace, Location: v.location,
		Work: func(_ context.Context, op *arm.AsyncOperation) error {
			end := arm.Succeeded
			if op.Forced != "" {
				end = op.Forced
			}
			s.settle(v, end)
			return nil
		},
	})
	return &arm.Response{Header: op.Header(), Body: s.view(v, tags)}, nil
}

// settle ends the making of a vault.
func (s *Service) settle(v *vault, state string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v.state = state
	s.core.Update(v.id, func(stored *arm.Resource) {
		if stored.Value == any(v) {
			stored.ProvisioningState = state
		}
	})
}

// change gives a vault that is there other settings and, if they are given, other tags. It is called with mu held.
func (s *Service) change(r *arm.Request, v *vault, body *vaultBody) (*arm.Response, error) {
	next, err := v.settings.with(body.Properties, false, s.core.TenantID())
	if err != nil {
		return nil, err
	}
	if next.rbac != v.settings.rbac {
		// Who may change how access is decided could give itself any.
		if err := s.core.Allowed(r.Context(), arm.Access{Principal: r.Principal, Action: "Microsoft.Authorization/roleAssignments/write", Scope: v.id}); err != nil {
			return nil, err
		}
	}
	next.touch(r)
	v.settings = next
	if v.state == arm.Failed { // what failed is made anew
		v.state = arm.Succeeded
	}
	s.core.Update(v.id, func(stored *arm.Resource) {
		stored.ProvisioningState = v.state
		if body.Tags != nil || r.Method == http.MethodPut {
			stored.Tags = nil
		}
		if body.Tags != nil {
			stored.Tags = maps.Clone(*body.Tags)
		}
	})
	stored, ok := s.core.Get(v.id)
	if !ok {
		return nil, arm.ResourceNotFound(v.id)
	}
	return &arm.Response{Body: s.view(v, stored.Tags)}, nil
}

// patch changes what it names and leaves the rest.
func (s *Service) patch(r *arm.Request) (*arm.Response, error) {
	var body vaultBody
	if err := r.Decode(&body); err != nil {
		return nil, err
	}
	if body.Tags != nil {
		if err := arm.CheckTags(*body.Tags); err != nil {
			return nil, err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	v, _, err := s.find(r.ResourceID())
	if err != nil {
		return nil, err
	}
	return s.change(r, v, &body)
}

// validName is Azure's rule for a vault's name
// (learn.microsoft.com, azure-resource-manager/management/resource-name-rules).
var validName = regexp.MustCompile(`^[a-zA-Z][a-zA-Z0-9-]{1,22}[a-zA-Z0-9]$`)

func isValidName(name string) bool {
	return validName.MatchString(name) && !strings.Contains(name, "--")
}

func checkName(name string) error {
	if !isValidName(name) {
		return arm.BadRequest("VaultNameNotValid", "The vault name '%s' is invalid. %s", name, nameRule)
	}
	return nil
}

const nameRule = "A vault's name must be between 3-24 alphanumeric characters. The name must begin with a letter, end with a letter or digit, and not contain consecutive hyphens. Follow this link for more information: https://go.microsoft.com/fwlink/?linkid=2147742"

// nameStatus is the answer of checkNameAvailability.
type nameStatus struct {
	NameAvailable bool   `json:"nameAvailable"`
	Reason        string `json:"reason,omitempty"`
	Message       string `json:"message,omitempty"`
}

func (s *Service) checkNameAvailability(r *arm.Request) (*arm.Response, error) {
	var body struct {
		Name string `json:"name"`
		Type string `json:"type"`
	}
	if err := r.Decode(&body); err != nil {
		return nil, err
	}
	if !strings.EqualFold(body.Type, vaultType) {
		return nil, invalid("The value '%s' of the property 'type' is invalid. The value must be '%s'.", body.Type, vaultType)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	status := nameStatus{NameAvailable: true}
	if _, taken := s.named(body.Name); taken {
		status = nameStatus{Reason: "AlreadyExists", Message: "The name '" + body.Name + "' is already in use."}
	}
	if !isValidName(body.Name) {
		status = nameStatus{Reason: "AccountNameInvalid", Message: nameRule}
	}
	return &arm.Response{Body: status}, nil
}
