package arm

import (
	"net/netip"
	"slices"
	"strings"
	"sync"
)

// Subnet is a subnet of a virtual network, as those who join it must know it.
type Subnet struct {
	// ID is the subnet's resource id.
	ID ResourceID
	// Location is the virtual network's, in its short form.
	Location string
	// Prefixes are the subnet's address ranges, at least one.
	Prefixes []netip.Prefix
	// Delegations are the resource types that the subnet is delegated to.
	Delegations []string
}

// Delegated reports whether the subnet is delegated to a resource type.
func (s Subnet) Delegated(resourceType string) bool {
	return slices.ContainsFunc(s.Delegations, func(d string) bool { return strings.EqualFold(d, resourceType) })
}

// Member is a resource with an address in a subnet.
type Member struct {
	Resource ResourceID
	Address  netip.Addr
}

// Subnets are the subnets of virtual networks and the resources in them. Package network enters, changes and removes
// subnets; package containers takes addresses. Both meet here and not by a request, because a subnet must not go between
// the moment a resource has looked at it and the moment it has joined, and because the caller who may join a subnet need
// not have the right to read it. The zero value is ready.
type Subnets struct {
	mu   sync.Mutex
	byID map[string]*subnetEntry
}

type subnetEntry struct {
	subnet  Subnet
	members []Member // sorted by resource id
}

// SubnetChange is what becomes of a subnet: it is entered, changed or, with After nil, removed.
type SubnetChange struct {
	ID    ResourceID
	After *Subnet
}

// Change makes changes together, or none of them. allow is asked about each subnet that has members and may refuse; it
// must not call Subnets.
func (s *Subnets) Change(changes []SubnetChange, allow func(before Subnet, after *Subnet, members []Member) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, change := range changes {
		if e := s.byID[change.ID.Key()]; e != nil && len(e.members) > 0 {
			if err := allow(e.subnet, change.After, slices.Clone(e.members)); err != nil {
				return err
			}
		}
	}
	if s.byID == nil {
		s.byID = map[string]*subnetEntry{}
	}
	for _, change := range changes {
		e := s.byID[change.ID.Key()]
		switch {
		case change.After == nil:
			delete(s.byID, change.ID.Key())
		case e == nil:
			s.byID[change.ID.Key()] = &subnetEntry{subnet: *change.After}
		default:
			e.subnet = *change.After
		}
	}
	return nil
}

// Join gives a resource an address in a subnet: the first that is free, or the one that it has there already. allow may
// refuse the subnet. ok is false if there is no such subnet; the address is not valid if none is free.
func (s *Subnets) Join(subnet, resource ResourceID, allow func(Subnet) error) (address netip.Addr, ok bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.byID[subnet.Key()]
	if e == nil {
		return netip.Addr{}, false, nil
	}
	if err := allow(e.subnet); err != nil {
		return netip.Addr{}, true, err
	}
	at, member := slices.BinarySearchFunc(e.members, resource.Key(), func(m Member, key string) int { return strings.Compare(m.Resource.Key(), key) })
	if member {
		return e.members[at].Address, true, nil
	}
	address = e.free()
	if address.IsValid() {
		e.members = slices.Insert(e.members, at, Member{resource, address})
	}
	return address, true, nil
}

// Leave takes a resource out of all subnets but those to keep.
func (s *Subnets) Leave(resource ResourceID, keep ...ResourceID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range s.byID {
		if slices.ContainsFunc(keep, func(id ResourceID) bool { return id.Key() == e.subnet.ID.Key() }) {
			continue
		}
		e.members = slices.DeleteFunc(e.members, func(m Member) bool { return m.Resource.Key() == resource.Key() })
	}
}

// Members are the resources in a subnet, sorted by id.
func (s *Subnets) Members(subnet ResourceID) []Member {
	s.mu.Lock()
	defer s.mu.Unlock()
	if e := s.byID[subnet.Key()]; e != nil {
		return slices.Clone(e.members)
	}
	return nil
}

// reservedFirst is how many addresses Azure keeps for itself at the start of a subnet; it keeps the last one too
// (learn.microsoft.com/azure/virtual-network/virtual-networks-faq).
const reservedFirst = 4

// free is the first address of the subnet that nobody has; not valid if there is none.
func (e *subnetEntry) free() netip.Addr {
	used := map[netip.Addr]bool{}
	for _, m := range e.members {
		used[m.Address] = true
	}
	for _, prefix := range e.subnet.Prefixes {
		if !prefix.Addr().Is4() { // nobody who joins has an IPv6 address
			continue
		}
		a := prefix.Masked().Addr()
		for range reservedFirst {
			a = a.Next()
		}
		// The one after must be in the range too: the last is Azure's.
		for ; prefix.Contains(a.Next()); a = a.Next() {
			if !used[a] {
				return a
			}
		}
	}
	return netip.Addr{}
}

func (s *Subnets) clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.byID)
}
