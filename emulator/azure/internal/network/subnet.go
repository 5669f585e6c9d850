package network

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
)

const (
	// groupType is what a subnet for container groups is delegated to.
	groupType = "Microsoft.ContainerInstance/containerGroups"
	// linkName is how the link is called with which Container Instances holds a subnet.
	linkName = "acisal"
)

// smallest is the longest prefix that a subnet may have
// (learn.microsoft.com/azure/virtual-network/virtual-networks-faq).
const smallest = 29

// subnet is a subnet's properties.
type subnet struct {
	AddressPrefix                     string            `json:"addressPrefix,omitempty"`
	AddressPrefixes                   []string          `json:"addressPrefixes,omitempty"`
	NetworkSecurityGroup              *reference        `json:"networkSecurityGroup,omitempty"`
	RouteTable                        *reference        `json:"routeTable,omitempty"`
	NatGateway                        *reference        `json:"natGateway,omitempty"`
	ServiceEndpoints                  []serviceEndpoint `json:"serviceEndpoints,omitzero"`
	ServiceEndpointPolicies           []reference       `json:"serviceEndpointPolicies,omitempty"`
	IPConfigurations                  []ipConfiguration `json:"ipConfigurations,omitempty"`
	ServiceAssociationLinks           []link            `json:"serviceAssociationLinks,omitempty"`
	Delegations                       []delegation      `json:"delegations"`
	PrivateEndpointNetworkPolicies    string            `json:"privateEndpointNetworkPolicies,omitempty"`
	PrivateLinkServiceNetworkPolicies string            `json:"privateLinkServiceNetworkPolicies,omitempty"`
	SharingScope                      string            `json:"sharingScope,omitempty"`
	DefaultOutboundAccess             *bool             `json:"defaultOutboundAccess,omitempty"`
	ProvisioningState                 string            `json:"provisioningState,omitempty"`
}

type serviceEndpoint struct {
	Service           string   `json:"service"`
	Locations         []string `json:"locations"`
	ProvisioningState string   `json:"provisioningState,omitempty"`
}

type delegation struct {
	Name       string               `json:"name"`
	ID         string               `json:"id,omitempty"`
	Etag       string               `json:"etag,omitempty"`
	Type       string               `json:"type,omitempty"`
	Properties delegationProperties `json:"properties"`
}

type delegationProperties struct {
	ServiceName       string   `json:"serviceName"`
	Actions           []string `json:"actions,omitempty"`
	ProvisioningState string   `json:"provisioningState,omitempty"`
}

// ipConfiguration is an address that a resource has in a subnet.
type ipConfiguration struct {
	ID         string                    `json:"id"`
	Name       string                    `json:"name"`
	Properties ipConfigurationProperties `json:"properties"`
}

type ipConfigurationProperties struct {
	PrivateIPAddress          string `json:"privateIPAddress"`
	PrivateIPAllocationMethod string `json:"privateIPAllocationMethod"`
	ProvisioningState         string `json:"provisioningState"`
}

// link is how a service holds a subnet that it has put something into.
type link struct {
	Name       string         `json:"name"`
	ID         string         `json:"id"`
	Etag       string         `json:"etag"`
	Type       string         `json:"type"`
	Properties linkProperties `json:"properties"`
}

type linkProperties struct {
	ProvisioningState  string   `json:"provisioningState"`
	LinkedResourceType string   `json:"linkedResourceType"`
	AllowDelete        bool     `json:"allowDelete"`
	Locations          []string `json:"locations"`
}

