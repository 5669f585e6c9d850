package bootstrap_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/pacific-aci/pacific/armtemplate"
	"github.com/pacific-aci/pacific/bootstrap"
)

// others changes everything in the environment as somebody else may, and returns a check that all of it is left.
func (s *site) others(vault string) (left func()) {
	s.t.Helper()
	const network = "/providers/Microsoft.Network/virtualNetworks/prefect-network"
	s.put(s.groupID()+network, "2024-03-01", `{"location":"northeurope","tags":{"pacific-bootstrap":"prefect"},"properties":{
		"addressSpace":{"addressPrefixes":["10.0.0.0/16","10.9.0.0/16"]},"dhcpOptions":{"dnsServers":["10.0.0.53"]}}}`)
	s.put(s.groupID()+network+"/subnets/theirs", "2024-03-01", `{"properties":{"addressPrefix":"10.9.1.0/24","delegations":[{"name":"aci","properties":{"serviceName":"Microsoft.ContainerInstance/containerGroups"}}]}}`)
	s.jobIn(s.groupID() + network + "/subnets/theirs")
	tagged := map[string]string{
		network: "2024-03-01",
		"/providers/Microsoft.Network/natGateways/prefect-nat":                         "2024-03-01",
		"/providers/Microsoft.Network/publicIPAddresses/prefect-nat-address":           "2024-03-01",
		"/providers/Microsoft.ManagedIdentity/userAssignedIdentities/prefect-identity": "2023-01-31",
		"/providers/Microsoft.KeyVault/vaults/" + vault:                                "2023-07-01",
		"/providers/Microsoft.ContainerInstance/containerGroups/prefect-worker":        "2023-05-01",
	}
	for path := range tagged {
		s.tag(path)
	}
	return func() {
		s.t.Helper()
		now := s.get(s.groupID() + network + "?api-version=2024-03-01")
		for _, want := range []string{`"team":"data"`, "10.9.0.0/16", "10.0.0.53", "subnets/theirs", "subnets/containers"} {
			if !strings.Contains(now, want) {
				s.t.Errorf("the network lost %s: %s", want, now)
			}
		}
		for path, version := range tagged {
			if now := s.get(s.groupID() + path + "?api-version=" + version); !strings.Contains(now, `"team":"data"`) {
				s.t.Errorf("a tag is lost: %s", now)
			}
		}
	}
}

// tag adds a tag to a resource as somebody else may.
func (s *site) tag(path string) {
	s.t.Helper()
	answer := s.send(http.MethodPatch, s.groupID()+path+"/providers/Microsoft.Resources/tags/default?api-version=2021-04-01", `{"operation":"Merge","properties":{"tags":{"team":"data"}}}`)
	if !strings.Contains(answer, `"data"`) {
		s.t.Fatal(answer)
	}
}

// TestRerunLeavesWhatOthersAdded: a deployment that has something to do writes that alone.
func TestRerunLeavesWhatOthersAdded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, nil)
		left := s.others(s.must().KeyVault)
		s.request.Secrets = append(s.request.Secrets, bootstrap.Secret{Name: "more", Value: "a"})
		if again := s.must(); !slices.Contains(again.Changed, bootstrap.KindDeployment) {
			t.Fatalf("changed %v", again.Changed)
		}
		left()
		s.request.Image, s.request.WorkPool = "", ""
		s.must()
		left()
	})
}

// TestTemplateAgainLeavesSubnets: our template as another client deploys it, which knows nothing of what is there.
func TestTemplateAgainLeavesSubnets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, nil)
		template, err := armtemplate.Parse(bootstrap.Template())
		if err != nil {
			t.Fatal(err)
		}
		parameters, err := armtemplate.ParseParameters([]byte(`{"keyVaultName": "kv1"}`))
		if err != nil {
			t.Fatal(err)
		}
		s.use(bootstrap.Request{Template: template, TemplateName: "ours", Parameters: parameters})
		s.must()
		network := s.groupID() + "/providers/Microsoft.Network/virtualNetworks/prefect-network"
		s.put(network+"/subnets/theirs", "2024-03-01", `{"properties":{"addressPrefix":"10.0.7.0/24"}}`)
		if again := s.must(); !slices.Contains(again.Changed, bootstrap.KindDeployment) { // for its secure parameters
			t.Fatalf("changed %v", again.Changed)
		}
		if now := s.get(network + "?api-version=2024-03-01"); !strings.Contains(now, "subnets/theirs") {
			t.Errorf("a subnet is lost: %s", now)
		}
	})
}

// TestSubnetGetsItsGatewayBack: a subnet that lost its way out is written again, with what others set on it.
func TestSubnetGetsItsGatewayBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, nil)
		s.request.Image = ""
		subnet := s.must().Subnet
		s.put(subnet, "2024-03-01", `{"properties":{"addressPrefix":"10.0.0.0/25","serviceEndpoints":[{"service":"Microsoft.Storage"}],
			"delegations":[{"name":"aci","properties":{"serviceName":"Microsoft.ContainerInstance/containerGroups"}}]}}`)
		s.plansTo("update subnet prefect-network/containers, gets its NAT gateway")
		s.must()
		now := s.get(subnet + "?api-version=2024-03-01")
		for _, want := range []string{"natGateways/prefect-nat", `"10.0.0.0/25"`, "Microsoft.Storage", "Microsoft.ContainerInstance"} {
			if !strings.Contains(now, want) {
				t.Errorf("the subnet lacks %s: %s", want, now)
			}
		}
		s.unchanged()
	})
}
