package network

import (
	"net/netip"
	"slices"

	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
)

// parsePrefix reads an address range of a resource. Its host part must be zero.
func parsePrefix(text string, of arm.ResourceID) (netip.Prefix, error) {
	p, err := netip.ParsePrefix(text)
	if err != nil {
		return p, arm.BadRequest("InvalidAddressPrefixFormat",
			"Address prefix %s of resource %s is not formatted correctly. It should follow CIDR notation, for example 10.0.0.0/24.", text, of)
	}
	if p != p.Masked() {
		return p, arm.BadRequest("InvalidCIDRNotation",
			"The address prefix %s in resource %s has an invalid CIDR notation. For the given prefix length, the address prefix should be %s.", text, of, p.Masked())
	}
	return p, nil
}

func parsePrefixes(texts []string, of arm.ResourceID) ([]netip.Prefix, error) {
	var list []netip.Prefix
	for _, text := range texts {
		p, err := parsePrefix(text, of)
		if err != nil {
			return nil, err
		}
		list = append(list, p)
	}
	return list, nil
}

// reserved are the ranges that no virtual network can have
// (learn.microsoft.com/azure/virtual-network/virtual-networks-faq): multicast, broadcast, loopback, link-local and Azure's own
// address for DNS, DHCP and health probes.
var reserved = []netip.Prefix{
	netip.MustParsePrefix("224.0.0.0/4"), netip.MustParsePrefix("255.255.255.255/32"), netip.MustParsePrefix("127.0.0.0/8"),
	netip.MustParsePrefix("169.254.0.0/16"), netip.MustParsePrefix("168.63.129.16/32"),
}

// covered reports whether one of the ranges holds all of p.
func covered(p netip.Prefix, by []netip.Prefix) bool {
	for _, outer := range by {
		if outer.Bits() <= p.Bits() && outer.Contains(p.Addr()) {
			return true
		}
	}
	return false
}

// overlap reports whether a range of one list has an address of the other's.
func overlap(a, b []netip.Prefix) bool {
	for _, p := range a {
		if slices.ContainsFunc(b, p.Overlaps) {
			return true
		}
	}
	return false
}