// subnetSite is where subnets are accepted together: in their network.
type subnetSite struct {
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
func (w *subnetSite) add(id arm.ResourceID, n *subnet) error {
	if err := checkName(id); err != nil {
		return err
	}
	at := *w.change
	at.id = id
	if err := n.fill(w.service, &at); err != nil {
		return err
	}
	return w.fit(id, n)
}

// fit checks a subnet's range against the network's and those of the subnets before.
func (w *subnetSite) fit(id arm.ResourceID, n *subnet) error {
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
		if !covered(p, w.space) {
			return arm.BadRequest("NetcfgSubnetRangeOutsideVnet", "Subnet '%s' is not valid because its IP address range is outside the IP address range of virtual network '%s'.", id.Name(), net.Name())
		}
	}
	for i, other := range w.defs {
		if w.ids[i].Key() == id.Key() {
			return arm.BadRequest("InvalidRequestFormat", "Cannot parse the request: virtual network '%s' has the subnet '%s' twice.", net.Name(), id.Name())
		}
		if overlap(ranges, other.ranges()) {
			return arm.BadRequest("NetcfgSubnetRangesOverlap", "Subnet '%s' is not valid because its IP address range overlaps with that of an existing subnet in virtual network '%s'.", id.Name(), net.Name())
		}
	}
	w.ids, w.defs = append(w.ids, id), append(w.defs, n)
	return nil
}

// fill checks what a subnet refers to, and fills in defaults.
func (n *subnet) fill(s *service, c *change) error {
	n.IPConfigurations, n.ServiceAssociationLinks, n.ProvisioningState = nil, nil, ""
	for kind, ref := range map[string]*reference{securityType: n.NetworkSecurityGroup, gatewayType: n.NatGateway, namespace + "/routeTables": n.RouteTable} {
		if err := s.refer(c, ref, kind); err != nil {
			return err
		}
	}
	var err error
	if n.PrivateEndpointNetworkPolicies, err = oneOf(c, "privateEndpointNetworkPolicies", n.PrivateEndpointNetworkPolicies,
		"Disabled", "Enabled", "NetworkSecurityGroupEnabled", "RouteTableEnabled"); err != nil {
		return err
	}
	if n.PrivateLinkServiceNetworkPolicies, err = oneOf(c, "privateLinkServiceNetworkPolicies", n.PrivateLinkServiceNetworkPolicies, "Enabled", "Disabled"); err != nil {
		return err
	}
	for i := range n.ServiceEndpoints {
		e := &n.ServiceEndpoints[i]
		if len(e.Locations) == 0 {
			e.Locations = []string{c.location}
		}
		e.ProvisioningState = arm.Succeeded
	}
	return n.delegate(c)
}

// delegate checks the delegations: a subnet is delegated to one service at most.
func (n *subnet) delegate(c *change) error {
	if n.Delegations == nil {
		n.Delegations = []delegation{}
	}
	if len(n.Delegations) > 1 {
		return arm.BadRequest("MultipleDelegationsNotAllowed", "Subnet %s cannot have more than one delegation.", c.id)
	}
	for i := range n.Delegations {
		d := &n.Delegations[i]
		service, kind, _ := strings.Cut(d.Properties.ServiceName, "/")
		if d.Name == "" || service == "" || kind == "" {
			return arm.BadRequest("InvalidServiceDelegation", "The delegation '%s' of subnet %s must have a name, and a service name such as '%s', not '%s'.", d.Name, c.id, groupType, d.Properties.ServiceName)
		}
		if strings.EqualFold(d.Properties.ServiceName, groupType) {
			d.Properties.ServiceName = groupType
		}
		d.ID, d.Etag = c.id.String()+"/delegations/"+d.Name, ""
		d.Type = subnetType + "/delegations"
		d.Properties.Actions = []string{subnetType + "/action"}
		d.Properties.ProvisioningState = arm.Succeeded
	}
	return nil
}

