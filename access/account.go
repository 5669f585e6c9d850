package access

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/authorization/armauthorization/v2"
)

// AccountPart is one of the things that an account for a program is made of.
type AccountPart string

// The parts, in the order in which they are made. The secret comes last: until it is there, nobody can use the account.
const (
	PartApplication AccountPart = "app registration"
	PartPrincipal   AccountPart = "service principal"
	PartRole        AccountPart = "role"
	PartSecret      AccountPart = "secret"
)

// AccountRequest says which account [Client.EnsureAccount] makes. All fields are needed, but for those that say otherwise.
type AccountRequest struct {
	// Name is the app registration's display name.
	Name string
	// Tags mark the app registration as the caller's. One that is there keeps the tags that it has. Nil: none. Where it has
	// them, Role is the only one that the account keeps of those that EnsureAccount has given it at Scope.
	Tags []string
	// Scope is where the account gets its role, as an ARM id.
	Scope string
	// Role is a built-in role; empty: Custom, which is made at Scope if need be.
	Role   BuiltIn
	Custom *Role
	// SecretName names the secret. An earlier one of that name is replaced. Lifetime is how long the new one is valid; 0:
	// Entra's default, two years.
	SecretName string
	Lifetime   time.Duration
	// Existing is asked before an app registration that is there already is used; an error ends it all, with nothing
	// changed. Nil: nobody is asked.
	Existing func(ctx context.Context, app Application) error
	// Part is told of each part before it is made. Nil: nobody is told.
	Part func(AccountPart)
	// Deliver takes the account, its new secret included, to whoever will use it, while an earlier secret still works. If it
	// fails, the new secret is removed again and EnsureAccount returns an [*UndeliveredError]. Nil: the earlier secret goes
	// first, as with [Client.ReplaceSecret].
	Deliver func(*Account) error
}

// Account is an account for a program.
type Account struct {
	Application Application
	Principal   ServicePrincipal
	Secret      Secret
	// Removed are the roles that an earlier call gave and this one took away, Others those that the account has besides.
	Removed, Others []Grant
}

// DisabledError says that nobody can sign in as an application, because its service principal was disabled.
type DisabledError struct {
	// Name is the application's display name, and ClientID what it signs in with.
	Name, ClientID string
}

// Error names the application.
func (e *DisabledError) Error() string {
	return fmt.Sprintf("the service principal of the app registration %q is disabled: nothing can sign in with it", e.Name)
}

// Hint says who can enable it, and how.
func (e *DisabledError) Hint() string {
	return "an administrator of the tenant can enable it, if it was not disabled for a reason: az ad sp update --id " + e.ClientID + " --set accountEnabled=true"
}

// EnsureAccount makes an account that a program signs in with and that has one role at one scope: app registration, service
// principal, role assignment and secret. What is there already is used, so that a run that was killed is finished by the
// next one, which replaces a secret that nobody has seen.
func (c *Client) EnsureAccount(ctx context.Context, r AccountRequest) (*Account, error) {
	part := r.Part
	if part == nil {
		part = func(AccountPart) {}
	}
	part(PartApplication)
	there, err := c.Applications(ctx, r.Name)
	if err != nil {
		return nil, err
	}
	if len(there) > 0 && r.Existing != nil {
		if err := r.Existing(ctx, there[0]); err != nil {
			return nil, err
		}
	}
	a := &Account{}
	var created bool
	if a.Application, created, err = c.EnsureApplication(ctx, r.Name, r.Tags...); err != nil {
		return nil, err
	}
	if len(there) == 0 && !created && r.Existing != nil { // the directory's lists did not have it yet
		if err := r.Existing(ctx, a.Application); err != nil {
			return nil, err
		}
	}
	part(PartPrincipal)
	if a.Principal, _, err = c.EnsureServicePrincipal(ctx, a.Application.ClientID); err != nil {
		return nil, err
	}
	if !a.Principal.Enabled {
		return nil, &DisabledError{Name: r.Name, ClientID: a.Application.ClientID}
	}
	part(PartRole)
	role := string(r.Role)
	if role == "" {
		if role, _, err = c.EnsureRole(ctx, r.Scope, *r.Custom); err != nil {
			return nil, err
		}
	}
	if _, err := c.Assign(ctx, Assignment{Scope: r.Scope, Role: role, Principal: a.Principal.ObjectID}); err != nil {
		return nil, err
	}
	if err := c.removeEarlier(ctx, a, r, role); err != nil {
		return nil, err
	}
	part(PartSecret)
	if r.Deliver != nil {
		if err := c.deliverSecret(ctx, a, r); err != nil {
			return nil, err
		}
		return a, nil
	}
	if a.Secret, err = c.ReplaceSecret(ctx, a.Application, r.SecretName, r.Lifetime); err != nil {
		return nil, err
	}
	return a, nil
}

