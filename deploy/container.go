package deploy

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blockblob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/sas"
	"github.com/pacific-aci/pacific/azure"
)

const (
	// storageScope is what tokens for storage are asked for, in every cloud.
	storageScope = "https://storage.azure.com/.default"
	// storageVersion is a version of the service that knows all that is asked of it here.
	storageVersion = "2021-12-02"
	// signatureLife is how long the signature of one request is valid. Clocks may differ by 15 minutes.
	signatureLife = 20 * time.Minute
)

// hasContainer reports whether the container is there. A GET says so, where the answer to a HEAD has no words.
func (b *blobs) hasContainer(ctx context.Context, name string) (bool, error) {
	err := b.do(ctx, "looking for", name, func(ctx context.Context, c *blockblob.Client) error {
		got, err := c.DownloadStream(ctx, &blob.DownloadStreamOptions{Range: blob.HTTPRange{Count: 1}})
		if err == nil {
			err = got.Body.Close()
		}
		return err
	})
	switch status(err) {
	case http.StatusNotFound:
		return !isContainer(err), nil
	case http.StatusRequestedRangeNotSatisfiable: // the blob is empty
		return true, nil
	}
	return err == nil, err
}

// createContainer makes the container. One that is there already is no mistake.
func (b *blobs) createContainer(ctx context.Context) error {
	err := b.do(ctx, "creating", "container", func(ctx context.Context, c *blockblob.Client) error {
		address, err := b.containerAddress(c)
		if err != nil {
			return err
		}
		request, err := runtime.NewRequest(ctx, http.MethodPut, address)
		if err != nil {
			return err
		}
		request.Raw().Header.Set("x-ms-version", storageVersion)
		pipeline, err := b.pipeline()
		if err != nil {
			return err
		}
		answer, err := pipeline.Do(request)
		if err != nil {
			return err
		}
		defer answer.Body.Close()
		if !runtime.HasStatusCode(answer, http.StatusCreated) {
			return runtime.NewResponseError(answer)
		}
		return nil
	})
	if answer, ok := errors.AsType[*azure.Error](err); ok && answer.Has("ContainerAlreadyExists") {
		return nil
	}
	if refused, ok := errors.AsType[*StorageError](err); ok && status(err) == http.StatusForbidden {
		refused.missing = true
	}
	return err
}

// containerAddress is where the container is made, with a signature unless a token signs in.
func (b *blobs) containerAddress(c *blockblob.Client) (string, error) {
	parts, err := blob.ParseURL(c.URL())
	if err != nil {
		return "", err
	}
	parts.BlobName, parts.UnparsedParams = "", "restype=container"
	name, key := b.access.name, b.access.key
	if b.access.connection != "" {
		fields := connectionFields(b.access.connection)
		name, key = fields["accountname"], fields["accountkey"]
	}
	if key == "" {
		return parts.String(), nil
	}
	credential, err := blob.NewSharedKeyCredential(name, key)
	if err != nil {
		return "", errNotBase64
	}
	parts.SAS, err = sas.AccountSignatureValues{
		ExpiryTime: time.Now().UTC().Add(signatureLife), Permissions: (&sas.AccountPermissions{Create: true}).String(),
		ResourceTypes: (&sas.AccountResourceTypes{Container: true}).String(),
	}.SignWithSharedKey(credential)
	return parts.String(), err
}

// pipeline sends requests that the SDK's packages blob and blockblob do not have.
func (b *blobs) pipeline() (runtime.Pipeline, error) {
	var signIn []policy.Policy
	if b.access.connection == "" && b.access.key == "" {
		credential, err := b.access.cloud.Credential()
		if err != nil {
			return runtime.Pipeline{}, err
		}
		signIn = append(signIn, runtime.NewBearerTokenPolicy(credential, []string{storageScope}, nil))
	}
	return runtime.NewPipeline("pacific", "v1", runtime.PipelineOptions{PerRetry: signIn}, &b.options), nil
}

// connectionFields takes a connection string apart. The names are in lower case.
func connectionFields(connection string) map[string]string {
	fields := map[string]string{}
	for part := range strings.SplitSeq(connection, ";") {
		if name, value, ok := strings.Cut(strings.TrimSpace(part), "="); ok {
			fields[strings.ToLower(name)] = value
		}
	}
	return fields
}

// accountName is the storage account of an address, which ACCOUNT.blob.core.windows.net begins with; empty for the address of
// a stand-in.
func accountName(address string) string {
	at, err := url.Parse(address)
	if err != nil || net.ParseIP(at.Hostname()) != nil {
		return ""
	}
	name, rest, _ := strings.Cut(at.Hostname(), ".")
	if !strings.HasPrefix(rest, "blob.") {
		return ""
	}
	return name
}
