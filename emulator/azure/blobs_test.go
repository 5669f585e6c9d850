package azureemulator_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/streaming"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blockblob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
	"github.com/google/go-cmp/cmp"

	"github.com/pacific-aci/pacific/emulator/azure"
)

// blobWorld is an emulator with the storage account "acct" in the group g.
type blobWorld struct {
	*azureWorld
	wire   *wire
	id     string
	key    *azblob.SharedKeyCredential
	client *azblob.Client
}

const blobHost = "https://acct.blob.core.windows.net/"

func withBlobs(t *testing.T, properties string) *blobWorld {
	t.Helper()
	w := &blobWorld{azureWorld: inAzure(t, azureemulator.Options{})}
	w.wire = onWire(t, w.server)
	w.id = w.scope + "/providers/Microsoft.Storage/storageAccounts/acct"
	const version = "?api-version=2023-05-01"
	body := `{"location":"westeurope","kind":"StorageV2","sku":{"name":"Standard_LRS"},"properties":{` + properties + `}}`
	for got := w.wire.arm("PUT", w.id+version, body); got.StatusCode != 200; got = w.wire.send("GET", got.Header.Get("Location"), "") {
		if got.StatusCode != 202 {
			t.Fatalf("%d %s", got.StatusCode, got.text)
		}
	}
	var keys struct{ Keys []struct{ Value string } }
	w.wire.arm("POST", w.id+"/listKeys"+version, "").json(t, &keys)
	w.key = must(azblob.NewSharedKeyCredential("acct", keys.Keys[1].Value))(t)
	w.client = must(azblob.NewClientWithSharedKeyCredential(blobHost, w.key, w.blobOptions()))(t)
	return w
}

func (w *blobWorld) blobOptions() *azblob.ClientOptions {
	return &azblob.ClientOptions{ClientOptions: w.options.ClientOptions}
}

// with makes a container and gives its client.
func (w *blobWorld) with(name string) *container.Client {
	w.Helper()
	must(w.client.CreateContainer(w.Context(), name, nil))(w.T)
	return w.client.ServiceClient().NewContainerClient(name)
}

// put puts a small blob.
func (w *blobWorld) put(in *container.Client, name, text string) blockblob.UploadResponse {
	w.Helper()
	return must(in.NewBlockBlobClient(name).Upload(w.Context(), streaming.NopCloser(strings.NewReader(text)), nil))(w.T)
}

// wantCode demands an error of the service.
func wantCode(t *testing.T, what string, err error, status int, code string) {
	t.Helper()
	refused, ok := errors.AsType[*azcore.ResponseError](err)
	if !ok || refused.StatusCode != status || refused.ErrorCode != code {
		t.Errorf("%s: %v, want %d %s", what, err, status, code)
	}
}

func content(t *testing.T, c *azblob.Client, in, name string, o *azblob.DownloadStreamOptions) (string, azblob.DownloadStreamResponse) {
	t.Helper()
	got := must(c.DownloadStream(t.Context(), in, name, o))(t)
	defer got.Body.Close()
	return string(must(io.ReadAll(got.Body))(t)), got
}

