package azureemulator_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/authorization/armauthorization/v2"
	"github.com/google/uuid"

	"github.com/pacific-aci/pacific/emulator/azure"
	"github.com/pacific-aci/pacific/internal/apispec"
)

const networkVersion = "?api-version=2024-03-01"

// Who may write container groups and join a subnet can put one into it, without the right to read the network. Who may
// write networks still cannot use another's security group.
func TestRightsToJoin(t *testing.T) {
	w := inAzure(t, azureemulator.Options{})
	owner := onWire(t, w.server)
	owner.specs = apispec.FromEnv(t)
	networks := w.scope + "/providers/Microsoft.Network/"
	for path, body := range map[string]string{
		"networkSecurityGroups/nsg": `{"location":"westeurope"}`,
		"virtualNetworks/net": `{"location":"westeurope","properties":{"addressSpace":{"addressPrefixes":["10.0.0.0/16"]},"subnets":[{"name":"s","properties":{"addressPrefix":"10.0.0.0/24",
			"delegations":[{"name":"d","properties":{"serviceName":"Microsoft.ContainerInstance/containerGroups"}}]}}]}}`,
	} {
		if got := owner.arm("PUT", networks+path+networkVersion, body); got.StatusCode != 201 {
			t.Fatalf("%s: %d %s", path, got.StatusCode, got.text)
		}
	}
	app := register(t, w.server, "worker")
	must(w.definitions.CreateOrUpdate(t.Context(), w.scope, uuid.NewString(), armauthorization.RoleDefinition{Properties: &armauthorization.RoleDefinitionProperties{
		RoleName: new("jobs in a subnet"), AssignableScopes: []*string{&w.scope},
		Permissions: []*armauthorization.Permission{{Actions: []*string{
			new("Microsoft.ContainerInstance/containerGroups/*"), new("Microsoft.Network/virtualNetworks/subnets/join/action"), new("Microsoft.Network/virtualNetworks/subnets/write"),
		}}},
	}}, nil))(t)
	w.assign("jobs in a subnet", app.objectID, w.scope)
	worker := onWire(t, w.server)
	account := w.server.Account()
	account.ClientID, account.ClientSecret = app.clientID, app.secret
	worker.token = rawToken(t, account, &http.Client{Transport: w.server.Transport()}, "https://management.azure.com/.default")

	subnet := networks + "virtualNetworks/net/subnets/s"
	if got := worker.arm("GET", subnet+networkVersion, ""); got.code() != "AuthorizationFailed" {
		t.Errorf("reading the subnet: %d %s", got.StatusCode, got.text)
	}
	got := worker.arm("PUT", w.scope+"/providers/Microsoft.ContainerInstance/containerGroups/job?api-version=2023-05-01",
		`{"location":"westeurope","properties":{"osType":"Linux","restartPolicy":"Never","subnetIds":[{"id":"`+subnet+`"}],
		"containers":[{"name":"c","properties":{"image":"x","command":["true"],"resources":{"requests":{"cpu":1,"memoryInGB":1}}}}]}}`)
	if got.StatusCode != 201 || !strings.Contains(got.text, `"type":"Private"`) {
		t.Errorf("a group in the subnet: %d %s", got.StatusCode, got.text)
	}
	got = worker.arm("PUT", networks+"virtualNetworks/net/subnets/other"+networkVersion,
		`{"properties":{"addressPrefix":"10.0.1.0/24","networkSecurityGroup":{"id":"`+networks+`networkSecurityGroups/nsg"}}}`)
	if got.code() != "LinkedAuthorizationFailed" || !strings.Contains(got.text, "Microsoft.Network/networkSecurityGroups/join/action") {
		t.Errorf("a subnet with another's security group: %d %s", got.StatusCode, got.text)
	}
}

// The network and the container group of Prefect's demo, as its template has them: no address is asked for, and one is read.
func TestGroupOfDemo(t *testing.T) {
	s := start(t, azureemulator.Options{})
	w := onWire(t, s)
	w.specs = apispec.FromEnv(t)
	w.arm("PUT", "resourcegroups/g", `{"location":"northeurope"}`)
	const providers = "resourceGroups/g/providers/"
	const subnet = providers + "Microsoft.Network/virtualNetworks/orinet/subnets/agentnet"
	for _, step := range []struct{ path, body string }{
		{providers + "Microsoft.Network/virtualNetworks/orinet?api-version=2020-11-01", `{"location":"northeurope","properties":{"addressSpace":{"addressPrefixes":["10.0.0.0/16"]}}}`},
		{subnet + "?api-version=2020-11-01", `{"properties":{"addressPrefix":"10.0.0.0/24","delegations":[{"name":"DelegationService","properties":{"serviceName":"Microsoft.ContainerInstance/containerGroups"}}]}}`},
		{providers + "Microsoft.ContainerInstance/containerGroups/prefect-agent?api-version=2021-07-01", `{"location":"northeurope","properties":{"osType":"Linux",
			"subnetIds":[{"id":"/subscriptions/` + s.Account().SubscriptionID + "/" + subnet + `","name":"agentnet"}],
			"containers":[{"name":"prefect","properties":{"image":"radbrt/orion_agent:latest","command":["prefect","agent"],"ports":[{"protocol":"TCP","port":443}],
			"resources":{"requests":{"cpu":1.0,"memoryInGB":1.0}}}}]}}`},
	} {
		got := w.arm("PUT", step.path, step.body)
		if got.StatusCode != 201 {
			t.Fatalf("%s: %d %s", step.path, got.StatusCode, got.text)
		}
		for done := false; !done; {
			poll := w.send("GET", got.Header.Get("Azure-AsyncOperation"), "")
			done = !strings.Contains(poll.text, `"InProgress"`) && !strings.Contains(poll.text, `"Pending"`)
		}
	}
	var group struct {
		Properties struct {
			IPAddress struct {
				IP, Type string
				Ports    []struct{ Port int }
			}
		}
	}
	w.arm("GET", providers+"Microsoft.ContainerInstance/containerGroups/prefect-agent?api-version=2021-07-01", "").json(t, &group)
	if ip := group.Properties.IPAddress; ip.IP != "10.0.0.4" || ip.Type != "Private" || len(ip.Ports) != 1 || ip.Ports[0].Port != 443 {
		t.Errorf("the group's address: %+v", ip)
	}
}
