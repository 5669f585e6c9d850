package rbac

import (
	"strings"
	"testing"
)

func TestMatches(t *testing.T) {
	const assign, read = "microsoft.managedidentity/userassignedidentities/assign/action", "microsoft.containerinstance/containergroups/read"
	for _, tt := range []struct {
		pattern, action string
		want            bool
	}{
		{"*", read, true},
		{"*/read", read, true},
		{"*/write", read, false},
		{"Microsoft.ContainerInstance/*", read, true},
		{"Microsoft.ContainerInstance/containerGroups/*", read, true},
		{"MICROSOFT.CONTAINERINSTANCE/CONTAINERGROUPS/READ", read, true},
		{"Microsoft.ContainerInstance/containerGroups/*/read", read, true},
		{"Microsoft.ContainerInstance/containerGroups/*/read", "Microsoft.ContainerInstance/containerGroups/containers/logs/read", true},
		{"Microsoft.ContainerInstance/containerGroups/*/action", read, false},
		{"Microsoft.ContainerInstance/containerGroups", read, false},
		{"Microsoft.ContainerInstance", read, false},
		{"Microsoft.Authorization/*/Write", "Microsoft.Authorization/roleAssignments/write", true},
		{"Microsoft.Authorization/*/Write", "Microsoft.Authorization/roleAssignments/read", false},
		{"Microsoft.ManagedIdentity/userAssignedIdentities/*/assign/action", assign, true},
		{"Microsoft.ManagedIdentity/userAssignedIdentities/*/assign/action", "microsoft.managedidentity/userassignedidentitiesassign/action", false},
		{"a*c*e", "abcde", true},
		{"a*c*e", "abcd", false},
		{"", "", true},
		{"", read, false},
		{"a/*/*/b", "a/b", true},
		{"a/*/*/b", "a/x/b", true},
		{"a/*/*/b", "ab", false},
		{"*/*", "ab", false},
		{"**", "ab", true},
		{"/*/", "/", true},
		{"/*/", "//", true},
		{"a/*", "a", false},
		{"a/*", "a/", true},
		{"a/*/", "a/", true},
		{"a*/", "a", false},
		// Steps, not years.
		{strings.Repeat("*a", 100) + "*b", strings.Repeat("a", 300), false},
		{strings.Repeat("/*", 100) + "/b", strings.Repeat("/a", 300), false},
	} {
		if got := (permission{Actions: []string{tt.pattern}}).allows(tt.action, false); got != tt.want {
			t.Errorf("%q allows %q: %t, want %t", tt.pattern, tt.action, got, tt.want)
		}
	}
}

func TestPermission(t *testing.T) {
	p := permission{Actions: []string{"*"}, NotActions: []string{"A/*/write"}, DataActions: []string{"A/b/*"}, NotDataActions: []string{"A/b/secret"}}
	for _, tt := range []struct {
		action string
		data   bool
		want   bool
	}{
		{"A/b/read", false, true},
		{"A/b/write", false, false},
		{"A/write", false, false},
		{"A/b/read", true, true},
		{"A/b/secret", true, false},
		{"A/c/read", true, false},
	} {
		if got := p.allows(tt.action, tt.data); got != tt.want {
			t.Errorf("%s, data %t: %t, want %t", tt.action, tt.data, got, tt.want)
		}
	}
	if (*role)(nil).allows("A/b/read", false) {
		t.Error("a role that is not there grants something")
	}
}