// removeEarlier takes away the roles that EnsureAccount has given before, and finds those that are not its own to take.
func (c *Client) removeEarlier(ctx context.Context, a *Account, r AccountRequest, role string) error {
	grants, err := c.Grants(ctx, r.Scope, a.Principal.ObjectID)
	if err != nil {
		return err
	}
	for _, g := range grants {
		switch here := strings.EqualFold(strings.TrimRight(g.Scope, "/"), strings.TrimRight(r.Scope, "/")); {
		case here && strings.EqualFold(lastSegment(g.Role), lastSegment(role)):
		case here && g.Own && a.Application.hasTags(r.Tags):
			if err := c.deleteAssignment(ctx, g.id); err != nil {
				return fmt.Errorf("taking the role %s at %s from %s: %w", g.RoleName, g.Scope, r.Name, err)
			}
			a.Removed = append(a.Removed, g)
		default:
			a.Others = append(a.Others, g)
		}
	}
	return nil
}

// hasTags reports whether the application has all of some tags, of which there is one at least.
func (a Application) hasTags(tags []string) bool {
	return len(tags) > 0 && !slices.ContainsFunc(tags, func(tag string) bool { return !slices.Contains(a.Tags, tag) })
}

// deleteAssignment deletes a role assignment by its full id; a missing one is no error.
func (c *Client) deleteAssignment(ctx context.Context, id string) error {
	return c.repeat(ctx, "Azure Resource Manager", func(ctx context.Context) error {
		_, err := c.assignments.DeleteByID(ctx, id, nil)
		return ignoreNotFound(err)
	}, nil)
}

// UnassignAll takes from a principal all roles that it has in a subscription, whoever gave them, and returns the scopes at
// which it had one, each once. A deleted principal leaves its assignments behind, where they count against Azure's limit.
func (c *Client) UnassignAll(ctx context.Context, subscription, principal string) (scopes []string, err error) {
	var found []*armauthorization.RoleAssignment
	err = c.repeat(ctx, "Azure Resource Manager", func(ctx context.Context) error {
		found = nil
		pages := c.assignments.NewListForScopePager("/subscriptions/"+subscription, &armauthorization.RoleAssignmentsClientListForScopeOptions{
			Filter: new("principalId%20eq%20" + quoted(principal)), // the SDK sends this one as it is
		})
		for pages.More() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				return err
			}
			found = append(found, page.Value...)
		}
		return nil
	}, nil)
	if err != nil {
		return nil, fmt.Errorf("reading the roles of %s: %w", principal, err)
	}
	for _, a := range found {
		if a.ID == nil || a.Properties == nil || a.Properties.Scope == nil || !counts("/subscriptions/"+subscription, *a.Properties.Scope) {
			continue // one above the subscription is not ours to take
		}
		if err := c.deleteAssignment(ctx, *a.ID); err != nil {
			return scopes, fmt.Errorf("taking a role at %s from %s: %w", *a.Properties.Scope, principal, err)
		}
		if !slices.ContainsFunc(scopes, func(have string) bool { return strings.EqualFold(have, *a.Properties.Scope) }) {
			scopes = append(scopes, *a.Properties.Scope)
		}
	}
	return scopes, nil
}

// HasSecret reports whether the application has a secret of that name.
func (a Application) HasSecret(name string) bool {
	return slices.ContainsFunc(a.Secrets, func(s SecretInfo) bool { return s.DisplayName == name })
}