// enter makes the subnets known to those who join them, unless one that is in use would go or change too much.
func (w *subnetSite) enter() error {
	var changes []arm.SubnetChange
	for _, id := range w.leaving() {
		if err := w.service.freed(id); err != nil {
			return err
		}
		changes = append(changes, arm.SubnetChange{ID: id})
	}
	for i, id := range w.ids {
		if w.only && i < len(w.ids)-1 {
			continue
		}
		after := &arm.Subnet{ID: id, Location: w.change.location, Prefixes: w.defs[i].ranges()}
		for _, d := range w.defs[i].Delegations {
			after.Delegations = append(after.Delegations, d.Properties.ServiceName)
		}
		changes = append(changes, arm.SubnetChange{ID: id, After: after})
	}
	return w.service.core.Subnets.Change(changes, inUse)
}

// leaving are the subnets that there were and that the network will not have.
func (w *subnetSite) leaving() []arm.ResourceID {
	return slices.DeleteFunc(slices.Clone(w.before), func(id arm.ResourceID) bool {
		return slices.ContainsFunc(w.ids, func(kept arm.ResourceID) bool { return kept.Key() == id.Key() })
	})
}

// keep stores the subnets of a network that was stored, and takes the others away.
func (w *subnetSite) keep() ([]arm.ResourceID, error) {
	s := w.service
	for _, id := range w.leaving() {
		s.core.Delete(id)
	}
	for i, id := range w.ids {
		it := &item{etag: newEtag(), state: updating, def: w.defs[i]}
		if _, err := s.core.Put(arm.Resource{ID: id, ProvisioningState: updating, Value: it}); err != nil {
			return nil, err
		}
	}
	return w.ids, nil
}

// putSubnet creates or replaces one subnet of a network.
func (s *service) putSubnet(r *arm.Request) (*arm.Response, error) {
	var body struct{ Properties subnet }
	if err := r.Decode(&body); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.store(r, arm.Resource{ID: r.ResourceID()}, &item{def: &body.Properties})
}

// accept checks a subnet against its network and its neighbours.
func (n *subnet) accept(s *service, c *change) (func() ([]arm.ResourceID, error), error) {
	id, _ := c.id.Parent()
	parent, ok := s.core.Get(id)
	if !ok {
		return nil, arm.ParentResourceNotFound(id)
	}
	site := &subnetSite{service: s, change: c, space: parent.Value.(*item).def.(*network).space(), only: true}
	for _, res := range s.below(id, subnetType) {
		if res.ID.Key() != c.id.Key() {
			site.ids, site.defs = append(site.ids, res.ID), append(site.defs, res.Value.(*item).def.(*subnet))
		}
	}
	if err := site.add(c.id, n); err != nil {
		return nil, err
	}
	return nil, site.enter()
}

// show adds who is in the subnet.
func (n *subnet) show(s *service, id arm.ResourceID, it *item) any {
	out := *n
	out.ProvisioningState = it.state
	out.Delegations = append([]delegation{}, n.Delegations...)
	for i := range out.Delegations {
		out.Delegations[i].Etag = it.etag
	}
	members := s.core.Subnets.Members(id)
	for _, m := range members {
		out.IPConfigurations = append(out.IPConfigurations, ipConfiguration{
			ID: m.Resource.String() + "/ipConfigurations/default", Name: "default",
			Properties: ipConfigurationProperties{PrivateIPAddress: m.Address.String(), PrivateIPAllocationMethod: "Dynamic", ProvisioningState: arm.Succeeded},
		})
	}
	if len(members) > 0 {
		out.ServiceAssociationLinks = []link{{
			Name: linkName, ID: id.String() + "/serviceAssociationLinks/" + linkName, Etag: it.etag, Type: subnetType + "/serviceAssociationLinks",
			Properties: linkProperties{ProvisioningState: arm.Succeeded, LinkedResourceType: groupType, AllowDelete: true, Locations: []string{}},
		}}
	}
	return &out
}

// release lets the subnet go if nobody is in it.
func (n *subnet) release(s *service, id arm.ResourceID, act bool) error {
	if err := s.freed(id); err != nil || !act {
		return err
	}
	return s.core.Subnets.Change([]arm.SubnetChange{{ID: id}}, inUse)
}
