package network

import "github.com/pacific-aci/pacific/emulator/azure/internal/arm"

// gateway is a NAT gateway's properties.
type gateway struct {
	IdleTimeoutInMinutes *int        `json:"idleTimeoutInMinutes,omitempty"`
	PublicIPAddresses    []reference `json:"publicIpAddresses,omitempty"`
	PublicIPPrefixes     []reference `json:"publicIpPrefixes,omitempty"`
	Subnets              []reference `json:"subnets,omitempty"`
	ResourceGUID         string      `json:"resourceGuid,omitempty"`
	ProvisioningState    string      `json:"provisioningState,omitempty"`
}

func (g *gateway) accept(s *service, c *change) (func() ([]arm.ResourceID, error), error) {
	g.Subnets, g.ResourceGUID, g.ProvisioningState = nil, "", ""
	if c.next.sku == nil {
		c.next.sku = &sku{}
	}
	var err error
	if c.next.sku.Name, err = oneOf(c, "sku.name", c.next.sku.Name, "Standard", "StandardV2"); err != nil {
		return nil, err
	}
	c.next.sku.Tier = ""
	if err := minutes(c, &g.IdleTimeoutInMinutes, 120); err != nil {
		return nil, err
	}
	if err := s.referAll(c, g.PublicIPAddresses, addressType); err != nil {
		return nil, err
	}
	if err := s.referAll(c, g.PublicIPPrefixes, namespace+"/publicIPPrefixes"); err != nil {
		return nil, err
	}
	for _, ref := range g.PublicIPAddresses {
		if err := s.checkGatewayAddress(c, ref); err != nil {
			return nil, err
		}
	}
	return nil, nil
}

// checkGatewayAddress demands a standard address that no other gateway has.
func (s *service) checkGatewayAddress(c *change, ref reference) error {
	id, _ := arm.ParseResourceID(ref.ID)
	res, _ := s.core.Get(id)
	if it, ok := res.Value.(*item); ok && it.sku.Name == "Basic" {
		return arm.BadRequest("NatGatewayPublicIpAddressMustBeStandard", "NAT gateway %s cannot use the public IP address %s: its SKU is Basic and must be Standard.", c.id, res.ID)
	}
	for _, other := range s.gatewaysOf(res.ID) {
		if !other.same(c.id) {
			return arm.BadRequest("PublicIPAddressInUse", "Resource %s is referencing public IP address %s that is already allocated to resource %s.", c.id, res.ID, other.ID)
		}
	}
	return nil
}

// gatewaysOf are the gateways that use a public address.
func (s *service) gatewaysOf(address arm.ResourceID) []reference {
	return s.referrers(gatewayType, func(def definition) bool {
		for _, ref := range def.(*gateway).PublicIPAddresses {
			if ref.same(address) {
				return true
			}
		}
		return false
	})
}

// subnetsOf are the subnets that use a gateway or a security group.
func (s *service) subnetsOf(id arm.ResourceID) []reference {
	return s.referrers(subnetType, func(def definition) bool {
		n := def.(*subnet)
		return n.NatGateway.same(id) || n.NetworkSecurityGroup.same(id)
	})
}

func (g *gateway) show(s *service, id arm.ResourceID, it *item) any {
	out := *g
	out.Subnets, out.ResourceGUID, out.ProvisioningState = s.subnetsOf(id), it.guid, it.state
	return &out
}

func (g *gateway) release(s *service, id arm.ResourceID, _ bool) error {
	if n := len(s.subnetsOf(id)); n > 0 {
		return arm.BadRequest("CannotDeleteNatGatewayAssociatedToSubnet",
			"NAT Gateway %s is still configured on %d subnets. Remove NAT Gateway from all referenced subnets and then delete NAT Gateway.", id, n)
	}
	return nil
}

// minutes checks an idle timeout; 4 minutes is the least and the default.
func minutes(c *change, value **int, most int) error {
	if *value == nil {
		*value = new(4)
	}
	if n := **value; n < 4 || n > most {
		return arm.BadRequest("InvalidIdleTimeout", "The idle timeout of resource %s is %d minutes; it must be from 4 to %d.", c.id, n, most)
	}
	return nil
}
