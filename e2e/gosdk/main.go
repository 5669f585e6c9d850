// Command gosdk is an ordinary program with Azure's Go SDK and its environment credential, for the end-to-end tests: it
// knows nothing of an emulator. With "identity" it asks for a managed identity's token, with "secret VAULT NAME" for a secret
// by its managed identity; else it runs a container group.
package main

import (
	"context"
	"fmt"
	"log"
	"os"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/containerinstance/armcontainerinstance/v2"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/resources/armresources"
	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azsecrets"
)

func main() {
	run := runGroup
	switch {
	case len(os.Args) > 1 && os.Args[1] == "identity":
		run = runIdentity
	case len(os.Args) > 3 && os.Args[1] == "secret":
		run = runSecret
	}
	if err := run(context.Background()); err != nil {
		log.Fatal(err)
	}
}

func runIdentity(ctx context.Context) error {
	cred, err := azidentity.NewManagedIdentityCredential(nil)
	if err != nil {
		return err
	}
	token, err := cred.GetToken(ctx, policy.TokenRequestOptions{Scopes: []string{"https://management.azure.com/.default"}})
	if err != nil {
		return err
	}
	fmt.Println("go identity: ok, the token holds until", token.ExpiresOn.UTC())
	return nil
}

func runSecret(ctx context.Context) error {
	cred, err := azidentity.NewManagedIdentityCredential(nil)
	if err != nil {
		return err
	}
	client, err := azsecrets.NewClient("https://"+os.Args[2]+".vault.azure.net", cred, nil)
	if err != nil {
		return err
	}
	got, err := client.GetSecret(ctx, os.Args[3], "", nil)
	if err != nil {
		return err
	}
	fmt.Println("secret", *got.Value)
	return nil
}

func runGroup(ctx context.Context) error {
	cred, err := azidentity.NewDefaultAzureCredential(nil)
	if err != nil {
		return err
	}
	subscription := os.Getenv("AZURE_SUBSCRIPTION_ID")
	resources, err := armresources.NewResourceGroupsClient(subscription, cred, nil)
	if err != nil {
		return err
	}
	if _, err := resources.CreateOrUpdate(ctx, "go", armresources.ResourceGroup{Location: new("westus2")}, nil); err != nil {
		return err
	}
	groups, err := armcontainerinstance.NewContainerGroupsClient(subscription, cred, nil)
	if err != nil {
		return err
	}
	poller, err := groups.BeginCreateOrUpdate(ctx, "go", "job", armcontainerinstance.ContainerGroup{
		Location: new("westus2"),
		Properties: &armcontainerinstance.ContainerGroupPropertiesProperties{
			OSType:        new(armcontainerinstance.OperatingSystemTypesLinux),
			RestartPolicy: new(armcontainerinstance.ContainerGroupRestartPolicyNever),
			Containers: []*armcontainerinstance.Container{{Name: new("main"), Properties: &armcontainerinstance.ContainerProperties{
				Image: new(os.Args[1]), Command: []*string{new("sh"), new("-c"), new("echo hello")},
				Resources: &armcontainerinstance.ResourceRequirements{Requests: &armcontainerinstance.ResourceRequests{CPU: new(1.0), MemoryInGB: new(1.0)}},
			}}},
		},
	}, nil)
	if err != nil {
		return err
	}
	made, err := poller.PollUntilDone(ctx, nil)
	if err != nil {
		return err
	}
	deletion, err := groups.BeginDelete(ctx, "go", "job", nil)
	if err != nil {
		return err
	}
	if _, err := deletion.PollUntilDone(ctx, nil); err != nil {
		return err
	}
	fmt.Println("go sdk: ok,", *made.Properties.ProvisioningState)
	return nil
}
