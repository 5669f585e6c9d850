package resources

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
	"github.com/pacific-aci/pacific/emulator/azure/internal/faults"
)

type providerView struct {
	ID                 string             `json:"id"`
	Namespace          string             `json:"namespace"`
	RegistrationPolicy string             `json:"registrationPolicy"`
	RegistrationState  string             `json:"registrationState,omitempty"`
	ResourceTypes      []resourceTypeView `json:"resourceTypes"`
}

type resourceTypeView struct {
	ResourceType      string   `json:"resourceType"`
	Locations         []string `json:"locations"`
	APIVersions       []string `json:"apiVersions"`
	DefaultAPIVersion string   `json:"defaultApiVersion,omitempty"`
	Capabilities      string   `json:"capabilities"`
}

func (s *service) registerProviders() {
	const in = "/subscriptions/{subscriptionId}/providers"
	const one = in + "/{resourceProviderNamespace}"
	const read, tenantRead = namespace + "/subscriptions/providers/read", namespace + "/providers/read"
	s.core.Handle(arm.Operation{ID: "Providers_List", Method: http.MethodGet, Path: in, Action: read}, s.listProviders)
	s.core.Handle(arm.Operation{ID: "Providers_ListAtTenantScope", Method: http.MethodGet, Path: "/providers", Action: tenantRead, TokenOnly: true}, s.listProviders)
	s.core.Handle(arm.Operation{ID: "Providers_Get", Method: http.MethodGet, Path: one, Action: read}, s.getProvider)
	s.core.Handle(arm.Operation{ID: "Providers_GetAtTenantScope", Method: http.MethodGet, Path: "/providers/{resourceProviderNamespace}", Action: tenantRead, TokenOnly: true}, s.getProvider)
	s.core.Handle(arm.Operation{ID: "ProviderResourceTypes_List", Method: http.MethodGet, Path: one + "/resourceTypes", Action: read}, s.listTypes)
	s.core.Handle(arm.Operation{ID: "Providers_Register", Method: http.MethodPost, Path: one + "/register"}, s.register)
	s.core.Handle(arm.Operation{ID: "Providers_Unregister", Method: http.MethodPost, Path: one + "/unregister"}, s.unregister)
}

func (s *service) viewProvider(p arm.Provider, subscription bool) providerView {
	v := providerView{ID: "/providers/" + p.Namespace, Namespace: p.Namespace, RegistrationPolicy: "RegistrationRequired", ResourceTypes: s.viewTypes(p.Namespace)}
	if p.Namespace == namespace {
		v.RegistrationPolicy = "RegistrationFree"
	}
	if subscription {
		v.ID = "/subscriptions/" + s.core.SubscriptionID() + v.ID
		v.RegistrationState = p.State
	}
	return v
}

func (s *service) viewTypes(of string) []resourceTypeView {
	regions := []string{}
	for _, name := range s.core.Faults.Settings().Regions {
		regions = append(regions, regionNamed(name).display)
	}
	views := []resourceTypeView{}
	for _, t := range s.core.Types() {
		if !strings.EqualFold(t.Namespace(), of) {
			continue
		}
		v := resourceTypeView{ResourceType: t.Path(), Locations: regions, APIVersions: slices.Clone(t.APIVersions), Capabilities: "None"}
		if t.Global {
			v.Locations = []string{}
		} else {
			v.Capabilities = "SupportsTags, SupportsLocation"
		}
		if len(v.APIVersions) > 0 {
			v.DefaultAPIVersion = v.APIVersions[0]
		} else {
			v.APIVersions = []string{}
		}
		views = append(views, v)
	}
	return views
}

func (s *service) listProviders(r *arm.Request) (*arm.Response, error) {
	views := []providerView{}
	for _, p := range s.core.Providers() {
		views = append(views, s.viewProvider(p, r.Params["subscriptionId"] != ""))
	}
	page, err := arm.Paginate(r, views, pageSize, func(v providerView) string { return v.Namespace })
	if err != nil {
		return nil, err
	}
	return &arm.Response{Body: page}, nil
}

// providerOf finds the provider that a call's path names.
func (s *service) providerOf(r *arm.Request) (arm.Provider, error) {
	return s.core.Provider(r.Params["resourceProviderNamespace"])
}

func (s *service) getProvider(r *arm.Request) (*arm.Response, error) {
	p, err := s.providerOf(r)
	if err != nil {
		return nil, err
	}
	return &arm.Response{Body: s.viewProvider(p, r.Params["subscriptionId"] != "")}, nil
}

func (s *service) listTypes(r *arm.Request) (*arm.Response, error) {
	p, err := s.providerOf(r)
	if err != nil {
		return nil, err
	}
	return &arm.Response{Body: arm.List[resourceTypeView]{Value: s.viewTypes(p.Namespace)}}, nil
}

func (s *service) register(r *arm.Request) (*arm.Response, error) {
	p, err := s.providerOf(r)
	if err != nil || p.State == "Registered" {
		return &arm.Response{Body: s.viewProvider(p, true)}, err
	}
	return s.changeRegistration(p, "Registering", "Registered")
}

func (s *service) unregister(r *arm.Request) (*arm.Response, error) {
	p, err := s.providerOf(r)
	if err != nil {
		return nil, err
	}
	if p.Namespace == namespace {
		return nil, arm.Conflict("CannotUnregisterProvider", "The resource provider '%s' is needed by every subscription and cannot be unregistered.", p.Namespace)
	}
	for _, res := range s.core.List(arm.Filter{Subscription: s.core.SubscriptionID()}) {
		if strings.EqualFold(res.ID.Namespace, p.Namespace) {
			return nil, arm.Conflict("CannotUnregisterRegistrationAlreadyInUse",
				"The subscription cannot be unregistered from resource namespace '%s': it still has resources such as '%s'.", p.Namespace, res.ID)
		}
	}
	if p.State == "NotRegistered" {
		return &arm.Response{Body: s.viewProvider(p, true)}, nil
	}
	return s.changeRegistration(p, "Unregistering", "NotRegistered")
}

// changeRegistration takes latency.operation; without one the answer already has the final state.
func (s *service) changeRegistration(p arm.Provider, during, after string) (*arm.Response, error) {
	delay := s.core.Faults.Settings().Latency.Operation.Std()
	if delay <= 0 {
		s.core.SetProviderState(p.Namespace, after)
	} else {
		s.core.SetProviderState(p.Namespace, during)
		s.core.GoUntilReset(func(ctx context.Context) {
			if faults.Sleep(ctx, delay) == nil {
				s.core.SetProviderState(p.Namespace, after)
			}
		})
	}
	now, _ := s.core.Provider(p.Namespace)
	return &arm.Response{Body: s.viewProvider(now, true)}, nil
}
