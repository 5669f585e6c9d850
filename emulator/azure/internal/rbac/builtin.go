package rbac

import "time"

// The roles that code speaks of.
const ownerRole = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"

// firstRoles is when Azure's built-in roles came to be; every one of them is shown with it.
var firstRoles = time.Date(2015, time.February, 2, 21, 55, 9, 0, time.UTC)

// What most roles for one service may do besides: read roles, keep alerts, and deploy.
var (
	common = []string{
		"Microsoft.Authorization/*/read", "Microsoft.Insights/alertRules/*", "Microsoft.Resources/deployments/*",
		"Microsoft.Resources/subscriptions/resourceGroups/read", "Microsoft.Support/*",
	}
	vaultReads = append(common[:len(common):len(common)],
		"Microsoft.KeyVault/checkNameAvailability/read", "Microsoft.KeyVault/deletedVaults/read", "Microsoft.KeyVault/locations/*/read",
		"Microsoft.KeyVault/vaults/*/read", "Microsoft.KeyVault/operations/read")
)

const blobs = "Microsoft.Storage/storageAccounts/blobServices/"

// builtIn are built-in roles by their GUIDs, with Azure's names and permissions; the descriptions are ours
// (learn.microsoft.com/azure/role-based-access-control/built-in-roles).
var builtIn = index(
	&role{id: ownerRole, name: "Owner", description: "Everything, giving roles to others included.",
		permissions: []permission{{Actions: []string{"*"}}}},
	&role{id: "b24988ac-6180-42a0-ab88-20f7382dd24c", name: "Contributor", description: "Everything but giving roles to others.",
		permissions: []permission{{Actions: []string{"*"}, NotActions: []string{
			"Microsoft.Authorization/*/Delete", "Microsoft.Authorization/*/Write", "Microsoft.Authorization/elevateAccess/Action",
			"Microsoft.Blueprint/blueprintAssignments/write", "Microsoft.Blueprint/blueprintAssignments/delete", "Microsoft.Compute/galleries/share/action",
			"Microsoft.Purview/consents/write", "Microsoft.Purview/consents/delete", "Microsoft.Resources/deploymentStacks/manageDenySetting/action",
			"Microsoft.Subscription/cancel/action", "Microsoft.Subscription/enable/action",
		}}}},
	&role{id: "acdd72a7-3385-48ef-bd42-f606fba81ae7", name: "Reader", description: "Reading everything, changing nothing.",
		permissions: []permission{{Actions: []string{"*/read"}}}},
	&role{id: "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9", name: "User Access Administrator", description: "Reading everything, and giving roles to others.",
		permissions: []permission{{Actions: []string{"*/read", "Microsoft.Authorization/*", "Microsoft.Support/*"}}}},
	&role{id: "f58310d9-a9f6-439a-9e8d-f62e7b41a168", name: "Role Based Access Control Administrator", description: "Reading everything, and assigning roles.",
		permissions: []permission{{Actions: []string{
			"Microsoft.Authorization/roleAssignments/write", "Microsoft.Authorization/roleAssignments/delete", "*/read", "Microsoft.Support/*"}}}},

	&role{id: "7f951dda-4ed3-4680-a7ca-43fe172d538d", name: "AcrPull", description: "Pulling images from a registry.",
		permissions: []permission{{Actions: []string{"Microsoft.ContainerRegistry/registries/pull/read"}}}},
	&role{id: "8311e382-0749-4cb8-b61a-304f252e45ec", name: "AcrPush", description: "Pulling images from a registry and pushing them.",
		permissions: []permission{{Actions: []string{"Microsoft.ContainerRegistry/registries/pull/read", "Microsoft.ContainerRegistry/registries/push/write"}}}},
	&role{id: "c2f4ef07-c644-48eb-af81-4b1b4947fb11", name: "AcrDelete", description: "Deleting images of a registry.",
		permissions: []permission{{Actions: []string{"Microsoft.ContainerRegistry/registries/artifacts/delete"}}}},

	&role{id: "e40ec5ca-96e0-45a2-b4ff-59039f2c2b59", name: "Managed Identity Contributor", description: "Managing user-assigned identities.",
		permissions: []permission{{Actions: append([]string{
			"Microsoft.ManagedIdentity/userAssignedIdentities/read", "Microsoft.ManagedIdentity/userAssignedIdentities/write",
			"Microsoft.ManagedIdentity/userAssignedIdentities/delete",
			"Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials/read",
			"Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials/write",
			"Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials/delete",
			"Microsoft.ManagedIdentity/userAssignedIdentities/revokeTokens/action"}, common...)}}},
	&role{id: "f1a07417-d97a-45cb-824c-7a7467783830", name: "Managed Identity Operator", description: "Reading user-assigned identities and assigning them.",
		permissions: []permission{{Actions: append([]string{
			"Microsoft.ManagedIdentity/userAssignedIdentities/*/read", "Microsoft.ManagedIdentity/userAssignedIdentities/*/assign/action"}, common...)}}},

	&role{id: "00482a5a-887f-4fb3-b363-3b7fe8e74483", name: "Key Vault Administrator", description: "All that is in a vault.",
		permissions: []permission{{Actions: vaultReads, DataActions: []string{"Microsoft.KeyVault/vaults/*"}}}},
	&role{id: "f25e0fa2-a7c8-4377-a976-54943a77a395", name: "Key Vault Contributor", description: "Managing vaults, but not what is in them.",
		permissions: []permission{{Actions: append([]string{"Microsoft.KeyVault/*"}, common...), NotActions: []string{
			"Microsoft.KeyVault/locations/deletedVaults/purge/action", "Microsoft.KeyVault/hsmPools/*", "Microsoft.KeyVault/managedHsms/*"}}}},
	&role{id: "21090545-7ca7-4776-b22c-e363652d74d2", name: "Key Vault Reader", description: "Reading what a vault says of its contents, but not the secrets.",
		permissions: []permission{{Actions: vaultReads, DataActions: []string{
			"Microsoft.KeyVault/vaults/*/read", "Microsoft.KeyVault/vaults/secrets/readMetadata/action"}}}},
	&role{id: "a68e7c17-0ab2-4c09-9a58-125dae29748c", name: "Key Vault Purge Operator", description: "Purging deleted vaults.",
		permissions: []permission{{Actions: []string{"Microsoft.KeyVault/locations/deletedVaults/read",
			"Microsoft.KeyVault/locations/deletedVaults/purge/action", "Microsoft.KeyVault/locations/operationResults/read"}}}},
	&role{id: "b86a8fe4-44ce-4948-aee5-eccb2c155cd7", name: "Key Vault Secrets Officer", description: "Reading and changing the secrets of a vault.",
		permissions: []permission{{Actions: vaultReads, DataActions: []string{"Microsoft.KeyVault/vaults/secrets/*"}}}},
	&role{id: "4633458b-17de-408a-b874-0445c86b69e6", name: "Key Vault Secrets User", description: "Reading the secrets of a vault.",
		permissions: []permission{{DataActions: []string{
			"Microsoft.KeyVault/vaults/secrets/getSecret/action", "Microsoft.KeyVault/vaults/secrets/readMetadata/action"}}}},

	&role{id: "4d97b98b-1d4f-4787-a291-c67834d212e7", name: "Network Contributor", description: "Managing networks, but not access to them.",
		permissions: []permission{{Actions: append([]string{"Microsoft.Network/*", "Microsoft.ResourceHealth/availabilityStatuses/read"}, common...)}}},

	&role{id: "b7e6dc6d-f1e8-4753-8033-0f276bb0955b", name: "Storage Blob Data Owner", description: "All of blobs and their containers.",
		permissions: []permission{{Actions: []string{blobs + "containers/*", blobs + "generateUserDelegationKey/action"},
			DataActions: []string{blobs + "containers/blobs/*"}}}},
	&role{id: "ba92f5b4-2d11-453d-a403-e96b0029c9fe", name: "Storage Blob Data Contributor", description: "Reading, writing and deleting blobs and their containers.",
		permissions: []permission{{
			Actions: []string{blobs + "containers/delete", blobs + "containers/read", blobs + "containers/write", blobs + "generateUserDelegationKey/action"},
			DataActions: []string{blobs + "containers/blobs/delete", blobs + "containers/blobs/read", blobs + "containers/blobs/write",
				blobs + "containers/blobs/move/action", blobs + "containers/blobs/add/action"}}}},
	&role{id: "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1", name: "Storage Blob Data Reader", description: "Reading blobs and their containers.",
		permissions: []permission{{Actions: []string{blobs + "containers/read", blobs + "generateUserDelegationKey/action"},
			DataActions: []string{blobs + "containers/blobs/read"}}}},
)

// index makes the table, and gives all built-in roles what they share.
func index(roles ...*role) map[string]*role {
	table := map[string]*role{}
	for _, r := range roles {
		r.builtIn, r.scopes, r.created, r.updated = true, []string{"/"}, firstRoles, firstRoles
		table[r.id] = r
	}
	return table
}
