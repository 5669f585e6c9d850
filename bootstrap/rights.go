package bootstrap

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/pacific-aci/pacific/access"
	"github.com/pacific-aci/pacific/azure"
)

// actionsOf are the actions that it takes to make the resources of our template, beside TYPE/write for each
// (learn.microsoft.com/azure/role-based-access-control/resource-provider-operations).
var actionsOf = map[Kind][]string{
	KindNAT:    {"Microsoft.Network/publicIPAddresses/join/action"},
	KindSubnet: {"Microsoft.Network/natGateways/join/action"},
	KindWorker: {"Microsoft.Network/virtualNetworks/subnets/join/action", "Microsoft.ManagedIdentity/userAssignedIdentities/assign/action"},
}

// right is an action that is needed at a scope: the id of the resource that it is about where that exists, else the resource
// group's.
type right struct{ action, scope string }

// rights are those that a run with this plan needs.
func (s *state) rights(plan Plan) []right {
	group := s.request.groupID()
	need := []right{{"Microsoft.Resources/deployments/write", group}}
	if slices.ContainsFunc(plan.Resources, func(r Resource) bool { return r.Kind == KindGroup && r.Action != ActionKeep }) {
		need = append(need, right{"Microsoft.Resources/subscriptions/resourceGroups/write", group})
	}
	for _, r := range s.resources {
		kept := s.keeps(r) || r.kind == KindSecret && r.there != nil && r.change == ""
		if s.request.ours() && kept { // a template of the caller's writes all that it has
			continue
		}
		scope := group
		if on, _, ok := strings.Cut(r.id, "/providers/Microsoft.Authorization/roleAssignments/"); ok && !strings.Contains(on, "[") && s.isThere(on) {
			scope = on
		} else if r.there != nil && !strings.Contains(r.id, "[") {
			scope = r.id
		}
		need = append(need, right{r.kindOfAzure + "/write", scope})
		if s.request.ours() {
			for _, action := range actionsOf[r.kind] {
				need = append(need, right{action, group})
			}
		}
	}
	return need
}

// isThere reports whether the template's resource of an id is there.
func (s *state) isThere(id string) bool {
	return slices.ContainsFunc(s.resources, func(r *resource) bool { return r.there != nil && strings.EqualFold(r.id, id) })
}

// checkRights returns an access.RightsError if who bootstraps certainly lacks a right that the plan needs, on the resource group
// and on the resource that it is about. Nil may be wrong: conditions and deny assignments are seen only when they are used.
func (b *Bootstrapper) checkRights(ctx context.Context, s *state, plan Plan) error {
	if !plan.Changes() {
		return nil
	}
	need, group := s.rights(plan), s.request.groupID()
	var actions []string
	for _, r := range need {
		actions = append(actions, r.action)
	}
	slices.Sort(actions)
	principal, lacking, err := b.missing(ctx, group, slices.Compact(actions))
	if err != nil || len(lacking) == 0 {
		return err
	}
	missing := &access.RightsError{Principal: principal, Scope: group}
	for _, r := range need {
		if !slices.Contains(lacking, r.action) || slices.Contains(missing.Actions, r.action) {
			continue
		}
		if r.scope != group {
			if _, there, err := b.missing(ctx, r.scope, []string{r.action}); err != nil || len(there) == 0 {
				if err != nil {
					return err
				}
				continue
			}
		}
		missing.Actions = append(missing.Actions, r.action)
	}
	if len(missing.Actions) == 0 {
		return nil
	}
	slices.Sort(missing.Actions)
	return missing
}

// missing are the actions that this account certainly lacks at a scope. None for who may not see the roles, and may have one
// all the same.
func (b *Bootstrapper) missing(ctx context.Context, scope string, actions []string) (principal string, lacking []string, err error) {
	principal, lacking, err = b.client.access.Missing(ctx, scope, actions)
	if e := azure.Explain(err); e != nil && e.Class == azure.ClassAuthorisation {
		return principal, nil, nil
	}
	if err != nil {
		return principal, nil, fmt.Errorf("checking the rights of this account: %w", err)
	}
	return principal, lacking, nil
}
