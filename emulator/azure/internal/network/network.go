// Package network is the service Microsoft.Network: virtual networks with their subnets, NAT gateways, public IP addresses
// and network security groups. Call [Register]. No packet is ever sent: the service keeps what Azure's keeps, holds its
// rules, and tells the other services through [arm.Subnets] which subnets there are. There it finds who
// is in a subnet, which then can be neither deleted nor given another range.
package network

import (
	"context"
	"net/http"
	"sync"

	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
)

// The resource types that this service has.
const (
	namespace    = "Microsoft.Network"
	networkType  = namespace + "/virtualNetworks"
	subnetType   = networkType + "/subnets"
	gatewayType  = namespace + "/natGateways"
	addressType  = namespace + "/publicIPAddresses"
	securityType = namespace + "/networkSecurityGroups"
	ruleType     = securityType + "/securityRules"
)

// apiVersions are Azure's, newest first; those in between are served too.
var apiVersions = []string{
	"2025-07-01", "2025-05-01", "2025-03-01", "2025-01-01", "2024-10-01", "2024-07-01", "2024-05-01", "2024-03-01", "2024-01-01", "2023-11-01", "2023-09-01",
	"2023-06-01", "2023-04-01", "2023-02-01", "2022-11-01", "2022-07-01", "2022-01-01", "2021-08-01", "2021-05-01", "2021-02-01", "2020-11-01",
	"2020-06-01", "2019-11-01", "2019-04-01", "2018-11-01", "2018-04-01", "2017-10-01", "2016-09-01", "2015-06-15", "2015-05-01-preview",
}

type service struct {
	core *arm.Core
	// mu is held by whatever creates, changes or deletes, from reading what exists to storing the result: a subnet's range
	// depends on its neighbours', and a reference on what it refers to.
	mu sync.Mutex
}

// Register adds the service's types and operations to the core.
func Register(core *arm.Core) {
	s := &service{core: core}
	for _, name := range []string{networkType, subnetType, gatewayType, addressType, securityType, ruleType} {
		core.AddType(arm.ResourceType{Type: name, APIVersions: apiVersions, AnswersReads: true, Delete: s.deleteResource, Purge: s.purge})
	}
	const get, put, patch, del = http.MethodGet, http.MethodPut, http.MethodPatch, http.MethodDelete
	const in = "/subscriptions/{subscriptionId}/providers/"
	const inGroup = "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/providers/"
	const oneNetwork = inGroup + networkType + "/{virtualNetworkName}"
	const oneSubnet = oneNetwork + "/subnets/{subnetName}"
	const oneGateway = inGroup + gatewayType + "/{natGatewayName}"
	const oneAddress = inGroup + addressType + "/{publicIpAddressName}"
	const oneSecurity = inGroup + securityType + "/{networkSecurityGroupName}"
	const oneRule = oneSecurity + "/securityRules/{securityRuleName}"
	const oneDefault = oneSecurity + "/defaultSecurityRules/{defaultSecurityRuleName}"
	for _, row := range []struct {
		id, method, path string
		handler          arm.Handler
	}{
		{"VirtualNetworks_ListAll", get, in + networkType, s.list(networkType)},
		{"VirtualNetworks_List", get, inGroup + networkType, s.list(networkType)},
		{"VirtualNetworks_Get", get, oneNetwork, s.get},
		{"VirtualNetworks_CreateOrUpdate", put, oneNetwork, putter[network](s)},
		{"VirtualNetworks_UpdateTags", patch, oneNetwork, s.patch},
		{"VirtualNetworks_Delete", del, oneNetwork, s.delete},
		{"VirtualNetworks_CheckIPAddressAvailability", get, oneNetwork + "/CheckIPAddressAvailability", s.checkAddress},
		{"Subnets_List", get, oneNetwork + "/subnets", s.listChildren(subnetType)},
		{"Subnets_Get", get, oneSubnet, s.get},
		{"Subnets_CreateOrUpdate", put, oneSubnet, s.putSubnet},
		{"Subnets_Delete", del, oneSubnet, s.delete},
		{"NatGateways_ListAll", get, in + gatewayType, s.list(gatewayType)},
		{"NatGateways_List", get, inGroup + gatewayType, s.list(gatewayType)},
		{"NatGateways_Get", get, oneGateway, s.get},
		{"NatGateways_CreateOrUpdate", put, oneGateway, putter[gateway](s)},
		{"NatGateways_UpdateTags", patch, oneGateway, s.patch},
		{"NatGateways_Delete", del, oneGateway, s.delete},
		{"PublicIPAddresses_ListAll", get, in + addressType, s.list(addressType)},
		{"PublicIPAddresses_List", get, inGroup + addressType, s.list(addressType)},
		{"PublicIPAddresses_Get", get, oneAddress, s.get},
		{"PublicIPAddresses_CreateOrUpdate", put, oneAddress, putter[address](s)},
		{"PublicIPAddresses_UpdateTags", patch, oneAddress, s.patch},
		{"PublicIPAddresses_Delete", del, oneAddress, s.delete},
		{"NetworkSecurityGroups_ListAll", get, in + securityType, s.list(securityType)},
		{"NetworkSecurityGroups_List", get, inGroup + securityType, s.list(securityType)},
		{"NetworkSecurityGroups_Get", get, oneSecurity, s.get},
		{"NetworkSecurityGroups_CreateOrUpdate", put, oneSecurity, putter[security](s)},
		{"NetworkSecurityGroups_UpdateTags", patch, oneSecurity, s.patch},
		{"NetworkSecurityGroups_Delete", del, oneSecurity, s.delete},
		{"SecurityRules_List", get, oneSecurity + "/securityRules", s.listChildren(ruleType)},
		{"SecurityRules_Get", get, oneRule, s.get},
		{"SecurityRules_CreateOrUpdate", put, oneRule, s.putRule},
		{"SecurityRules_Delete", del, oneRule, s.delete},
		{"DefaultSecurityRules_List", get, oneSecurity + "/defaultSecurityRules", s.listDefaults},
		{"DefaultSecurityRules_Get", get, oneDefault, s.getDefault},
	} {
		core.Handle(arm.Operation{ID: row.id, Method: row.method, Path: row.path}, row.handler)
	}
}

// purge waits for a request that is changing something: after it, nothing can be put until the reset is done.
func (s *service) purge(context.Context) {
	s.mu.Lock()
	defer s.mu.Unlock()
}
