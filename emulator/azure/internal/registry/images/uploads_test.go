package images_test

import (
	"io"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestUpload(t *testing.T) {
	b := newBench(t)
	at := b.started("a/b")
	if !strings.HasPrefix(at, "/v2/a/b/blobs/uploads/") {
		t.Fatalf("Location %q", at)
	}
	steps := []struct {
		text, contentRange, want string // want is the header Range
		status                   int
	}{
		{"0123", "0-3", "0-3", 202},
		{"45", "", "0-5", 202},
		{"6789", "6-9", "0-9", 202},
		{"x", "9-9", "0-9", 416},
		{"x", "11-11", "0-9", 416},
		{"xy", "10-10", "0-9", 416}, // longer than it says
		{"x", "bytes 10-10", "0-9", 416},
		{"", "", "0-9", 202},
	}
	for _, s := range steps {
		var header []string
		if s.contentRange != "" {
			header = []string{"Content-Range", s.contentRange}
		}
		if got := b.want(s.status, "PATCH", at, s.text, header...); got.Header().Get("Range") != s.want || got.Header().Get("Location") != at {
			t.Errorf("%q %q: %v", s.text, s.contentRange, got.Header())
		}
	}
	if got := b.want(204, "GET", at, ""); got.Header().Get("Range") != "0-9" {
		t.Errorf("status: %v", got.Header())
	}
	b.refused(400, "DIGEST_INVALID", "PUT", at, "")
	b.refused(400, "DIGEST_INVALID", "PUT", at+"?digest=sha512:"+strings.Repeat("0", 128), "")
	digest := digestOf("0123456789ab")
	done := b.want(201, "PUT", at+"?digest="+digest, "ab", "Content-Range", "10-11")
	if done.Header().Get("Docker-Content-Digest") != digest || done.Header().Get("Location") != "/v2/a/b/blobs/"+digest {
		t.Errorf("%v", done.Header())
	}
	if got := b.want(200, "GET", "/v2/a/b/blobs/"+digest, ""); got.Body.String() != "0123456789ab" {
		t.Errorf("%q", got.Body)
	}
	b.refused(404, "BLOB_UPLOAD_UNKNOWN", "PATCH", at, "x")
}

func TestUploadsThatAreNot(t *testing.T) {
	b := newBench(t)
	at := b.started("a")
	other := strings.Replace(at, "/v2/a/", "/v2/other/", 1)
	for _, method := range []string{"GET", "PATCH", "PUT", "DELETE"} {
		b.refused(404, "BLOB_UPLOAD_UNKNOWN", method, other+"?digest="+digestOf("x"), "x")
		b.refused(404, "BLOB_UPLOAD_UNKNOWN", method, "/v2/a/blobs/uploads/1?digest="+digestOf("x"), "x")
	}
	b.want(204, "DELETE", at, "")
	b.refused(404, "BLOB_UPLOAD_UNKNOWN", "GET", at, "")

	// Other bytes than the digest's are no blob.
	at = b.started("a")
	b.want(202, "PATCH", at, "x")
	b.refused(400, "DIGEST_INVALID", "PUT", at+"?digest="+digestOf("y"), "")
	b.refused(404, "BLOB_UPLOAD_UNKNOWN", "GET", at, "")
	b.refused(400, "DIGEST_INVALID", "POST", "/v2/a/blobs/uploads/?digest="+digestOf("y"), "x")
	b.refused(404, "BLOB_UNKNOWN", "HEAD", "/v2/a/blobs/"+digestOf("y"), "")
}

// eager is a client that goes on as soon as an answer begins.
type eager struct {
	*httptest.ResponseRecorder
	next func()
}

func (w eager) WriteHeader(status int) {
	w.ResponseRecorder.WriteHeader(status)
	w.next()
}

// An upload is free again when the answer of the request before begins.
func TestEagerClient(t *testing.T) {
	b := newBench(t)
	at := b.started("a")
	step := func(method, path, body string, next func()) {
		w := eager{httptest.NewRecorder(), next}
		b.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body)))
		if w.Code/100 != 2 {
			t.Errorf("%s %s: %d %s", method, path, w.Code, w.Body)
		}
	}
	step("PATCH", at, "01", func() {
		step("GET", at, "", func() {
			step("PATCH", at, "23", func() {
				step("PUT", at+"?digest="+digestOf("0123"), "", func() {
					step("GET", "/v2/a/blobs/"+digestOf("0123"), "", func() {})
				})
			})
		})
	})
}

