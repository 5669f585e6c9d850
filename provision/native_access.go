package provision

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/pacific-aci/pacific/access"
	"github.com/pacific-aci/pacific/azure"
)

// Application finds an app registration by display name; see [Cloud].
func (n *Native) Application(ctx context.Context, displayName string) (*Application, error) {
	found, err := n.access.Applications(ctx, displayName)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return applicationOf(found[0]), nil
}

// ApplicationByID finds an app registration by client id; see [Cloud].
func (n *Native) ApplicationByID(ctx context.Context, clientID string) (*Application, error) {
	found, err := n.access.Application(ctx, clientID)
	if azure.Missing(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return applicationOf(found), nil
}

// CreateApplication registers an application; see [Cloud].
func (n *Native) CreateApplication(ctx context.Context, displayName string) (*Application, error) {
	made, _, err := n.access.EnsureApplication(ctx, displayName, TagProvisioned)
	if err != nil {
		return nil, err
	}
	return applicationOf(made), nil
}

func applicationOf(a access.Application) *Application {
	return &Application{
		ObjectID: a.ObjectID, ClientID: a.ClientID, Name: a.DisplayName, Secrets: a.Secrets, Certificates: a.Certificates,
		Provisioned: slices.Contains(a.Tags, TagProvisioned),
	}
}

// registration is the application as access knows it.
func (a Application) registration() access.Application {
	return access.Application{ObjectID: a.ObjectID, ClientID: a.ClientID, DisplayName: a.Name, Secrets: a.Secrets}
}

// CreateSecret makes a secret; see [Cloud].
func (n *Native) CreateSecret(ctx context.Context, app Application, name string, lifetime time.Duration) (access.Secret, error) {
	return n.access.ReplaceSecret(ctx, app.registration(), name, lifetime)
}

// DeleteSecret removes secrets; see [Destroyer].
func (n *Native) DeleteSecret(ctx context.Context, app Application, secret access.SecretInfo) error {
	now, err := n.access.Application(ctx, app.ClientID)
	if azure.Missing(err) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, have := range now.Secrets {
		if sameSecret(have, secret) {
			if err := n.access.RemoveSecret(ctx, now, have.KeyID); err != nil {
				return err
			}
		}
	}
	return nil
}

// sameSecret reports whether a secret is the one that is meant, or one of that name where no key id is given.
func sameSecret(have, meant access.SecretInfo) bool {
	return have.DisplayName == meant.DisplayName && (meant.KeyID == "" || strings.EqualFold(have.KeyID, meant.KeyID))
}

// FederatedCredentials lists federated credentials; see [Destroyer].
func (n *Native) FederatedCredentials(ctx context.Context, app Application) ([]string, error) {
	return n.access.FederatedCredentials(ctx, app.ObjectID)
}

// DeleteApplication deletes an app registration; see [Destroyer].
func (n *Native) DeleteApplication(ctx context.Context, app Application) error {
	return n.access.DeleteApplication(ctx, app.ObjectID)
}

// Principal finds a service principal; see [Cloud].
func (n *Native) Principal(ctx context.Context, clientID string) (*Principal, error) {
	found, err := n.access.ServicePrincipal(ctx, clientID)
	if azure.Missing(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return principalOf(found), nil
}

func principalOf(p access.ServicePrincipal) *Principal {
	return &Principal{ObjectID: p.ObjectID, ClientID: p.ClientID, Disabled: !p.Enabled}
}

// CreatePrincipal makes a service principal; see [Cloud].
func (n *Native) CreatePrincipal(ctx context.Context, clientID string) (*Principal, error) {
	made, _, err := n.access.EnsureServicePrincipal(ctx, clientID)
	if err != nil {
		return nil, err
	}
	return principalOf(made), nil
}

// Granted reports whether a role is given; see [Cloud].
func (n *Native) Granted(ctx context.Context, g Grant) (bool, error) {
	role := string(g.Role)
	if g.Custom != nil {
		id, complete, err := n.access.FindRole(ctx, g.Scope, *g.Custom)
		if err != nil || !complete {
			return false, err
		}
		role = id
	}
	return n.access.Assigned(ctx, access.Assignment{Scope: g.Scope, Role: role, Principal: g.Principal})
}

// Grant gives a role; see [Cloud].
func (n *Native) Grant(ctx context.Context, g Grant) error {
	role := string(g.Role)
	if g.Custom != nil {
		var err error
		if role, _, err = n.access.EnsureRole(ctx, g.Scope, *g.Custom); err != nil {
			return err
		}
	}
	_, err := n.access.Assign(ctx, access.Assignment{Scope: g.Scope, Role: role, Principal: g.Principal})
	return err
}

// Revoke takes a role away; see [Destroyer]. A custom role stays: others may use it.
func (n *Native) Revoke(ctx context.Context, g Grant) error {
	role := string(g.Role)
	if g.Custom != nil {
		id, _, err := n.access.FindRole(ctx, g.Scope, *g.Custom)
		if err != nil || id == "" {
			return err
		}
		role = id
	}
	return n.access.Unassign(ctx, access.Assignment{Scope: g.Scope, Role: role, Principal: g.Principal})
}

// MissingActions says which actions no role of the one who is signed in allows at a scope; see [Options].
func (n *Native) MissingActions(ctx context.Context, scope string, actions []string) (principal string, missing []string, err error) {
	return n.access.Missing(ctx, scope, actions)
}

var _ Cloud = (*Native)(nil)