// The life of containers with the official SDK and an account key.
func TestContainersWithSDK(t *testing.T) {
	w := withBlobs(t, "")
	ctx := t.Context()
	for _, name := range []string{"one", "two", "tri", "z-9"} {
		must(w.client.CreateContainer(ctx, name, &azblob.CreateContainerOptions{Metadata: map[string]*string{"a": new(name)}}))(t)
	}
	_, err := w.client.CreateContainer(ctx, "one", nil)
	wantCode(t, "again", err, 409, "ContainerAlreadyExists")
	_, err = w.client.CreateContainer(ctx, "No", nil)
	wantCode(t, "a bad name", err, 400, "InvalidResourceName")
	one := w.client.ServiceClient().NewContainerClient("one")
	was := must(one.GetProperties(ctx, nil))(t)
	if *was.Metadata["A"] != "one" || *was.LeaseState != "available" || was.LastModified.IsZero() {
		t.Errorf("%+v", was)
	}
	set := must(one.SetMetadata(ctx, &container.SetMetadataOptions{Metadata: map[string]*string{"b_1": new("x")}}))(t)
	now := must(one.GetProperties(ctx, nil))(t)
	if *now.ETag != *set.ETag || *now.ETag == *was.ETag || len(now.Metadata) != 1 || *now.Metadata["B_1"] != "x" {
		t.Errorf("%+v", now)
	}
	var names []string
	pages := 0
	for pager := w.client.NewListContainersPager(&azblob.ListContainersOptions{Prefix: new("t"), MaxResults: new(int32(1)), Include: azblob.ListContainersInclude{Metadata: true}}); pager.More(); pages++ {
		for _, c := range must(pager.NextPage(ctx))(t).ContainerItems {
			names = append(names, *c.Name+"="+*c.Metadata["a"])
		}
	}
	if diff := cmp.Diff([]string{"tri=tri", "two=two"}, names); diff != "" || pages != 2 {
		t.Errorf("%d pages, %s", pages, diff)
	}
	must(w.client.DeleteContainer(ctx, "one", nil))(t)
	_, err = w.client.DeleteContainer(ctx, "one", nil)
	wantCode(t, "again", err, 404, "ContainerNotFound")
	info := must(w.client.ServiceClient().GetAccountInfo(ctx, nil))(t)
	if *info.SKUName != "Standard_LRS" || *info.AccountKind != "StorageV2" {
		t.Errorf("%+v", info)
	}
}

// Blobs that are put whole: headers, ranges, conditions, checksums.
func TestBlobsWithSDK(t *testing.T) {
	w := withBlobs(t, "")
	ctx := t.Context()
	in := w.with("one")
	b := in.NewBlockBlobClient("a folder/ä +%.txt")
	up := must(b.Upload(ctx, streaming.NopCloser(strings.NewReader("0123456789")), &blockblob.UploadOptions{
		Metadata: map[string]*string{"k": new("v")}, HTTPHeaders: &blob.HTTPHeaders{BlobContentType: new("text/x"), BlobCacheControl: new("no-store")},
		TransactionalValidation: blob.TransferValidationTypeComputeCRC64(),
	}))(t)
	text, got := content(t, w.client, "one", "a folder/ä +%.txt", nil)
	if text != "0123456789" || *got.ETag != *up.ETag || *got.ContentType != "text/x" || *got.CacheControl != "no-store" || *got.Metadata["K"] != "v" || !bytes.Equal(got.ContentMD5, up.ContentMD5) || len(up.ContentMD5) != 16 {
		t.Errorf("%q %+v", text, got)
	}
	text, got = content(t, w.client, "one", "a folder/ä +%.txt", &azblob.DownloadStreamOptions{Range: blob.HTTPRange{Offset: 3, Count: 4}, RangeGetContentMD5: new(true)})
	if text != "3456" || *got.ContentRange != "bytes 3-6/10" || bytes.Equal(got.ContentMD5, up.ContentMD5) || !bytes.Equal(got.BlobContentMD5, up.ContentMD5) {
		t.Errorf("%q %+v", text, got)
	}
	_, err := b.DownloadStream(ctx, &blob.DownloadStreamOptions{Range: blob.HTTPRange{Offset: 10}})
	wantCode(t, "a range after the end", err, 416, "InvalidRange")
	_, err = b.Upload(ctx, streaming.NopCloser(strings.NewReader("x")), &blockblob.UploadOptions{TransactionalValidation: blob.TransferValidationTypeMD5(up.ContentMD5)})
	wantCode(t, "a wrong MD5", err, 400, "Md5Mismatch")
	_, err = b.Upload(ctx, streaming.NopCloser(strings.NewReader("x")), &blockblob.UploadOptions{TransactionalValidation: blob.TransferValidationTypeCRC64(1)})
	wantCode(t, "a wrong CRC64", err, 400, "Crc64Mismatch")

	only := func(m blob.ModifiedAccessConditions) *blob.AccessConditions {
		return &blob.AccessConditions{ModifiedAccessConditions: &m}
	}
	upload := func(conditions *blob.AccessConditions) error {
		_, err := b.Upload(ctx, streaming.NopCloser(strings.NewReader("new")), &blockblob.UploadOptions{AccessConditions: conditions})
		return err
	}
	wantCode(t, "none may be there", upload(only(blob.ModifiedAccessConditions{IfNoneMatch: new(azcore.ETagAny)})), 409, "BlobAlreadyExists")
	wantCode(t, "another ETag", upload(only(blob.ModifiedAccessConditions{IfMatch: new(azcore.ETag(`"0x1"`))})), 412, "ConditionNotMet")
	wantCode(t, "not this ETag", upload(only(blob.ModifiedAccessConditions{IfNoneMatch: up.ETag})), 412, "ConditionNotMet")
	_, err = b.GetProperties(ctx, &blob.GetPropertiesOptions{AccessConditions: only(blob.ModifiedAccessConditions{IfNoneMatch: up.ETag})})
	wantCode(t, "not modified", err, 304, "ConditionNotMet")
	_, err = b.GetProperties(ctx, &blob.GetPropertiesOptions{AccessConditions: only(blob.ModifiedAccessConditions{IfModifiedSince: got.LastModified})})
	wantCode(t, "not modified since", err, 304, "ConditionNotMet")
	if err := upload(only(blob.ModifiedAccessConditions{IfMatch: up.ETag, IfUnmodifiedSince: new(got.LastModified.AddDate(-1, 0, 0))})); err != nil {
		t.Errorf("the ETag counts, not the time: %v", err)
	}
	set := must(b.SetHTTPHeaders(ctx, blob.HTTPHeaders{BlobContentLanguage: new("de")}, nil))(t)
	must(b.SetMetadata(ctx, map[string]*string{"m": new("n")}, nil))(t)
	props := must(b.GetProperties(ctx, nil))(t)
	if props.ContentType != nil || *props.ContentLanguage != "de" || *props.Metadata["M"] != "n" || *props.ContentLength != 3 || *props.ETag == *set.ETag || *props.AccessTier != "Hot" {
		t.Errorf("%+v", props)
	}
	must(b.Delete(ctx, nil))(t)
	_, err = b.Delete(ctx, nil)
	wantCode(t, "again", err, 404, "BlobNotFound")
	_, err = w.client.DeleteBlob(ctx, "none", "x", nil)
	wantCode(t, "no container", err, 404, "ContainerNotFound")
}

