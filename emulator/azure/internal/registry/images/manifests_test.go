package images_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

func TestRanges(t *testing.T) {
	b := newBench(t)
	path := "/v2/a/blobs/" + b.blob("a", "0123456789")
	for _, tt := range []struct {
		asked, want, contentRange string
		status                    int
	}{
		{"bytes=2-4", "234", "bytes 2-4/10", 206},
		{"bytes=7-", "789", "bytes 7-9/10", 206}, // as containerd and docker go on
		{"bytes=0-", "0123456789", "bytes 0-9/10", 206},
		{"bytes=-3", "789", "bytes 7-9/10", 206},
		{"bytes=8-99", "89", "bytes 8-9/10", 206},
		{"", "0123456789", "", 200},
	} {
		got := b.want(tt.status, "GET", path, "", "Range", tt.asked)
		if got.Body.String() != tt.want || got.Header().Get("Content-Range") != tt.contentRange || got.Header().Get("Docker-Content-Digest") != digestOf("0123456789") {
			t.Errorf("%s: %q %v", tt.asked, got.Body, got.Header())
		}
	}
	b.want(416, "GET", path, "", "Range", "bytes=10-")
	b.want(416, "GET", path, "", "Range", "bytes=5-2")
	if got := b.want(200, "HEAD", path, ""); got.Header().Get("Content-Length") != "10" || got.Body.Len() != 0 {
		t.Errorf("HEAD: %v %q", got.Header(), got.Body)
	}
	b.refused(400, "DIGEST_INVALID", "GET", "/v2/a/blobs/sha256:abc", "")
}

// A blob is in the repositories that it was uploaded to or mounted in, and in no other.
func TestMount(t *testing.T) {
	b := newBench(t)
	digest := b.blob("a", "x")
	b.refused(404, "BLOB_UNKNOWN", "GET", "/v2/b/blobs/"+digest, "")
	for _, not := range []string{"mount=" + digest, "mount=" + digest + "&from=c", "mount=" + digestOf("y") + "&from=a"} {
		b.want(202, "POST", "/v2/b/blobs/uploads/?"+not, "") // the client uploads then
	}
	got := b.want(201, "POST", "/v2/b/blobs/uploads/?mount="+digest+"&from=a", "")
	if got.Header().Get("Location") != "/v2/b/blobs/"+digest || got.Header().Get("Docker-Content-Digest") != digest {
		t.Errorf("%v", got.Header())
	}
	b.want(202, "DELETE", "/v2/a/blobs/"+digest, "")
	b.refused(404, "BLOB_UNKNOWN", "HEAD", "/v2/a/blobs/"+digest, "")
	b.want(200, "HEAD", "/v2/b/blobs/"+digest, "")
}

func TestManifests(t *testing.T) {
	b := newBench(t)
	config, layer := b.blob("a", "config"), b.blob("a", "layer")
	text := image(config, layer)
	digest := b.manifest("a", "one", text)
	b.manifest("a", digest, text)
	for _, reference := range []string{"one", digest} {
		for _, method := range []string{"GET", "HEAD"} {
			got := b.want(200, method, "/v2/a/manifests/"+reference, "", "Accept", imageType)
			if h := got.Header(); h.Get("Content-Type") != imageType || h.Get("Docker-Content-Digest") != digest || h.Get("Content-Length") != fmt.Sprint(len(text)) ||
				method == "GET" && got.Body.String() != text {
				t.Errorf("%s %s: %v %s", method, reference, h, got.Body)
			}
		}
	}
	b.refused(404, "MANIFEST_UNKNOWN", "GET", "/v2/a/manifests/two", "")
	b.refused(404, "NAME_UNKNOWN", "GET", "/v2/b/manifests/one", "")

	put := func(status int, code, reference, text, kind string) {
		t.Helper()
		b.refused(status, code, "PUT", "/v2/a/manifests/"+reference, text, "Content-Type", kind)
	}
	put(400, "DIGEST_INVALID", digestOf("x"), text, imageType)
	put(400, "MANIFEST_BLOB_UNKNOWN", "two", image(config, digestOf("x")), imageType)
	put(400, "MANIFEST_BLOB_UNKNOWN", "two", image(digestOf("x")), imageType)
	put(400, "MANIFEST_BLOB_UNKNOWN", "two", index(digestOf("x")), indexType)
	put(400, "MANIFEST_INVALID", "two", "{", imageType)
	put(400, "MANIFEST_INVALID", "two", "[]", imageType)
	put(400, "MANIFEST_INVALID", "two", text, indexType)
	put(400, "MANIFEST_INVALID", "two", text, "")
	put(400, "MANIFEST_INVALID", "two", `{"schemaVersion":1}`, "application/vnd.docker.distribution.manifest.v1+json")
	put(400, "TAG_INVALID", ".two", text, imageType)
	put(413, "SIZE_INVALID", "two", text+strings.Repeat(" ", 4<<20), imageType)
	b.refused(400, "MANIFEST_BLOB_UNKNOWN", "PUT", "/v2/b/manifests/one", text, "Content-Type", imageType) // another repository's blobs
	b.refused(400, "NAME_INVALID", "PUT", "/v2/A/manifests/one", text, "Content-Type", imageType)
	b.refused(405, "UNSUPPORTED", "POST", "/v2/a/manifests/one", text, "Content-Type", imageType)
	b.want(201, "PUT", "/v2/a/manifests/all", index(digest), "Content-Type", indexType)
}

func index(digests ...string) string {
	var list []string
	for _, digest := range digests {
		list = append(list, fmt.Sprintf(`{"mediaType":%q,"digest":%q,"size":1}`, imageType, digest))
	}
	return fmt.Sprintf(`{"schemaVersion":2,"mediaType":%q,"manifests":[%s]}`, indexType, strings.Join(list, ","))
}

