package bootstrap

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/pacific-aci/pacific/armtemplate"
)

// existing are the names that the template's parameter of that name has for the kinds of its parts. A worker and secrets are
// not among them: a deployment is there to write these.
var existing = map[Kind]string{
	KindAddress: "address", KindNAT: "natGateway", KindNetwork: "network", KindSubnet: "subnet", KindIdentity: "identity",
	KindVault: "keyVault", KindAssignment: "rights",
}

// keeps reports whether a deployment leaves a resource as it is. A PUT replaces a resource with all that others have set on it,
// such as tags, DNS servers and address ranges, so that our template writes only what is not there or has to be changed.
func (s *state) keeps(r *resource) bool {
	return s.request.ours() && r.there != nil && r.change == "" && existing[r.kind] != ""
}

// addExisting tells our template what it leaves, and what it takes over from what is there and is written again.
func (s *state) addExisting() error {
	parts, tags, settings := []string{}, map[string]string{}, map[string]any{}
	for _, r := range s.resources {
		switch {
		case s.keeps(r):
			parts = append(parts, existing[r.kind])
		case r.there != nil && r.kind == KindWorker:
			tags = r.there.tags
		case r.there != nil && r.kind == KindSubnet:
			settings = settingsOf(r.there)
		}
	}
	for name, value := range map[string]any{"existing": parts, "workerTags": tags, "subnetSettings": settings} {
		text, err := json.Marshal(value)
		if err != nil {
			return err
		}
		s.parameters[name] = armtemplate.Parameter{Value: text}
	}
	return nil
}

// shown are properties of a subnet that Azure sets, and those that the template sets.
var shown = []string{
	"provisioningState", "purpose", "ipConfigurations", "ipConfigurationProfiles", "resourceNavigationLinks", "serviceAssociationLinks",
	"privateEndpoints", "natGateway", "delegations",
}

// settingsOf are the properties of a subnet that a PUT has to repeat for the subnet to keep them.
func settingsOf(subnet *found) map[string]any {
	settings := maps.Clone(subnet.properties)
	maps.DeleteFunc(settings, func(name string, _ any) bool {
		return slices.ContainsFunc(shown, func(one string) bool { return strings.EqualFold(one, name) })
	})
	return settings
}

// change says why a resource of our template that is there has to be written again; empty: it has not.
func (s *state) change(r *resource) string {
	switch state := r.there.property("provisioningState"); {
	case r.there == nil || !s.request.ours():
		return ""
	case r.kind == KindWorker:
		return s.workerChange(r.there)
	case existing[r.kind] != "" && (state == failed || state == canceled):
		return "the last write to it ended as " + state
	case r.kind == KindSubnet && member(r.there.properties, "natGateway") == nil:
		return "gets its NAT gateway"
	case r.kind == KindSubnet && !delegated(r.there.properties):
		return "gets its delegation"
	}
	return ""
}
