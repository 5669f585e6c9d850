package network

import (
	"net/netip"
	"strings"

	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
)

// address is a public IP address's properties.
type address struct {
	PublicIPAddressVersion   string       `json:"publicIPAddressVersion,omitempty"`
	PublicIPAllocationMethod string       `json:"publicIPAllocationMethod,omitempty"`
	IdleTimeoutInMinutes     *int         `json:"idleTimeoutInMinutes,omitempty"`
	IPAddress                string       `json:"ipAddress,omitempty"`
	IPTags                   []any        `json:"ipTags"`
	DNSSettings              *dnsSettings `json:"dnsSettings,omitempty"`
	DdosSettings             any          `json:"ddosSettings,omitempty"`
	PublicIPPrefix           *reference   `json:"publicIPPrefix,omitempty"`
	DeleteOption             string       `json:"deleteOption,omitempty"`
	NatGateway               *reference   `json:"natGateway,omitempty"`
	ResourceGUID             string       `json:"resourceGuid,omitempty"`
	ProvisioningState        string       `json:"provisioningState,omitempty"`
}

type dnsSettings struct {
	DomainNameLabel      string `json:"domainNameLabel,omitempty"`
	DomainNameLabelScope string `json:"domainNameLabelScope,omitempty"`
	FQDN                 string `json:"fqdn,omitempty"`
	ReverseFQDN          string `json:"reverseFqdn,omitempty"`
}

// pools are the ranges that the emulator's public addresses come from: those that are for documentation, so that nobody
// is at the address. 203.0.113.0/24 is the container groups'.
var pools = []netip.Prefix{netip.MustParsePrefix("198.51.100.0/24"), netip.MustParsePrefix("192.0.2.0/24")}

func (a *address) accept(s *service, c *change) (func() ([]arm.ResourceID, error), error) {
	a.NatGateway, a.IPAddress, a.ResourceGUID, a.ProvisioningState = nil, "", "", ""
	if a.IPTags == nil {
		a.IPTags = []any{}
	}
	if c.next.sku == nil {
		c.next.sku = &sku{}
	}
	var err error
	if c.next.sku.Name, err = oneOf(c, "sku.name", c.next.sku.Name, "Basic", "Standard", "StandardV2"); err != nil {
		return nil, err
	}
	if c.next.sku.Tier, err = oneOf(c, "sku.tier", c.next.sku.Tier, "Regional", "Global"); err != nil {
		return nil, err
	}
	if a.PublicIPAddressVersion, err = oneOf(c, "publicIPAddressVersion", a.PublicIPAddressVersion, "IPv4", "IPv6"); err != nil {
		return nil, err
	}
	if a.PublicIPAddressVersion == "IPv6" {
		return nil, arm.NotYet("Public IPv6 addresses: the local Azure does not have them yet.")
	}
	basic := c.next.sku.Name == "Basic"
	if a.PublicIPAllocationMethod == "" && !basic {
		a.PublicIPAllocationMethod = "Static"
	}
	if a.PublicIPAllocationMethod, err = oneOf(c, "publicIPAllocationMethod", a.PublicIPAllocationMethod, "Dynamic", "Static"); err != nil {
		return nil, err
	}
	if !basic && a.PublicIPAllocationMethod != "Static" {
		return nil, arm.BadRequest("StandardSkuPublicIPAddressMustBeStatic", "Standard sku publicIp %s must have AllocationMethod set to Static.", c.id)
	}
	if err := minutes(c, &a.IdleTimeoutInMinutes, 30); err != nil {
		return nil, err
	}
	if err := s.refer(c, a.PublicIPPrefix, namespace+"/publicIPPrefixes"); err != nil {
		return nil, err
	}
	if err := s.name(c, a.DNSSettings); err != nil {
		return nil, err
	}
	return nil, s.allocate(c, a)
}

// name checks a DNS label, which no other address of the region may have.
func (s *service) name(c *change, d *dnsSettings) error {
	if d == nil || d.DomainNameLabel == "" {
		return nil
	}
	d.FQDN = strings.ToLower(d.DomainNameLabel) + "." + c.location + ".cloudapp.azure.com"
	for _, res := range s.core.List(arm.Filter{Type: addressType}) {
		other := res.Value.(*item).def.(*address)
		if res.ID.Key() != c.id.Key() && other.DNSSettings != nil && other.DNSSettings.FQDN == d.FQDN {
			return arm.BadRequest("DnsRecordInUse", "DNS record %s is already used by another public IP.", d.FQDN)
		}
	}
	return nil
}

// allocate gives a static address its number, or the one that it has.
func (s *service) allocate(c *change, a *address) error {
	if a.PublicIPAllocationMethod != "Static" {
		return nil // a dynamic one has none until something uses it
	}
	if c.old != nil {
		if a.IPAddress = c.old.def.(*address).IPAddress; a.IPAddress != "" {
			return nil
		}
	}
	used := map[string]bool{}
	for _, res := range s.core.List(arm.Filter{Type: addressType}) {
		used[res.Value.(*item).def.(*address).IPAddress] = true
	}
	for _, pool := range pools {
		for ip := pool.Addr().Next(); pool.Contains(ip.Next()); ip = ip.Next() {
			if !used[ip.String()] {
				a.IPAddress = ip.String()
				return nil
			}
		}
	}
	return arm.BadRequest("PublicIPCountLimitReached", "Cannot create more than %d public IP addresses for this subscription in this region.", len(used))
}

func (a *address) show(s *service, id arm.ResourceID, it *item) any {
	out := *a
	out.ResourceGUID, out.ProvisioningState = it.guid, it.state
	if users := s.gatewaysOf(id); len(users) > 0 {
		out.NatGateway = &users[0]
	}
	return &out
}

func (a *address) release(s *service, id arm.ResourceID, _ bool) error {
	if users := append(s.gatewaysOf(id), s.keptUsers(id)...); len(users) > 0 {
		return arm.BadRequest("PublicIPAddressCannotBeDeleted",
			"Public IP address %s can not be deleted since it is still allocated to resource %s. In order to delete the public IP, disassociate/detach the Public IP address from the resource. To learn how to do this, see aka.ms/deletepublicip.", id, users[0].ID)
	}
	return nil
}
