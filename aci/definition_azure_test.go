package aci_test

import (
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/containerinstance/armcontainerinstance/v2"
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
	// NotImplemented is the emulated Azure's word for what it does not do yet: it has read the rest by then.
	refused := map[string]string{"gpu": "GpuResourceNotSupported", "registry-identity": "NotImplemented", "base-registries": "NotImplemented",
		"base": "NotImplemented", "base-main": "NotImplemented", "base-added": "NotImplemented"}
	for name, job := range jobs(t) {
		t.Run(name, func(t *testing.T) {
			definition, _, err := job.ContainerGroup("westeurope")
			if err != nil {
				t.Fatal(err)
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
