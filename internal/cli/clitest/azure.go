package clitest

import (
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/arm"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/resources/armresources"
	"github.com/pacific-aci/pacific/azure"
	"github.com/pacific-aci/pacific/emulator/azure"
)

// Group is the resource group in which the command lines work.
const Group = "jobs"

// New starts an Azure whose containers are calls of job (nil: nothing is run),
// with the resource group and the environment that commands expect.
func New(t *testing.T, job azureemulator.ContainerFunc) *Harness {
	t.Helper()
	options := azureemulator.Options{}
	if job != nil {
		options.Engine = azureemulator.Func(job)
	}
	return NewAzure(t, options)
}

// NewAzure is [New] with other options of the emulator.
func NewAzure(t *testing.T, options azureemulator.Options) *Harness {
	t.Helper()
	h := NewBare(t)
	h.startAzure(options)
	h.Vars["AZURE_SUBSCRIPTION_ID"], h.Vars["PACIFIC_RESOURCE_GROUP"] = h.Server.Account().SubscriptionID, Group
	groups, err := armresources.NewResourceGroupsClient(h.SDK())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := groups.CreateOrUpdate(t.Context(), Group, armresources.ResourceGroup{Location: new("westeurope")}, nil); err != nil {
		t.Fatal(err)
	}
	return h
}

// UseAzure gives a harness that has a Prefect an Azure too, with its owner
// signed in. No subscription and no resource group is set.
func (h *Harness) UseAzure() {
	h.T.Helper()
	h.startAzure(azureemulator.Options{})
}

func (h *Harness) startAzure(options azureemulator.Options) {
	h.T.Helper()
	server, err := azureemulator.NewServer(options)
	if err != nil {
		h.T.Fatal(err)
	}
	h.T.Cleanup(func() {
		if err := server.Close(); err != nil {
			h.T.Errorf("closing the emulator: %v", err)
		}
	})
	account := server.Account()
	h.Server = server
	h.Vars["AZURE_TENANT_ID"], h.Vars["AZURE_CLIENT_ID"], h.Vars["AZURE_CLIENT_SECRET"] = account.TenantID, account.ClientID, account.ClientSecret
}

// SDK gives what each client of the Azure SDK is made from: the subscription,
// the owner's credential, and the options that lead to the harness's Azure.
func (h *Harness) SDK() (subscription string, credential azcore.TokenCredential, options *arm.ClientOptions) {
	h.T.Helper()
	cloud, err := azure.NewCloud(h.T.Context(), azure.Options{Transport: h.Server.Transport(), LookupEnv: h.lookup})
	if err != nil {
		h.T.Fatal(err)
	}
	credential, err = cloud.Credential()
	if err != nil {
		h.T.Fatal(err)
	}
	return h.Server.Account().SubscriptionID, credential, cloud.ARMOptions()
}

// Fault makes something go wrong on purpose; it is a fault of the control API in JSON.
func (h *Harness) Fault(fault string) {
	h.T.Helper()
	if err := h.Server.AddFaults([]byte(fault)); err != nil {
		h.T.Fatal(err)
	}
}

// Settings changes settings of the Azure; they are those of the control API in JSON.
func (h *Harness) Settings(settings string) {
	h.T.Helper()
	if err := h.Server.PatchSettings([]byte(settings)); err != nil {
		h.T.Fatal(err)
	}
}
