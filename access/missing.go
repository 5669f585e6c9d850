package access

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/authorization/armauthorization/v2"

	"github.com/pacific-aci/pacific/azure"
)

// Missing says which actions the one who is signed in has no role for at a scope, which need not exist yet: the ARM id of a
// subscription or of something in one. principal is the object id of who asks.
//
// It computes what Azure Resource Manager computes from role assignments, those of groups included
// (learn.microsoft.com/azure/role-based-access-control/overview). Conditions and deny assignments are not looked at: an
// action that is missing will be refused, one that is not may be refused all the same. Who may not read the assignments
// gets Azure's error.
func (c *Client) Missing(ctx context.Context, scope string, actions []string) (principal string, missing []string, err error) {
	if principal, err = c.self(ctx); err != nil {
		return "", nil, err
	}
	var roles []string
	err = c.repeat(ctx, "Azure Resource Manager", func(ctx context.Context) error {
		roles = nil
		pages := c.assignments.NewListForScopePager(subscriptionOf(scope), &armauthorization.RoleAssignmentsClientListForScopeOptions{
			Filter: new("assignedTo(" + quoted(principal) + ")"),
		})
		for pages.More() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				return err
			}
			for _, a := range page.Value {
				if p := a.Properties; p != nil && p.Scope != nil && p.RoleDefinitionID != nil && counts(*p.Scope, scope) && !slices.Contains(roles, *p.RoleDefinitionID) {
					roles = append(roles, *p.RoleDefinitionID)
				}
			}
		}
		return nil
	}, nil)
	if err != nil {
		return principal, nil, fmt.Errorf("reading the roles of %s: %w", principal, err)
	}
	var permissions []*armauthorization.Permission
	for _, id := range roles {
		err := c.repeat(ctx, "Azure Resource Manager", func(ctx context.Context) error {
			found, err := c.definitions.GetByID(ctx, id, nil)
			if err == nil && found.Properties != nil {
				permissions = append(permissions, found.Properties.Permissions...)
			}
			return err
		}, nil)
		if err != nil {
			return principal, nil, fmt.Errorf("reading the role %s: %w", lastSegment(id), err)
		}
	}
	return principal, lacking(permissionsOf(permissions), actions), nil
}

// self is the object id of who is signed in, as its token for Azure Resource Manager says.
func (c *Client) self(ctx context.Context) (string, error) {
	credential, err := c.cloud.Credential()
	if err != nil {
		return "", err
	}
	token, err := credential.GetToken(ctx, policy.TokenRequestOptions{Scopes: []string{c.cloud.Endpoints().Audience + "/.default"}})
	if err != nil {
		return "", err
	}
	claims := azure.ReadClaims(token.Token)
	if claims.ObjectID == "" {
		return "", fmt.Errorf("finding who is signed in: the token names no object id")
	}
	return claims.ObjectID, nil
}

// subscriptionOf is the subscription that a scope is in.
func subscriptionOf(scope string) string {
	parts := strings.SplitN(scope, "/", 4) // "", subscriptions, ID, the rest
	return strings.Join(parts[:min(3, len(parts))], "/")
}

// counts reports whether an assignment at a scope counts at another one: at the same, below it, and everywhere in the
// subscription for those of management groups and of the tenant.
func counts(assigned, at string) bool {
	assigned, at = strings.ToLower(strings.TrimRight(assigned, "/")), strings.ToLower(at)
	return !strings.HasPrefix(assigned, "/subscriptions/") || at == assigned || strings.HasPrefix(at, assigned+"/")
}

// matches reports whether an action is one of a role's patterns, in which * stands for any text.
func matches(patterns []string, action string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		expression := "(?is)^" + strings.ReplaceAll(regexp.QuoteMeta(pattern), `\*`, ".*") + "$"
		ok, err := regexp.MatchString(expression, action)
		return err == nil && ok
	})
}
