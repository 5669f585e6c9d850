package bootstrap

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// parts are lists in the properties of a resource that a PUT replaces as a whole: what others have added is deleted, or the PUT
// fails if it is in use.
var parts = []struct {
	kindOfAzure string
	// path leads from the properties to the list, and key is the member that tells its items apart; empty: the item itself.
	path []string
	key  string
	what string
}{
	{"Microsoft.Network/virtualNetworks", []string{"subnets"}, "name", "subnet"},
	{"Microsoft.Network/virtualNetworks", []string{"virtualNetworkPeerings"}, "name", "peering"},
	{"Microsoft.Network/virtualNetworks", []string{"addressSpace", "addressPrefixes"}, "", "address range"},
	{"Microsoft.Network/networkSecurityGroups", []string{"securityRules"}, "name", "security rule"},
	{"Microsoft.Network/routeTables", []string{"routes"}, "name", "route"},
	{"Microsoft.KeyVault/vaults", []string{"accessPolicies"}, "objectId", "access policy of"},
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
			now, then := any(r.there.properties), member(r.body, "properties")
			for _, name := range p.path {
				now, then = member(now, name), member(then, name)
			}
			written, ok := then.([]any)
			if !ok { // Azure leaves what is not named, or the list is an expression
				continue
			}
			kept := namesOf(written, p.key)
			if slices.ContainsFunc(kept, unknown) {
				continue
			}
			for _, name := range namesOf(list(now), p.key) {
				if !slices.ContainsFunc(kept, func(one string) bool { return strings.EqualFold(one, name) }) {
					all = append(all, fmt.Sprintf("%s %s has the %s %s, which is not in the template's list: the deployment deletes it, or fails if it is in use", r.kind, r.name, p.what, name))
				}
			}
		}
	}
	return all
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
