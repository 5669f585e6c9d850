package arm

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/pacific-aci/pacific/emulator/azure/internal/faults"
)

// provider is a resource provider as the subscription sees it.
type provider struct {
	Namespace string
	// State is Registered, Registering, Unregistering or NotRegistered.
	State string
}

type providerTable struct {
	mu    sync.Mutex
	state map[string]string // by lower-case namespace, where it is not the default
	names []string
}

// later are the namespaces that real Azure has and this emulator does not have yet. Their
// answer differs from that for a mistyped name.
var later = []string{
	"Microsoft.Authorization", "Microsoft.ContainerRegistry", "Microsoft.KeyVault", "Microsoft.ManagedIdentity",
	"Microsoft.Network", "Microsoft.OperationalInsights", "Microsoft.Storage",
}

// unknownNamespace is the error for a namespace that is not served: yet, or at all.
func (c *Core) unknownNamespace(name string) *Error {
	i := slices.IndexFunc(later, func(n string) bool { return strings.EqualFold(n, name) })
	if i < 0 {
		return NotFound("InvalidResourceNamespace", "The resource namespace '%s' is invalid.", name)
	}
	return NotYet("The local Azure has no %s yet. It serves %s.", later[i], strings.Join(c.providers.all(), ", "))
}

// RegionalRequestIDs makes the answers of a provider carry request ids of the form
// REGION:GUID, and the first answer of a long-running operation that operation's id, as
// Container Instances does.
func (c *Core) RegionalRequestIDs(namespace string) { c.regionalIDs = append(c.regionalIDs, namespace) }

func (c *Core) regional(namespace string) bool {
	return slices.ContainsFunc(c.regionalIDs, func(n string) bool { return strings.EqualFold(n, namespace) })
}

// resourcesProvider is ARM's own, which nobody can unregister.
const resourcesProvider = "Microsoft.Resources"

func (t *providerTable) add(namespace string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !slices.ContainsFunc(t.names, func(n string) bool { return strings.EqualFold(n, namespace) }) {
		t.names = append(t.names, namespace)
		slices.Sort(t.names)
	}
}

// get finds a provider; every provider of this emulator begins registered.
func (t *providerTable) get(namespace string) (provider, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	i := slices.IndexFunc(t.names, func(n string) bool { return strings.EqualFold(n, namespace) })
	if i < 0 {
		return provider{}, false
	}
	p := provider{t.names[i], "Registered"}
	if state := t.state[strings.ToLower(namespace)]; state != "" {
		p.State = state
	}
	return p, true
}

func (t *providerTable) set(namespace, state string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.state == nil {
		t.state = map[string]string{}
	}
	t.state[strings.ToLower(namespace)] = state
}

func (t *providerTable) clear() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.state = nil
}

func (t *providerTable) all() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.names)
}

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

func (c *Core) registerProviders() {
	const in = "/subscriptions/{subscriptionId}/providers"
	const one = in + "/{resourceProviderNamespace}"
	const read, tenantRead = resourcesProvider + "/subscriptions/providers/read", resourcesProvider + "/providers/read"
	c.Handle(Operation{ID: "Providers_List", Method: http.MethodGet, Path: in, Action: read}, c.listProviders)
	c.Handle(Operation{ID: "Providers_ListAtTenantScope", Method: http.MethodGet, Path: "/providers", Action: tenantRead}, c.listProviders)
	c.Handle(Operation{ID: "Providers_Get", Method: http.MethodGet, Path: one, Action: read}, c.getProvider)
	c.Handle(Operation{ID: "Providers_GetAtTenantScope", Method: http.MethodGet, Path: "/providers/{resourceProviderNamespace}", Action: tenantRead}, c.getProvider)
	c.Handle(Operation{ID: "ProviderResourceTypes_List", Method: http.MethodGet, Path: one + "/resourceTypes", Action: read}, c.listTypes)
	c.Handle(Operation{ID: "Providers_Register", Method: http.MethodPost, Path: one + "/register"}, c.register)
	c.Handle(Operation{ID: "Providers_Unregister", Method: http.MethodPost, Path: one + "/unregister"}, c.unregister)
}

