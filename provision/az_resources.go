package provision

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/pacific-aci/pacific/azcli"
)

// azGroup is a resource group in az's JSON.
type azGroup struct {
	ID       string            `json:"id"`
	Name     string            `json:"name"`
	Location string            `json:"location"`
	Tags     map[string]string `json:"tags"`
}

func (g azGroup) group() *Group {
	out := &Group{ID: g.ID, Name: g.Name, Location: g.Location, Tags: g.Tags}
	if out.Tags == nil {
		out.Tags = map[string]string{}
	}
	return out
}

// Group reads a resource group; see [Cloud].
func (a *Az) Group(ctx context.Context, name string) (*Group, error) {
	var exists bool
	if err := a.decode(ctx, &exists, a.in("group", "exists", "--name", name)...); err != nil || !exists {
		return nil, err
	}
	var found azGroup
	if err := a.decode(ctx, &found, a.in("group", "show", "--name", name)...); err != nil {
		return nil, ignoreAbsent(err)
	}
	return found.group(), nil
}

// CreateGroup makes a resource group; see [Cloud].
func (a *Az) CreateGroup(ctx context.Context, g Group) (*Group, error) {
	args := append(a.in("group", "create", "--name", g.Name, "--location", g.Location), tagArgs(g.Tags)...)
	var made azGroup
	if err := a.decode(ctx, &made, args...); err != nil {
		return nil, err
	}
	return made.group(), nil
}

// tagArgs are tags as az takes them.
func tagArgs(tags map[string]string) []string {
	if len(tags) == 0 {
		return nil
	}
	args := []string{"--tags"}
	for name, value := range tags {
		args = append(args, name+"="+value)
	}
	return args
}

// GroupResources lists what is in a resource group; see [Destroyer].
func (a *Az) GroupResources(ctx context.Context, name string) ([]GroupResource, error) {
	var found []struct {
		ID   string            `json:"id"`
		Tags map[string]string `json:"tags"`
	}
	if err := a.decode(ctx, &found, a.in("resource", "list", "--resource-group", name)...); err != nil {
		return nil, ignoreAbsent(err)
	}
	all := make([]GroupResource, 0, len(found))
	for _, r := range found {
		all = append(all, GroupResource(r))
	}
	return all, nil
}

// DeleteGroup deletes a resource group; see [Destroyer].
func (a *Az) DeleteGroup(ctx context.Context, name string) error {
	return ignoreAbsent(a.run(ctx, "group", "delete", "--name", name, "--yes"))
}

// azRegistry is a container registry in az's JSON.
type azRegistry struct {
	ID          string            `json:"id"`
	Name        string            `json:"name"`
	Group       string            `json:"resourceGroup"`
	Location    string            `json:"location"`
	LoginServer string            `json:"loginServer"`
	Created     time.Time         `json:"creationDate"`
	Tags        map[string]string `json:"tags"`
}

func (r azRegistry) registry() Registry {
	out := Registry(r)
	if out.Tags == nil {
		out.Tags = map[string]string{}
	}
	return out
}

// Registries lists the subscription's registries; see [Cloud].
func (a *Az) Registries(ctx context.Context) ([]Registry, error) {
	var found []azRegistry
	if err := a.decode(ctx, &found, a.in("acr", "list")...); err != nil {
		return nil, err
	}
	all := make([]Registry, 0, len(found))
	for _, r := range found {
		all = append(all, r.registry())
	}
	return all, nil
}

// CreateRegistry makes a registry of the Basic tier; see [Cloud].
func (a *Az) CreateRegistry(ctx context.Context, r Registry) (*Registry, error) {
	args := append(a.in("acr", "create", "--name", r.Name, "--resource-group", r.Group, "--location", r.Location, "--sku", "Basic"), tagArgs(r.Tags)...)
	var made azRegistry
	if err := a.decode(ctx, &made, args...); err != nil {
		return nil, err
	}
	if made.LoginServer == "" {
		return nil, fmt.Errorf("creating container registry %s: az names no login server", r.Name)
	}
	out := made.registry()
	return &out, nil
}

// DeleteRegistry deletes a registry; see [Destroyer].
func (a *Az) DeleteRegistry(ctx context.Context, r Registry) error {
	return ignoreAbsent(a.run(ctx, "acr", "delete", "--name", r.Name, "--resource-group", r.Group, "--yes"))
}

// Login signs docker in to a registry; see [Cloud].
func (a *Az) Login(ctx context.Context, r Registry) error {
	err := a.run(ctx, "acr", "login", "--name", r.LoginServer)
	e, ok := errors.AsType[*azcli.CommandError](err)
	if !ok || a.store == nil || !strings.Contains(strings.ToLower(e.Stderr), "docker") {
		return err
	}
	var token struct {
		Token    string `json:"accessToken"`
		Refresh  string `json:"refreshToken"`
		Username string `json:"username"`
	}
	if err := a.decode(ctx, &token, a.in("acr", "login", "--name", r.LoginServer, "--expose-token")...); err != nil {
		return err
	}
	if token.Refresh == "" {
		token.Refresh = token.Token // az before 2.91 gives the refresh token by this name alone
	}
	if token.Username == "" {
		token.Username = tokenUser
	}
	return a.store(ctx, r.LoginServer, token.Username, token.Refresh)
}

// tokenUser is the user name that says that a registry's password is a token
// (learn.microsoft.com/azure/container-registry/container-registry-authentication).
const tokenUser = "00000000-0000-0000-0000-000000000000"

// azIdentity is a managed identity in az's JSON.
type azIdentity struct {
	ID          string            `json:"id"`
	Name        string            `json:"name"`
	Group       string            `json:"resourceGroup"`
	Location    string            `json:"location"`
	PrincipalID string            `json:"principalId"`
	Tags        map[string]string `json:"tags"`
}

func (i azIdentity) identity() *Identity {
	out := &Identity{ID: i.ID, Name: i.Name, Group: i.Group, Location: i.Location, PrincipalID: i.PrincipalID, Tags: i.Tags}
	if out.Tags == nil {
		out.Tags = map[string]string{}
	}
	return out
}

// Identity finds a managed identity; see [Cloud]. The name has no quotes: its rule allows none.
func (a *Az) Identity(ctx context.Context, group, name string) (*Identity, error) {
	var found []azIdentity
	err := a.decode(ctx, &found, a.in("identity", "list", "--query", "[?name=='"+name+"']", "--resource-group", group)...)
	if err != nil || len(found) == 0 {
		return nil, ignoreAbsent(err)
	}
	return found[0].identity(), nil
}

// CreateIdentity makes a managed identity in its group's region; see [Cloud].
func (a *Az) CreateIdentity(ctx context.Context, i Identity) (*Identity, error) {
	var made azIdentity
	args := append(a.in("identity", "create", "--name", i.Name, "--resource-group", i.Group), tagArgs(i.Tags)...)
	if err := a.decode(ctx, &made, args...); err != nil {
		return nil, err
	}
	return made.identity(), nil
}

// DeleteIdentity deletes a managed identity; see [Destroyer].
func (a *Az) DeleteIdentity(ctx context.Context, i Identity) error {
	return ignoreAbsent(a.run(ctx, "identity", "delete", "--name", i.Name, "--resource-group", i.Group))
}
