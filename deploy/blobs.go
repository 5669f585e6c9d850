package deploy

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/streaming"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blockblob"
	"github.com/pacific-aci/pacific/azure"
)

// Of the SDK only the packages blob and blockblob are used: container lists blobs in Apache Arrow's format, whose library is
// larger than the rest of the storage SDK together. That is why what was sent is remembered in a record, and not listed.

// A StorageError is Azure Blob Storage's refusal.
type StorageError struct {
	// Doing is what failed: "sending flow.py".
	Doing string
	// Container is where.
	Container string
	// account is the storage account's name, empty where that is not known. missing: the container is not there, and who deploys
	// may not make it. signed: a key or a signature signs in, and no identity, which roles are for.
	account         string
	missing, signed bool
	cause           error
}

// Error says what failed and why.
func (e *StorageError) Error() string {
	return fmt.Sprintf("%s container %s: %v", e.Doing, e.Container, e.cause)
}

// Unwrap returns Azure's answer, an [*azure.Error] where there was one.
func (e *StorageError) Unwrap() error { return e.cause }

// Hint says what to do, or is empty.
func (e *StorageError) Hint() string {
	answer, ok := errors.AsType[*azure.Error](e.cause)
	switch {
	case !ok:
		return ""
	case e.missing || answer.Has("ContainerNotFound"):
		if e.account == "" {
			return "create the container first"
		}
		return "create it: az storage container create --name " + e.Container + " --account-name " + e.account + " --auth-mode login"
	case answer.Has("KeyBasedAuthenticationNotPermitted"):
		return "the storage account takes no keys: give the address of the container in place of the block"
	case e.signed && answer.Status == http.StatusForbidden:
		return "the key or the signature of the storage block is wrong, has expired or does not allow this: save it again; or the account's firewall does not let this machine in"
	case answer.Has("AuthorizationPermissionMismatch"):
		return "give this account the role Storage Blob Data Contributor on the storage account"
	}
	return answer.Hint()
}

// blobs writes to one container.
type blobs struct {
	container string
	access    access
	options   azcore.ClientOptions
}

// azuriteConnection is what UseDevelopmentStorage=true stands for (learn.microsoft.com/azure/storage/common/storage-configure-connection-string).
const azuriteConnection = "DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;" +
	"AccountKey=Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==;BlobEndpoint=http://127.0.0.1:10000/devstoreaccount1;"

// newBlobs prepares to write.
func newBlobs(p *place) *blobs {
	b := &blobs{container: p.container, access: p.access, options: p.cloud.ClientOptions()}
	if strings.EqualFold(strings.Trim(b.access.connection, "; "), "UseDevelopmentStorage=true") {
		b.access.connection = azuriteConnection
	}
	return b
}

// client is the client of one blob.
func (b *blobs) client(name string) (*blockblob.Client, error) {
	o := &blockblob.ClientOptions{ClientOptions: b.options}
	if b.access.connection != "" {
		// The SDK joins the names as they are here, and escapes them everywhere else.
		client, err := blockblob.NewClientFromConnectionString(b.access.connection, url.PathEscape(b.container), escapedPath(name), o)
		if err != nil {
			return nil, fmt.Errorf("the connection string cannot be read: it needs AccountName with AccountKey, or BlobEndpoint with SharedAccessSignature")
		}
		return client, nil
	}
	address := b.access.account + "/" + url.PathEscape(b.container) + "/" + escapedPath(name)
	if b.access.key != "" {
		key, err := blob.NewSharedKeyCredential(b.access.name, b.access.key)
		if err != nil {
			return nil, errNotBase64
		}
		return blockblob.NewClientWithSharedKeyCredential(address, key, o)
	}
	credential, err := b.access.cloud.Credential()
	if err != nil {
		return nil, err
	}
	return blockblob.NewClient(address, credential, o)
}

var errNotBase64 = errors.New("the account key is not in base64")

// escapedPath escapes what is between the slashes of a name.
func escapedPath(name string) string {
	parts := strings.Split(name, "/")
	for i, part := range parts {
		parts[i] = url.PathEscape(part)
	}
	return strings.Join(parts, "/")
}