// Blobs of blocks, as large uploads make them.
func TestBlocksWithSDK(t *testing.T) {
	w := withBlobs(t, "")
	ctx := t.Context()
	in := w.with("one")
	large := bytes.Repeat([]byte("0123456789abcdef"), 160_000) // 2.4 MiB
	must(w.client.UploadStream(ctx, "one", "large", bytes.NewReader(large), &azblob.UploadStreamOptions{BlockSize: 1 << 20, TransactionalValidation: blob.TransferValidationTypeComputeCRC64()}))(t)
	got := make([]byte, len(large))
	must(w.client.DownloadBuffer(ctx, "one", "large", got, &azblob.DownloadBufferOptions{BlockSize: 1_000_001}))(t)
	if !bytes.Equal(got, large) {
		t.Error("what was read is not what was written")
	}
	b := in.NewBlockBlobClient("b")
	stage := func(id, text string) {
		must(b.StageBlock(ctx, id, streaming.NopCloser(strings.NewReader(text)), nil))(t)
	}
	list := func() (all string) {
		l := must(b.GetBlockList(ctx, blockblob.BlockListTypeAll, nil))(t)
		for _, block := range l.CommittedBlocks {
			all += fmt.Sprintf("%s:%d ", *block.Name, *block.Size)
		}
		for _, block := range l.UncommittedBlocks {
			all += fmt.Sprintf("(%s:%d) ", *block.Name, *block.Size)
		}
		return all
	}
	stage("YTE=", "one ")
	stage("YTI=", "two ")
	_, err := b.GetProperties(ctx, nil)
	wantCode(t, "blocks alone", err, 404, "BlobNotFound")
	_, err = b.StageBlock(ctx, "YQ==YQ==", streaming.NopCloser(strings.NewReader("x")), nil)
	wantCode(t, "an id that is not in base64", err, 400, "InvalidQueryParameterValue")
	_, err = b.StageBlock(ctx, "YWFhYQ==", streaming.NopCloser(strings.NewReader("x")), nil)
	wantCode(t, "an id of another length", err, 400, "InvalidBlobOrBlock")
	if got := list(); got != "(YTE=:4) (YTI=:4) " {
		t.Error(got)
	}
	must(b.CommitBlockList(ctx, []string{"YTI=", "YTE=", "YTI="}, nil))(t)
	stage("YTM=", "three")
	if got := list(); got != "YTI=:4 YTE=:4 YTI=:4 (YTM=:5) " {
		t.Error(got)
	}
	_, err = b.CommitBlockList(ctx, []string{"YTk="}, nil)
	wantCode(t, "a block that is not there", err, 400, "InvalidBlockList")
	must(b.CommitBlockList(ctx, []string{"YTM=", "YTE="}, nil))(t)
	if text, _ := content(t, w.client, "one", "b", nil); text != "threeone " {
		t.Errorf("%q", text)
	}
}

