package network

import (
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

// fill checks what a subnet refers to, and fills in defaults.
func (n *subnet) fill(s *service, c *change) error {
	n.IPConfigurations, n.ServiceAssociationLinks, n.ProvisioningState = nil, nil, ""
	for _, to := range []struct {
		kind string
		ref  *reference
	}{{securityType, n.NetworkSecurityGroup}, {gatewayType, n.NatGateway}, {namespace + "/routeTables", n.RouteTable}} {
		if err := s.refer(c, to.ref, to.kind); err != nil {
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
		if d.Name == "" {
			return arm.BadRequest("InvalidServiceDelegation", "A delegation of subnet %s to '%s' must have a name.", c.id, d.Properties.ServiceName)
		}
		d.ID, d.Etag = c.id.String()+"/delegations/"+d.Name, ""
		known := slices.IndexFunc(delegable, func(name string) bool { return strings.EqualFold(name, d.Properties.ServiceName) })
		if known < 0 {
			return arm.BadRequest("InvalidServiceNameOnDelegation", "The service name %s specified on delegation %s is not valid. Valid value(s) are: %s.", d.Properties.ServiceName, d.ID, strings.Join(delegable, ","))
		}
		d.Properties.ServiceName = delegable[known]
		d.Type = subnetType + "/delegations"
		d.Properties.Actions = []string{subnetType + "/action"}
		d.Properties.ProvisioningState = arm.Succeeded
	}
	return nil
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
	plan := &subnetPlan{service: s, change: c, space: parent.Value.(*item).def.(*network).space(), only: true}
	for _, res := range s.below(id, subnetType) {
		if res.ID.Key() != c.id.Key() {
			plan.ids, plan.defs = append(plan.ids, res.ID), append(plan.defs, res.Value.(*item).def.(*subnet))
		}
	}
	if err := plan.add(c.id, n); err != nil {
		return nil, err
	}
	return nil, plan.enter()
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
