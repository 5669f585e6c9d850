package access

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/pacific-aci/pacific/azure"
)

// Missing says which actions the one who is signed in has no role for at a scope, which need not exist yet: the ARM id of a
// subscription or of something in one. principal is the object id of who asks.
//
// It computes what Azure Resource Manager computes from role assignments, those of groups included
// (learn.microsoft.com/azure/role-based-access-control/overview). Conditions and deny assignments are not looked at: an
// action that is missing will be refused, one that is not may be refused all the same. An account that may not read the
// assignments of the subscription is asked about at the scope alone, where its own roles are; who may not read them there
// either gets Azure's error.
func (c *Client) Missing(ctx context.Context, scope string, actions []string) (principal string, missing []string, err error) {
	if principal, err = c.self(ctx); err != nil {
		return "", nil, err
	}
	missing, err = c.MissingOf(ctx, principal, scope, actions)
	return principal, missing, err
}

// MissingOf is [Client.Missing] for another principal, by its object id.
func (c *Client) MissingOf(ctx context.Context, principal, scope string, actions []string) ([]string, error) {
	from := subscriptionOf(scope)
	grants, err := c.grants(ctx, from, principal)
	if e := azure.Explain(err); e != nil && e.Class == azure.ClassAuthorisation && from != scope {
		if there, scopeErr := c.grants(ctx, scope, principal); scopeErr == nil {
			from, grants, err = scope, there, nil
		}
	}
	if err != nil {
		return nil, err
	}
	var permissions []Permission
	var read []string
	for _, g := range grants {
		if !counts(g.Scope, scope) || slices.Contains(read, g.Role) {
			continue
		}
		definition, err := c.definition(ctx, from, g.Role)
		if err != nil {
			return nil, err
		}
		read = append(read, g.Role)
		permissions = append(permissions, permissionsOf(definition.Permissions)...)
	}
	return lacking(permissions, actions), nil
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
