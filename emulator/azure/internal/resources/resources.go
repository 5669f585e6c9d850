// Package resources is the service Microsoft.Resources: the tenant and its subscription, locations, resource providers,
// resource groups, tags, and the lists of resources of all types. Call [Register]. It keeps nothing of its own: resource
// groups and resources are in the core, which the other services meet in.
package resources

import "github.com/pacific-aci/pacific/emulator/azure/internal/arm"

// namespace is the service's own provider, which nobody can unregister.
const namespace = "Microsoft.Resources"

type service struct{ core *arm.Core }

// Register adds the service's types and operations to the core.
func Register(core *arm.Core) {
	s := &service{core}
	core.AddType(arm.ResourceType{Type: namespace + "/subscriptions", Global: true, APIVersions: []string{"2022-12-01", "2021-01-01", "2019-11-01", "2014-04-01"}})
	core.AddType(arm.ResourceType{Type: namespace + "/resourceGroups", Global: true, APIVersions: []string{"2024-07-01", "2021-04-01", "2014-04-01"}})
	core.AddType(arm.ResourceType{Type: namespace + "/tags", Global: true, APIVersions: []string{"2024-07-01", "2021-04-01", "2019-10-01"}})
	s.registerSubscriptions()
	s.registerProviders()
	s.registerGroups()
	s.registerLists()
	s.registerTags()
}
