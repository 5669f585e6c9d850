package containers

import (
	"net/http"
	"net/netip"
	"strings"

	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
)

const subnetType = "Microsoft.Network/virtualNetworks/subnets"

// subnetsOf are the subnets that a definition names, as far as their ids can be read.
func subnetsOf(body *groupBody) []arm.ResourceID {
	var ids []arm.ResourceID
	if body.Properties == nil {
		return nil
	}
	for _, subnet := range body.Properties.SubnetIDs {
		if id, err := arm.ParseResourceID(subnet.ID); err == nil {
			ids = append(ids, id)
		}
	}
	return ids
}

// join gives a group an address in the subnet that its definition names; the address is not valid if it names none. The
// subnet must be there, delegated to container groups, and in the group's region
// (learn.microsoft.com/azure/container-instances/container-instances-virtual-network-concepts). A group that is there
// already keeps its address. Call it with deciding held.
func (s *Service) join(g *group, body *groupBody) (netip.Addr, error) {
	named := body.Properties.SubnetIDs
	if len(named) == 0 {
		return netip.Addr{}, nil
	}
	if len(named) > 1 {
		return netip.Addr{}, arm.BadRequest("TooManySubnetIds", "Container group '%s' names %d subnets in 'subnetIds'; it can join one.", g.id.Name(), len(named))
	}
	id, err := arm.ParseResourceID(named[0].ID)
	if err != nil || !strings.EqualFold(id.Type(), subnetType) {
		return netip.Addr{}, arm.BadRequest("LinkedInvalidPropertyId",
			"Property id '%s' at path 'properties.subnetIds[0].id' is invalid. Expect fully qualified resource Id that start with '/subscriptions/{subscriptionId}' or '/providers/{resourceProviderNamespace}/'.", named[0].ID)
	}
	_, there := s.core.Get(id)
	if !there {
		return netip.Addr{}, subnetNotFound(id, g)
	}
	address, there, err := s.core.Subnets.Join(id, g.id, func(subnet arm.Subnet) error {
		switch {
		case !subnet.Delegated(groupType):
			return arm.BadRequest("SubnetMissingRequiredDelegation", "Subnet missing required delegation '%s' for container group '%s'.", namespace, g.id.Name())
		case subnet.Location != g.location:
			return arm.BadRequest("InvalidSubnetLocation", "The subnet '%s' of container group '%s' is in '%s'; it must be in the group's location '%s'.", id, g.id.Name(), subnet.Location, g.location)
		}
		return nil
	})
	switch {
	case err != nil:
		return netip.Addr{}, err
	case !there:
		return netip.Addr{}, subnetNotFound(id, g)
	case !address.IsValid():
		return netip.Addr{}, arm.BadRequest("SubnetIsFull", "Subnet %s does not have enough capacity for 1 IP addresses.", id.Name())
	}
	return address, nil
}

func subnetNotFound(id arm.ResourceID, g *group) error {
	return arm.BadRequest("SubnetNotFound", "The subnet '%s' of container group '%s' was not found.", id, g.id.Name())
}

// deleteLink removes the link with which container groups hold a subnet. It goes by itself with the last group, so that
// there is none to remove, or it is still needed.
func (s *Service) deleteLink(r *arm.Request) (*arm.Response, error) {
	subnet := r.ResourceID().Scope()
	if len(s.core.Subnets.Members(subnet)) > 0 {
		return nil, arm.Errorf(http.StatusConflict, "ServiceAssociationLinkInUse", "The service association link of subnet '%s' is in use by container groups. Delete them first.", subnet)
	}
	return noContent(), nil
}