// do repeats a request until there is a definite answer.
func (b *blobs) do(ctx context.Context, doing, name string, ask func(context.Context, *blockblob.Client) error) error {
	client, err := b.client(name)
	if err == nil {
		err = azure.Repeat(ctx, azure.RepeatOptions{For: "Azure Blob Storage"}, func(ctx context.Context) error { return ask(ctx, client) })
	}
	if err != nil {
		failed := &StorageError{Doing: doing, Container: b.container, signed: b.access.connection != "" || b.access.key != "", cause: err}
		if client != nil {
			failed.account = accountName(client.URL())
		}
		return failed
	}
	return nil
}

// has reports whether a blob is there with the content of a file.
func (b *blobs) has(ctx context.Context, name string, f File) (bool, error) {
	var got blob.GetPropertiesResponse
	err := b.do(ctx, "looking for "+f.Path+" in", name, func(ctx context.Context, c *blockblob.Client) (err error) {
		got, err = c.GetProperties(ctx, nil)
		return err
	})
	if status(err) == http.StatusNotFound {
		return false, nil // the container is there: see hasContainer
	}
	return err == nil && got.ContentLength != nil && *got.ContentLength == f.Size && bytes.Equal(got.ContentMD5, f.md5[:]), err
}

// remove deletes a blob; one that is not there is deleted already.
func (b *blobs) remove(ctx context.Context, name string) error {
	err := b.do(ctx, "deleting "+name+" in", name, func(ctx context.Context, c *blockblob.Client) error {
		_, err := c.Delete(ctx, nil)
		return err
	})
	if status(err) == http.StatusNotFound {
		return nil
	}
	return err
}

// recordLimit bounds the record of a deployment, in bytes: six folders of 10,000 files with the longest names that Azure has.
const recordLimit = 64 << 20

// read gets a small blob and its tag; nil for one that is not there.
func (b *blobs) read(ctx context.Context, name string) (text []byte, tag azcore.ETag, err error) {
	err = b.do(ctx, "reading the record "+name+" in", name, func(ctx context.Context, c *blockblob.Client) error {
		got, err := c.DownloadStream(ctx, nil)
		if err != nil {
			return err
		}
		defer got.Body.Close()
		text, err = io.ReadAll(io.LimitReader(got.Body, recordLimit+1))
		if err == nil && len(text) > recordLimit {
			err = fmt.Errorf("it has more than %d MB", recordLimit>>20)
		}
		if got.ETag != nil {
			tag = *got.ETag
		}
		return err
	})
	if status(err) == http.StatusNotFound && !isContainer(err) {
		return nil, "", nil
	}
	return text, tag, err
}

// write puts a small blob if its tag is still the one given; empty: if there is none. ok is false if it is not.
func (b *blobs) write(ctx context.Context, name string, text []byte, tag azcore.ETag) (ok bool, err error) {
	conditions := &blob.AccessConditions{ModifiedAccessConditions: &blob.ModifiedAccessConditions{IfMatch: &tag}}
	if tag == "" {
		conditions.ModifiedAccessConditions = &blob.ModifiedAccessConditions{IfNoneMatch: new(azcore.ETagAny)}
	}
	err = b.do(ctx, "writing the record "+name+" in", name, func(ctx context.Context, c *blockblob.Client) error {
		_, err := c.Upload(ctx, streaming.NopCloser(bytes.NewReader(text)), &blockblob.UploadOptions{AccessConditions: conditions})
		return err
	})
	if code := status(err); code == http.StatusPreconditionFailed || code == http.StatusConflict {
		return false, nil
	}
	return err == nil, err
}

func status(err error) int {
	if answer, ok := errors.AsType[*azure.Error](err); ok {
		return answer.Status
	}
	return 0
}

func isContainer(err error) bool {
	answer, ok := errors.AsType[*azure.Error](err)
	return ok && answer.Has("ContainerNotFound")
}