func (c *Core) viewProvider(p provider, subscription bool) providerView {
	v := providerView{ID: "/providers/" + p.Namespace, Namespace: p.Namespace, RegistrationPolicy: "RegistrationRequired", ResourceTypes: c.viewTypes(p.Namespace)}
	if p.Namespace == resourcesProvider {
		v.RegistrationPolicy = "RegistrationFree"
	}
	if subscription {
		v.ID = "/subscriptions/" + c.options.SubscriptionID + v.ID
		v.RegistrationState = p.State
	}
	return v
}

func (c *Core) viewTypes(namespace string) []resourceTypeView {
	regions := []string{}
	for _, name := range c.Faults.Settings().Regions {
		regions = append(regions, regionNamed(name).display)
	}
	views := []resourceTypeView{}
	for _, t := range c.types {
		if !strings.EqualFold(t.namespace(), namespace) {
			continue
		}
		v := resourceTypeView{ResourceType: t.path(), Locations: regions, APIVersions: slices.Clone(t.APIVersions), Capabilities: "None"}
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

func (c *Core) listProviders(r *Request) (*Response, error) {
	views := []providerView{}
	for _, namespace := range c.providers.all() {
		p, _ := c.providers.get(namespace)
		views = append(views, c.viewProvider(p, r.Params["subscriptionId"] != ""))
	}
	page, err := Paginate(r, views, pageSize, func(v providerView) string { return v.Namespace })
	if err != nil {
		return nil, err
	}
	return &Response{Body: page}, nil
}

func (c *Core) providerOfCall(r *Request) (provider, error) {
	name := r.Params["resourceProviderNamespace"]
	p, ok := c.providers.get(name)
	if !ok {
		return p, c.unknownNamespace(name)
	}
	return p, nil
}

func (c *Core) getProvider(r *Request) (*Response, error) {
	p, err := c.providerOfCall(r)
	if err != nil {
		return nil, err
	}
	return &Response{Body: c.viewProvider(p, r.Params["subscriptionId"] != "")}, nil
}

func (c *Core) listTypes(r *Request) (*Response, error) {
	p, err := c.providerOfCall(r)
	if err != nil {
		return nil, err
	}
	return &Response{Body: List[resourceTypeView]{Value: c.viewTypes(p.Namespace)}}, nil
}

func (c *Core) register(r *Request) (*Response, error) {
	p, err := c.providerOfCall(r)
	if err != nil || p.State == "Registered" {
		return &Response{Body: c.viewProvider(p, true)}, err
	}
	return c.changeRegistration(p, "Registering", "Registered")
}

func (c *Core) unregister(r *Request) (*Response, error) {
	p, err := c.providerOfCall(r)
	if err != nil {
		return nil, err
	}
	if p.Namespace == resourcesProvider {
		return nil, Conflict("CannotUnregisterProvider", "The resource provider '%s' is needed by every subscription and cannot be unregistered.", p.Namespace)
	}
	for _, res := range c.List(Filter{Subscription: c.options.SubscriptionID}) {
		if strings.EqualFold(res.ID.Namespace, p.Namespace) {
			return nil, Conflict("CannotUnregisterRegistrationAlreadyInUse",
				"The subscription cannot be unregistered from resource namespace '%s': it still has resources such as '%s'.", p.Namespace, res.ID)
		}
	}
	if p.State == "NotRegistered" {
		return &Response{Body: c.viewProvider(p, true)}, nil
	}
	return c.changeRegistration(p, "Unregistering", "NotRegistered")
}

// changeRegistration takes latency.operation; without one the answer already has the final state.
func (c *Core) changeRegistration(p provider, during, after string) (*Response, error) {
	delay := c.Faults.Settings().Latency.Operation.Std()
	if delay <= 0 {
		c.providers.set(p.Namespace, after)
	} else {
		c.providers.set(p.Namespace, during)
		c.goInEpoch(func(ctx context.Context) {
			if faults.Sleep(ctx, delay) == nil {
				c.providers.set(p.Namespace, after)
			}
		})
	}
	now, _ := c.providers.get(p.Namespace)
	return &Response{Body: c.viewProvider(now, true)}, nil
}
