package resources

import (
	"net/http"
	"strings"

	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
)

// closedList is a collection whose API file demands nextLink even on the last page.
type closedList[T any] struct {
	Value    []T    `json:"value"`
	NextLink string `json:"nextLink"`
}

type subscriptionView struct {
	ID                   string            `json:"id"`
	SubscriptionID       string            `json:"subscriptionId"`
	TenantID             string            `json:"tenantId"`
	DisplayName          string            `json:"displayName"`
	State                string            `json:"state"`
	SubscriptionPolicies policiesView      `json:"subscriptionPolicies"`
	AuthorizationSource  string            `json:"authorizationSource"`
	ManagedByTenants     []struct{}        `json:"managedByTenants"`
	Tags                 map[string]string `json:"tags,omitempty"`
}

type policiesView struct {
	LocationPlacementID string `json:"locationPlacementId"`
	QuotaID             string `json:"quotaId"`
	SpendingLimit       string `json:"spendingLimit"`
}

type tenantView struct {
	ID             string   `json:"id"`
	TenantID       string   `json:"tenantId"`
	TenantCategory string   `json:"tenantCategory"`
	CountryCode    string   `json:"countryCode"`
	DisplayName    string   `json:"displayName"`
	Domains        []string `json:"domains"`
	// Not in 2019-11-01.
	DefaultDomain string `json:"defaultDomain,omitempty"`
	TenantType    string `json:"tenantType,omitempty"`
}

type operationView struct {
	Name    string        `json:"name"`
	Display operationText `json:"display"`
}

type operationText struct {
	Provider    string `json:"provider"`
	Resource    string `json:"resource"`
	Operation   string `json:"operation"`
	Description string `json:"description"`
}

func (s *service) registerSubscriptions() {
	const one = "/subscriptions/{subscriptionId}"
	s.core.Handle(arm.Operation{ID: "Subscriptions_List", Method: http.MethodGet, Path: "/subscriptions", TokenOnly: true}, s.listSubscriptions)
	s.core.Handle(arm.Operation{ID: "Subscriptions_Get", Method: http.MethodGet, Path: one}, s.getSubscription)
	s.core.Handle(arm.Operation{ID: "Subscriptions_ListLocations", Method: http.MethodGet, Path: one + "/locations"}, s.listLocations)
	s.core.Handle(arm.Operation{ID: "Tenants_List", Method: http.MethodGet, Path: "/tenants", TokenOnly: true}, s.listTenants)
	s.core.Handle(arm.Operation{ID: "Operations_List", Method: http.MethodGet, Path: "/providers/Microsoft.Resources/operations", TokenOnly: true}, s.listOperations)
}

func (s *service) viewSubscription() subscriptionView {
	return subscriptionView{
		ID: "/subscriptions/" + s.core.SubscriptionID(), SubscriptionID: s.core.SubscriptionID(), TenantID: s.core.TenantID(),
		DisplayName: "Emulated subscription", State: "Enabled",
		SubscriptionPolicies: policiesView{"Public_2014-09-01", "PayAsYouGo_2014-09-01", "Off"},
		AuthorizationSource:  "RoleBased", ManagedByTenants: []struct{}{},
	}
}

// listSubscriptions shows the subscription to those who have some right in it.
func (s *service) listSubscriptions(r *arm.Request) (*arm.Response, error) {
	list := closedList[subscriptionView]{Value: []subscriptionView{}}
	if s.core.Reaches == nil || s.core.Reaches(r.Principal, arm.ResourceID{Subscription: s.core.SubscriptionID()}) {
		list.Value = append(list.Value, s.viewSubscription())
	}
	return &arm.Response{Body: list}, nil
}

func (s *service) getSubscription(*arm.Request) (*arm.Response, error) {
	return &arm.Response{Body: s.viewSubscription()}, nil
}

func (s *service) listTenants(r *arm.Request) (*arm.Response, error) {
	v := tenantView{
		ID: "/tenants/" + s.core.TenantID(), TenantID: s.core.TenantID(), TenantCategory: "Home", CountryCode: "US",
		DisplayName: "Emulated tenant", Domains: []string{"emulated.onmicrosoft.com"},
	}
	if r.APIVersion >= "2020-01-01" {
		v.DefaultDomain, v.TenantType = v.Domains[0], "AAD"
	}
	return &arm.Response{Body: closedList[tenantView]{Value: []tenantView{v}}}, nil
}

// listOperations names the actions of the core's own routes.
func (s *service) listOperations(*arm.Request) (*arm.Response, error) {
	list := arm.List[operationView]{Value: []operationView{}}
	for _, op := range s.core.Operations() {
		if rest, own := strings.CutPrefix(op.Action, namespace+"/"); own && strings.Contains(rest, "/") {
			resource := rest[:strings.LastIndexByte(rest, '/')]
			list.Value = append(list.Value, operationView{op.Action, operationText{
				Provider: "Microsoft Resources", Resource: resource, Operation: op.ID, Description: "The emulated " + op.ID + ".",
			}})
		}
	}
	return &arm.Response{Body: list}, nil
}