// Lists of blobs, flat and by folder, on pages.
func TestListsOfBlobsWithSDK(t *testing.T) {
	w := withBlobs(t, "")
	ctx := t.Context()
	in := w.with("one")
	for _, name := range []string{"a", "d/1", "d/2", "d/sub/3", "d0", "e/x", "odd \x01<&>"} {
		w.put(in, name, name)
	}
	var flat []string
	pages := 0
	for pager := in.NewListBlobsFlatPager(&container.ListBlobsFlatOptions{MaxResults: new(int32(3)), Include: container.ListBlobsInclude{Metadata: true}}); pager.More(); pages++ {
		for _, item := range must(pager.NextPage(ctx))(t).Segment.BlobItems {
			flat = append(flat, *item.Name)
			if *item.Properties.ContentLength == 0 || *item.Properties.BlobType != "BlockBlob" || item.Properties.ETag == nil || len(item.Properties.ContentMD5) != 16 {
				t.Errorf("%+v", item.Properties)
			}
		}
	}
	if diff := cmp.Diff([]string{"a", "d/1", "d/2", "d/sub/3", "d0", "e/x", "odd \x01<&>"}, flat); diff != "" || pages != 3 {
		t.Errorf("%d pages, %s", pages, diff)
	}
	hierarchy := func(prefix string) (all []string) {
		for pager := in.NewListBlobsHierarchyPager("/", &container.ListBlobsHierarchyOptions{Prefix: &prefix, MaxResults: new(int32(1))}); pager.More(); {
			s := must(pager.NextPage(ctx))(t).Segment
			for _, p := range s.BlobPrefixes {
				all = append(all, *p.Name+"…")
			}
			for _, item := range s.BlobItems {
				all = append(all, *item.Name)
			}
		}
		return all
	}
	if diff := cmp.Diff([]string{"a", "d/…", "d0", "e/…", "odd \x01<&>"}, hierarchy("")); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"d/1", "d/2", "d/sub/…"}, hierarchy("d/")); diff != "" {
		t.Error(diff)
	}
}

// Copies within the account.
func TestCopiesWithSDK(t *testing.T) {
	w := withBlobs(t, "")
	ctx := t.Context()
	in := w.with("one")
	b := in.NewBlockBlobClient("from")
	must(b.Upload(ctx, streaming.NopCloser(strings.NewReader("text")), &blockblob.UploadOptions{Metadata: map[string]*string{"k": new("v")}, HTTPHeaders: &blob.HTTPHeaders{BlobContentType: new("text/x")}}))(t)
	to := in.NewBlockBlobClient("to")
	started := must(to.StartCopyFromURL(ctx, b.URL(), nil))(t)
	props := must(to.GetProperties(ctx, nil))(t)
	if *started.CopyStatus != blob.CopyStatusTypeSuccess || *props.CopyID != *started.CopyID || *props.CopyProgress != "4/4" || *props.Metadata["K"] != "v" || *props.ContentType != "text/x" {
		t.Errorf("%+v %+v", started, props)
	}
	must(in.NewBlockBlobClient("third").CopyFromURL(ctx, to.URL(), &blob.CopyFromURLOptions{Metadata: map[string]*string{"other": new("x")}}))(t)
	must(in.NewBlockBlobClient("fourth").UploadBlobFromURL(ctx, to.URL(), nil))(t)
	for _, name := range []string{"third", "fourth"} {
		if text, _ := content(t, w.client, "one", name, nil); text != "text" {
			t.Errorf("%s: %q", name, text)
		}
	}
	_, err := to.StartCopyFromURL(ctx, blobHost+"one/none", nil)
	wantCode(t, "no source", err, 404, "BlobNotFound")
	_, err = to.StartCopyFromURL(ctx, "https://other.example/one/none", nil)
	wantCode(t, "a source elsewhere", err, 501, "NotImplemented")
}

