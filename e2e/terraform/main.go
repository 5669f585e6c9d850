// Command terraform does what Terraform's provider for Azure does with a container group, with the SDK that the provider is
// made of: HashiCorp's own sign-in, clients and pollers, and none of Microsoft's code. It knows nothing of an emulator. It
// signs in with a client's secret, or as az with "cli".
//
// It is a module of its own, for its SDK is larger than all else together.
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/go-azure-helpers/lang/response"
	"github.com/hashicorp/go-azure-helpers/resourcemanager/commonids"
	"github.com/hashicorp/go-azure-helpers/resourcemanager/identity"
	"github.com/hashicorp/go-azure-sdk/resource-manager/containerinstance/2025-09-01/containerinstance"
	"github.com/hashicorp/go-azure-sdk/resource-manager/keyvault/2023-07-01/vaults"
	"github.com/hashicorp/go-azure-sdk/resource-manager/managedidentity/2024-11-30/identities"
	"github.com/hashicorp/go-azure-sdk/resource-manager/resources/2023-07-01/providers"
	"github.com/hashicorp/go-azure-sdk/resource-manager/resources/2023-07-01/resourcegroups"
	"github.com/hashicorp/go-azure-sdk/resource-manager/storage/2023-05-01/storageaccounts"
	"github.com/hashicorp/go-azure-sdk/sdk/auth"
	"github.com/hashicorp/go-azure-sdk/sdk/environments"
)

const (
	group    = "terraform"
	location = "westeurope"
)

// clients are the provider's, all signed in alike.
type clients struct {
	subscription string
	tenant       string
	providers    *providers.ProvidersClient
	groups       *resourcegroups.ResourceGroupsClient
	identities   *identities.IdentitiesClient
	accounts     *storageaccounts.StorageAccountsClient
	vaults       *vaults.VaultsClient
	containers   *containerinstance.ContainerInstanceClient
}

func main() {
	// The pollers refuse a context without a deadline.
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	c, err := newClients(ctx, len(os.Args) > 1 && os.Args[1] == "cli")
	if err != nil {
		log.Fatal(err)
	}
	for _, step := range []func(*clients, context.Context) error{
		(*clients).registers, (*clients).makesGroup, (*clients).makesStorage, (*clients).makesVault, (*clients).runsContainers, (*clients).deletesGroup,
	} {
		if err := step(c, ctx); err != nil {
			log.Fatal(err)
		}
	}
	fmt.Println("terraform sdk: ok")
}

// newClients signs in as the provider does. With the endpoint of Azure Resource Manager alone, the provider asks it for all
// others (metadata_host).
func newClients(ctx context.Context, cli bool) (*clients, error) {
	environment, err := environments.FromEndpoint(ctx, "https://management.azure.com")
	if err != nil {
		return nil, err
	}
	c := &clients{subscription: os.Getenv("AZURE_SUBSCRIPTION_ID"), tenant: os.Getenv("AZURE_TENANT_ID")}
	authorizer, err := auth.NewAuthorizerFromCredentials(ctx, auth.Credentials{
		Environment:                           *environment,
		TenantID:                              c.tenant,
		ClientID:                              os.Getenv("AZURE_CLIENT_ID"),
		ClientSecret:                          os.Getenv("AZURE_CLIENT_SECRET"),
		EnableAuthenticatingUsingClientSecret: !cli,
		EnableAuthenticatingUsingAzureCLI:     cli,
		AzureCliSubscriptionIDHint:            c.subscription,
	}, environment.ResourceManager)
	if err != nil {
		return nil, fmt.Errorf("signing in: %w", err)
	}
	api := environment.ResourceManager
	var errs [6]error
	c.providers, errs[0] = providers.NewProvidersClientWithBaseURI(api)
	c.groups, errs[1] = resourcegroups.NewResourceGroupsClientWithBaseURI(api)
	c.identities, errs[2] = identities.NewIdentitiesClientWithBaseURI(api)
	c.accounts, errs[3] = storageaccounts.NewStorageAccountsClientWithBaseURI(api)
	c.vaults, errs[4] = vaults.NewVaultsClientWithBaseURI(api)
	c.containers, errs[5] = containerinstance.NewContainerInstanceClientWithBaseURI(api)
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	c.providers.Client.Authorizer, c.groups.Client.Authorizer, c.identities.Client.Authorizer = authorizer, authorizer, authorizer
	c.accounts.Client.Authorizer, c.vaults.Client.Authorizer, c.containers.Client.Authorizer = authorizer, authorizer, authorizer
	return c, nil
}

