package blob

import (
	"encoding/base64"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
	"github.com/pacific-aci/pacific/emulator/azure/internal/armtest"
)

// inAccount is a service with the account "acct", and a function that sends it a request with its key.
func inAccount(t *testing.T) (*Service, func(status int, method, path, body string, header ...string) *httptest.ResponseRecorder) {
	t.Helper()
	core := armtest.NewCore(t, "")
	armtest.Group(t, core, "g")
	account := Account{ID: arm.ResourceID{Subscription: armtest.Subscription, ResourceGroup: "g", Namespace: "Microsoft.Storage", Types: []string{"storageAccounts"}, Names: []string{"acct"}}}
	account.Keys = [2]string{base64.StdEncoding.EncodeToString([]byte("one")), base64.StdEncoding.EncodeToString([]byte("two"))}
	s := New(core, func(name string) (Account, bool) { return account, name == "acct" })
	account.Store = s.NewStore(account.ID)
	return s, func(status int, method, path, body string, header ...string) *httptest.ResponseRecorder {
		t.Helper()
		r := httptest.NewRequest(method, "https://acct.blob.core.windows.net"+path, strings.NewReader(body))
		r.Header.Set("X-Ms-Version", "2023-11-03")
		r.Header.Set("X-Ms-Date", now())
		for i := 0; i+1 < len(header); i += 2 {
			r.Header.Set(header[i], header[i+1])
		}
		r.Header.Set("Authorization", "SharedKey acct:"+sign(account.Keys[1], stringToSign(r, "acct")))
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if w.Code != status {
			t.Errorf("%s %s: %d %s, want %d", method, path, w.Code, w.Body, status)
		}
		return w
	}
}

// What is charged for is what is there: nothing is left behind by what was replaced, refused, committed or deleted.
func TestMemoryIsFreed(t *testing.T) {
	s, send := inAccount(t)
	const block = "x-ms-blob-type"
	want := func(what string, bytes int64) {
		t.Helper()
		if s.memory.used != bytes {
			t.Errorf("%s: %d bytes are charged, want %d", what, s.memory.used, bytes)
		}
	}
	send(201, "PUT", "/one?restype=container", "")
	send(201, "PUT", "/one/b", "12345", block, "BlockBlob")
	want("put", 5)
	send(201, "PUT", "/one/b", "123", block, "BlockBlob")
	want("replaced", 3)
	send(409, "PUT", "/one/b", "1234567", block, "BlockBlob", "If-None-Match", "*")
	send(400, "PUT", "/one/b", "1234567", block, "BlockBlob", "Content-MD5", "AAAAAAAAAAAAAAAAAAAAAA==")
	send(404, "PUT", "/none/b", "1234567", block, "BlockBlob")
	want("refused", 3)
	send(201, "PUT", "/one/l?comp=block&blockid=YQ==", "1234")
	send(201, "PUT", "/one/l?comp=block&blockid=YQ==", "12")
	send(201, "PUT", "/one/l?comp=block&blockid=Yg==", "12345678")
	want("staged", 3+2+8)
	send(400, "PUT", "/one/l?comp=blocklist", "<BlockList><Latest>Yw==</Latest></BlockList>")
	send(400, "PUT", "/one/l?comp=blocklist", "<BlockList><Latest>Yw==")
	want("lists refused", 3+2+8)
	send(201, "PUT", "/one/l?comp=blocklist", "<BlockList><Latest>YQ==</Latest><Uncommitted>YQ==</Uncommitted></BlockList>")
	want("committed", 3+4)
	send(202, "PUT", "/one/copy", "", "x-ms-copy-source", "https://acct.blob.core.windows.net/one/l")
	want("copied", 3+4+4)
	send(202, "DELETE", "/one/b", "")
	want("deleted", 4+4)
	send(201, "PUT", "/one/m?comp=block&blockid=YQ==", "1234")
	send(202, "DELETE", "/one?restype=container", "")
	want("the container", 0)
	send(201, "PUT", "/two?restype=container", "")
	send(201, "PUT", "/two/b", "12345", block, "BlockBlob")
	account, _ := s.find("acct")
	account.Store.Close()
	want("the account", 0)
	send(404, "PUT", "/three?restype=container", "")
}