// What the service does not have says so, and changes nothing.
func TestBlobsNotThere(t *testing.T) {
	w := withBlobs(t, "")
	ctx := t.Context()
	in := w.with("one")
	w.put(in, "b", "x")
	for what, call := range map[string]func() error{
		"append blobs": func() error { _, err := in.NewAppendBlobClient("x").Create(ctx, nil); return err },
		"page blobs":   func() error { _, err := in.NewPageBlobClient("x").Create(ctx, 512, nil); return err },
		"snapshots":    func() error { _, err := in.NewBlobClient("b").CreateSnapshot(ctx, nil); return err },
		"tags": func() error {
			_, err := in.NewBlobClient("b").SetTags(ctx, map[string]string{"a": "b"}, nil)
			return err
		},
		"policies":   func() error { _, err := in.GetAccessPolicy(ctx, nil); return err },
		"properties": func() error { _, err := w.client.ServiceClient().GetProperties(ctx, nil); return err },
		"tiers":      func() error { _, err := in.NewBlobClient("b").SetTier(ctx, blob.AccessTierArchive, nil); return err },
		"public access": func() error {
			_, err := w.client.CreateContainer(ctx, "p", &azblob.CreateContainerOptions{Access: new(container.PublicAccessTypeBlob)})
			return err
		},
	} {
		wantCode(t, what, call(), 501, "NotImplemented")
	}
	if _, err := w.client.ServiceClient().NewContainerClient("p").GetProperties(ctx, nil); err == nil {
		t.Error("the container with public access is there")
	}
}

// Azure Resource Manager makes and shows the same containers, and what is in an account goes with it.
func TestContainersOfAzureResourceManager(t *testing.T) {
	w := withBlobs(t, "")
	const version = "?api-version=2023-05-01"
	all := w.id + "/blobServices/default/containers"
	for _, want := range []int{201, 200} {
		if got := w.wire.arm("PUT", all+"/arm"+version, `{"properties":{"metadata":{"a":"b"}}}`); got.StatusCode != want || !strings.Contains(got.text, `"publicAccess":"None"`) {
			t.Errorf("%d %s", got.StatusCode, got.text)
		}
	}
	for _, body := range []string{`{"properties":{"publicAccess":"Blob"}}`, `{"properties":{"metadata":{"a b":"c"}}}`} {
		if got := w.wire.arm("PUT", all+"/other"+version, body); got.StatusCode/100 == 2 {
			t.Errorf("%s: %d %s", body, got.StatusCode, got.text)
		}
	}
	w.put(w.client.ServiceClient().NewContainerClient("arm"), "b", "x")
	w.with("data")
	if got := w.wire.arm("GET", all+version, ""); got.StatusCode != 200 || strings.Count(got.text, `"etag"`) != 2 {
		t.Errorf("%d %s", got.StatusCode, got.text)
	}
	for _, want := range []int{200, 204} {
		if got := w.wire.arm("DELETE", all+"/data"+version, ""); got.StatusCode != want {
			t.Errorf("%d %s", got.StatusCode, got.text)
		}
	}
	if got := w.wire.arm("GET", all+"/data"+version, ""); got.StatusCode != 404 {
		t.Errorf("%d %s", got.StatusCode, got.text)
	}
	w.wire.arm("DELETE", w.id+version, "")
	if got, err := w.wire.try("GET", blobHost+"arm/b", ""); err == nil && got.StatusCode < 400 {
		t.Errorf("%d %s", got.StatusCode, got.text)
	}
	if got := w.wire.arm("GET", all+"/arm"+version, ""); got.StatusCode != 404 {
		t.Errorf("%d %s", got.StatusCode, got.text)
	}
}
