package images_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/pacific-aci/pacific/emulator/azure/internal/registry/images"
)

// bench is a registry with a folder for its files.
type bench struct {
	*images.Registry
	t      *testing.T
	folder string
}

func newBench(t *testing.T) *bench {
	b := &bench{t: t, folder: t.TempDir()}
	b.Registry = images.New(images.Options{Folder: func() (string, error) { return b.folder, nil }})
	t.Cleanup(b.Close)
	return b
}

// send sends a request with a body; header is name and value in turn.
func (b *bench) send(method, path string, body io.Reader, header ...string) *httptest.ResponseRecorder {
	b.t.Helper()
	r := httptest.NewRequestWithContext(b.t.Context(), method, path, body)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	b.ServeHTTP(w, r)
	return w
}

// want is send with the status that must come.
func (b *bench) want(status int, method, path, body string, header ...string) *httptest.ResponseRecorder {
	b.t.Helper()
	w := b.send(method, path, strings.NewReader(body), header...)
	if w.Code != status {
		b.t.Fatalf("%s %s: %d %s, want %d", method, path, w.Code, w.Body, status)
	}
	return w
}

// refused demands a status and a code of the specification.
func (b *bench) refused(status int, code, method, path, body string, header ...string) *httptest.ResponseRecorder {
	b.t.Helper()
	w := b.want(status, method, path, body, header...)
	if !strings.Contains(w.Body.String(), `"code":"`+code+`"`) {
		b.t.Errorf("%s %s: %s, want %s", method, path, w.Body, code)
	}
	return w
}

func digestOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "sha256:" + hex.EncodeToString(sum[:])
}

// blob uploads a blob at once and returns its digest.
func (b *bench) blob(repo, text string) string {
	b.t.Helper()
	digest := digestOf(text)
	b.want(201, "POST", "/v2/"+repo+"/blobs/uploads/?digest="+digest, text)
	return digest
}

const (
	imageType = "application/vnd.oci.image.manifest.v1+json"
	indexType = "application/vnd.oci.image.index.v1+json"
)

// image is the text of a manifest.
func image(config string, layers ...string) string {
	var list []string
	for _, digest := range layers {
		list = append(list, fmt.Sprintf(`{"mediaType":"application/vnd.oci.image.layer.v1.tar","digest":%q,"size":1}`, digest))
	}
	return fmt.Sprintf(`{"schemaVersion":2,"mediaType":%q,"config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":%q,"size":1},"layers":[%s]}`,
		imageType, config, strings.Join(list, ","))
}

// manifest puts a manifest under a tag and returns its digest.
func (b *bench) manifest(repo, tag, text string) string {
	b.t.Helper()
	b.want(201, "PUT", "/v2/"+repo+"/manifests/"+tag, text, "Content-Type", imageType)
	return digestOf(text)
}

// files are how many files there are.
func (b *bench) files() int {
	b.t.Helper()
	entries, err := os.ReadDir(b.folder)
	if err != nil {
		b.t.Fatal(err)
	}
	return len(entries)
}

// large is a text that is not kept in memory.
func large(c string) string { return strings.Repeat(c, 100<<10) }

// started begins an upload and returns where it goes on.
func (b *bench) started(repo string) string {
	b.t.Helper()
	w := b.want(202, "POST", "/v2/"+repo+"/blobs/uploads/", "")
	return w.Header().Get("Location")
}

// breaking is a body of a client that goes away after a text.
type breaking struct{ *bytes.Reader }

func (r breaking) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

// breakOff sends a request whose client goes away after a text; the server must not answer.
func (b *bench) breakOff(method, path, text string) {
	b.t.Helper()
	defer func() {
		if v := recover(); v != http.ErrAbortHandler {
			b.t.Errorf("%s %s of a client that went away: %v", method, path, v)
		}
	}()
	b.send(method, path, breaking{bytes.NewReader([]byte(text))})
}
