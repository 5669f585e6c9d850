package containers_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	aci "github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/containerinstance/armcontainerinstance/v2"
)

const networkVersion = "?api-version=2024-03-01"

// networkPath is a virtual network's path, or with NETWORK/SUBNET a subnet's.
func (w *world) networkPath(name string) string {
	return "/subscriptions/" + w.server.Account().SubscriptionID + "/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/" + strings.Replace(name, "/", "/subnets/", 1)
}

// network makes a virtual network with one subnet, of a range and delegated to a service; none if that is empty.
func (w *world) network(location, name, prefix, service string) string {
	w.t.Helper()
	network, subnet, _ := strings.Cut(name, "/")
	delegations := ""
	if service != "" {
		delegations = fmt.Sprintf(`{"name":"d","properties":{"serviceName":%q}}`, service)
	}
	w.call("PUT", w.networkPath(network)+networkVersion, fmt.Sprintf(`{"location":%q,"properties":{"addressSpace":{"addressPrefixes":["10.0.0.0/16"]},
		"subnets":[{"name":%q,"properties":{"addressPrefix":%q,"delegations":[%s]}}]}}`, location, subnet, prefix, delegations), 201)
	synctest.Wait()
	return w.networkPath(name)
}

// subnet makes NETWORK/SUBNET as container groups want it, and returns its id.
func (w *world) subnet(name string) string {
	return w.network("westeurope", name, "10.0.7.0/24", "Microsoft.ContainerInstance/containerGroups")
}

// inside puts a group into a subnet. Its definition asks for no address.
func inside(subnet string) func(*aci.ContainerGroup) {
	return func(g *aci.ContainerGroup) {
		g.Properties.SubnetIDs = []*aci.ContainerGroupSubnetID{{ID: new(subnet)}}
		g.Properties.Containers[0].Properties.Ports = []*aci.ContainerPort{{Port: new(int32(443))}}
	}
}

// Each group in a subnet has an address of its own there, for as long as it exists.
func TestSubnetAddresses(t *testing.T) {
	inWorld(t, forever(), "{}", func(t *testing.T, w *world) {
		subnet := w.network("westeurope", "vn/s", "10.0.7.0/29", "Microsoft.ContainerInstance/containerGroups")
		for name, want := range map[string]string{"a": "10.0.7.4"} {
			w.mustCreate(name, job("main", inside(subnet)))
			ip := w.get(name).Properties.IPAddress
			if ip == nil || ip.IP == nil || *ip.IP != want || *ip.Type != "Private" || len(ip.Ports) != 1 || *ip.Ports[0].Port != 443 {
				t.Errorf("%s: %+v", name, ip)
			}
		}
		w.mustCreate("b", job("main", inside(strings.ToUpper(subnet))))
		w.mustCreate("c", job("main", inside(subnet)))
		_, err := w.create("d", job("main", inside(subnet)))
		w.wantCode(err, 400, "SubnetIsFull")

		reply := w.call("GET", subnet+networkVersion, "", 200)
		props := reply["properties"].(map[string]any)
		configurations, _ := props["ipConfigurations"].([]any)
		links, _ := props["serviceAssociationLinks"].([]any)
		if len(configurations) != 3 || len(links) != 1 {
			t.Errorf("the subnet shows %v", props)
		}
		w.call("DELETE", w.groupPath("b")+"?api-version=2023-05-01", "", 200)
		w.mustCreate("e", job("main", inside(subnet)))
		if ip := *w.get("e").Properties.IPAddress.IP; ip != "10.0.7.5" {
			t.Errorf("the address of a group that has gone is not given again: %s", ip)
		}
		if ip := *w.get("c").Properties.IPAddress.IP; ip != "10.0.7.6" {
			t.Errorf("the address has changed: %s", ip)
		}
	})
}

