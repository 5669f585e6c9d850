package bootstrap

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// part is a list in the properties of a resource that a PUT replaces as a whole: what others have added is deleted, or the PUT
// fails if it is in use.
type part struct {
	kindOfAzure string
	// path leads from the properties to the list, and key is the member that tells its items apart; empty: the item itself.
	path []string
	key  string
	what string
	// keptFrom is the api-version from which on a PUT without the list leaves it as it is; empty: all do.
	keptFrom string
}

// never is a keptFrom after every api-version: a PUT without the list empties it.
const never = "9999"

var parts = []part{
	// techcommunity.microsoft.com/blog/azurenetworkingblog/azure-virtual-network-now-supports-updates-without-subnet-property/4067952
	{"Microsoft.Network/virtualNetworks", []string{"subnets"}, "name", "subnet", "2023-09-01"},
	{"Microsoft.Network/virtualNetworks", []string{"virtualNetworkPeerings"}, "name", "peering", ""},
	{"Microsoft.Network/virtualNetworks", []string{"addressSpace", "addressPrefixes"}, "", "address range", ""},
	{"Microsoft.Network/networkSecurityGroups", []string{"securityRules"}, "name", "security rule", never},
	{"Microsoft.Network/routeTables", []string{"routes"}, "name", "route", never},
	{"Microsoft.KeyVault/vaults", []string{"accessPolicies"}, "objectId", "access policy of", ""},
}

// lostParts are the parts of resources that are there and which the template's own lists lack. Our template has no such list.
func (s *state) lostParts() []string {
	var all []string
	for _, r := range s.resources {
		if r.there == nil {
			continue
		}
		for _, p := range parts {
			if !strings.EqualFold(p.kindOfAzure, r.kindOfAzure) {
				continue
			}
			for _, name := range s.lost(r, p) {
				all = append(all, fmt.Sprintf("%s %s has the %s %s, which is not in the template's list: the deployment deletes it, or fails if it is in use", r.kind, r.name, p.what, name))
			}
		}
	}
	return all
}

// lost are the names of what a PUT of a resource deletes from one of its lists.
func (s *state) lost(r *resource, p part) []string {
	now, then := any(r.there.properties), member(r.body, "properties")
	for _, name := range p.path {
		now, then = member(now, name), member(then, name)
	}
	var kept []string
	switch written := then.(type) {
	case []any:
		kept = namesOf(written, p.key)
	case nil:
		if r.version >= p.keptFrom {
			return nil
		}
		for _, child := range s.resources { // what the template itself makes again
			if s.parent(child) == r {
				kept = append(kept, lastSegment(child.id))
			}
		}
	default:
		return nil
	}
	if slices.ContainsFunc(kept, unknown) {
		return nil
	}
	return slices.DeleteFunc(namesOf(list(now), p.key), func(name string) bool {
		return slices.ContainsFunc(kept, func(one string) bool { return strings.EqualFold(one, name) })
	})
}

// namesOf are the texts by which the items of a list are told apart.
func namesOf(items []any, key string) []string {
	var all []string
	for _, item := range items {
		text, _ := item.(string)
		if key != "" {
			text, _ = member(item, key).(string)
		}
		all = append(all, cmp.Or(text, "[unknown]"))
	}
	return all
}
