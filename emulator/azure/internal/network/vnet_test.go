package network_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

const space = `{"location":"East US","tags":{"a":"b"},"properties":{"addressSpace":{"addressPrefixes":["10.0.0.0/16"]}`

// The life of a virtual network with its subnets, as the API files have it.
func TestVirtualNetwork(t *testing.T) {
	inWorld(t, "{}", func(w *world) {
		net := w.path("virtualNetworks/net")
		made := w.call("PUT", net, space+`,"dhcpOptions":{"dnsServers":["10.0.0.4"]},"subnets":[{"name":"one","properties":{"addressPrefix":"10.0.1.0/24"}}]}}`, 201)
		w.want(made, map[string]any{
			"id": net, "name": "net", "type": "Microsoft.Network/virtualNetworks", "location": "eastus", "tags.a": "b",
			"properties.provisioningState": "Updating", "properties.subnets.0.name": "one", "properties.subnets.0.id": net + "/subnets/one",
			"properties.subnets.0.properties.addressPrefix": "10.0.1.0/24", "properties.dhcpOptions.dnsServers.0": "10.0.0.4",
		})
		synctest.Wait()
		if status := w.call("GET", made.header.Get("Azure-AsyncOperation"), "", 200); status.at("status") != "Succeeded" {
			t.Errorf("the operation: %s", status.text)
		}
		got := w.call("GET", strings.ToUpper(net), "", 200)
		w.want(got, map[string]any{"properties.provisioningState": "Succeeded", "properties.subnets.0.properties.provisioningState": "Succeeded",
			"etag": got.header.Get("Etag"), "properties.resourceGuid": made.at("properties.resourceGuid")})

		subnet := net + "/subnets/two"
		put := w.call("PUT", subnet, `{"name":"two","properties":{"addressPrefixes":["10.0.2.0/24"],"serviceEndpoints":[{"service":"Microsoft.Storage"}],
			"delegations":[{"name":"0","properties":{"serviceName":"microsoft.containerinstance/containergroups"}}]}}`, 201)
		synctest.Wait()
		w.want(put, map[string]any{"id": subnet, "type": "Microsoft.Network/virtualNetworks/subnets", "location": nil,
			"properties.delegations.0.id":                     subnet + "/delegations/0",
			"properties.delegations.0.properties.serviceName": "Microsoft.ContainerInstance/containerGroups",
			"properties.serviceEndpoints.0.locations.0":       "eastus",
		})
		w.want(w.call("GET", net+"/subnets", "", 200), map[string]any{"value.0.name": "one", "value.1.name": "two"})
		for _, list := range []string{w.sub() + "/providers/Microsoft.Network/virtualNetworks", w.path("virtualNetworks")} {
			w.want(w.call("GET", list, "", 200), map[string]any{"value.0.name": "net", "value.0.properties.subnets.1.name": "two", "value.1": nil})
		}
		// What a client has read it can put back, and nothing changes but the etag.
		read := w.call("GET", net, "", 200)
		again := w.call("PUT", net, read.text, 200)
		w.want(again, map[string]any{"properties.subnets.1.name": "two", "properties.resourceGuid": read.at("properties.resourceGuid")})
		if again.at("etag") == read.at("etag") {
			t.Error("the etag has not changed")
		}
		synctest.Wait()
		if code := w.call("PUT", net, read.text, 412, "If-Match", `W/"old"`).code(); code != "PreconditionFailed" {
			t.Errorf("with an old etag: %s", code)
		}
		w.want(w.call("PATCH", net, `{"tags":{"c":"d"}}`, 200), map[string]any{"tags.a": nil, "tags.c": "d", "properties.subnets.1.name": "two"})

		w.refuse("GET", net+"/subnets/none", "", 404, "NotFound")
		gone := w.call("DELETE", subnet, "", 202)
		synctest.Wait()
		w.call("GET", gone.header.Get("Location"), "", 204)
		w.call("DELETE", subnet, "", 204)
		w.call("DELETE", net, "", 202)
		synctest.Wait()
		w.refuse("GET", net+"/subnets/one", "", 404, "ResourceNotFound")
		w.refuse("GET", net+"/subnets", "", 404, "ResourceNotFound")
		w.refuse("GET", net, "", 404, "ResourceNotFound")
	})
}

