package containers

import (
	"net/http"

	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
)

// The paths of Microsoft's API files.
const (
	providerPath = "/subscriptions/{subscriptionId}/providers/" + namespace
	rgPath       = "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/providers/" + namespace
	groupPath    = rgPath + "/containerGroups/{containerGroupName}"
	containerAt  = groupPath + "/containers/{containerName}"
	locationPath = providerPath + "/locations/{location}"
	profilePath  = rgPath + "/containerGroupProfiles/{containerGroupProfileName}"
	subnetPath   = "/subscriptions/{subscriptionId}/resourcegroups/{resourceGroupName}/providers/Microsoft.Network/virtualNetworks/{virtualNetworkName}/subnets/{subnetName}/providers/" + namespace
)

func (s *Service) routes() {
	const get, put, patch, post, del = http.MethodGet, http.MethodPut, http.MethodPatch, http.MethodPost, http.MethodDelete
	for _, row := range []struct {
		id, method, path string
		handler          arm.Handler
	}{
		{"ContainerGroups_List", get, providerPath + "/containerGroups", s.listGroups},
		{"ContainerGroups_ListByResourceGroup", get, rgPath + "/containerGroups", s.listGroups},
		{"ContainerGroups_Get", get, groupPath, s.getGroup},
		{"ContainerGroups_CreateOrUpdate", put, groupPath, s.putGroup},
		{"ContainerGroups_Update", patch, groupPath, s.patchGroup},
		{"ContainerGroups_Delete", del, groupPath, s.deleteGroup},
		{"ContainerGroups_Restart", post, groupPath + "/restart", s.restartGroup},
		{"ContainerGroups_Stop", post, groupPath + "/stop", s.stopGroup},
		{"ContainerGroups_Start", post, groupPath + "/start", s.startGroup},
		{"ContainerGroups_GetOutboundNetworkDependenciesEndpoints", get, groupPath + "/outboundNetworkDependenciesEndpoints", s.listOutbound},
		{"Containers_ListLogs", get, containerAt + "/logs", s.listLogs},
		{"Containers_ExecuteCommand", post, containerAt + "/exec", s.beginExec},
		{"Containers_Attach", post, containerAt + "/attach", s.beginAttach},
		{"Location_ListUsage", get, locationPath + "/usages", s.listUsage},
		{"Location_ListCachedImages", get, locationPath + "/cachedImages", s.listCachedImages},
		{"Location_ListCapabilities", get, locationPath + "/capabilities", s.listCapabilities},
		{"Operations_List", get, "/providers/" + namespace + "/operations", s.listOperations},
		{"SubnetServiceAssociationLink_Delete", del, subnetPath + "/serviceAssociationLinks/default", s.deleteLink},

		{"ContainerGroupProfiles_List", get, providerPath + "/containerGroupProfiles", noProfiles()},
		{"ContainerGroupProfiles_ListByResourceGroup", get, rgPath + "/containerGroupProfiles", noProfiles()},
		{"ContainerGroupProfiles_Get", get, profilePath, noProfiles()},
		{"ContainerGroupProfiles_CreateOrUpdate", put, profilePath, noProfiles()},
		{"ContainerGroupProfiles_Patch", patch, profilePath, noProfiles()},
		{"ContainerGroupProfiles_Delete", del, profilePath, noProfiles()},
		{"ContainerGroupProfile_ListAllRevisions", get, profilePath + "/revisions", noProfiles()},
		{"ContainerGroupProfile_GetByRevisionNumber", get, profilePath + "/revisions/{revisionNumber}", noProfiles()},
	} {
		op := arm.Operation{ID: row.id, Method: row.method, Path: row.path}
		op.TokenOnly = row.id == "Operations_List"
		s.core.Handle(op, row.handler)
	}
}

func noProfiles() arm.Handler { return notYet("Container group profiles") }

// notYet answers operations of Azure that the emulator knows and does not do.
func notYet(what string) arm.Handler {
	return func(*arm.Request) (*arm.Response, error) {
		return nil, arm.NotYet("%s: this emulated Azure does not do that yet.", what)
	}
}
