package images

import (
	"maps"
	"regexp"
	"slices"
	"strings"
)

// Kind says what a path is about.
type Kind int

// The kinds of paths.
const (
	// Unknown is a path of nothing that there is.
	Unknown Kind = iota
	// Version is /v2/.
	Version
	// Catalog is /v2/_catalog.
	Catalog
	// Tags is /v2/NAME/tags/list.
	Tags
	// Referrers is /v2/NAME/referrers/DIGEST.
	Referrers
	// Manifest is /v2/NAME/manifests/REFERENCE.
	Manifest
	// Blob is /v2/NAME/blobs/DIGEST.
	Blob
	// Uploads is /v2/NAME/blobs/uploads/.
	Uploads
	// Upload is /v2/NAME/blobs/uploads/ID.
	Upload
)

// Target is what a path is about.
type Target struct {
	Kind Kind
	// Name is the repository's, as it stands in the path; empty for Unknown, Version and Catalog.
	Name string
	// Reference is a tag, a digest or an upload's id; empty where the kind has none.
	Reference string
}

// ParsePath reads a path. A repository's name may have slashes, and words such as blobs in it, so the path is read from its
// end. A slash at the end does not count.
func ParsePath(path string) Target {
	rest, ok := strings.CutPrefix(strings.TrimSuffix(path, "/"), "/v2")
	switch {
	case !ok || rest != "" && rest[0] != '/':
		return Target{}
	case rest == "":
		return Target{Kind: Version}
	case rest == "/_catalog":
		return Target{Kind: Catalog}
	}
	parts := strings.Split(rest[1:], "/")
	part := func(fromEnd int) string {
		if i := len(parts) - fromEnd; i > 0 { // the first is the name's
			return parts[i]
		}
		return ""
	}
	target := func(kind Kind, words int) Target {
		t := Target{Kind: kind, Name: strings.Join(parts[:len(parts)-words], "/")}
		if kind != Tags && kind != Uploads {
			t.Reference = part(1)
		}
		return t
	}
	switch {
	case part(2) == "manifests":
		return target(Manifest, 2)
	case part(2) == "referrers":
		return target(Referrers, 2)
	case part(2) == "tags" && part(1) == "list":
		return target(Tags, 2)
	case part(2) == "blobs" && part(1) == "uploads":
		return target(Uploads, 2)
	case part(2) == "blobs":
		return target(Blob, 2)
	case part(3) == "blobs" && part(2) == "uploads":
		return target(Upload, 3)
	}
	return Target{}
}

// The forms that the specification gives names and tags. Of digests, registries of Azure take sha256 alone.
var (
	namePattern = regexp.MustCompile(`^[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*$`)
	tagPattern  = regexp.MustCompile(`^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$`)
	digestForm  = regexp.MustCompile(`^sha256:[a-f0-9]{64}$`)
)

func validName(name string) bool     { return len(name) <= 255 && namePattern.MatchString(name) }
func validDigest(digest string) bool { return digestForm.MatchString(digest) }

// isDigest reports whether a reference is a digest and no tag, right or wrong.
func isDigest(reference string) bool { return strings.Contains(reference, ":") }

func allowed(methods map[string]handler) []string { return slices.Sorted(maps.Keys(methods)) }
