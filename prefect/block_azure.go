package prefect

import "encoding/json"

// AzureStorage is Prefect's block `azure`: flow code in Azure Blob Storage, for deployments of Prefect 2 kind. Every
// field except BucketPath and Anon is a secret to Prefect, names included.
type AzureStorage struct {
	// BucketPath is CONTAINER or CONTAINER/FOLDER; only the folder if Container is set. Required.
	BucketPath string
	// ConnectionString, or AccountName and AccountKey, or AccountName with the three of a service principal, sign in.
	ConnectionString, AccountName, AccountKey SecretStr
	// TenantID, ClientID and ClientSecret are those of a service principal.
	TenantID, ClientID, ClientSecret SecretStr
	// Anon allows anonymous access when nothing else is given. nil: true; false makes the storage library sign in with
	// Azure's default credential.
	Anon *bool
	// Container names the container, so that BucketPath is the folder alone. Empty: it is the first part of BucketPath.
	Container SecretStr
}

type azureStorageData struct {
	BucketPath       string    `json:"bucket_path"`
	ConnectionString SecretStr `json:"azure_storage_connection_string"`
	AccountName      SecretStr `json:"azure_storage_account_name"`
	AccountKey       SecretStr `json:"azure_storage_account_key"`
	TenantID         SecretStr `json:"azure_storage_tenant_id"`
	ClientID         SecretStr `json:"azure_storage_client_id"`
	ClientSecret     SecretStr `json:"azure_storage_client_secret"`
	Anon             *bool     `json:"azure_storage_anon"`
	Container        SecretStr `json:"azure_storage_container"`
}

// BlockTypeSlug names the block's type.
func (*AzureStorage) BlockTypeSlug() string { return "azure" }

// MarshalJSON writes the document's data.
func (b AzureStorage) MarshalJSON() ([]byte, error) {
	if b.Anon == nil {
		b.Anon = new(true)
	}
	return json.Marshal(azureStorageData(b))
}

// UnmarshalJSON reads the document's data.
func (b *AzureStorage) UnmarshalJSON(data []byte) error {
	return unmarshalLax(data, (*azureStorageData)(b))
}

// AzureBlobStorageCredentials sign in to a storage account: by a connection string, or by the account's URL with Azure's
// default credential.
type AzureBlobStorageCredentials struct {
	// ConnectionString or AccountURL, not both: Prefect's class cannot load such a block.
	ConnectionString SecretStr
	// AccountURL is https://ACCOUNT.blob.core.windows.net.
	AccountURL string
}

type azureBlobStorageCredentialsData struct {
	ConnectionString SecretStr      `json:"connection_string"`
	AccountURL       optionalString `json:"account_url"`
}

// BlockTypeSlug names the block's type.
func (*AzureBlobStorageCredentials) BlockTypeSlug() string { return "azure-blob-storage-credentials" }

// MarshalJSON writes the document's data.
func (b AzureBlobStorageCredentials) MarshalJSON() ([]byte, error) {
	return json.Marshal(azureBlobStorageCredentialsData{b.ConnectionString, optionalString(b.AccountURL)})
}

// UnmarshalJSON reads the document's data.
func (b *AzureBlobStorageCredentials) UnmarshalJSON(data []byte) error {
	var d azureBlobStorageCredentialsData
	err := unmarshalLax(data, &d)
	*b = AzureBlobStorageCredentials{d.ConnectionString, string(d.AccountURL)}
	return err
}
