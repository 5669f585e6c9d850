package arm

import (
	"net/http"
	"strings"
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

func (c *Core) registerSubscriptions() {
	const one = "/subscriptions/{subscriptionId}"
	c.Handle(Operation{ID: "Subscriptions_List", Method: http.MethodGet, Path: "/subscriptions"}, c.listSubscriptions)
	c.Handle(Operation{ID: "Subscriptions_Get", Method: http.MethodGet, Path: one}, c.getSubscription)
	c.Handle(Operation{ID: "Subscriptions_ListLocations", Method: http.MethodGet, Path: one + "/locations"}, c.listLocations)
	c.Handle(Operation{ID: "Tenants_List", Method: http.MethodGet, Path: "/tenants"}, c.listTenants)
	c.Handle(Operation{ID: "Operations_List", Method: http.MethodGet, Path: "/providers/Microsoft.Resources/operations"}, c.listOperations)
}

func (c *Core) viewSubscription() subscriptionView {
	return subscriptionView{
		ID: "/subscriptions/" + c.options.SubscriptionID, SubscriptionID: c.options.SubscriptionID, TenantID: c.options.TenantID,
		DisplayName: "Emulated subscription", State: "Enabled",
		SubscriptionPolicies: policiesView{"Public_2014-09-01", "PayAsYouGo_2014-09-01", "Off"},
		AuthorizationSource:  "RoleBased", ManagedByTenants: []struct{}{},
	}
}

func (c *Core) listSubscriptions(*Request) (*Response, error) {
	return &Response{Body: closedList[subscriptionView]{Value: []subscriptionView{c.viewSubscription()}}}, nil
}

func (c *Core) getSubscription(*Request) (*Response, error) {
	return &Response{Body: c.viewSubscription()}, nil
}

func (c *Core) listTenants(r *Request) (*Response, error) {
	v := tenantView{
		ID: "/tenants/" + c.options.TenantID, TenantID: c.options.TenantID, TenantCategory: "Home", CountryCode: "US",
		DisplayName: "Emulated tenant", Domains: []string{"emulated.onmicrosoft.com"},
	}
	if r.APIVersion >= "2020-01-01" {
		v.DefaultDomain, v.TenantType = v.Domains[0], "AAD"
	}
	return &Response{Body: closedList[tenantView]{Value: []tenantView{v}}}, nil
}

// listOperations names the actions of the core's own routes.
func (c *Core) listOperations(*Request) (*Response, error) {
	list := List[operationView]{Value: []operationView{}}
	for _, op := range c.routes.operations() {
		if rest, own := strings.CutPrefix(op.Action, resourcesProvider+"/"); own && strings.Contains(rest, "/") {
			resource := rest[:strings.LastIndexByte(rest, '/')]
			list.Value = append(list.Value, operationView{op.Action, operationText{
				Provider: "Microsoft Resources", Resource: resource, Operation: op.ID, Description: "The emulated " + op.ID + ".",
			}})
		}
	}
	return &Response{Body: list}, nil
}
