package provision

import (
	"context"
	"time"

	"github.com/pacific-aci/pacific/access"
)

// Cloud is what the steps need of Azure. [NewNative] asks Azure's own APIs, [NewAz] runs az; both leave the same behind.
//
// A method that reads gives nil for what is not there, which is no error. One that creates is safe to repeat: what is
// there already counts as created. All wait out throttling and failures of Azure's own until ctx ends.
type Cloud interface {
	// Group reads a resource group.
	Group(ctx context.Context, name string) (*Group, error)
	// CreateGroup makes a resource group with tags.
	CreateGroup(ctx context.Context, g Group) (*Group, error)

	// Application finds an app registration by its exact display name, the oldest one if there are several.
	Application(ctx context.Context, displayName string) (*Application, error)
	// ApplicationByID finds an app registration by its client id.
	ApplicationByID(ctx context.Context, clientID string) (*Application, error)
	// CreateApplication registers an application with the tag [TagProvisioned]. One of that name that is there already keeps
	// the tags that it has.
	CreateApplication(ctx context.Context, displayName string) (*Application, error)
	// CreateSecret makes a secret of that name, in place of an earlier one of the same name. A lifetime of 0 is Azure's own.
	CreateSecret(ctx context.Context, app Application, name string, lifetime time.Duration) (access.Secret, error)

	// Principal finds an application's service principal.
	Principal(ctx context.Context, clientID string) (*Principal, error)
	// CreatePrincipal makes an application's service principal, and waits until the directory shows it.
	CreatePrincipal(ctx context.Context, clientID string) (*Principal, error)

	// Granted reports whether the principal has that role at that scope.
	Granted(ctx context.Context, g Grant) (bool, error)
	// Grant gives it, and waits for a new principal to be known to Azure Resource Manager.
	Grant(ctx context.Context, g Grant) error

	// Registries lists the container registries of the subscription.
	Registries(ctx context.Context) ([]Registry, error)
	// CreateRegistry makes a registry and waits until it is ready.
	CreateRegistry(ctx context.Context, r Registry) (*Registry, error)
	// Login signs docker's configuration in to a registry.
	Login(ctx context.Context, r Registry) error

	// Identity finds a managed identity in a resource group.
	Identity(ctx context.Context, group, name string) (*Identity, error)
	// CreateIdentity makes one.
	CreateIdentity(ctx context.Context, i Identity) (*Identity, error)

	Destroyer
}

// Destroyer is what undoing needs of Azure. What is not there counts as deleted.
type Destroyer interface {
	// DeleteGroup deletes a resource group with all that is in it, and waits for the end.
	DeleteGroup(ctx context.Context, name string) error
	// GroupResources lists what is in a resource group.
	GroupResources(ctx context.Context, name string) ([]GroupResource, error)
	// FederatedCredentials lists the names of an application's federated credentials.
	FederatedCredentials(ctx context.Context, app Application) ([]string, error)
	// DeleteApplication deletes an app registration with its secrets and its service principal.
	DeleteApplication(ctx context.Context, app Application) error
	// DeleteSecret removes the secrets of that name; with a key id, that one alone.
	DeleteSecret(ctx context.Context, app Application, secret access.SecretInfo) error
	// Revoke takes a right away.
	Revoke(ctx context.Context, g Grant) error
	// DeleteRegistry deletes a registry with its images, and waits for the end.
	DeleteRegistry(ctx context.Context, r Registry) error
	// DeleteIdentity deletes a managed identity.
	DeleteIdentity(ctx context.Context, i Identity) error
}

// Group is a resource group.
type Group struct {
	// ID is its ARM id; made by Azure.
	ID string
	// Name and Location are given.
	Name, Location string
	// Tags are its tags. Never nil from a Cloud.
	Tags map[string]string
}

// GroupResource is something in a resource group.
type GroupResource struct {
	// ID is its ARM id.
	ID string
	// Tags are its tags; may be nil.
	Tags map[string]string
}

// Application is an app registration.
type Application struct {
	// ObjectID and ClientID are its ids in the directory; the second is what it signs in with.
	ObjectID, ClientID string
	// Name is its display name.
	Name string
	// Secrets are its secrets, and Certificates its certificates, both without their text.
	Secrets, Certificates []access.SecretInfo
	// Provisioned says that it has the tag [TagProvisioned].
	Provisioned bool
}

// Principal is an application's service principal.
type Principal struct {
	// ObjectID is what roles are given to.
	ObjectID string
	// ClientID is its application's.
	ClientID string
	// Disabled says that nobody can sign in as it.
	Disabled bool
}

// Grant gives a principal a role at a scope.
type Grant struct {
	// Principal is an object id.
	Principal string
	// Role is one of Azure's own, such as access.Contributor; empty: Custom.
	Role access.BuiltIn
	// Custom is one of Pacific's roles, which is made if need be.
	Custom *access.Role
	// Scope is an ARM id.
	Scope string
}

// RoleName is the role's name in words.
func (g Grant) RoleName() string {
	if g.Custom != nil {
		return g.Custom.Name
	}
	return g.Role.Name()
}

// Registry is a container registry.
type Registry struct {
	// ID is its ARM id; made by Azure.
	ID string
	// Name, Group and Location are given.
	Name, Group, Location string
	// LoginServer is its host, NAME.azurecr.io; made by Azure.
	LoginServer string
	// Created is when that was; made by Azure.
	Created time.Time
	// Tags are its tags. Never nil from a Cloud.
	Tags map[string]string
}

// Identity is a user-assigned managed identity.
type Identity struct {
	// ID is its ARM id, and PrincipalID the object id that roles are given to; made by Azure.
	ID, PrincipalID string
	// Name, Group and Location are given.
	Name, Group, Location string
	// Tags are its tags. Never nil from a Cloud.
	Tags map[string]string
}