func TestSubnetRefusals(t *testing.T) {
	inWorld(t, forever(), "{}", func(t *testing.T, w *world) {
		good := w.subnet("vn/s")
		for _, tt := range []struct{ subnet, code string }{
			{good + "x", "SubnetNotFound"},
			{w.networkPath("none/s"), "SubnetNotFound"},
			{"s", "LinkedInvalidPropertyId"},
			{w.networkPath("vn"), "LinkedInvalidPropertyId"},
			{w.network("westeurope", "plain/s", "10.0.0.0/24", ""), "SubnetMissingRequiredDelegation"},
			{w.network("westeurope", "web/s", "10.0.0.0/24", "Microsoft.Web/serverFarms"), "SubnetMissingRequiredDelegation"},
			{w.network("eastus", "far/s", "10.0.0.0/24", "Microsoft.ContainerInstance/containerGroups"), "InvalidSubnetLocation"},
		} {
			_, err := w.create("job", job("main", inside(tt.subnet)))
			w.wantCode(err, 400, tt.code)
		}
		_, err := w.create("job", job("main", inside(good), func(g *aci.ContainerGroup) {
			g.Properties.SubnetIDs = append(g.Properties.SubnetIDs, g.Properties.SubnetIDs[0])
		}))
		w.wantCode(err, 400, "TooManySubnetIds")
		if props := w.call("GET", good+networkVersion, "", 200)["properties"].(map[string]any); props["ipConfigurations"] != nil {
			t.Errorf("a group that was refused has an address: %v", props)
		}
	})
}

// What a group is in can neither go nor change under it, and goes when the group has gone.
func TestSubnetInUse(t *testing.T) {
	inWorld(t, forever(), "{}", func(t *testing.T, w *world) {
		subnet, network := w.subnet("vn/s"), w.networkPath("vn")
		w.mustCreate("job", job("main", inside(subnet)))
		const space = `{"location":"westeurope","properties":{"addressSpace":{"addressPrefixes":["10.0.0.0/16"]}`
		const delegated = `,"delegations":[{"name":"d","properties":{"serviceName":"Microsoft.ContainerInstance/containerGroups"}}]}}`
		old := strings.Replace(network+networkVersion, "2024-03-01", "2020-11-01", 1)
		for _, tt := range []struct{ method, path, body, code string }{
			{"DELETE", subnet + networkVersion, "", "InUseSubnetCannotBeDeleted"},
			{"DELETE", network + networkVersion, "", "InUseSubnetCannotBeDeleted"},
			{"PUT", network + networkVersion, space + `,"subnets":[]}}`, "InUseSubnetCannotBeDeleted"},
			{"PUT", old, space + `}}`, "InUseSubnetCannotBeDeleted"},
			{"PUT", subnet + networkVersion, `{"properties":{"addressPrefix":"10.0.8.0/24"` + delegated, "InUsePrefixCannotBeDeleted"},
			{"PUT", subnet + networkVersion, `{"properties":{"addressPrefix":"10.0.7.0/24"}}`, "SubnetMissingRequiredDelegation"},
		} {
			reply := w.call(tt.method, tt.path, tt.body, 400)
			if code := reply["error"].(map[string]any)["code"]; code != tt.code {
				t.Errorf("%s %s %s: %v, want %s", tt.method, tt.path, tt.body, code, tt.code)
			}
		}
		link := subnet + "/providers/Microsoft.ContainerInstance/serviceAssociationLinks/default?api-version=2023-05-01"
		w.call("DELETE", link, "", 409)
		// Without a word on subnets they stay, since 2023-09-01.
		w.call("PUT", network+networkVersion, space+`}}`, 200)
		w.call("GET", subnet+networkVersion, "", 200)
		w.call("DELETE", w.groupPath("job")+"?api-version=2023-05-01", "", 200)
		w.call("DELETE", link, "", 204)
		w.call("DELETE", subnet+networkVersion, "", 202)
		synctest.Wait()
		w.call("GET", subnet+networkVersion, "", 404)
		w.call("DELETE", network+networkVersion, "", 202)
		synctest.Wait()
		w.call("DELETE", network+networkVersion, "", 204)
	})
}

// A resource group is emptied though its subnet is in use by a group that goes with it.
func TestResourceGroupWithSubnetInUse(t *testing.T) {
	inWorld(t, forever(), "{}", func(t *testing.T, w *world) {
		w.mustCreate("job", job("main", inside(w.subnet("vn/s"))))
		path := "/subscriptions/" + w.server.Account().SubscriptionID + "/resourcegroups/rg?api-version=2021-04-01"
		w.call("DELETE", path, "", 202)
		time.Sleep(time.Minute)
		synctest.Wait()
		w.call("GET", path, "", 404)
	})
}
