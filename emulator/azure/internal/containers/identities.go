package containers

import (
	"maps"
	"slices"
	"strings"

	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
)

// What a definition needs a right to besides that to write container groups.
const (
	assignAction = "Microsoft.ManagedIdentity/userAssignedIdentities/assign/action"
	joinAction   = "Microsoft.Network/virtualNetworks/subnets/join/action"
)

// checkLinked demands the right to assign the identities of a definition and to join its subnets. Ids that cannot be read
// are left to the validation.
func (s *Service) checkLinked(r *arm.Request, body *groupBody) error {
	var identities, subnets []arm.ResourceID
	if body.Identity != nil {
		for _, text := range slices.Sorted(maps.Keys(body.Identity.UserAssignedIdentities)) {
			if id, err := arm.ParseResourceID(text); err == nil {
				identities = append(identities, id)
			}
		}
	}
	if body.Properties != nil {
		for _, subnet := range body.Properties.SubnetIDs {
			if id, err := arm.ParseResourceID(subnet.ID); err == nil {
				subnets = append(subnets, id)
			}
		}
	}
	if err := s.core.Linked(r, assignAction, identities...); err != nil {
		return err
	}
	return s.core.Linked(r, joinAction, subnets...)
}

// checkIdentities demands that the user-assigned identities of a valid definition exist.
func (s *Service) checkIdentities(id arm.ResourceID, body *groupBody) error {
	if body.Identity == nil {
		return nil
	}
	for _, text := range slices.Sorted(maps.Keys(body.Identity.UserAssignedIdentities)) {
		if p, ok := s.core.Directory.Identity(text); !ok || !p.UserAssigned {
			return arm.BadRequest("FailedIdentityOperation",
				`Identity operation for resource '%s' failed with error 'Failed to perform resource identity operation. Status: 'BadRequest'. Response: '{"error":{"code":"BadRequest","message":"Resource '%s' was not found."}}'.'.`, id, text)
		}
	}
	return nil
}

// keepOwnIdentity gives a group its own principal if its definition wants one, and takes it away otherwise.
func (s *Service) keepOwnIdentity(id arm.ResourceID, body *groupBody) {
	if body.Identity != nil && strings.Contains(body.Identity.Type, "SystemAssigned") {
		s.core.Directory.AddIdentity(id.String(), id.Name(), false)
		return
	}
	s.core.Directory.DeleteIdentity(id.String())
}

// drop takes a group out of the store and its subnet, and its own principal out of the directory.
func (s *Service) drop(g *group) {
	s.core.Delete(g.id)
	s.core.Subnets.Leave(g.id)
	s.core.Directory.DeleteIdentity(g.id.String())
}

// identities are the managed identities of the group, system-assigned first. One that was deleted meanwhile is none.
func (g *group) identities() []arm.Identity {
	id := g.definition().Identity
	if id == nil {
		return nil
	}
	var list []arm.Identity
	add := func(resource string, own bool) {
		if p, ok := g.svc.core.Directory.Identity(resource); ok {
			list = append(list, arm.Identity{ResourceID: resource, PrincipalID: p.ID, ClientID: p.AppID, SystemAssigned: own})
		}
	}
	if strings.Contains(id.Type, "SystemAssigned") {
		add(g.id.String(), true)
	}
	for _, resource := range slices.Sorted(maps.Keys(id.UserAssignedIdentities)) {
		add(resource, false)
	}
	return list
}

// viewIdentity shows each identity with its ids.
func (g *group) viewIdentity(given *identityBody) *identityBody {
	if given == nil {
		return nil
	}
	out := &identityBody{Type: given.Type, TenantID: g.svc.core.TenantID()}
	if strings.Contains(given.Type, "SystemAssigned") {
		own, _ := g.svc.core.Directory.Identity(g.id.String())
		out.PrincipalID = own.ID
	}
	for _, id := range slices.Sorted(maps.Keys(given.UserAssignedIdentities)) {
		if out.UserAssignedIdentities == nil {
			out.UserAssignedIdentities = map[string]*userAssignedIdentity{}
		}
		p, _ := g.svc.core.Directory.Identity(id)
		out.UserAssignedIdentities[id] = &userAssignedIdentity{PrincipalID: p.ID, ClientID: p.AppID}
	}
	return out
}