// A full memory refuses what would be kept, and takes it when there is room again.
func TestFullMemory(t *testing.T) {
	s, send := inAccount(t)
	s.memory.limit = 10
	send(201, "PUT", "/one?restype=container", "")
	send(201, "PUT", "/one/a", "123456", "x-ms-blob-type", "BlockBlob")
	if w := send(413, "PUT", "/one/b", "12345", "x-ms-blob-type", "BlockBlob"); w.Header().Get("X-Ms-Error-Code") != "RequestBodyTooLarge" {
		t.Errorf("%v", w.Header())
	}
	send(413, "PUT", "/one/copy", "", "x-ms-copy-source", "https://acct.blob.core.windows.net/one/a")
	send(202, "DELETE", "/one/a", "")
	send(201, "PUT", "/one/b", "12345", "x-ms-blob-type", "BlockBlob")
}

// Requests that cannot be signed for, or whose parts are not as they must be.
func TestBadRequests(t *testing.T) {
	_, send := inAccount(t)
	send(201, "PUT", "/one?restype=container", "")
	send(201, "PUT", "/one/b", "12345", "x-ms-blob-type", "BlockBlob")
	for _, tt := range []struct {
		status             int
		code, method, path string
		header             []string
	}{
		{403, "AuthenticationFailed", "GET", "/one/b", []string{"X-Ms-Date", "Fri, 26 Jun 2015 23:39:12 GMT"}},
		{403, "AuthenticationFailed", "GET", "/one/b", []string{"X-Ms-Date", "yesterday"}},
		{400, "InvalidHeaderValue", "GET", "/one/b", []string{"X-Ms-Version", "new"}},
		{400, "InvalidHeaderValue", "GET", "/one/b", []string{"Range", "bytes=-2"}},
		{400, "InvalidHeaderValue", "GET", "/one/b", []string{"If-Modified-Since", "yesterday"}},
		{400, "OutOfRangeInput", "GET", "/one/b", []string{"Range", "bytes=0-1", "x-ms-range-get-content-md5", "true", "x-ms-range-get-content-crc64", "true"}},
		{400, "MissingRequiredHeader", "PUT", "/one/c", nil},
		{400, "InvalidHeaderValue", "PUT", "/one/c", []string{"x-ms-blob-type", "Cube"}},
		{400, "InvalidMd5", "PUT", "/one/c", []string{"x-ms-blob-type", "BlockBlob", "x-ms-blob-content-md5", "short"}},
		{400, "InvalidMetadata", "PUT", "/one/b?comp=metadata", []string{"x-ms-meta-a-b", "x"}},
		{400, "MetadataTooLarge", "PUT", "/one/b?comp=metadata", []string{"x-ms-meta-a", strings.Repeat("x", 8193)}},
		{400, "InvalidResourceName", "PUT", "/one/" + strings.Repeat("x", 1025), []string{"x-ms-blob-type", "BlockBlob"}},
		{400, "OutOfRangeQueryParameterValue", "GET", "/one?restype=container&comp=list&maxresults=0", nil},
		{400, "InvalidQueryParameterValue", "GET", "/one?restype=container&comp=list&marker=*", nil},
		{400, "InvalidQueryParameterValue", "GET", "/one/b?comp=blocklist&blocklisttype=some", nil},
		{412, "LeaseNotPresentWithBlobOperation", "DELETE", "/one/b", []string{"x-ms-lease-id", "x"}},
		{412, "SourceConditionNotMet", "PUT", "/one/c", []string{"x-ms-copy-source", "https://acct.blob.core.windows.net/one/b", "x-ms-source-if-match", `"0x1"`}},
		{501, "NotImplemented", "PUT", "/one/b?comp=lease", nil},
		{501, "NotImplemented", "PUT", "/one/b?comp=copy", nil},
		{501, "NotImplemented", "GET", "/one/b?snapshot=2020-01-01T00:00:00.0000000Z", nil},
		{501, "NotImplemented", "PUT", "/rootblob", []string{"x-ms-blob-type", "BlockBlob"}},
		{501, "NotImplemented", "PATCH", "/one/b", nil},
	} {
		if w := send(tt.status, tt.method, tt.path, "", tt.header...); w.Header().Get("X-Ms-Error-Code") != tt.code {
			t.Errorf("%s %s %v: %s, want %s", tt.method, tt.path, tt.header, w.Header().Get("X-Ms-Error-Code"), tt.code)
		}
	}
	if w := send(200, "HEAD", "/one/b", ""); w.Body.Len() > 0 || w.Header().Get("Content-Length") != "5" {
		t.Errorf("%v %s", w.Header(), w.Body)
	}
	if w := send(404, "HEAD", "/one/none", ""); w.Body.Len() > 0 || w.Header().Get("X-Ms-Error-Code") != "BlobNotFound" {
		t.Errorf("%v %s", w.Header(), w.Body)
	}
}
