package network_test

import (
	"strings"
	"testing"
	"testing/synctest"
)

// Resources that no service has hold what they refer to, and let it go with themselves.
func TestInUseByKeptResource(t *testing.T) {
	inWorld(t, "{}", func(w *world) {
		net, nsg, ip, nic := w.path("virtualNetworks/net"), w.path("networkSecurityGroups/nsg"), w.path("publicIPAddresses/ip"), w.path("networkInterfaces/nic")
		subnet := net + "/subnets/one"
		w.call("PUT", net, space+`,"subnets":[{"name":"one","properties":{"addressPrefix":"10.0.1.0/24"}}]}}`, 201)
		w.call("PUT", nsg, `{"location":"eastus"}`, 201)
		w.call("PUT", ip, `{"location":"eastus"}`, 201)
		synctest.Wait()
		w.call("PUT", nic, `{"location":"eastus","properties":{"networkSecurityGroup":{"id":"`+strings.ToLower(nsg)+`"},"ipConfigurations":[{"name":"c","properties":{
			"subnet":{"id":"`+subnet+`"},"publicIPAddress":{"id":"`+ip+`"}}}]}}`, 201)
		w.call("PUT", w.sub()+"/resourceGroups/rg/providers/Microsoft.ServiceBus/namespaces/n", `{"location":"eastus","properties":{"subnet":{"id":"`+subnet+`"}}}`, 201)
		w.refuse("DELETE", subnet, "", 400, "InUseSubnetCannotBeDeleted")
		w.refuse("DELETE", net, "", 400, "InUseSubnetCannotBeDeleted")
		w.refuse("PUT", net, space+`,"subnets":[]}}`, 400, "InUseSubnetCannotBeDeleted")
		w.refuse("DELETE", nsg, "", 400, "InUseNetworkSecurityGroupCannotBeDeleted")
		w.refuse("DELETE", ip, "", 400, "PublicIPAddressCannotBeDeleted")
		w.call("DELETE", nic, "", 200)
		for _, path := range []string{net, nsg, ip} {
			w.call("DELETE", path, "", 202)
			synctest.Wait()
			w.call("GET", path, "", 404)
		}
	})
}
