// Package local_azure shows how a test runs code that talks to Azure against Pacific's local Azure: in Go in the same
// process, in other languages through `pacific emulator run`.
package local_azure

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/arm"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/containerinstance/armcontainerinstance/v2"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/resources/armresources"

	"github.com/pacific-aci/pacific/emulator/azure"
)

// nightly is the code under test: it starts a container group by the official SDK and waits until its container has
// ended.
func nightly(ctx context.Context, groups *armcontainerinstance.ContainerGroupsClient) (int32, error) {
	poller, err := groups.BeginCreateOrUpdate(ctx, "jobs", "nightly", armcontainerinstance.ContainerGroup{
		Location: new("westeurope"),
		Properties: &armcontainerinstance.ContainerGroupPropertiesProperties{
			OSType:        new(armcontainerinstance.OperatingSystemTypesLinux),
			RestartPolicy: new(armcontainerinstance.ContainerGroupRestartPolicyNever),
			Containers: []*armcontainerinstance.Container{{Name: new("main"), Properties: &armcontainerinstance.ContainerProperties{
				Image: new("nightly:1"),
				Resources: &armcontainerinstance.ResourceRequirements{
					Requests: &armcontainerinstance.ResourceRequests{CPU: new(1.0), MemoryInGB: new(1.0)},
				},
			}}},
		},
	}, nil)
	if err != nil {
		return 0, err
	}
	if _, err := poller.PollUntilDone(ctx, nil); err != nil {
		return 0, err
	}
	for {
		group, err := groups.Get(ctx, "jobs", "nightly", nil)
		if err != nil {
			return 0, err
		}
		if s := group.Properties.Containers[0].Properties.InstanceView.CurrentState; *s.State == "Terminated" {
			return *s.ExitCode, nil
		}
		time.Sleep(time.Minute)
	}
}

// TestNightly watches six hours of a container's life in no time: the container is a Go function, and the clock is
// synctest's.
func TestNightly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, err := azureemulator.NewServer(azureemulator.Options{
			Engine: azureemulator.Func(func(ctx context.Context, c azureemulator.ContainerCall) int {
				fmt.Fprintln(c.Spec.Output, "working")
				time.Sleep(6 * time.Hour)
				return 3
			}),
		})
		if err != nil {
			t.Fatal(err)
		}
		defer server.Close()
		account := server.Account()
		options := policy.ClientOptions{Transport: &http.Client{Transport: server.Transport()}}
		cred, err := azidentity.NewClientSecretCredential(account.TenantID, account.ClientID, account.ClientSecret,
			&azidentity.ClientSecretCredentialOptions{ClientOptions: options})
		if err != nil {
			t.Fatal(err)
		}
		resources, err := armresources.NewResourceGroupsClient(account.SubscriptionID, cred, &arm.ClientOptions{ClientOptions: options})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := resources.CreateOrUpdate(t.Context(), "jobs", armresources.ResourceGroup{Location: new("westeurope")}, nil); err != nil {
			t.Fatal(err)
		}
		groups, err := armcontainerinstance.NewContainerGroupsClient(account.SubscriptionID, cred, &arm.ClientOptions{ClientOptions: options})
		if err != nil {
			t.Fatal(err)
		}
		// A bad day: the second read of the group is answered 503.
		if err := server.AddFaults([]byte(`{"match":{"operation":"ContainerGroups_Get"},"skip":1,"times":1,"effect":{"status":503,"code":"ServiceUnavailable","message":"later"}}`)); err != nil {
			t.Fatal(err)
		}
		code, err := nightly(t.Context(), groups)
		if err != nil || code != 3 {
			t.Errorf("exit code %d, %v; want 3", code, err)
		}
	})
}
