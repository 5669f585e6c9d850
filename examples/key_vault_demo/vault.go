package keyvaultdemo

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/http"
	"os"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azsecrets"

	"github.com/pacific-aci/pacific/azure"
)

// readSecret reads the newest version of a secret with Azure's own library. In a container it signs in as the managed
// identity, of several as the one that p or AZURE_CLIENT_ID names; on your machine as whom `az login` has signed in.
func readSecret(ctx context.Context, p Params) (value, version string, err error) {
	client, err := newClient(p.Vault, p.Identity)
	if err != nil {
		return "", "", fmt.Errorf("preparing to read the secret %s of %s: %w", p.Secret, p.Vault, err)
	}
	answer, err := client.GetSecret(ctx, p.Secret, "", nil)
	if err != nil {
		if readable := azure.Explain(err); readable != nil {
			err = readable
		}
		return "", "", fmt.Errorf("reading the secret %s of %s: %w", p.Secret, p.Vault, err)
	}
	if answer.ID != nil {
		version = answer.ID.Version()
	}
	if answer.Value != nil {
		value = *answer.Value
	}
	return value, version, nil
}

func newClient(vault, identity string) (*azsecrets.Client, error) {
	transport, err := newTransport(os.Getenv("SSL_CERT_FILE"))
	if err != nil {
		return nil, err
	}
	options := azcore.ClientOptions{Transport: &http.Client{Transport: transport}}
	credential, err := newCredential(identity, options)
	if err != nil {
		return nil, err
	}
	return azsecrets.NewClient(vault, credential, &azsecrets.ClientOptions{ClientOptions: options})
}

func newCredential(identity string, options azcore.ClientOptions) (azcore.TokenCredential, error) {
	if identity == "" {
		return azidentity.NewDefaultAzureCredential(&azidentity.DefaultAzureCredentialOptions{ClientOptions: options})
	}
	return azidentity.NewManagedIdentityCredential(&azidentity.ManagedIdentityCredentialOptions{ClientOptions: options, ID: azidentity.ResourceID(identity)})
}

// newTransport trusts the certificates of a file too. On Linux Go reads SSL_CERT_FILE itself; macOS and Windows need this for
// the local Azure.
func newTransport(file string) (*http.Transport, error) {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	if file == "" {
		return transport, nil
	}
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("reading the certificates of SSL_CERT_FILE: %w", err)
	}
	roots, err := x509.SystemCertPool()
	if err != nil {
		roots = x509.NewCertPool()
	}
	roots.AppendCertsFromPEM(pem)
	transport.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots}
	return transport, nil
}