// The ids and permissions that code elsewhere rests on.
func TestBuiltInRoles(t *testing.T) {
	for _, tt := range []struct {
		id, name, action string
		data, want       bool
	}{
		{"8e3af657-a8ff-443c-a75c-2fe8c4bcb635", "Owner", "Microsoft.Authorization/roleAssignments/write", false, true},
		{"8e3af657-a8ff-443c-a75c-2fe8c4bcb635", "Owner", "Microsoft.KeyVault/vaults/secrets/getSecret/action", true, false},
		{"b24988ac-6180-42a0-ab88-20f7382dd24c", "Contributor", "Microsoft.ContainerInstance/containerGroups/write", false, true},
		{"b24988ac-6180-42a0-ab88-20f7382dd24c", "Contributor", "Microsoft.ManagedIdentity/userAssignedIdentities/assign/action", false, true},
		{"b24988ac-6180-42a0-ab88-20f7382dd24c", "Contributor", "Microsoft.Authorization/roleAssignments/write", false, false},
		{"b24988ac-6180-42a0-ab88-20f7382dd24c", "Contributor", "Microsoft.Authorization/roleDefinitions/delete", false, false},
		{"acdd72a7-3385-48ef-bd42-f606fba81ae7", "Reader", "Microsoft.ContainerInstance/containerGroups/containers/logs/read", false, true},
		{"acdd72a7-3385-48ef-bd42-f606fba81ae7", "Reader", "Microsoft.ContainerInstance/containerGroups/containers/exec/action", false, false},
		{"18d7d88d-d35e-4fb5-a5c3-7773c20a72d9", "User Access Administrator", "Microsoft.Authorization/roleAssignments/write", false, true},
		{"18d7d88d-d35e-4fb5-a5c3-7773c20a72d9", "User Access Administrator", "Microsoft.ContainerInstance/containerGroups/write", false, false},
		{"f58310d9-a9f6-439a-9e8d-f62e7b41a168", "Role Based Access Control Administrator", "Microsoft.Authorization/roleDefinitions/write", false, false},
		{"7f951dda-4ed3-4680-a7ca-43fe172d538d", "AcrPull", "Microsoft.ContainerRegistry/registries/pull/read", false, true},
		{"7f951dda-4ed3-4680-a7ca-43fe172d538d", "AcrPull", "Microsoft.ContainerRegistry/registries/push/write", false, false},
		{"8311e382-0749-4cb8-b61a-304f252e45ec", "AcrPush", "Microsoft.ContainerRegistry/registries/push/write", false, true},
		{"f1a07417-d97a-45cb-824c-7a7467783830", "Managed Identity Operator", "Microsoft.ManagedIdentity/userAssignedIdentities/assign/action", false, true},
		{"f1a07417-d97a-45cb-824c-7a7467783830", "Managed Identity Operator", "Microsoft.ManagedIdentity/userAssignedIdentities/read", false, true},
		{"f1a07417-d97a-45cb-824c-7a7467783830", "Managed Identity Operator", "Microsoft.ManagedIdentity/userAssignedIdentities/write", false, false},
		{"e40ec5ca-96e0-45a2-b4ff-59039f2c2b59", "Managed Identity Contributor", "Microsoft.ManagedIdentity/userAssignedIdentities/assign/action", false, false},
		{"4633458b-17de-408a-b874-0445c86b69e6", "Key Vault Secrets User", "Microsoft.KeyVault/vaults/secrets/getSecret/action", true, true},
		{"4633458b-17de-408a-b874-0445c86b69e6", "Key Vault Secrets User", "Microsoft.KeyVault/vaults/secrets/setSecret/action", true, false},
		{"b86a8fe4-44ce-4948-aee5-eccb2c155cd7", "Key Vault Secrets Officer", "Microsoft.KeyVault/vaults/secrets/setSecret/action", true, true},
		{"00482a5a-887f-4fb3-b363-3b7fe8e74483", "Key Vault Administrator", "Microsoft.KeyVault/vaults/keys/delete", true, true},
		{"f25e0fa2-a7c8-4377-a976-54943a77a395", "Key Vault Contributor", "Microsoft.KeyVault/vaults/write", false, true},
		{"f25e0fa2-a7c8-4377-a976-54943a77a395", "Key Vault Contributor", "Microsoft.KeyVault/vaults/secrets/getSecret/action", true, false},
		{"21090545-7ca7-4776-b22c-e363652d74d2", "Key Vault Reader", "Microsoft.KeyVault/vaults/secrets/getSecret/action", true, false},
		{"a68e7c17-0ab2-4c09-9a58-125dae29748c", "Key Vault Purge Operator", "Microsoft.KeyVault/locations/deletedVaults/purge/action", false, true},
		{"a68e7c17-0ab2-4c09-9a58-125dae29748c", "Key Vault Purge Operator", "Microsoft.KeyVault/vaults/write", false, false},
		{"4d97b98b-1d4f-4787-a291-c67834d212e7", "Network Contributor", "Microsoft.Network/virtualNetworks/subnets/join/action", false, true},
		{"ba92f5b4-2d11-453d-a403-e96b0029c9fe", "Storage Blob Data Contributor", "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/write", true, true},
		{"2a2b9908-6ea1-4ae2-8e65-a410df84e7d1", "Storage Blob Data Reader", "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/write", true, false},
	} {
		r := builtIn[tt.id]
		if r == nil || r.name != tt.name {
			t.Errorf("%s is %+v, want %s", tt.id, r, tt.name)
		} else if got := r.allows(tt.action, tt.data); got != tt.want {
			t.Errorf("%s and %s: %t, want %t", tt.name, tt.action, got, tt.want)
		}
	}
}
