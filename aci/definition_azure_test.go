package aci_test

import (
	"encoding/json"
	"regexp"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/arm"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/containerinstance/armcontainerinstance/v2"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/msi/armmsi"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/resources/armresources"
	"github.com/pacific-aci/pacific/aci"
	"github.com/pacific-aci/pacific/azure"
)

// What Validate lets through, Azure takes: every definition of the golden files is sent, by the SDK's own client, which
// does not try again, and held against Microsoft's API files. The exceptions are told by their codes.
func TestDefinitionsAreTaken(t *testing.T) {
	w := newWorld(t, "", nil)
	credential, err := w.cloud.Credential()
	if err != nil {
		t.Fatal(err)
	}
	client, err := armcontainerinstance.NewContainerGroupsClient(w.server.Account().SubscriptionID, credential, w.cloud.ARMOptions())
	if err != nil {
		t.Fatal(err)
	}
	refused := map[string]string{"gpu": "GpuResourceNotSupported"}
	for name, job := range jobs(t) {
		t.Run(name, func(t *testing.T) {
			definition, _, err := job.ContainerGroup("westeurope")
			if err != nil {
				t.Fatal(err)
			}
			definition = inSubscription(t, definition, w.server.Account().SubscriptionID)
			if definition.Identity != nil {
				for id := range definition.Identity.UserAssignedIdentities {
					w.makeIdentity(id)
				}
			}
			for _, subnet := range definition.Properties.SubnetIDs {
				w.makeSubnet(*subnet.ID)
			}
			_, err = client.BeginCreateOrUpdate(t.Context(), resourceGroup, aci.NameFor(name, "1"), *definition, nil)
			var code string
			if explained := azure.Explain(err); explained != nil {
				code = explained.Code
			}
			if want := refused[name]; code != want || (err == nil) != (want == "") {
				t.Errorf("got %v, want %q", err, want)
			}
		})
	}
}

// inSubscription moves the identities and subnets that a definition names to a subscription where they may be used.
func inSubscription(t *testing.T, definition *armcontainerinstance.ContainerGroup, subscription string) *armcontainerinstance.ContainerGroup {
	t.Helper()
	text, err := json.Marshal(definition)
	if err != nil {
		t.Fatal(err)
	}
	text = regexp.MustCompile(`/subscriptions/[0-9a-f-]{36}/`).ReplaceAll(text, []byte("/subscriptions/"+subscription+"/"))
	var moved armcontainerinstance.ContainerGroup
	if err := json.Unmarshal(text, &moved); err != nil {
		t.Fatal(err)
	}
	return &moved
}

// makeGroup makes the resource group of a resource.
func (w *world) makeGroup(id string) *arm.ResourceID {
	w.t.Helper()
	parsed, err := arm.ParseResourceID(id)
	if err != nil {
		w.t.Fatal(err)
	}
	credential, err := w.cloud.Credential()
	if err != nil {
		w.t.Fatal(err)
	}
	groups, err := armresources.NewResourceGroupsClient(parsed.SubscriptionID, credential, w.cloud.ARMOptions())
	if err != nil {
		w.t.Fatal(err)
	}
	if _, err := groups.CreateOrUpdate(w.t.Context(), parsed.ResourceGroupName, armresources.ResourceGroup{Location: new("westeurope")}, nil); err != nil {
		w.t.Fatal(err)
	}
	return parsed
}

// makeSubnet makes a subnet for container groups, its network and their resource group.
func (w *world) makeSubnet(id string) {
	w.t.Helper()
	parsed := w.makeGroup(id)
	credential, err := w.cloud.Credential()
	if err != nil {
		w.t.Fatal(err)
	}
	resources, err := armresources.NewClient(parsed.SubscriptionID, credential, w.cloud.ARMOptions())
	if err != nil {
		w.t.Fatal(err)
	}
	network := armresources.GenericResource{Location: new("westeurope"), Properties: map[string]any{
		"addressSpace": map[string]any{"addressPrefixes": []string{"10.0.0.0/16"}},
		"subnets": []any{map[string]any{"name": parsed.Name, "properties": map[string]any{"addressPrefix": "10.0.0.0/24", "delegations": []any{
			map[string]any{"name": "jobs", "properties": map[string]any{"serviceName": "Microsoft.ContainerInstance/containerGroups"}},
		}}}},
	}}
	if _, err := resources.BeginCreateOrUpdateByID(w.t.Context(), parsed.Parent.String(), "2024-03-01", network, nil); err != nil {
		w.t.Fatal(err)
	}
}

// makeIdentity makes a managed identity and its resource group.
func (w *world) makeIdentity(id string) {
	w.t.Helper()
	parsed := w.makeGroup(id)
	credential, err := w.cloud.Credential()
	if err != nil {
		w.t.Fatal(err)
	}
	identities, err := armmsi.NewUserAssignedIdentitiesClient(parsed.SubscriptionID, credential, w.cloud.ARMOptions())
	if err != nil {
		w.t.Fatal(err)
	}
	if _, err := identities.CreateOrUpdate(w.t.Context(), parsed.ResourceGroupName, parsed.Name, armmsi.Identity{Location: new("westeurope")}, nil); err != nil {
		w.t.Fatal(err)
	}
}
