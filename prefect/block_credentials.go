package prefect

import "encoding/json"

// AzureContainerInstanceCredentials are the service principal that starts container groups. With ClientID, TenantID and
// ClientSecret all empty, Azure's default credential is used; a part of them is an error at the first use.
type AzureContainerInstanceCredentials struct {
	// ClientID and TenantID are the application's and the directory's ids.
	ClientID, TenantID string
	// ClientSecret is the application's password.
	ClientSecret SecretStr
	// CredentialKwargs are further arguments for the credential of Azure's Python library. Pacific keeps all of them, and
	// uses authority, the host that signs in. nil: none.
	CredentialKwargs map[string]any
}

type aciCredentialsData struct {
	ClientID         optionalString `json:"client_id"`
	TenantID         optionalString `json:"tenant_id"`
	ClientSecret     SecretStr      `json:"client_secret"`
	CredentialKwargs map[string]any `json:"credential_kwargs"`
}

// BlockTypeSlug names the block's type.
func (*AzureContainerInstanceCredentials) BlockTypeSlug() string {
	return "azure-container-instance-credentials"
}

// MarshalJSON writes the document's data.
func (b AzureContainerInstanceCredentials) MarshalJSON() ([]byte, error) {
	if b.CredentialKwargs == nil {
		b.CredentialKwargs = map[string]any{}
	}
	return json.Marshal(aciCredentialsData{optionalString(b.ClientID), optionalString(b.TenantID), b.ClientSecret, b.CredentialKwargs})
}

// UnmarshalJSON reads the document's data.
func (b *AzureContainerInstanceCredentials) UnmarshalJSON(data []byte) error {
	var d aciCredentialsData
	err := unmarshalLax(data, &d)
	*b = AzureContainerInstanceCredentials{string(d.ClientID), string(d.TenantID), d.ClientSecret, d.CredentialKwargs}
	return err
}
