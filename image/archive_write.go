package image

import (
	"archive/tar"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// WriteArchive writes an image as a tar that is an OCI image layout, and that docker load and podman load take too. image
// is the name under which they know it, such as app:1; empty for none. The same image is the same archive.
func WriteArchive(w io.Writer, image string, content v1.Image) error {
	fail := func(err error) error { return fmt.Errorf("writing the image's archive: %w", err) }
	a, err := describe(image, content)
	if err != nil {
		return fail(err)
	}
	out := tar.NewWriter(w)
	for _, f := range a.files {
		if err := writeFile(out, f.name, int64(len(f.text)), func() error { _, err := out.Write(f.text); return err }); err != nil {
			return fail(err)
		}
	}
	layers, err := content.Layers()
	if err != nil {
		return fail(err)
	}
	seen := map[v1.Hash]bool{}
	for i, layer := range layers {
		digest := a.manifest.Layers[i].Digest
		if seen[digest] {
			continue
		}
		seen[digest] = true
		if err := writeFile(out, blobName(digest), a.manifest.Layers[i].Size, func() error { return copyLayer(out, layer) }); err != nil {
			return fail(err)
		}
	}
	if err := out.Close(); err != nil {
		return fail(err)
	}
	return nil
}

// archive is an image's files but for its layers.
type archive struct {
	manifest *v1.Manifest
	files    []archiveFile
}

type archiveFile struct {
	name string
	text []byte
}

func blobName(digest v1.Hash) string { return "blobs/" + digest.Algorithm + "/" + digest.Hex }

// describe makes the files that say what an archive has.
func describe(image string, content v1.Image) (*archive, error) {
	manifest, err := content.Manifest()
	if err != nil {
		return nil, err
	}
	raw, err := content.RawManifest()
	if err != nil {
		return nil, err
	}
	config, err := content.RawConfigFile()
	if err != nil {
		return nil, err
	}
	digest, err := content.Digest()
	if err != nil {
		return nil, err
	}
	kind, err := content.MediaType()
	if err != nil {
		return nil, err
	}
	entry := v1.Descriptor{MediaType: kind, Digest: digest, Size: int64(len(raw)), Platform: &platform}
	loaded := struct {
		Config   string
		RepoTags []string
		Layers   []string
	}{Config: blobName(manifest.Config.Digest), RepoTags: []string{}, Layers: []string{}}
	if image != "" {
		tag, err := name.NewTag(image)
		if err != nil {
			return nil, err
		}
		entry.Annotations = map[string]string{"io.containerd.image.name": tag.Name(), "org.opencontainers.image.ref.name": tag.TagStr()}
		loaded.RepoTags = append(loaded.RepoTags, tag.Name())
	}
	for _, l := range manifest.Layers {
		loaded.Layers = append(loaded.Layers, blobName(l.Digest))
	}
	index, err := json.Marshal(v1.IndexManifest{SchemaVersion: 2, MediaType: types.OCIImageIndex, Manifests: []v1.Descriptor{entry}})
	if err != nil {
		return nil, err
	}
	forDocker, err := json.Marshal([]any{loaded})
	if err != nil {
		return nil, err
	}
	return &archive{manifest, []archiveFile{
		{"oci-layout", []byte(`{"imageLayoutVersion":"1.0.0"}`)},
		{"index.json", index},
		{"manifest.json", forDocker},
		{blobName(digest), raw},
		{blobName(manifest.Config.Digest), config},
	}}, nil
}

func writeFile(out *tar.Writer, name string, size int64, write func() error) error {
	if err := out.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: size, ModTime: time.Unix(0, 0).UTC(), Format: tar.FormatPAX}); err != nil {
		return err
	}
	return write()
}

func copyLayer(out io.Writer, layer v1.Layer) error {
	from, err := layer.Compressed()
	if err != nil {
		return err
	}
	defer from.Close()
	_, err = io.Copy(out, from)
	return err
}