// What is deleted by its digest goes with its tags and with the blobs that nothing else needs.
func TestDeleteManifest(t *testing.T) {
	b := newBench(t)
	config, shared, own := b.blob("a", "config"), b.blob("a", large("s")), b.blob("a", large("o"))
	one, two := image(config, shared, own), image(config, shared)
	digest := b.manifest("a", "one", one)
	b.manifest("a", "latest", one)
	b.manifest("a", "two", two)
	b.refused(405, "UNSUPPORTED", "DELETE", "/v2/a/manifests/one", "")
	b.want(202, "DELETE", "/v2/a/manifests/"+digest, "")
	for _, gone := range []string{"manifests/one", "manifests/latest", "manifests/" + digest, "blobs/" + own} {
		b.want(404, "GET", "/v2/a/"+gone, "")
	}
	for _, there := range []string{"manifests/two", "blobs/" + shared, "blobs/" + config} {
		b.want(200, "GET", "/v2/a/"+there, "")
	}
	b.refused(404, "MANIFEST_UNKNOWN", "DELETE", "/v2/a/manifests/"+digest, "")
	b.want(202, "DELETE", "/v2/a/manifests/"+digestOf(two), "")
	b.refused(404, "NAME_UNKNOWN", "GET", "/v2/a/tags/list", "")
	if n := b.files(); n != 0 {
		t.Errorf("%d files are left", n)
	}
}

// pages follows a list to its end.
func (b *bench) pages(path, field string) (pages []string) {
	b.t.Helper()
	for path != "" && len(pages) < 10 {
		got := b.want(200, "GET", path, "")
		var body map[string]any
		if err := json.Unmarshal(got.Body.Bytes(), &body); err != nil {
			b.t.Fatal(err)
		}
		pages = append(pages, fmt.Sprint(body[field]))
		path = ""
		if link, ok := strings.CutSuffix(got.Header().Get("Link"), `>; rel="next"`); ok {
			path = link[1:]
		}
	}
	return pages
}

func TestLists(t *testing.T) {
	b := newBench(t)
	for _, repo := range []string{"c", "a", "b/d"} {
		config := b.blob(repo, "config")
		for _, tag := range []string{"3", "1", "2"} {
			b.manifest(repo, tag, image(config))
		}
	}
	b.blob("empty", "config")
	for path, want := range map[string]string{
		"/v2/a/tags/list":               "[1 2 3]",
		"/v2/a/tags/list?n=2":           "[1 2] [3]",
		"/v2/a/tags/list?n=3":           "[1 2 3]",
		"/v2/a/tags/list?n=1&last=1":    "[2] [3]",
		"/v2/a/tags/list?last=3":        "[]", // and not the whole list again
		"/v2/a/tags/list?last=25":       "[3]",
		"/v2/a/tags/list?n=0":           "[]",
		"/v2/a/tags/list?n=9999&last=2": "[3]",
	} {
		if got := strings.Join(b.pages(path, "tags"), " "); got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
	for path, want := range map[string]string{"/v2/_catalog": "[a b/d c]", "/v2/_catalog?n=2": "[a b/d] [c]", "/v2/_catalog?last=c": "[]"} {
		if got := strings.Join(b.pages(path, "repositories"), " "); got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
	for _, n := range []string{"-1", "x", "99999999999999999999"} {
		b.refused(400, "PAGINATION_NUMBER_INVALID", "GET", "/v2/a/tags/list?n="+n, "")
	}
	b.refused(404, "NAME_UNKNOWN", "GET", "/v2/empty/tags/list", "")
	b.refused(404, "NOT_FOUND", "GET", "/v2/a/_catalog", "")
}

func TestReferrers(t *testing.T) {
	b := newBench(t)
	subject := digestOf("not there")
	config := b.blob("a", "{}")
	text := fmt.Sprintf(`{"schemaVersion":2,"mediaType":%q,"artifactType":"x/sbom","config":{"mediaType":"x/empty","digest":%q,"size":2},"layers":[],"subject":{"mediaType":%q,"digest":%q,"size":1},"annotations":{"k":"v"}}`,
		imageType, config, imageType, subject)
	if got := b.want(201, "PUT", "/v2/a/manifests/"+digestOf(text), text, "Content-Type", imageType); got.Header().Get("Oci-Subject") != subject {
		t.Errorf("%v", got.Header())
	}
	b.manifest("a", "other", image(config))
	for path, want := range map[string]int{"a/referrers/" + subject: 1, "a/referrers/" + subject + "?artifactType=x/sbom": 1, "a/referrers/" + subject + "?artifactType=y": 0,
		"a/referrers/" + config: 0, "nowhere/referrers/" + subject: 0} {
		got := b.want(200, "GET", "/v2/"+path, "")
		var body struct {
			Manifests []struct {
				Digest, ArtifactType string
				Annotations          map[string]string
			}
		}
		if err := json.Unmarshal(got.Body.Bytes(), &body); err != nil || got.Header().Get("Content-Type") != indexType || body.Manifests == nil {
			t.Fatalf("%s: %v %s", path, got.Header(), got.Body)
		}
		if len(body.Manifests) != want || want == 1 && (body.Manifests[0].ArtifactType != "x/sbom" || body.Manifests[0].Annotations["k"] != "v" || body.Manifests[0].Digest != digestOf(text)) {
			t.Errorf("%s: %s", path, got.Body)
		}
	}
	b.refused(400, "DIGEST_INVALID", "GET", "/v2/a/referrers/one", "")
}
