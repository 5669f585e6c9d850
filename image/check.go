package image

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// Severity is how bad a [Finding] is.
type Severity string

// The severities, from good to bad.
const (
	SeverityOK Severity = "ok"
	// SeverityWarning is for what runs, but not as one might expect.
	SeverityWarning Severity = "warning"
	// SeverityError is for what Container Instances cannot run.
	SeverityError Severity = "error"
)

// Finding is what one check of an image found.
type Finding struct {
	// Check is what was checked: manifest, platform, size, entry point, init, user or packages.
	Check    string
	Severity Severity
	// Text is what was found.
	Text string
	// Advice says what to do; empty where nothing is to be done.
	Advice string
}

// Report is what [Client.Check] and [CheckArchive] found.
type Report struct {
	// Digest is that of the image for linux/amd64, sha256:…; empty if there is none.
	Digest string
	// Size is what a container group pulls, in bytes, and Unpacked what that becomes. Both are 0 if the image was not read.
	Size, Unpacked int64
	Findings       []Finding
}

// Runs reports whether Container Instances can run the image as far as it was checked: no finding is an error.
func (r *Report) Runs() bool {
	return !slices.ContainsFunc(r.Findings, func(f Finding) bool { return f.Severity == SeverityError })
}

func (r *Report) add(check string, severity Severity, text, advice string) {
	r.Findings = append(r.Findings, Finding{check, severity, text, advice})
}

// PythonPackage is a package that a check looks for in images with Python.
type PythonPackage struct {
	// Name is the package's on PyPI.
	Name string
	// With is another package: only in images that have it, this one is looked for. Empty: in all with Python.
	With string
	// For completes "is missing, and … needs it".
	For string
}

// CheckOptions say what a check looks for besides what all images need.
type CheckOptions struct {
	Packages []PythonPackage
}

// Check reports whether Container Instances can run an image: its manifest, platform and size, the program that it
// begins with, its user, and the packages of its Python. It reads all layers and keeps none. The error is that of a
// registry, such as [*NotFoundError] and [*DeniedError]; an image that cannot run is none.
func (c *Client) Check(ctx context.Context, image string, o CheckOptions) (*Report, error) {
	doing := "check " + image
	ref, options, err := c.open(ctx, image)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", doing, err)
	}
	found, err := remote.Get(ref, options...)
	if notThere(err) {
		return nil, &NotFoundError{Image: image}
	}
	if err != nil {
		return nil, explain(ctx, doing, ref.Context().RegistryStr(), err)
	}
	report, err := check(ctx, candidate{kind: found.MediaType, raw: found.Manifest, one: found.Image, byDigest: func(digest v1.Hash) (v1.Image, error) {
		return remote.Image(ref.Context().Digest(digest.String()), options...)
	}}, o)
	if err != nil {
		return nil, explain(ctx, doing, ref.Context().RegistryStr(), err)
	}
	return report, nil
}

// candidate is what a name leads to: an image, or an index of several.
type candidate struct {
	kind types.MediaType
	raw  []byte
	// one is the image itself, byDigest one of the index.
	one      func() (v1.Image, error)
	byDigest func(v1.Hash) (v1.Image, error)
}

func check(ctx context.Context, c candidate, o CheckOptions) (*Report, error) {
	r := &Report{}
	content, err := r.choose(c)
	if content == nil || err != nil {
		return r, err
	}
	digest, err := content.Digest()
	if err != nil {
		return nil, err
	}
	r.Digest = digest.String()
	config, err := content.ConfigFile()
	if err != nil {
		return nil, err
	}
	if is := (v1.Platform{OS: config.OS, Architecture: config.Architecture}); is.OS != platform.OS || is.Architecture != platform.Architecture {
		r.add("platform", SeverityError, fmt.Sprintf("the image is for %s, and Container Instances run %s", is, platform), "build it for "+platform.String())
		return r, nil
	}
	r.add("platform", SeverityOK, platform.String(), "")
	manifest, err := content.Manifest()
	if err != nil {
		return nil, err
	}
	files, err := readTree(ctx, content, config.RootFS.DiffIDs)
	if err != nil {
		return nil, err
	}
	r.Size, r.Unpacked = Size(manifest), files.unpacked
	r.checkSize(len(manifest.Layers))
	e := examiner{Report: r, tree: files, config: config.Config}
	e.checkUser()
	e.checkEntryPoint()
	e.checkPackages(o.Packages)
	return r, nil
}

// choose finds the image for Container Instances' platform; nil if there is none.
func (r *Report) choose(c candidate) (v1.Image, error) {
	switch {
	case c.kind == types.OCIManifestSchema1:
		r.add("manifest", SeverityOK, "an OCI image", "")
		return c.one()
	case c.kind == types.DockerManifestSchema2:
		r.add("manifest", SeverityOK, "a Docker image", "")
		return c.one()
	case c.kind == types.DockerManifestSchema1 || c.kind == types.DockerManifestSchema1Signed:
		r.add("manifest", SeverityError, "an image of Docker's schema 1, which registries have given up", "push it again with a Docker of today")
		return nil, nil
	case !c.kind.IsIndex():
		r.add("manifest", SeverityError, fmt.Sprintf("no container image, but %s", c.kind), "give the name of an image")
		return nil, nil
	}
	var index v1.IndexManifest
	if err := json.Unmarshal(c.raw, &index); err != nil {
		return nil, fmt.Errorf("reading the image's index: %w", err)
	}
	var others []string
	for _, m := range index.Manifests {
		switch {
		case m.Platform == nil || m.Annotations["vnd.docker.reference.type"] != "" || m.Platform.OS == "unknown": // no image, but what is said about one
		case m.Platform.OS == platform.OS && m.Platform.Architecture == platform.Architecture:
			r.add("manifest", SeverityOK, "an index that has an image for "+platform.String(), "")
			return c.byDigest(m.Digest)
		default:
			others = append(others, m.Platform.String())
		}
	}
	if len(index.Manifests) == 1 && index.Manifests[0].Platform == nil { // an archive's index need not say it
		r.add("manifest", SeverityOK, "one image", "")
		return c.byDigest(index.Manifests[0].Digest)
	}
	slices.Sort(others)
	r.add("manifest", SeverityError, fmt.Sprintf("an index without an image for %s; it has %v", platform, slices.Compact(others)), "build it for "+platform.String()+" too")
	return nil, nil
}

const (
	// maxSize is the largest image that Container Instances take for sure
	// (learn.microsoft.com/azure/container-instances/container-instances-faq).
	maxSize = 15e9
	// slowSize is where pulling takes minutes: users saw 110 s for 900 MB (github.com/virtual-kubelet/azure-aci/issues/151).
	slowSize = 1e9
)

func (r *Report) checkSize(layers int) {
	text := fmt.Sprintf("%.1f MB to pull in %d layers, %.1f MB unpacked", float64(r.Size)/1e6, layers, float64(r.Unpacked)/1e6)
	switch {
	case r.Size > maxSize:
		r.add("size", SeverityError, text+"; Container Instances take up to 15 GB", "make it smaller")
	case r.Unpacked > maxSize:
		r.add("size", SeverityWarning, text+"; Container Instances may refuse more than 15 GB", "make it smaller")
	case r.Size > slowSize:
		r.add("size", SeverityWarning, text+"; pulling it takes minutes at each start", "make it smaller, or keep it in a registry of the same region")
	default:
		r.add("size", SeverityOK, text, "")
	}
}
