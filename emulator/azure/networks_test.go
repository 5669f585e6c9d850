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
