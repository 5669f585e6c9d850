package azureemulator_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/streaming"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/sas"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/service"
)

// Keys of other accounts, or that were replaced, open nothing, and neither do requests that were changed on the way.
func TestBlobKeys(t *testing.T) {
	w := withBlobs(t, "")
	ctx := t.Context()
	in := w.with("one")
	w.put(in, "b", "x")
	forged := must(azblob.NewSharedKeyCredential("acct", "Zm9yZ2Vk"))(t)
	_, err := must(azblob.NewClientWithSharedKeyCredential(blobHost, forged, w.blobOptions()))(t).CreateContainer(ctx, "two", nil)
	wantCode(t, "a forged key", err, 403, "AuthenticationFailed")
	other := must(azblob.NewSharedKeyCredential("other", "Zm9yZ2Vk"))(t)
	_, err = must(azblob.NewClientWithSharedKeyCredential(blobHost, other, w.blobOptions()))(t).CreateContainer(ctx, "two", nil)
	wantCode(t, "another account's", err, 403, "AuthenticationFailed")
	w.wire.token = ""
	if got := w.wire.send("GET", blobHost+"one/b", "", "x-ms-version", "2023-11-03"); got.StatusCode != 401 || got.Header.Get("X-Ms-Error-Code") != "NoAuthenticationInformation" ||
		!strings.Contains(got.Header.Get("Www-Authenticate"), "resource_id=https://storage.azure.com") || !strings.HasPrefix(got.text, "\ufeff<?xml") {
		t.Errorf("nobody: %d %v %s", got.StatusCode, got.Header, got.text)
	}
	w.wire.token = onWire(t, w.server).token
	w.wire.arm("POST", w.id+"/regenerateKey?api-version=2023-05-01", `{"keyName":"key2"}`)
	_, err = w.client.CreateContainer(ctx, "two", nil)
	wantCode(t, "the old key", err, 403, "AuthenticationFailed")
}

// An account that allows no keys refuses them and what was signed with them.
func TestBlobsWithoutKeys(t *testing.T) {
	w := withBlobs(t, `"allowSharedKeyAccess":false`)
	ctx := t.Context()
	_, err := w.client.CreateContainer(ctx, "one", nil)
	wantCode(t, "a key", err, 403, "KeyBasedAuthenticationNotPermitted")
	url := must(w.client.ServiceClient().GetSASURL(sas.AccountResourceTypes{Service: true}, sas.AccountPermissions{List: true}, time.Now().Add(time.Hour), nil))(t)
	_, err = must(azblob.NewClientWithNoCredential(url, w.blobOptions()))(t).NewListContainersPager(nil).NextPage(ctx)
	wantCode(t, "a signature", err, 403, "KeyBasedAuthenticationNotPermitted")
}

// Signatures of an account, a container and a blob allow what they say.
func TestBlobSignatures(t *testing.T) {
	w := withBlobs(t, "")
	ctx := t.Context()
	in := w.with("one")
	w.put(in, "b", "text")
	soon := time.Now().Add(time.Hour)
	account := func(types sas.AccountResourceTypes, may sas.AccountPermissions) *azblob.Client {
		url := must(w.client.ServiceClient().GetSASURL(types, may, soon, nil))(t)
		return must(azblob.NewClientWithNoCredential(url, w.blobOptions()))(t)
	}
	reader := account(sas.AccountResourceTypes{Object: true}, sas.AccountPermissions{Read: true})
	if text, _ := content(t, reader, "one", "b", nil); text != "text" {
		t.Errorf("%q", text)
	}
	_, err := reader.DeleteBlob(ctx, "one", "b", nil)
	wantCode(t, "an account's for reading", err, 403, "AuthorizationPermissionMismatch")
	_, err = reader.NewListBlobsFlatPager("one", nil).NextPage(ctx)
	wantCode(t, "an account's for objects", err, 403, "AuthorizationResourceTypeMismatch")
	must(account(sas.AccountResourceTypes{Service: true}, sas.AccountPermissions{List: true}).NewListContainersPager(nil).NextPage(ctx))(t)

	url := must(in.GetSASURL(sas.ContainerPermissions{Read: true, List: true, Create: true}, soon, nil))(t)
	c := must(container.NewClientWithNoCredential(url, &container.ClientOptions{ClientOptions: w.options.ClientOptions}))(t)
	must(c.NewListBlobsFlatPager(nil).NextPage(ctx))(t)
	w.put(c, "new", "x")
	_, err = c.NewBlockBlobClient("b").Upload(ctx, streaming.NopCloser(strings.NewReader("y")), nil)
	wantCode(t, "to replace with the right to create", err, 403, "UnauthorizedBlobOverwrite")
	_, err = c.GetProperties(ctx, nil)
	wantCode(t, "the container itself", err, 403, "AuthorizationPermissionMismatch")

	read := func(v sas.BlobSignatureValues, path string) answer {
		v.Protocol, v.ContainerName = sas.ProtocolHTTPS, "one"
		q := must(v.SignWithSharedKey(w.key))(t)
		w.wire.token = ""
		return w.wire.send("GET", blobHost+path+"?"+q.Encode(), "")
	}
	if got := read(sas.BlobSignatureValues{BlobName: "b", Permissions: "r", ExpiryTime: soon, ContentType: "text/signed"}, "one/b"); got.text != "text" || got.Header.Get("Content-Type") != "text/signed" {
		t.Errorf("%d %s", got.StatusCode, got.text)
	}
	for what, tt := range map[string]struct {
		v    sas.BlobSignatureValues
		path string
	}{
		"another blob": {sas.BlobSignatureValues{BlobName: "b", Permissions: "r", ExpiryTime: soon}, "one/new"},
		"too late":     {sas.BlobSignatureValues{BlobName: "b", Permissions: "r", ExpiryTime: time.Now().Add(-time.Minute)}, "one/b"},
		"too early":    {sas.BlobSignatureValues{BlobName: "b", Permissions: "r", StartTime: soon, ExpiryTime: soon.Add(time.Hour)}, "one/b"},
	} {
		if got := read(tt.v, tt.path); got.StatusCode != 403 || got.Header.Get("X-Ms-Error-Code") != "AuthenticationFailed" {
			t.Errorf("%s: %d %s", what, got.StatusCode, got.text)
		}
	}
	q := must(sas.BlobSignatureValues{ContainerName: "one", BlobName: "b", Permissions: "r", ExpiryTime: soon}.SignWithSharedKey(w.key))(t)
	if got := w.wire.send("GET", blobHost+"one/b?"+strings.Replace(q.Encode(), "sp=r", "sp=rw", 1), ""); got.StatusCode != 403 {
		t.Errorf("changed permissions: %d", got.StatusCode)
	}
	// The signature for a copy is none for its source.
	_, err = c.NewBlockBlobClient("copy").StartCopyFromURL(ctx, blobHost+"one/b", nil)
	wantCode(t, "a source without a signature", err, 403, "CannotVerifyCopySource")
	must(c.NewBlockBlobClient("copy").StartCopyFromURL(ctx, blobHost+"one/b?"+q.Encode(), nil))(t)
}

