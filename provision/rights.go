package provision

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/pacific-aci/pacific/access"
	"github.com/pacific-aci/pacific/azcli"
	"github.com/pacific-aci/pacific/azure"
)

// RightsError says that who provisions lacks rights in Azure, before anything was made.
type RightsError = access.RightsError

// RightsHint says which right it takes to make a kind of thing, and who can give it; for what Azure or the directory has
// refused. Empty for what is in neither.
func RightsHint(kind Kind) string {
	switch kind {
	case KindApplication, KindPrincipal:
		return "ask an administrator of the tenant for the role Application Developer, or to let users register applications"
	case KindSecret:
		return "ask an owner of the app registration to make this account an owner of it too, or choose another name for a new one"
	case KindGroup, KindRegistry, KindIdentity:
		return access.RoleHint(false)
	case KindRole, KindPull:
		return access.RoleHint(true)
	case KindLogin:
		return "ask an Owner of the registry for the role AcrPush on it, or leave the sign-in out"
	}
	return ""
}

// The actions that it takes to make each kind of resource (learn.microsoft.com/azure/role-based-access-control/
// resource-provider-operations).
var actionsOf = map[Kind][]string{
	KindGroup:    {"Microsoft.Resources/subscriptions/resourceGroups/write"},
	KindRegistry: {"Microsoft.ContainerRegistry/registries/write"},
	KindIdentity: {"Microsoft.ManagedIdentity/userAssignedIdentities/write"},
	KindRole:     {assignAction},
	KindPull:     {assignAction},
}

const (
	assignAction = "Microsoft.Authorization/roleAssignments/write"
	defineAction = "Microsoft.Authorization/roleDefinitions/write"
)

// CheckRights returns a [*RightsError] if who provisions certainly lacks a right that the plan needs in Azure. Nil may be
// wrong: rights in the directory, conditions and deny assignments are seen only when they are used.
func (p *Provisioner) CheckRights(ctx context.Context, plan Plan) error {
	if p.o.MissingActions == nil {
		return nil
	}
	var need []string
	for _, r := range plan.Resources {
		if r.Action != ActionCreate {
			continue
		}
		need = append(need, actionsOf[r.Kind]...)
		if r.Kind == KindRole && plan.Request.Role == RoleLeast {
			need = append(need, defineAction)
		}
	}
	slices.Sort(need)
	if need = slices.Compact(need); len(need) == 0 {
		return nil
	}
	scope := plan.Request.groupID()
	principal, missing, err := p.o.MissingActions(ctx, scope, need)
	switch {
	case Forbidden(err):
		return nil // who may not see the roles may have one all the same
	case err != nil:
		return fmt.Errorf("checking the rights of this account: %w", err)
	case len(missing) > 0:
		return &RightsError{Principal: principal, Actions: missing, Scope: scope}
	}
	return nil
}

// Forbidden reports whether Azure refuses the one who asks, natively or through az.
func Forbidden(err error) bool {
	if e, ok := errors.AsType[*azcli.CommandError](err); ok {
		return slices.Contains(forbiddenCodes, e.Code)
	}
	e := azure.Explain(err)
	return e != nil && e.Status == http.StatusForbidden
}

// forbiddenCodes are the codes of a 403, which az shows without the status: ARM's and Microsoft Graph's.
var forbiddenCodes = []string{"AuthorizationFailed", "LinkedAuthorizationFailed", "Authorization_RequestDenied"}
