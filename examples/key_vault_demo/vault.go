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
// identity, of several as the one that AZURE_CLIENT_ID names; on your machine as whom `az login` has signed in.
func readSecret(ctx context.Context, vault, name string) (value, version string, err error) {
	client, err := newClient(vault)
	if err != nil {
		return "", "", fmt.Errorf("preparing to read the secret %s of %s: %w", name, vault, err)
	}
	answer, err := client.GetSecret(ctx, name, "", nil)
	if err != nil {
		if readable := azure.Explain(err); readable != nil {
			err = readable
		}
		return "", "", fmt.Errorf("reading the secret %s of %s: %w", name, vault, err)
	}
	if answer.ID != nil {
		version = answer.ID.Version()
	}
	if answer.Value != nil {
		value = *answer.Value
	}
	return value, version, nil
}

func newClient(vault string) (*azsecrets.Client, error) {
	transport, err := newTransport(os.Getenv("SSL_CERT_FILE"))
	if err != nil {
		return nil, err
	}
	options := azcore.ClientOptions{Transport: &http.Client{Transport: transport}}
	credential, err := azidentity.NewDefaultAzureCredential(&azidentity.DefaultAzureCredentialOptions{ClientOptions: options})
	if err != nil {
		return nil, err
	}
	return azsecrets.NewClient(vault, credential, &azsecrets.ClientOptions{ClientOptions: options})
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
