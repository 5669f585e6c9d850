package network

import (
	"net/netip"
	"slices"

	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
)

// subnetPlan is the subnets that a virtual network will have, checked against one another.
type subnetPlan struct {
	service *service
	change  *change
	space   []netip.Prefix
	// ids and defs are the subnets that the network will have, before those that it has.
	ids    []arm.ResourceID
	defs   []*subnet
	before []arm.ResourceID
	// only: the subnets but the last are there already and stay as they are.
	only bool
}

// add checks a subnet that somebody wants: what it says, and whether it fits.
func (plan *subnetPlan) add(id arm.ResourceID, n *subnet) error {
	if err := checkName(id); err != nil {
		return err
	}
	at := *plan.change
	at.id = id
	if err := n.fill(plan.service, &at); err != nil {
		return err
	}
	return plan.fit(id, n)
}

// fit checks a subnet's range against the network's and those of the subnets before.
func (plan *subnetPlan) fit(id arm.ResourceID, n *subnet) error {
	texts := n.AddressPrefixes
	if len(texts) == 0 && n.AddressPrefix != "" {
		texts = []string{n.AddressPrefix}
	}
	ranges, err := parsePrefixes(texts, id)
	if err != nil {
		return err
	}
	net, _ := id.Parent()
	if len(ranges) == 0 {
		return arm.BadRequest("NetcfgInvalidSubnet", "Subnet '%s' is not valid in virtual network '%s': it has no address prefix.", id.Name(), net.Name())
	}
	for _, p := range ranges {
		if p.Addr().Is4() && p.Bits() > smallest || p.Addr().Is6() && p.Bits() != 64 {
			return arm.BadRequest("NetcfgInvalidSubnet", "Subnet '%s' is not valid in virtual network '%s': %s is not a range that a subnet can have; an IPv4 one has at least 8 addresses, an IPv6 one is a /64.", id.Name(), net.Name(), p)
		}
		if !covered(p, plan.space) {
			return arm.BadRequest("NetcfgSubnetRangeOutsideVnet", "Subnet '%s' is not valid because its IP address range is outside the IP address range of virtual network '%s'.", id.Name(), net.Name())
		}
	}
	for i, other := range plan.defs {
		if plan.ids[i].Key() == id.Key() {
			return arm.BadRequest("InvalidRequestFormat", "Cannot parse the request: virtual network '%s' has the subnet '%s' twice.", net.Name(), id.Name())
		}
		if overlap(ranges, other.ranges()) {
			return arm.BadRequest("NetcfgSubnetRangesOverlap", "Subnet '%s' is not valid because its IP address range overlaps with that of an existing subnet in virtual network '%s'.", id.Name(), net.Name())
		}
	}
	plan.ids, plan.defs = append(plan.ids, id), append(plan.defs, n)
	return nil
}

// enter makes the subnets known to those who join them, unless one that is in use would go or change too much.
func (plan *subnetPlan) enter() error {
	var changes []arm.SubnetChange
	for _, id := range plan.leaving() {
		if err := plan.service.freed(id); err != nil {
			return err
		}
		changes = append(changes, arm.SubnetChange{ID: id})
	}
	for i, id := range plan.ids {
		if plan.only && i < len(plan.ids)-1 {
			continue
		}
		after := &arm.Subnet{ID: id, Location: plan.change.location, Prefixes: plan.defs[i].ranges()}
		for _, d := range plan.defs[i].Delegations {
			after.Delegations = append(after.Delegations, d.Properties.ServiceName)
		}
		changes = append(changes, arm.SubnetChange{ID: id, After: after})
	}
	return plan.service.core.Subnets.Change(changes, inUse)
}

// leaving are the subnets that there were and that the network will not have.
func (plan *subnetPlan) leaving() []arm.ResourceID {
	return slices.DeleteFunc(slices.Clone(plan.before), func(id arm.ResourceID) bool {
		return slices.ContainsFunc(plan.ids, func(kept arm.ResourceID) bool { return kept.Key() == id.Key() })
	})
}

// keep stores the subnets of a network that was stored, and takes the others away.
func (plan *subnetPlan) keep() ([]arm.ResourceID, error) {
	s := plan.service
	for _, id := range plan.leaving() {
		s.core.Delete(id)
	}
	for i, id := range plan.ids {
		it := &item{etag: newEtag(), state: updating, def: plan.defs[i]}
		if _, err := s.core.Put(arm.Resource{ID: id, ProvisioningState: updating, Value: it}); err != nil {
			return nil, err
		}
	}
	return plan.ids, nil
}
