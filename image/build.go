package image

import (
	"archive/tar"
	"cmp"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path"
	"slices"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// programFolder is where programs go: it is on every image's PATH.
const programFolder = "/usr/local/bin"

// searchPath is PATH in an image without a base, as Docker sets it where an image has none.
const searchPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// Labels that [Build] writes, of the OCI image specification.
const (
	labelTitle      = "org.opencontainers.image.title"
	labelBaseName   = "org.opencontainers.image.base.name"
	labelBaseDigest = "org.opencontainers.image.base.digest"
)

// Program is an executable file for Linux on amd64 that goes into an image.
type Program struct {
	// Path is the file on this machine.
	Path string
	// Name is what it is called in the image's /usr/local/bin. Empty: the last part of Path.
	Name string
	// Args stand behind it in the entry point.
	Args []string
}

// BuildOptions say what [Build] makes.
type BuildOptions struct {
	// Program is what the image runs. Nil: the base's own entry point, and then Base and Init are required.
	Program *Program
	// Init is a program that runs the rest of the entry point as a container's first process; nil for none.
	Init *Program
	// Base is the image that is built upon. Nil: certificates, /tmp and an unprivileged user are all there is besides.
	Base v1.Image
	// BaseName is the base's name for the image's labels.
	BaseName string
	// Labels are added to the image's, and win over them.
	Labels map[string]string
	// Created is the time of the image and of all files that are added. Zero: the beginning of 1970, so that equal
	// contents are equal images.
	Created time.Time
}

// Build makes an image. The same options and files make the same image, byte by byte. Without a base its layers are the
// root's files, the init and the program, so that a registry gets the first two once; its user is 65532, as in other small
// images, with a home and a /tmp to write to. With a base, its user, environment and working folder stay. The image holds
// its own layers in memory, compressed; it needs the files no longer.
//
// A file that can't run in the image is a [*ProgramError].
func Build(ctx context.Context, o BuildOptions) (v1.Image, error) {
	if o.Program == nil && (o.Base == nil || o.Init == nil) {
		return nil, errors.New("building an image: there is no program to put into it")
	}
	if o.Created.IsZero() {
		o.Created = time.Unix(0, 0)
	}
	o.Created = o.Created.UTC().Truncate(time.Second)
	b := &builder{o: o, image: o.Base, layerType: types.OCILayer}
	if err := b.begin(); err != nil {
		return nil, fmt.Errorf("building an image: %w", err)
	}
	var entry []string
	for _, p := range []*Program{o.Init, o.Program} {
		if err := context.Cause(ctx); err != nil {
			return nil, err
		}
		if p == nil {
			continue
		}
		place, err := b.add(p)
		if err != nil {
			return nil, fmt.Errorf("building an image: %w", err)
		}
		entry = append(append(entry, place), p.Args...)
	}
	made, err := b.finish(entry)
	if err != nil {
		return nil, fmt.Errorf("building an image: %w", err)
	}
	return made, nil
}

// builder is an image that grows by layers.
type builder struct {
	o         BuildOptions
	image     v1.Image
	layerType types.MediaType
}

// begin checks the base, or makes the root that is there without one.
func (b *builder) begin() error {
	if b.o.Base != nil {
		kind, err := b.o.Base.MediaType()
		if err != nil {
			return err
		}
		if kind == types.DockerManifestSchema2 {
			b.layerType = types.DockerLayer
		}
		config, err := b.o.Base.ConfigFile()
		if err != nil {
			return err
		}
		if config.OS != platform.OS || config.Architecture != platform.Architecture {
			return fmt.Errorf("the base %s is for %s/%s, not for %s", b.o.BaseName, config.OS, config.Architecture, platform)
		}
		return nil
	}
	b.image = mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON)
	return b.layer("certificates, /tmp and a user", rootFiles())
}

// add appends a program's layer and returns where in the image it is.
func (b *builder) add(p *Program) (place string, err error) {
	if err := checkProgram(p.Path, b.o.Base != nil); err != nil {
		return "", err
	}
	name := cmp.Or(p.Name, baseName(p.Path))
	place = path.Join(programFolder, name)
	before, err := os.Stat(p.Path)
	if err != nil {
		return "", err
	}
	if err := b.layer("program "+name, []imageFile{{header: tar.Header{Name: place[1:], Mode: 0o755}, path: p.Path}}); err != nil {
		return "", err
	}
	after, err := os.Stat(p.Path)
	if err == nil && (after.Size() != before.Size() || !after.ModTime().Equal(before.ModTime())) {
		err = &ProgramError{p.Path, "changed while it was read", "wait until it is built"} // the layer was read several times
	}
	return place, err
}

// layer appends a layer of files.
func (b *builder) layer(what string, files []imageFile) error {
	open := func() (io.ReadCloser, error) { return openTar(files, b.o.Created) }
	layer, err := tarball.LayerFromOpener(open, tarball.WithMediaType(b.layerType), tarball.WithCompressionLevel(gzip.BestCompression), tarball.WithCompressedCaching)
	if err != nil {
		return err
	}
	b.image, err = mutate.Append(b.image, mutate.Addendum{Layer: layer, History: v1.History{Created: v1.Time{Time: b.o.Created}, CreatedBy: "pacific", Comment: what}})
	return err
}

// finish sets what the image runs, and how.
func (b *builder) finish(entry []string) (v1.Image, error) {
	config, err := b.image.ConfigFile()
	if err != nil {
		return nil, err
	}
	config = config.DeepCopy()
	config.Created, config.Author = v1.Time{Time: b.o.Created}, ""
	config.Container = ""
	labels := maps.Clone(config.Config.Labels)
	if labels == nil {
		labels = map[string]string{}
	}
	if b.o.Base == nil {
		config.OS, config.Architecture = platform.OS, platform.Architecture
		config.Config.User, config.Config.WorkingDir = userID+":"+userID, userHome
		config.Config.Env = []string{"PATH=" + searchPath, "HOME=" + userHome, "SSL_CERT_FILE=/" + certificateFile}
	} else {
		digest, err := b.o.Base.Digest()
		if err != nil {
			return nil, err
		}
		labels[labelBaseName], labels[labelBaseDigest] = b.o.BaseName, digest.String()
	}
	if b.o.Program != nil {
		config.Config.Entrypoint, config.Config.Cmd = entry, nil
		labels[labelTitle] = cmp.Or(b.o.Program.Name, baseName(b.o.Program.Path))
	} else {
		config.Config.Entrypoint = slices.Concat(entry, config.Config.Entrypoint)
	}
	maps.Copy(labels, b.o.Labels)
	config.Config.Labels = labels
	return mutate.ConfigFile(b.image, config)
}
