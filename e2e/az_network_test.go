//go:build e2e

package e2e

import (
	"strings"
	"testing"
)

// TestAzNetwork drives az through a virtual network with a NAT gateway, and through container groups in its subnets.
func TestAzNetwork(t *testing.T) {
	seconds(t)
	a := startAzure(t, "--engine", "simulate")
	a.login()
	a.az(0, "group", "create", "--name", "e2e", "--location", "westeurope")
	azVirtualNetwork(a)
	azGroupsInSubnets(a)
	azNetworkInUse(a)
	a.az(0, "group", "delete", "--name", "e2e", "--yes")
}

func azVirtualNetwork(a *azure) {
	var made struct {
		NewVNet struct {
			ProvisioningState string
			Subnets           []struct{ Name, AddressPrefix string }
		}
	}
	a.azJSON(&made, "network", "vnet", "create", "--resource-group", "e2e", "--name", "net", "--address-prefix", "10.0.0.0/16",
		"--subnet-name", "first", "--subnet-prefix", "10.0.0.0/24")
	if n := made.NewVNet; n.ProvisioningState != "Succeeded" || len(n.Subnets) != 1 || n.Subnets[0].Name != "first" || n.Subnets[0].AddressPrefix != "10.0.0.0/24" {
		a.t.Errorf("network vnet create: %+v", made)
	}
	a.az(0, "network", "public-ip", "create", "--resource-group", "e2e", "--name", "ip", "--sku", "Standard")
	a.az(0, "network", "nat", "gateway", "create", "--resource-group", "e2e", "--name", "nat", "--public-ip-addresses", "ip")
	var subnet struct {
		AddressPrefix string
		NatGateway    struct{ ID string }
		Delegations   []struct{ ServiceName string }
	}
	a.azJSON(&subnet, "network", "vnet", "subnet", "create", "--resource-group", "e2e", "--vnet-name", "net", "--name", "jobs", "--address-prefixes", "10.0.1.0/24",
		"--delegations", "Microsoft.ContainerInstance/containerGroups", "--nat-gateway", "nat")
	if len(subnet.Delegations) != 1 || subnet.Delegations[0].ServiceName != "Microsoft.ContainerInstance/containerGroups" || !strings.HasSuffix(subnet.NatGateway.ID, "/nat") {
		a.t.Errorf("network vnet subnet create: %+v", subnet)
	}
	if out := a.az(1, "network", "vnet", "subnet", "create", "--resource-group", "e2e", "--vnet-name", "net", "--name", "clash", "--address-prefixes", "10.0.1.128/25"); !strings.Contains(out.stderr, "NetcfgSubnetRangesOverlap") {
		a.t.Errorf("an overlapping subnet: %s", out.stderr)
	}
}

// azGroupsInSubnets has az put a group into a subnet that is there, and into a network that az makes itself.
func azGroupsInSubnets(a *azure) {
	create := []string{"container", "create", "--resource-group", "e2e", "--image", "alpine", "--os-type", "Linux", "--cpu", "1", "--memory", "1", "--command-line", "sleep 600"}
	for name, more := range map[string][]string{
		"10.0.1.4": {"--name", "inside", "--vnet", "net", "--subnet", "jobs"},
		"10.5.1.4": {"--name", "fresh", "--vnet", "fresh", "--vnet-address-prefix", "10.5.0.0/16", "--subnet", "jobs", "--subnet-address-prefix", "10.5.1.0/24"},
	} {
		var group struct{ IPAddress struct{ IP, Type string } }
		if a.azJSON(&group, append(create, more...)...); group.IPAddress.IP != name || group.IPAddress.Type != "Private" {
			a.t.Errorf("container create %v: %+v", more, group)
		}
	}
}

func azNetworkInUse(a *azure) {
	for code, verb := range map[string][]string{
		"InUseSubnetCannotBeDeleted":               {"network", "vnet", "subnet", "delete", "--resource-group", "e2e", "--vnet-name", "net", "--name", "jobs"},
		"CannotDeleteNatGatewayAssociatedToSubnet": {"network", "nat", "gateway", "delete", "--resource-group", "e2e", "--name", "nat"},
	} {
		if out := a.az(1, verb...); !strings.Contains(out.stderr, code) {
			a.t.Errorf("%v: %s", verb, out.stderr)
		}
	}
	a.az(0, "container", "delete", "--resource-group", "e2e", "--name", "inside", "--yes")
	a.az(0, "network", "vnet", "subnet", "delete", "--resource-group", "e2e", "--vnet-name", "net", "--name", "jobs")
	a.az(0, "network", "nat", "gateway", "delete", "--resource-group", "e2e", "--name", "nat")
}

// TestAzStorageAccount drives az through a storage account and its keys, and a resource of a type that is only kept.
func TestAzStorageAccount(t *testing.T) {
	seconds(t)
	a := startAzure(t, "--engine", "simulate")
	a.login()
	a.az(0, "group", "create", "--name", "e2e", "--location", "westeurope")
	var account struct {
		Kind, ProvisioningState string
		PrimaryEndpoints        struct{ Blob string }
	}
	a.azJSON(&account, "storage", "account", "create", "--resource-group", "e2e", "--name", "e2eaccount", "--sku", "Standard_LRS")
	if account.Kind != "StorageV2" || account.ProvisioningState != "Succeeded" || account.PrimaryEndpoints.Blob != "https://e2eaccount.blob.core.windows.net/" {
		t.Errorf("storage account create: %+v", account)
	}
	type key struct{ KeyName, Value string }
	var before, after []key
	a.azJSON(&before, "storage", "account", "keys", "list", "--resource-group", "e2e", "--account-name", "e2eaccount")
	a.azJSON(&after, "storage", "account", "keys", "renew", "--resource-group", "e2e", "--account-name", "e2eaccount", "--key", "primary")
	if len(before) != 2 || len(after) != 2 || before[0] == after[0] || before[1] != after[1] {
		t.Error("storage account keys renew changed another key than the first, or none")
	}
	if out := a.az(1, "storage", "account", "create", "--resource-group", "e2e", "--name", "E2E-account", "--sku", "Standard_LRS"); !strings.Contains(out.stderr, "not a valid storage account name") {
		t.Errorf("a bad name: %s", out.stderr)
	}
	a.az(0, "storage", "account", "delete", "--resource-group", "e2e", "--name", "e2eaccount", "--yes")

	var kept struct{ Properties map[string]any }
	a.azJSON(&kept, "resource", "create", "--resource-group", "e2e", "--name", "w", "--resource-type", "Microsoft.OperationalInsights/workspaces", "--api-version", "2022-10-01",
		"--location", "westeurope", "--properties", `{"retentionInDays":30}`)
	if kept.Properties["retentionInDays"] != 30.0 || kept.Properties["provisioningState"] != "Succeeded" {
		t.Errorf("resource create: %+v", kept)
	}
}
