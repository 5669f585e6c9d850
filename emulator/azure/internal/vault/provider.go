package vault

import "github.com/pacific-aci/pacific/emulator/azure/internal/arm"

// listOperations lists what can be allowed, for role definitions.
func listOperations(*arm.Request) (*arm.Response, error) {
	type display struct {
		Provider  string `json:"provider"`
		Resource  string `json:"resource"`
		Operation string `json:"operation"`
	}
	type operation struct {
		Name         string  `json:"name"`
		IsDataAction bool    `json:"isDataAction"`
		Display      display `json:"display"`
	}
	views := []operation{}
	for _, row := range []struct {
		name, resource, operation string
		data                      bool
	}{
		{"checkNameAvailability/read", "Vault", "Check whether a vault name is available", false},
		{"deletedVaults/read", "Deleted vault", "List deleted vaults", false},
		{"locations/deletedVaults/read", "Deleted vault", "Get a deleted vault", false},
		{"locations/deletedVaults/purge/action", "Deleted vault", "Purge a deleted vault", false},
		{"vaults/read", "Vault", "Get or list vaults", false},
		{"vaults/write", "Vault", "Create or update a vault", false},
		{"vaults/delete", "Vault", "Delete a vault", false},
		{"vaults/accessPolicies/write", "Access policy", "Change access policies", false},
		{"vaults/secrets/read", "Secret", "Get or list what is known of secrets, but not their values", false},
		{"vaults/secrets/write", "Secret", "Create or update a secret", false},
		{"vaults/secrets/getSecret/action", "Secret", "Get the value of a secret", true},
		{"vaults/secrets/setSecret/action", "Secret", "Set the value of a secret", true},
		{"vaults/secrets/readMetadata/action", "Secret", "List secrets and their versions", true},
		{"vaults/secrets/update/action", "Secret", "Update the attributes of a secret", true},
		{"vaults/secrets/delete", "Secret", "Delete a secret", true},
		{"vaults/secrets/recover/action", "Secret", "Recover a deleted secret", true},
		{"vaults/secrets/purge/action", "Secret", "Purge a deleted secret", true},
		{"vaults/secrets/backup/action", "Secret", "Back up a secret", true},
		{"vaults/secrets/restore/action", "Secret", "Restore a secret", true},
	} {
		views = append(views, operation{Name: namespace + "/" + row.name, IsDataAction: row.data, Display: display{"Microsoft Key Vault", row.resource, row.operation}})
	}
	return &arm.Response{Body: arm.List[operation]{Value: views}}, nil
}
