package network_test

import (
	"strings"
	"testing"
	"testing/synctest"
)

// A NAT gateway with its address, below a subnet: each shows the others, and none goes while it is needed.
func TestGatewayAddressAndSubnet(t *testing.T) {
	inWorld(t, "{}", func(w *world) {
		ip, nat, net := w.path("publicIPAddresses/ip"), w.path("natGateways/nat"), w.path("virtualNetworks/net")
		const standard = `{"location":"eastus","sku":{"name":"Standard"},"properties":{"publicIPAllocationMethod":"Static","dnsSettings":{"domainNameLabel":"Here"}}}`
		made := w.call("PUT", ip, standard, 201)
		w.want(made, map[string]any{"sku.name": "Standard", "sku.tier": "Regional", "properties.ipAddress": "198.51.100.1", "properties.idleTimeoutInMinutes": 4.0,
			"properties.publicIPAddressVersion": "IPv4", "properties.dnsSettings.fqdn": "here.eastus.cloudapp.azure.com", "properties.provisioningState": "Updating"})
		withIP := `{"location":"eastus","sku":{"name":"Standard"},"properties":{"idleTimeoutInMinutes":10,"publicIpAddresses":[{"id":"` + strings.ToUpper(ip) + `"}]}}`
		w.call("PUT", nat, withIP, 201)
		w.call("PUT", net, space+`,"subnets":[{"name":"one","properties":{"addressPrefix":"10.0.1.0/24","natGateway":{"id":"`+nat+`"}}}]}}`, 201)
		synctest.Wait()
		w.want(w.call("GET", nat, "", 200), map[string]any{"properties.provisioningState": "Succeeded", "properties.idleTimeoutInMinutes": 10.0,
			"properties.publicIpAddresses.0.id": ip, "properties.subnets.0.id": net + "/subnets/one"})
		w.want(w.call("GET", ip, "", 200), map[string]any{"properties.natGateway.id": nat})
		w.want(w.call("GET", net, "", 200), map[string]any{"properties.subnets.0.properties.natGateway.id": nat})
		w.want(w.call("PUT", ip, standard, 200), map[string]any{"properties.ipAddress": "198.51.100.1"})
		w.refuse("DELETE", nat, "", 400, "CannotDeleteNatGatewayAssociatedToSubnet")
		w.refuse("DELETE", ip, "", 400, "PublicIPAddressCannotBeDeleted")
		w.refuse("PUT", w.path("natGateways/other"), withIP, 400, "PublicIPAddressInUse")
		w.refuse("PUT", w.path("publicIPAddresses/other"), standard, 400, "DnsRecordInUse")
		w.want(w.call("PUT", w.path("publicIPAddresses/next"), strings.Replace(standard, "Here", "there", 1), 201), map[string]any{"properties.ipAddress": "198.51.100.2"})
		for _, kind := range []string{"natGateways", "publicIPAddresses"} {
			w.call("GET", w.sub()+"/providers/Microsoft.Network/"+kind, "", 200)
			w.call("GET", w.path(kind), "", 200)
		}
		w.want(w.call("PATCH", nat, `{"tags":{"a":"b"}}`, 200), map[string]any{"tags.a": "b"})
		w.want(w.call("PATCH", ip, `{"tags":{"a":"b"}}`, 200), map[string]any{"tags.a": "b", "properties.ipAddress": "198.51.100.1"})
		for _, path := range []string{net, nat, ip} {
			w.call("DELETE", path, "", 202)
			synctest.Wait()
			w.call("GET", path, "", 404)
		}
	})
}

func TestGatewayAndAddressRefusals(t *testing.T) {
	inWorld(t, "{}", func(w *world) {
		w.want(w.call("PUT", w.path("publicIPAddresses/basic"), `{"location":"eastus"}`, 201), map[string]any{"sku.name": "Basic", "properties.publicIPAllocationMethod": "Dynamic", "properties.ipAddress": nil})
		for _, tt := range []struct{ path, body, code string }{
			{"publicIPAddresses/x", `{"location":"eastus","sku":{"name":"Gold"}}`, "InvalidRequestFormat"},
			{"publicIPAddresses/x", `{"location":"eastus","sku":{"name":"Standard"},"properties":{"publicIPAllocationMethod":"Dynamic"}}`, "StandardSkuPublicIPAddressMustBeStatic"},
			{"publicIPAddresses/x", `{"location":"eastus","properties":{"idleTimeoutInMinutes":31}}`, "InvalidIdleTimeout"},
			{"natGateways/x", `{"location":"eastus","properties":{"idleTimeoutInMinutes":3}}`, "InvalidIdleTimeout"},
			{"natGateways/x", `{"location":"eastus","sku":{"name":"Basic"}}`, "InvalidRequestFormat"},
			{"natGateways/x", `{"location":"eastus","properties":{"publicIpAddresses":[{"id":"` + w.path("publicIPAddresses/none") + `"}]}}`, "InvalidResourceReference"},
			{"natGateways/x", `{"location":"westeurope","properties":{"publicIpAddresses":[{"id":"` + w.path("publicIPAddresses/basic") + `"}]}}`, "InvalidResourceReference"},
			{"natGateways/x", `{"location":"eastus","properties":{"publicIpAddresses":[{"id":"` + w.path("publicIPAddresses/basic") + `"}]}}`, "NatGatewayPublicIpAddressMustBeStandard"},
		} {
			w.refuse("PUT", w.path(tt.path), tt.body, 400, tt.code)
		}
	})
}

