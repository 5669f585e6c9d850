package network

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
)

// network is a virtual network's properties. Its subnets are resources of their own: Subnets is what a request says.
type network struct {
	AddressSpace                addressSpace `json:"addressSpace"`
	DHCPOptions                 *dhcpOptions `json:"dhcpOptions,omitempty"`
	FlowTimeoutInMinutes        *int         `json:"flowTimeoutInMinutes,omitempty"`
	Subnets                     *[]subnetRow `json:"subnets,omitempty"`
	VirtualNetworkPeerings      []any        `json:"virtualNetworkPeerings"`
	EnableDdosProtection        bool         `json:"enableDdosProtection"`
	EnableVMProtection          *bool        `json:"enableVmProtection,omitempty"`
	DdosProtectionPlan          *reference   `json:"ddosProtectionPlan,omitempty"`
	BgpCommunities              any          `json:"bgpCommunities,omitempty"`
	Encryption                  any          `json:"encryption,omitempty"`
	PrivateEndpointVNetPolicies string       `json:"privateEndpointVNetPolicies,omitempty"`
	ResourceGUID                string       `json:"resourceGuid,omitempty"`
	ProvisioningState           string       `json:"provisioningState,omitempty"`
}

type addressSpace struct {
	AddressPrefixes           []string `json:"addressPrefixes"`
	IPAMPoolPrefixAllocations []any    `json:"ipamPoolPrefixAllocations,omitempty"`
}

type dhcpOptions struct {
	DNSServers []string `json:"dnsServers"`
}

// subnetRow is a subnet within its virtual network.
type subnetRow struct {
	Name       string  `json:"name"`
	ID         string  `json:"id,omitempty"`
	Etag       string  `json:"etag,omitempty"`
	Type       string  `json:"type,omitempty"`
	Properties *subnet `json:"properties,omitempty"`
}

// keepsSubnets is the api-version from which on a PUT without subnets leaves those that are there.
const keepsSubnets = "2023-09-01"

// accept checks the network and the subnets that it will have: those that the request names or, if it says nothing of
// subnets, in newer api-versions those that there are.
func (n *network) accept(s *service, c *change) (func() ([]arm.ResourceID, error), error) {
	space, err := n.check(c)
	if err != nil {
		return nil, err
	}
	plan := &subnetPlan{service: s, change: c, space: space}
	for _, res := range s.below(c.id, subnetType) {
		plan.before = append(plan.before, res.ID)
		if n.Subnets != nil || c.r.APIVersion < keepsSubnets {
			continue
		}
		if err := plan.fit(res.ID, res.Value.(*item).def.(*subnet)); err != nil {
			return nil, err
		}
	}
	if n.Subnets != nil {
		for _, row := range *n.Subnets {
			if row.Properties == nil {
				row.Properties = &subnet{}
			}
			if err := plan.add(c.id.Child("subnets", row.Name), row.Properties); err != nil {
				return nil, err
			}
		}
	}
	n.Subnets = nil
	return plan.keep, plan.enter()
}

// check checks what is the network's own, and returns its address space.
func (n *network) check(c *change) ([]netip.Prefix, error) {
	switch {
	case len(n.VirtualNetworkPeerings) > 0:
		return nil, arm.NotYet("Virtual network peerings: the local Azure does not have them yet.")
	case len(n.AddressSpace.IPAMPoolPrefixAllocations) > 0:
		return nil, arm.NotYet("Address pools of a network manager: the local Azure does not have them yet.")
	case len(n.AddressSpace.AddressPrefixes) == 0:
		return nil, arm.BadRequest("InvalidRequestFormat", "Cannot parse the request: the virtual network %s needs at least one address prefix in 'addressSpace'.", c.id)
	}
	c.next.sku, c.next.zones = nil, nil // a network has neither
	n.VirtualNetworkPeerings, n.ResourceGUID, n.ProvisioningState = []any{}, "", ""
	if d := n.DHCPOptions; d != nil {
		if d.DNSServers == nil {
			d.DNSServers = []string{}
		}
		for _, server := range d.DNSServers {
			if _, err := netip.ParseAddr(server); err != nil {
				return nil, arm.BadRequest("InvalidIPAddressFormat", "IP address %s of resource %s is not formatted correctly.", server, c.id)
			}
		}
	}
	space, err := parsePrefixes(n.AddressSpace.AddressPrefixes, c.id)
	if err != nil {
		return nil, err
	}
	for i := range space {
		if overlap(reserved, space[i:i+1]) {
			return nil, arm.BadRequest("AddressPrefixIsReserved", "The address prefix %s of virtual network '%s' overlaps with a range that Azure keeps for itself.", space[i], c.id.Name())
		}
		if overlap(space[:i], space[i:i+1]) {
			return nil, arm.BadRequest("NetcfgAddressSpaceOverlap", "The address prefix %s of virtual network '%s' overlaps with another of its address prefixes.", space[i], c.id.Name())
		}
	}
	return space, nil
}

func (n *network) show(s *service, id arm.ResourceID, it *item) any {
	out := *n
	out.ResourceGUID, out.ProvisioningState = it.guid, it.state
	rows := []subnetRow{}
	for _, res := range s.below(id, subnetType) {
		v := s.view(res)
		props := v.Properties.(*subnet)
		rows = append(rows, subnetRow{Name: v.Name, ID: v.ID, Etag: v.Etag, Type: v.Type, Properties: props})
	}
	out.Subnets = &rows
	return &out
}

