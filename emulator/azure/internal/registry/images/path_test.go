package images_test

import (
	"testing"

	"github.com/pacific-aci/pacific/emulator/azure/internal/registry/images"
)

func TestParsePath(t *testing.T) {
	for path, want := range map[string]images.Target{
		"/v2":                             {Kind: images.Version},
		"/v2/":                            {Kind: images.Version},
		"/v2/_catalog":                    {Kind: images.Catalog},
		"/v2/a/manifests/1":               {Kind: images.Manifest, Name: "a", Reference: "1"},
		"/v2/a/b/c/manifests/sha256:ab":   {Kind: images.Manifest, Name: "a/b/c", Reference: "sha256:ab"},
		"/v2/manifests/manifests/latest":  {Kind: images.Manifest, Name: "manifests", Reference: "latest"},
		"/v2/a/blobs/uploads/manifests/1": {Kind: images.Manifest, Name: "a/blobs/uploads", Reference: "1"},
		"/v2/a/tags/list":                 {Kind: images.Tags, Name: "a"},
		"/v2/a/manifests/tags/list":       {Kind: images.Tags, Name: "a/manifests"},
		"/v2/a/blobs/uploads":             {Kind: images.Uploads, Name: "a"},
		"/v2/a/blobs/uploads/":            {Kind: images.Uploads, Name: "a"},
		"/v2/a/blobs/uploads/1":           {Kind: images.Upload, Name: "a", Reference: "1"},
		"/v2/a/blobs/sha256:ab":           {Kind: images.Blob, Name: "a", Reference: "sha256:ab"},
		"/v2/a/referrers/sha256:ab":       {Kind: images.Referrers, Name: "a", Reference: "sha256:ab"},
		"/v2/a/_catalog":                  {},
		"/v2/a/tags":                      {},
		"/v2/manifests/1":                 {},
		"/v2/blobs/uploads/1":             {Kind: images.Unknown},
		"/v2x/_catalog":                   {},
		"/v1/_catalog":                    {},
		"":                                {},
	} {
		if got := images.ParsePath(path); got != want {
			t.Errorf("%s: %+v, want %+v", path, got, want)
		}
	}
}