// registers registers what the provider needs, where it is not yet.
func (c *clients) registers(ctx context.Context) error {
	listed, err := c.providers.ListComplete(ctx, commonids.NewSubscriptionID(c.subscription), providers.DefaultListOperationOptions())
	if err != nil {
		return err
	}
	for _, namespace := range []string{"Microsoft.ContainerInstance", "Microsoft.KeyVault", "Microsoft.ManagedIdentity", "Microsoft.Storage"} {
		known := slices.ContainsFunc(listed.Items, func(p providers.Provider) bool { return p.Namespace != nil && *p.Namespace == namespace })
		if !known {
			return fmt.Errorf("%s is not among the %d providers", namespace, len(listed.Items))
		}
		if _, err := c.providers.Register(ctx, providers.NewSubscriptionProviderID(c.subscription, namespace), providers.ProviderRegistrationRequest{}); err != nil {
			return err
		}
	}
	return nil
}

func (c *clients) makesGroup(ctx context.Context) error {
	id := commonids.NewResourceGroupID(c.subscription, group)
	if got, err := c.groups.Get(ctx, id); err == nil || !response.WasNotFound(got.HttpResponse) {
		return fmt.Errorf("the resource group before it is made: %v", err)
	}
	if _, err := c.groups.CreateOrUpdate(ctx, id, resourcegroups.ResourceGroup{Location: location, Tags: &map[string]string{"made-by": "terraform"}}); err != nil {
		return err
	}
	_, err := c.identities.UserAssignedIdentitiesCreateOrUpdate(ctx, c.identity(), identities.Identity{Location: location})
	return err
}

func (c *clients) identity() commonids.UserAssignedIdentityId {
	return commonids.NewUserAssignedIdentityID(c.subscription, group, "job")
}

func (c *clients) makesStorage(ctx context.Context) error {
	id := commonids.NewStorageAccountID(c.subscription, group, "tfaccount")
	if err := c.accounts.CreateThenPoll(ctx, id, storageaccounts.StorageAccountCreateParameters{
		Kind: storageaccounts.KindStorageVTwo, Location: location, Sku: storageaccounts.Sku{Name: storageaccounts.SkuNameStandardLRS},
	}); err != nil {
		return err
	}
	keys, err := c.accounts.ListKeys(ctx, id, storageaccounts.DefaultListKeysOperationOptions())
	if err != nil {
		return err
	}
	if keys.Model == nil || keys.Model.Keys == nil || len(*keys.Model.Keys) != 2 {
		return fmt.Errorf("keys of the storage account: %+v", keys.Model)
	}
	return nil
}

func (c *clients) makesVault(ctx context.Context) error {
	id := commonids.NewKeyVaultID(c.subscription, group, "tfvault")
	if err := c.vaults.CreateOrUpdateThenPoll(ctx, id, vaults.VaultCreateOrUpdateParameters{
		Location: location,
		Properties: vaults.VaultProperties{
			TenantId: c.tenant, EnableRbacAuthorization: new(true),
			Sku: vaults.Sku{Family: vaults.SkuFamilyA, Name: vaults.SkuNameStandard},
		},
	}); err != nil {
		return err
	}
	got, err := c.vaults.Get(ctx, id)
	if err != nil {
		return err
	}
	if got.Model == nil || got.Model.Properties.VaultUri == nil {
		return fmt.Errorf("the vault: %+v", got.Model)
	}
	return nil
}

func (c *clients) runsContainers(ctx context.Context) error {
	id := containerinstance.NewContainerGroupID(c.subscription, group, "job")
	if got, err := c.containers.ContainerGroupsGet(ctx, id); err == nil || !response.WasNotFound(got.HttpResponse) {
		return fmt.Errorf("the container group before it is made: %v", err)
	}
	if err := c.containers.ContainerGroupsCreateOrUpdateThenPoll(ctx, id, c.definition()); err != nil {
		return err
	}
	// The provider reads what it made, and would plan a change for every difference.
	got, err := c.containers.ContainerGroupsGet(ctx, id)
	if err != nil {
		return err
	}
	if err := c.unchanged(got.Model); err != nil {
		return err
	}
	if err := c.prints(ctx, "hello from terraform"); err != nil {
		return err
	}
	if _, err := c.containers.ContainerGroupsUpdate(ctx, id, containerinstance.ContainerGroupUpdate{Tags: &map[string]string{"a": "b"}}); err != nil {
		return err
	}
	// Not start and restart: Azure answers them with 204 (Azure/azure-cli#19530), for which this SDK has no poller.
	if _, err := c.containers.ContainerGroupsStop(ctx, id); err != nil {
		return err
	}
	if err := c.containers.ContainerGroupsDeleteThenPoll(ctx, id); err != nil {
		return err
	}
	if got, err := c.containers.ContainerGroupsGet(ctx, id); err == nil || !response.WasNotFound(got.HttpResponse) {
		return fmt.Errorf("the container group after it was deleted: %v", err)
	}
	return nil
}