func TestVirtualNetworkRefusals(t *testing.T) {
	inWorld(t, "{}", func(w *world) {
		net := w.path("virtualNetworks/net")
		w.call("PUT", net, space+`,"subnets":[{"name":"one","properties":{"addressPrefix":"10.0.1.0/24"}}]}}`, 201)
		synctest.Wait()
		other := func(subnets string) string { return space + `,"subnets":[` + subnets + `]}}` }
		for _, tt := range []struct {
			path, body string
			status     int
			code       string
		}{
			{"virtualNetworks/x", space + `}}`, 400, "InvalidResourceName"},
			{"virtualNetworks/x-", space + `}}`, 400, "InvalidResourceName"},
			{"virtualNetworks/new", `{"properties":{"addressSpace":{"addressPrefixes":["10.0.0.0/16"]}}}`, 400, "LocationRequired"},
			{"virtualNetworks/new", `{"location":"moon"}`, 400, "LocationNotAvailableForResourceType"},
			{"virtualNetworks/net", strings.Replace(space, "East US", "westeurope", 1) + `}}`, 409, "InvalidResourceLocation"},
			{"virtualNetworks/new", `{"location":"eastus"}`, 400, "InvalidRequestFormat"},
			{"virtualNetworks/new", strings.Replace(space, "10.0.0.0/16", "10.0.0.0", 1) + `}}`, 400, "InvalidAddressPrefixFormat"},
			{"virtualNetworks/new", strings.Replace(space, "10.0.0.0/16", "10.0.1.0/16", 1) + `}}`, 400, "InvalidCIDRNotation"},
			{"virtualNetworks/new", strings.Replace(space, `"10.0.0.0/16"`, `"10.0.0.0/16","10.0.8.0/24"`, 1) + `}}`, 400, "NetcfgAddressSpaceOverlap"},
			{"virtualNetworks/new", strings.Replace(space, "10.0.0.0/16", "127.0.0.0/16", 1) + `}}`, 400, "AddressPrefixIsReserved"},
			{"virtualNetworks/new", strings.Replace(space, "10.0.0.0/16", "224.0.0.0/8", 1) + `}}`, 400, "AddressPrefixIsReserved"},
			{"virtualNetworks/new", strings.Replace(space, "10.0.0.0/16", "168.63.128.0/20", 1) + `}}`, 400, "AddressPrefixIsReserved"},
			{"virtualNetworks/new", strings.Replace(space, "10.0.0.0/16", "0.0.0.0/0", 1) + `}}`, 400, "AddressPrefixIsReserved"},
			{"virtualNetworks/new", space + `,"dhcpOptions":{"dnsServers":["dns"]}}}`, 400, "InvalidIPAddressFormat"},
			{"virtualNetworks/new", space + `,"virtualNetworkPeerings":[{"name":"p"}]}}`, 501, "NotImplemented"},
			{"virtualNetworks/new", other(`{"name":"a","properties":{"addressPrefix":"10.1.0.0/24"}}`), 400, "NetcfgSubnetRangeOutsideVnet"},
			{"virtualNetworks/new", other(`{"name":"a","properties":{"addressPrefix":"10.0.0.0/8"}}`), 400, "NetcfgSubnetRangeOutsideVnet"},
			{"virtualNetworks/new", other(`{"name":"a","properties":{"addressPrefix":"10.0.0.0/30"}}`), 400, "NetcfgInvalidSubnet"},
			{"virtualNetworks/new", other(`{"name":"a"}`), 400, "NetcfgInvalidSubnet"},
			{"virtualNetworks/new", other(`{"name":"a","properties":{"addressPrefix":"10.0.0.0/24"}},{"name":"b","properties":{"addressPrefix":"10.0.0.128/25"}}`), 400, "NetcfgSubnetRangesOverlap"},
			{"virtualNetworks/new", other(`{"name":"a","properties":{"addressPrefix":"10.0.0.0/24"}},{"name":"A","properties":{"addressPrefix":"10.0.1.0/24"}}`), 400, "InvalidRequestFormat"},
			{"virtualNetworks/net/subnets/two", `{"properties":{"addressPrefix":"10.0.1.128/25"}}`, 400, "NetcfgSubnetRangesOverlap"},
			{"virtualNetworks/net/subnets/two", `{"properties":{"addressPrefix":"11.0.1.128/25"}}`, 400, "NetcfgSubnetRangeOutsideVnet"},
			{"virtualNetworks/none/subnets/two", `{"properties":{"addressPrefix":"10.0.1.128/25"}}`, 404, "ParentResourceNotFound"},
			{"virtualNetworks/net/subnets/two", `{"properties":{"addressPrefix":"10.0.2.0/24","privateEndpointNetworkPolicies":"Perhaps"}}`, 400, "InvalidRequestFormat"},
			{"virtualNetworks/net/subnets/two", `{"properties":{"addressPrefix":"10.0.2.0/24","delegations":[{"name":"a","properties":{"serviceName":"Microsoft.ContainerInstance/containerGroup"}}]}}`, 400, "InvalidServiceNameOnDelegation"},
			{"virtualNetworks/net/subnets/two", `{"properties":{"addressPrefix":"10.0.2.0/24","delegations":[{"properties":{"serviceName":"Microsoft.Sql/managedInstances"}}]}}`, 400, "InvalidServiceDelegation"},
			{"virtualNetworks/net/subnets/two", `{"properties":{"addressPrefix":"10.0.2.0/24","delegations":[{"name":"a","properties":{"serviceName":"x/y"}},{"name":"b","properties":{"serviceName":"x/y"}}]}}`, 400, "MultipleDelegationsNotAllowed"},
			{"virtualNetworks/net/subnets/two", `{"properties":{"addressPrefix":"10.0.2.0/24","natGateway":{"id":"` + w.path("natGateways/none") + `"}}}`, 400, "InvalidResourceReference"},
			{"virtualNetworks/net/subnets/two", `{"properties":{"addressPrefix":"10.0.2.0/24","networkSecurityGroup":{"id":"` + net + `"}}}`, 400, "InvalidRequestFormat"},
		} {
			w.refuse("PUT", w.path(tt.path), tt.body, tt.status, tt.code)
		}
		// A refused change has changed nothing.
		w.want(w.call("GET", net, "", 200), map[string]any{"properties.subnets.0.name": "one", "properties.subnets.1": nil, "properties.provisioningState": "Succeeded"})
	})
}