// A client that goes away can go on where it stopped.
func TestBrokenUpload(t *testing.T) {
	b := newBench(t)
	at := b.started("a")
	b.breakOff("PATCH", at, "0123")
	if got := b.want(204, "GET", at, ""); got.Header().Get("Range") != "0-3" {
		t.Errorf("%v", got.Header())
	}
	b.want(202, "PATCH", at, "45", "Content-Range", "4-5")
	b.want(201, "PUT", at+"?digest="+digestOf("012345"), "")
	b.breakOff("POST", "/v2/a/blobs/uploads/?digest="+digestOf(large("x")), large("x"))
	if n := b.files(); n != 0 {
		t.Errorf("%d files of an upload that broke off", n)
	}
}

// An upload that stalls holds up nobody but those who would write to it too.
func TestStalledUpload(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		kept := b.blob("a", "kept")
		at := b.started("a")
		body, client := io.Pipe()
		go b.send("PATCH", at, body)
		client.Write([]byte("begun"))
		synctest.Wait()
		b.refused(409, "BLOB_UPLOAD_INVALID", "PATCH", at, "x")
		b.want(200, "GET", "/v2/a/blobs/"+kept, "")
		b.blob("a", "another")
		b.manifest("a", "one", image(kept))
		client.Close()
		synctest.Wait()
		b.want(201, "PUT", at+"?digest="+digestOf("begun"), "")
	})
}

// Large blobs are in files, and no file outlives what it is for.
func TestFiles(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		is := func(want int, when string) {
			t.Helper()
			if got := b.files(); got != want {
				t.Errorf("%s: %d files, want %d", when, got, want)
			}
		}
		digest := b.blob("a", large("x"))
		is(1, "a blob")
		b.blob("b", large("x"))
		is(1, "the same blob in another repository")
		if got := b.want(200, "GET", "/v2/a/blobs/"+digest, "").Body.String(); got != large("x") {
			t.Errorf("%d bytes of %d", len(got), len(large("x")))
		}
		b.want(202, "DELETE", "/v2/a/blobs/"+digest, "")
		is(1, "deleted in one repository")
		b.want(202, "DELETE", "/v2/b/blobs/"+digest, "")
		is(0, "deleted in both")
		b.refused(400, "DIGEST_INVALID", "POST", "/v2/a/blobs/uploads/?digest="+digestOf("y"), large("x"))
		is(0, "another digest")
		at := b.started("a")
		b.want(202, "PATCH", at, large("x"))
		is(1, "an upload")
		b.want(204, "DELETE", at, "")
		is(0, "a cancelled upload")
		old := b.started("a")
		b.want(202, "PATCH", old, large("x"))
		time.Sleep(24*time.Hour + time.Minute)
		b.started("a")
		is(0, "an upload of yesterday")
		b.refused(404, "BLOB_UPLOAD_UNKNOWN", "GET", old, "")
		b.blob("a", large("y"))
		b.want(202, "PATCH", b.started("a"), large("z"))
		body, client := io.Pipe()
		at = b.started("a")
		go b.send("PATCH", at, body)
		client.Write([]byte(large("v")))
		synctest.Wait()
		is(3, "before the end")
		b.Close()
		client.Close()
		synctest.Wait()
		is(0, "the end")
		b.refused(404, "BLOB_UPLOAD_UNKNOWN", "POST", "/v2/a/blobs/uploads/", "")
	})
}