func (c *clients) definition() containerinstance.ContainerGroup {
	return containerinstance.ContainerGroup{
		Location: new(location),
		Tags:     &map[string]string{"made-by": "terraform"},
		Identity: &identity.SystemAndUserAssignedMap{
			Type:        identity.TypeUserAssigned,
			IdentityIds: map[string]identity.UserAssignedIdentityDetails{c.identity().ID(): {}},
		},
		Properties: containerinstance.ContainerGroupPropertiesProperties{
			OsType:        new(containerinstance.OperatingSystemTypesLinux),
			RestartPolicy: new(containerinstance.ContainerGroupRestartPolicyNever),
			Sku:           new(containerinstance.ContainerGroupSkuStandard),
			Containers: []containerinstance.Container{{Name: "main", Properties: containerinstance.ContainerProperties{
				Image:   new("alpine"),
				Command: &[]string{"sh", "-c", "echo hello from $WHO; exec sleep 600"},
				EnvironmentVariables: &[]containerinstance.EnvironmentVariable{
					{Name: "WHO", SecureValue: new("terraform")}, {Name: "PLAIN", Value: new("text")},
				},
				Resources: &containerinstance.ResourceRequirements{Requests: containerinstance.ResourceRequests{Cpu: 1, MemoryInGB: 1.5}},
			}}},
		},
	}
}

// unchanged wants what was asked for, spelt as it was, but secrets.
func (c *clients) unchanged(got *containerinstance.ContainerGroup) error {
	if got == nil || got.Identity == nil || len(got.Properties.Containers) != 1 {
		return fmt.Errorf("the container group: %+v", got)
	}
	main, properties := got.Properties.Containers[0].Properties, got.Properties
	if *got.Location != location || (*got.Tags)["made-by"] != "terraform" || *properties.ProvisioningState != "Succeeded" ||
		*properties.OsType != containerinstance.OperatingSystemTypesLinux || *properties.Sku != containerinstance.ContainerGroupSkuStandard {
		return fmt.Errorf("the container group: %+v", got)
	}
	details, ok := got.Identity.IdentityIds[c.identity().ID()]
	if !ok || details.ClientId == nil || details.PrincipalId == nil || got.Identity.Type != identity.TypeUserAssigned {
		return fmt.Errorf("the identities are %+v, want %s", got.Identity, c.identity().ID())
	}
	variables := *main.EnvironmentVariables
	if len(variables) != 2 || variables[0].SecureValue != nil || *variables[1].Value != "text" || main.Resources.Requests.MemoryInGB != 1.5 {
		return fmt.Errorf("the container: %+v", main)
	}
	return nil
}

// prints waits for a line in the log.
func (c *clients) prints(ctx context.Context, line string) error {
	for {
		id := containerinstance.NewContainerID(c.subscription, group, "job", "main")
		logs, err := c.containers.ContainersListLogs(ctx, id, containerinstance.DefaultContainersListLogsOperationOptions())
		if err != nil {
			return err
		}
		if logs.Model != nil && logs.Model.Content != nil && strings.Contains(*logs.Model.Content, line) {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("waiting for %q in the log: %w", line, ctx.Err())
		case <-time.After(100 * time.Millisecond):
		}
	}
}

func (c *clients) deletesGroup(ctx context.Context) error {
	id := commonids.NewResourceGroupID(c.subscription, group)
	if err := c.groups.DeleteThenPoll(ctx, id, resourcegroups.DefaultDeleteOperationOptions()); err != nil {
		return err
	}
	if got, err := c.groups.Get(ctx, id); err == nil || !response.WasNotFound(got.HttpResponse) {
		return fmt.Errorf("the resource group after it was deleted: %v", err)
	}
	return nil
}