// A list of subnets is all of them; without one they stay, but not in old api-versions.
func TestPutWithoutSubnets(t *testing.T) {
	inWorld(t, "{}", func(w *world) {
		net := w.path("virtualNetworks/net")
		put := func(version, body string) reply {
			t.Helper()
			got := w.call("PUT", net+"?api-version="+version, body, 200)
			synctest.Wait()
			return got
		}
		two := space + `,"subnets":[{"name":"one","properties":{"addressPrefix":"10.0.1.0/24"}},{"name":"two","properties":{"addressPrefix":"10.0.2.0/24"}}]}}`
		w.call("PUT", net, two, 201)
		w.want(put("2023-09-01", space+`}}`), map[string]any{"properties.subnets.1.name": "two"})
		w.want(put("2024-03-01", space+`,"subnets":[{"name":"two","properties":{"addressPrefix":"10.0.1.0/24"}}]}}`),
			map[string]any{"properties.subnets.0.name": "two", "properties.subnets.0.properties.addressPrefix": "10.0.1.0/24", "properties.subnets.1": nil})
		w.refuse("PUT", net, strings.Replace(space, "10.0.0.0/16", "10.9.0.0/16", 1)+`}}`, 400, "NetcfgSubnetRangeOutsideVnet")
		w.want(put("2020-11-01", space+`}}`), map[string]any{"properties.subnets.0": nil})
		w.call("PUT", net, two, 200)
		w.want(put("2024-03-01", space+`,"subnets":[]}}`), map[string]any{"properties.subnets.0": nil})
	})
}

func TestAddressAvailability(t *testing.T) {
	inWorld(t, "{}", func(w *world) {
		net := w.path("virtualNetworks/net")
		w.call("PUT", net, space+`,"subnets":[{"name":"one","properties":{"addressPrefix":"10.0.1.0/29"}}]}}`, 201)
		for ip, want := range map[string]any{"10.0.1.4": true, "10.0.1.3": false, "10.0.1.7": false} {
			got := w.call("GET", net+"/CheckIPAddressAvailability?ipAddress="+ip, "", 200)
			w.want(got, map[string]any{"available": want, "isPlatformReserved": want == false})
			if want == false {
				w.want(got, map[string]any{"availableIPAddresses.0": "10.0.1.4", "availableIPAddresses.2": "10.0.1.6", "availableIPAddresses.3": nil})
			}
		}
		w.refuse("GET", net+"/CheckIPAddressAvailability?ipAddress=10.0.2.4", "", 400, "PrivateIPAddressNotInAnySubnet")
		w.refuse("GET", net+"/CheckIPAddressAvailability?ipAddress=x", "", 400, "InvalidIPAddressFormat")
	})
}

// An operation takes latency.operation, and a fault decides its end.
func TestOperationsTakeTime(t *testing.T) {
	inWorld(t, `{"latency":{"operation":"1m"}}`, func(w *world) {
		net := w.path("virtualNetworks/net")
		made := w.call("PUT", net, space+`}}`, 201)
		if status := w.call("GET", made.header.Get("Azure-AsyncOperation"), "", 200); status.at("status") != "InProgress" {
			t.Errorf("at once: %s", status.text)
		}
		if got := w.call("GET", net, "", 200); got.at("properties.provisioningState") != "Updating" || got.header.Get("Retry-After")+got.header.Get("Retry-After-Ms") == "" {
			t.Errorf("at once: %v %s", got.header, got.text)
		}
		time.Sleep(time.Minute + time.Second)
		synctest.Wait()
		w.want(w.call("GET", net, "", 200), map[string]any{"properties.provisioningState": "Succeeded"})
		gone := w.call("DELETE", net, "", 202)
		w.call("GET", gone.header.Get("Location"), "", 202)
		w.want(w.call("GET", net, "", 200), map[string]any{"properties.provisioningState": "Deleting"})
		time.Sleep(time.Minute + time.Second)
		synctest.Wait()
		w.call("GET", gone.header.Get("Location"), "", 204)
		w.call("GET", net, "", 404)
	})
}