// release lets the network go if nobody is in one of its subnets.
func (n *network) release(s *service, id arm.ResourceID, act bool) error {
	var changes []arm.SubnetChange
	for _, res := range s.below(id, subnetType) {
		if err := s.freed(res.ID); err != nil {
			return err
		}
		changes = append(changes, arm.SubnetChange{ID: res.ID})
	}
	if !act {
		return nil
	}
	return s.core.Subnets.Change(changes, inUse)
}

// space is the address space of a network that was accepted.
func (n *network) space() []netip.Prefix {
	var list []netip.Prefix
	for _, text := range n.AddressSpace.AddressPrefixes {
		list = append(list, netip.MustParsePrefix(text))
	}
	return list
}

// checkAddress says whether a private address is free, and names some that are.
func (s *service) checkAddress(r *arm.Request) (*arm.Response, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	id := r.ResourceID()
	if len(id.Types)+len(id.Names) > 2 { // the path's last word is no resource
		id, _ = id.Parent()
	}
	if _, ok := s.core.Get(id); !ok {
		return nil, arm.ResourceNotFound(id)
	}
	wanted, err := netip.ParseAddr(r.URL.Query().Get("ipAddress"))
	if err != nil {
		return nil, arm.BadRequest("InvalidIPAddressFormat", "IP address '%s' is not formatted correctly.", r.URL.Query().Get("ipAddress"))
	}
	for _, res := range s.below(id, subnetType) {
		prefixes := res.Value.(*item).def.(*subnet).ranges()
		at := slices.IndexFunc(prefixes, func(p netip.Prefix) bool { return p.Contains(wanted) })
		if at < 0 {
			continue
		}
		body := struct {
			Available            bool     `json:"available"`
			AvailableIPAddresses []string `json:"availableIPAddresses"`
			IsPlatformReserved   bool     `json:"isPlatformReserved"`
		}{AvailableIPAddresses: []string{}}
		taken := map[netip.Addr]bool{}
		for _, m := range s.core.Subnets.Members(res.ID) {
			taken[m.Address] = true
		}
		free, reserved := usable(prefixes[at], taken, wanted)
		body.Available, body.IsPlatformReserved = !taken[wanted] && !reserved, reserved
		if !body.Available {
			body.AvailableIPAddresses = free
		}
		return &arm.Response{Body: body}, nil
	}
	return nil, arm.BadRequest("PrivateIPAddressNotInAnySubnet", "Private IP address %s does not belong to the range of any subnet in virtual network %s.", wanted, id)
}

// usable are the first five free addresses of a range, and whether an address is one of those that Azure keeps.
func usable(p netip.Prefix, taken map[netip.Addr]bool, wanted netip.Addr) (free []string, reserved bool) {
	free = []string{}
	a := p.Addr()
	reserved = !p.Contains(wanted.Next())
	for range 4 {
		reserved = reserved || a == wanted
		a = a.Next()
	}
	for ; len(free) < 5 && p.Contains(a.Next()); a = a.Next() {
		if !taken[a] {
			free = append(free, a.String())
		}
	}
	return free, reserved
}

// inUse is the refusal to change a subnet that somebody is in.
func inUse(before arm.Subnet, after *arm.Subnet, _ []arm.Member) error {
	link := before.ID.String() + "/serviceAssociationLinks/" + linkName
	switch {
	case after == nil:
		return arm.Errorf(http.StatusBadRequest, "InUseSubnetCannotBeDeleted",
			"Subnet %s is in use by %s and cannot be deleted. In order to delete the subnet, delete all the resources within the subnet. See aka.ms/deletesubnet.", before.ID.Name(), link)
	case !after.Delegated(groupType):
		return arm.BadRequest("SubnetMissingRequiredDelegation",
			"Subnet %s requires any of the following delegation(s) [%s] to reference service association link %s.", before.ID, groupType, link)
	}
	for _, p := range before.Prefixes {
		if !slices.Contains(after.Prefixes, p) {
			return arm.BadRequest("InUsePrefixCannotBeDeleted", "IpPrefix %s on Subnet %s has active allocations and cannot be deleted.", p, before.ID.Name())
		}
	}
	return nil
}

// freed is inUse for a subnet that is to go, and for what else may be in it.
func (s *service) freed(id arm.ResourceID) error {
	if members := s.core.Subnets.Members(id); len(members) > 0 {
		return inUse(arm.Subnet{ID: id}, nil, members)
	}
	if users := s.keptUsers(id); len(users) > 0 {
		return arm.BadRequest("InUseSubnetCannotBeDeleted",
			"Subnet %s is in use by %s and cannot be deleted. In order to delete the subnet, delete all the resources within the subnet. See aka.ms/deletesubnet.", id.Name(), users[0].ID)
	}
	return nil
}

// keptUsers are the resources without a service, such as network interfaces, that use a resource. Those of other providers
// name a subnet for who may reach them, which does not hold it.
func (s *service) keptUsers(id arm.ResourceID) []reference {
	var users []reference
	for _, res := range s.core.Referrers(id) {
		if strings.EqualFold(res.ID.Namespace, namespace) || strings.EqualFold(res.ID.Namespace, "Microsoft.Compute") {
			users = append(users, reference{res.ID.String()})
		}
	}
	return users
}

// ranges are the address ranges of a subnet that was accepted.
func (n *subnet) ranges() []netip.Prefix {
	texts := n.AddressPrefixes
	if len(texts) == 0 {
		texts = []string{n.AddressPrefix}
	}
	var list []netip.Prefix
	for _, text := range texts {
		if p, err := netip.ParsePrefix(strings.TrimSpace(text)); err == nil {
			list = append(list, p)
		}
	}
	return list
}
