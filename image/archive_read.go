package image

import (
	"archive/tar"
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/partial"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// CheckArchive is [Client.Check] for a file: an OCI image layout in a tar, or what docker save writes.
func CheckArchive(ctx context.Context, file string, o CheckOptions) (*Report, error) {
	fail := func(err error) (*Report, error) {
		if errors.Is(err, io.ErrUnexpectedEOF) { // of a file, not of a connection
			err = errors.New("it is cut short")
		}
		return nil, fmt.Errorf("check %s: %w", file, err)
	}
	f, err := os.Open(file)
	if err != nil {
		return fail(err)
	}
	defer f.Close()
	a, err := indexArchive(f)
	if err != nil {
		return fail(err)
	}
	var c candidate
	switch {
	case a.parts["index.json"] != nil:
		raw, err := a.read("index.json")
		if err != nil {
			return fail(err)
		}
		if c, err = a.candidate(types.OCIImageIndex, raw); err != nil {
			return fail(err)
		}
	case a.parts["manifest.json"] != nil:
		one := func() (v1.Image, error) { return tarball.ImageFromPath(file, nil) }
		c = candidate{kind: types.DockerManifestSchema2, one: one}
	default:
		return fail(errors.New("it has neither index.json nor manifest.json, so it is not an image"))
	}
	report, err := check(ctx, c, o)
	if err != nil {
		return fail(err)
	}
	return report, nil
}

// layoutFile is a tar whose files can be read in any order.
type layoutFile struct {
	parts map[string]*io.SectionReader
}

func indexArchive(f *os.File) (*layoutFile, error) {
	a := &layoutFile{parts: map[string]*io.SectionReader{}}
	r := tar.NewReader(f)
	for {
		header, err := r.Next()
		if errors.Is(err, io.EOF) {
			return a, nil
		}
		if err != nil && len(a.parts) == 0 {
			return nil, errors.New("it is not a tar archive")
		}
		if err != nil {
			return nil, err
		}
		at, err := f.Seek(0, io.SeekCurrent) // the reader reads no further than the header
		if err != nil {
			return nil, err
		}
		if header.Typeflag == tar.TypeReg {
			a.parts[path.Clean(header.Name)] = io.NewSectionReader(f, at, header.Size)
		}
	}
}

// maxDocument bounds manifests and configurations.
const maxDocument = 8 << 20

func (a *layoutFile) read(name string) ([]byte, error) {
	part := a.parts[name]
	if part == nil {
		return nil, fmt.Errorf("%s is missing", name)
	}
	if part.Size() > maxDocument {
		return nil, fmt.Errorf("%s is over %d MB", name, maxDocument>>20)
	}
	return io.ReadAll(io.NewSectionReader(part, 0, part.Size()))
}

// blob reads a document by its digest, to which it is held.
func (a *layoutFile) blob(digest v1.Hash) ([]byte, error) {
	raw, err := a.read(blobName(digest))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(heldTo(digest, bytes.NewReader(raw)))
}

// heldTo is a reader that ends with an error if what was read is not what the digest says.
func heldTo(digest v1.Hash, from io.Reader) io.Reader {
	return &heldReader{from: from, want: digest, sum: sha256.New()}
}

type heldReader struct {
	from io.Reader
	want v1.Hash // SHA-256, the only one that v1.Hash takes
	sum  hash.Hash
}

// Read implements io.Reader.
func (r *heldReader) Read(p []byte) (int, error) {
	n, err := r.from.Read(p)
	r.sum.Write(p[:n])
	if !errors.Is(err, io.EOF) {
		return n, err
	}
	if got := hex.EncodeToString(r.sum.Sum(nil)); got != r.want.Hex {
		return n, fmt.Errorf("%s is damaged: its content has the digest sha256:%s", r.want, got)
	}
	return n, io.EOF
}

// maxNesting is how many indexes may lead to an image, one to the next.
const maxNesting = 4

// candidate is an index, or the only index or image that it leads to.
func (a *layoutFile) candidate(kind types.MediaType, raw []byte) (candidate, error) {
	for range maxNesting {
		if kind.IsImage() {
			return candidate{kind: kind, raw: raw, one: func() (v1.Image, error) { return a.image(raw) }}, nil
		}
		var index v1.IndexManifest
		if err := json.Unmarshal(raw, &index); err != nil {
			return candidate{}, fmt.Errorf("reading an index: %w", err)
		}
		if len(index.Manifests) != 1 {
			break
		}
		only := index.Manifests[0]
		inner, err := a.blob(only.Digest)
		if err != nil {
			return candidate{}, err
		}
		kind, raw = only.MediaType, inner
	}
	return candidate{kind: kind, raw: raw, byDigest: func(digest v1.Hash) (v1.Image, error) {
		raw, err := a.blob(digest)
		if err != nil {
			return nil, err
		}
		return a.image(raw)
	}}, nil
}

func (a *layoutFile) image(raw []byte) (v1.Image, error) {
	manifest, err := v1.ParseManifest(bytes.NewReader(raw))
	if err != nil {
		return nil, err
	}
	return partial.CompressedToImage(&layoutImage{a, raw, manifest})
}

// layoutImage is an image of an archive, for package partial.
type layoutImage struct {
	archive  *layoutFile
	raw      []byte
	manifest *v1.Manifest
}

// MediaType implements partial.CompressedImageCore, and so do the next three. OCI's manifests need not say what they are.
func (i *layoutImage) MediaType() (types.MediaType, error) {
	return cmp.Or(i.manifest.MediaType, types.OCIManifestSchema1), nil
}

// RawManifest returns the manifest as it is in the archive.
func (i *layoutImage) RawManifest() ([]byte, error) { return i.raw, nil }

// RawConfigFile returns the configuration as it is in the archive.
func (i *layoutImage) RawConfigFile() ([]byte, error) {
	return i.archive.blob(i.manifest.Config.Digest)
}

// LayerByDigest finds a layer.
func (i *layoutImage) LayerByDigest(digest v1.Hash) (partial.CompressedLayer, error) {
	for _, l := range i.manifest.Layers {
		if part := i.archive.parts[blobName(digest)]; l.Digest == digest && part != nil {
			return &layoutLayer{l, part}, nil
		}
	}
	return nil, fmt.Errorf("layer %s is missing", digest)
}

type layoutLayer struct {
	descriptor v1.Descriptor
	part       *io.SectionReader
}

// Digest implements partial.CompressedLayer, and so do the next three.
func (l *layoutLayer) Digest() (v1.Hash, error) { return l.descriptor.Digest, nil }

// Compressed reads the layer as it is in the archive, and holds it to its digest.
func (l *layoutLayer) Compressed() (io.ReadCloser, error) {
	return io.NopCloser(heldTo(l.descriptor.Digest, io.NewSectionReader(l.part, 0, l.part.Size()))), nil
}

// Size is the layer's in the archive.
func (l *layoutLayer) Size() (int64, error) { return l.part.Size(), nil }

// MediaType says how the layer is compressed.
func (l *layoutLayer) MediaType() (types.MediaType, error) { return l.descriptor.MediaType, nil }