func TestSecurityGroup(t *testing.T) {
	inWorld(t, "{}", func(w *world) {
		nsg, net := w.path("networkSecurityGroups/nsg"), w.path("virtualNetworks/net")
		rule := func(name string, priority string, direction string) string {
			return `{"name":"` + name + `","properties":{"protocol":"tcp","sourcePortRange":"*","destinationPortRange":"443","sourceAddressPrefix":"*","destinationAddressPrefix":"*","access":"Allow","priority":` + priority + `,"direction":"` + direction + `"}}`
		}
		made := w.call("PUT", nsg, `{"location":"eastus","properties":{"securityRules":[`+rule("in", "100", "inbound")+`]}}`, 201)
		w.want(made, map[string]any{"properties.securityRules.0.properties.protocol": "Tcp", "properties.securityRules.0.properties.direction": "Inbound",
			"properties.defaultSecurityRules.0.name": "AllowVnetInBound", "properties.defaultSecurityRules.5.name": "DenyAllOutBound"})
		synctest.Wait()
		w.call("PUT", nsg+"/securityRules/out", rule("out", "100", "Outbound"), 201)
		synctest.Wait()
		w.want(w.call("GET", nsg+"/securityRules/out", "", 200), map[string]any{"properties.priority": 100.0, "properties.provisioningState": "Succeeded"})
		w.want(w.call("GET", nsg+"/securityRules", "", 200), map[string]any{"value.0.name": "in", "value.1.name": "out"})
		w.want(w.call("GET", nsg+"/defaultSecurityRules", "", 200), map[string]any{"value.2.properties.access": "Deny"})
		w.want(w.call("GET", nsg+"/defaultSecurityRules/denyallinbound", "", 200), map[string]any{"name": "DenyAllInBound"})
		w.refuse("GET", nsg+"/defaultSecurityRules/none", "", 404, "NotFound")
		w.refuse("PUT", nsg+"/securityRules/more", rule("more", "100", "Inbound"), 400, "SecurityRuleConflict")
		w.refuse("PUT", nsg+"/securityRules/more", rule("more", "99", "Inbound"), 400, "SecurityRuleInvalidPriority")
		w.refuse("PUT", nsg+"/securityRules/more", rule("more", "101", "Sideways"), 400, "InvalidRequestFormat")
		w.refuse("PUT", nsg+"/securityRules/more", strings.Replace(rule("more", "101", "Inbound"), `"destinationPortRange":"443",`, "", 1), 400, "SecurityRuleParameterMissing")
		w.refuse("PUT", nsg, `{"location":"eastus","properties":{"securityRules":[`+rule("a", "100", "Inbound")+","+rule("b", "100", "Inbound")+`]}}`, 400, "SecurityRuleConflict")

		w.call("PUT", net, space+`,"subnets":[{"name":"one","properties":{"addressPrefix":"10.0.1.0/24","networkSecurityGroup":{"id":"`+nsg+`"}}}]}}`, 201)
		w.want(w.call("GET", nsg, "", 200), map[string]any{"properties.subnets.0.id": net + "/subnets/one", "properties.securityRules.1.name": "out"})
		w.refuse("DELETE", nsg, "", 400, "InUseNetworkSecurityGroupCannotBeDeleted")
		w.call("DELETE", net, "", 202)
		w.call("DELETE", nsg+"/securityRules/out", "", 202)
		synctest.Wait()
		w.call("DELETE", nsg+"/securityRules/out", "", 204)
		w.want(w.call("PUT", nsg, `{"location":"eastus"}`, 200), map[string]any{"properties.securityRules.0": nil})
		w.call("DELETE", nsg, "", 202)
		synctest.Wait()
		w.refuse("GET", nsg, "", 404, "ResourceNotFound")
		w.call("GET", w.sub()+"/providers/Microsoft.Network/networkSecurityGroups", "", 200)
	})
}