// Tokens open what their caller's roles allow, at the account or at one container; the owner of the subscription has none.
func TestBlobRoles(t *testing.T) {
	w := withBlobs(t, "")
	ctx := t.Context()
	in := w.with("one")
	w.put(in, "b", "text")
	w.put(w.with("two"), "b", "text")
	credential, _ := sdk(t, w.server)
	c := must(azblob.NewClient(blobHost, credential, w.blobOptions()))(t)
	own := (&vaultWorld{azureWorld: w.azureWorld}).ownObjectID()
	_, err := c.DownloadStream(ctx, "one", "b", nil)
	wantCode(t, "the owner of the subscription", err, 403, "AuthorizationPermissionMismatch")
	must(c.NewListContainersPager(nil).NextPage(ctx))(t) // which is no data action

	w.assign("Storage Blob Data Reader", own, w.id+"/blobServices/default/containers/one")
	if text, _ := content(t, c, "one", "b", nil); text != "text" {
		t.Errorf("%q", text)
	}
	_, err = c.DownloadStream(ctx, "two", "b", nil)
	wantCode(t, "another container", err, 403, "AuthorizationPermissionMismatch")
	_, err = c.DeleteBlob(ctx, "one", "b", nil)
	wantCode(t, "a reader", err, 403, "AuthorizationPermissionMismatch")
	_, err = c.UploadBuffer(ctx, "one", "large", make([]byte, 3<<20), nil)
	wantCode(t, "a reader with a large blob", err, 403, "AuthorizationPermissionMismatch")

	key := must(c.ServiceClient().GetUserDelegationCredential(ctx, service.KeyInfo{
		Start: new(time.Now().UTC().Add(-time.Minute).Format(sas.TimeFormat)), Expiry: new(time.Now().UTC().Add(time.Hour).Format(sas.TimeFormat)),
	}, nil))(t)
	signed := func(in, may string) answer {
		v := sas.BlobSignatureValues{ContainerName: in, Permissions: may, ExpiryTime: time.Now().Add(time.Minute)}
		q := must(v.SignWithUserDelegation(key))(t)
		w.wire.token = ""
		return w.wire.send("GET", blobHost+in+"/b?"+q.Encode(), "")
	}
	if got := signed("one", "r"); got.text != "text" {
		t.Errorf("%d %s", got.StatusCode, got.text)
	}
	if got := signed("one", "l"); got.StatusCode != 403 {
		t.Errorf("a signature without the right: %d", got.StatusCode)
	}
	if got := signed("two", "r"); got.StatusCode != 403 || got.Header.Get("X-Ms-Error-Code") != "AuthorizationPermissionMismatch" {
		t.Errorf("a signature by who has no right: %d %s", got.StatusCode, got.text)
	}
	_, err = w.client.ServiceClient().GetUserDelegationCredential(ctx, service.KeyInfo{Expiry: new(time.Now().UTC().Add(time.Hour).Format(sas.TimeFormat))}, nil)
	if err == nil {
		t.Error("an account key gets a user delegation key")
	}

	w.assign("Storage Blob Data Contributor", own, w.id)
	must(c.UploadBuffer(ctx, "two", "c", []byte("new"), nil))(t)
	must(c.DeleteBlob(ctx, "two", "b", nil))(t)

	a := w.server.Account()
	token := rawToken(t, a, &http.Client{Transport: w.server.Transport()}, "https://vault.azure.net/.default")
	if got := w.wire.send("GET", blobHost+"one/b", "", "Authorization", "Bearer "+token, "x-ms-version", "2023-11-03"); got.StatusCode != 401 || got.Header.Get("X-Ms-Error-Code") != "InvalidAuthenticationInfo" {
		t.Errorf("a token for vaults: %d %s", got.StatusCode, got.text)
	}
}
