package arm

import (
	"slices"
	"strings"
	"sync"
)

// Provider is a resource provider as the subscription sees it.
type Provider struct {
	Namespace string
	// State is Registered, Registering, Unregistering or NotRegistered.
	State string
}

type providerTable struct {
	mu    sync.Mutex
	state map[string]string // by lower-case namespace, where it is not the default
	names []string
}

// unknownNamespace is the error for a namespace that is not served.
func (c *Core) unknownNamespace(name string) *Error {
	return NotFound("InvalidResourceNamespace", "The resource namespace '%s' is invalid.", name)
}

// RegionalRequestIDs makes the answers of a provider carry request ids of the form
// REGION:GUID, and the first answer of a long-running operation that operation's id, as
// Container Instances does.
func (c *Core) RegionalRequestIDs(namespace string) { c.regionalIDs = append(c.regionalIDs, namespace) }

func (c *Core) regional(namespace string) bool {
	return slices.ContainsFunc(c.regionalIDs, func(n string) bool { return strings.EqualFold(n, namespace) })
}

// Provider finds a provider in any case; the error is that for a namespace that is not served.
func (c *Core) Provider(namespace string) (Provider, error) {
	p, ok := c.providers.get(namespace)
	if !ok {
		return p, c.unknownNamespace(namespace)
	}
	return p, nil
}

// Providers are all providers that are served, sorted by namespace.
func (c *Core) Providers() []Provider {
	var list []Provider
	for _, namespace := range c.providers.all() {
		p, _ := c.providers.get(namespace)
		list = append(list, p)
	}
	return list
}

// SetProviderState says how far a provider is registered. Only in the state Registered can its resources be created.
func (c *Core) SetProviderState(namespace, state string) { c.providers.set(namespace, state) }

func (t *providerTable) add(namespace string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !slices.ContainsFunc(t.names, func(n string) bool { return strings.EqualFold(n, namespace) }) {
		t.names = append(t.names, namespace)
		slices.Sort(t.names)
	}
}

// get finds a provider; every provider of this emulator begins registered.
func (t *providerTable) get(namespace string) (Provider, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	i := slices.IndexFunc(t.names, func(n string) bool { return strings.EqualFold(n, namespace) })
	if i < 0 {
		return Provider{}, false
	}
	p := Provider{t.names[i], "Registered"}
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
