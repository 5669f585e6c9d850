package network_test

import (
	"testing"
	"time"
)

// What is being deleted cannot be changed, nor what it is part of, nor what is part of it; after that it can be made anew.
func TestChangesWhileDeleting(t *testing.T) {
	inWorld(t, `{"latency":{"operation":"1m"}}`, func(w *world) {
		for _, one := range []struct{ path, body string }{
			{"virtualNetworks/net", space + `,"subnets":[{"name":"sub","properties":{"addressPrefix":"10.0.1.0/24"}}]}}`},
			{"virtualNetworks/net/subnets/own", `{"properties":{"addressPrefix":"10.0.2.0/24"}}`},
			{"natGateways/nat", `{"location":"eastus","sku":{"name":"Standard"},"properties":{}}`},
			{"publicIPAddresses/ip", `{"location":"eastus","sku":{"name":"Standard"},"properties":{"publicIPAllocationMethod":"Static"}}`},
			{"networkSecurityGroups/nsg", `{"location":"eastus","properties":{}}`},
			{"networkSecurityGroups/nsg/securityRules/rule", `{"properties":{"access":"Allow","direction":"Inbound","protocol":"*","priority":100,"sourceAddressPrefix":"*","sourcePortRange":"*","destinationAddressPrefix":"*","destinationPortRange":"*"}}`},
		} {
			path := w.path(one.path)
			w.call("PUT", path, one.body, 201)
			time.Sleep(90 * time.Second)
			w.call("PUT", path, one.body, 200) // its end comes in the middle of the deletion, and does not hide it
			time.Sleep(30 * time.Second)
			w.call("DELETE", path, "", 202)
			time.Sleep(15 * time.Second)
			w.call("DELETE", path, "", 202) // its end comes when there may be a new one
			time.Sleep(30 * time.Second)
			w.refuse("PUT", path, one.body, 409, "AnotherOperationInProgress")
			time.Sleep(20 * time.Second)
			w.call("GET", path, "", 404)
			w.call("PUT", path, one.body, 201)
			time.Sleep(90 * time.Second)
			w.want(w.call("GET", path, "", 200), map[string]any{"properties.provisioningState": "Succeeded"})
		}
		net, sub := w.path("virtualNetworks/net"), w.path("virtualNetworks/net/subnets/sub")
		w.call("DELETE", sub, "", 202)
		w.refuse("PUT", net, space+`,"subnets":[{"name":"sub","properties":{"addressPrefix":"10.0.1.0/24"}}]}}`, 409, "AnotherOperationInProgress")
		w.refuse("PATCH", net, `{"tags":{"a":"b"}}`, 409, "AnotherOperationInProgress")
		time.Sleep(2 * time.Minute)
		w.call("DELETE", net, "", 202)
		w.refuse("PUT", sub, `{"properties":{"addressPrefix":"10.0.1.0/24"}}`, 409, "AnotherOperationInProgress")
	})
}
