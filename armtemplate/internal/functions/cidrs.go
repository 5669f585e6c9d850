package functions

import (
	"math/big"
	"net/netip"

	"github.com/pacific-aci/pacific/armtemplate/internal/value"
)

var cidrs = map[string]Function{
	"parsecidr":  {1, 1, false, parseCIDR},
	"cidrsubnet": {3, 3, false, cidrSubnet},
	"cidrhost":   {2, 2, false, cidrHost},
}

func (c *Call) prefix(i int) (netip.Prefix, error) {
	s, err := c.str(i)
	if err != nil {
		return netip.Prefix{}, err
	}
	p, err := netip.ParsePrefix(s)
	if err != nil || p.Addr().Is4In6() {
		return netip.Prefix{}, value.Errorf("The template language function '%s' expects its %s to be an IP address range in CIDR notation. The provided value is '%s'.", c.Name, c.parameter(i), s)
	}
	return p.Masked(), nil
}

// offset is the address so many after another.
func offset(a netip.Addr, n *big.Int) netip.Addr {
	raw := a.AsSlice()
	sum := new(big.Int).Add(new(big.Int).SetBytes(raw), n)
	out, _ := netip.AddrFromSlice(sum.FillBytes(make([]byte, len(raw))))
	return out
}

// blockSize is how many addresses a block of this many free bits has.
func blockSize(bits int) *big.Int { return new(big.Int).Lsh(big.NewInt(1), uint(bits)) }

func lastAddress(p netip.Prefix) netip.Addr {
	n := blockSize(p.Addr().BitLen() - p.Bits())
	return offset(p.Addr(), n.Sub(n, big.NewInt(1)))
}

// usable is the first and last address that a host can have. IPv6 has no broadcast address, and neither has an IPv4 block
// of one or two addresses.
func usable(p netip.Prefix) (first, last netip.Addr) {
	first, last = p.Addr(), lastAddress(p)
	if p.Addr().Is4() && p.Bits() < 31 {
		return first.Next(), last.Prev()
	}
	return first, last
}

func parseCIDR(c *Call) (value.Value, error) {
	p, err := c.prefix(0)
	if err != nil {
		return nil, err
	}
	ones := make([]byte, len(p.Addr().AsSlice()))
	for i := range ones {
		ones[i] = 0xff
	}
	all, _ := netip.AddrFromSlice(ones)
	first, last := usable(p)
	out := value.NewObject(6)
	out.Set("network", p.Addr().String())
	out.Set("netmask", netip.PrefixFrom(all, p.Bits()).Masked().Addr().String())
	if p.Addr().Is4() {
		out.Set("broadcast", lastAddress(p).String())
	}
	out.Set("firstUsable", first.String())
	out.Set("lastUsable", last.String())
	out.Set("cidr", int64(p.Bits()))
	return out, nil
}

// cidrSubnet is the n-th block of a size inside a range.
func cidrSubnet(c *Call) (value.Value, error) {
	p, err := c.prefix(0)
	if err != nil {
		return nil, err
	}
	bits, err := c.integer(1)
	if err != nil {
		return nil, err
	}
	n, err := c.integer(2)
	if err != nil {
		return nil, err
	}
	width := p.Addr().BitLen()
	if bits < int64(p.Bits()) || bits > int64(width) {
		return nil, value.Errorf("The template language function '%s' expects its second parameter to be between '%d' and '%d'. The provided value is '%d'.", c.Name, p.Bits(), width, bits)
	}
	if n < 0 || big.NewInt(n).Cmp(blockSize(int(bits)-p.Bits())) >= 0 {
		return nil, value.Errorf("The template language function '%s' expects its third parameter to be the index of a subnet of '%s'. The provided value is '%d'.", c.Name, p, n)
	}
	start := new(big.Int).Mul(big.NewInt(n), blockSize(width-int(bits)))
	return netip.PrefixFrom(offset(p.Addr(), start), int(bits)).String(), nil
}

// cidrHost is the n-th address of a range that a host can have, after that of the network.
func cidrHost(c *Call) (value.Value, error) {
	p, err := c.prefix(0)
	if err != nil {
		return nil, err
	}
	n, err := c.integer(1)
	if err != nil {
		return nil, err
	}
	first, last := p.Addr().Next(), lastAddress(p)
	if p.Addr().Is4() {
		first, last = usable(p)
	}
	hosts := new(big.Int).Sub(new(big.Int).SetBytes(last.AsSlice()), new(big.Int).SetBytes(first.AsSlice()))
	if n < 0 || !first.IsValid() || big.NewInt(n).Cmp(hosts) > 0 {
		return nil, value.Errorf("The template language function '%s' expects its second parameter to be the index of a host of '%s'. The provided value is '%d'.", c.Name, p, n)
	}
	return offset(first, big.NewInt(n)).String(), nil
}
