package image

import (
	"errors"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// CheckTag refuses a name under which no image can be pushed: it needs the registry's host, a repository and a tag. Without a
// tag it is latest.
func CheckTag(image string) error {
	tag, err := name.NewTag(image)
	if err != nil {
		return err
	}
	if !strings.HasPrefix(image, tag.RegistryStr()+"/") && tag.RegistryStr() == name.DefaultRegistry && !strings.HasPrefix(image, "docker.io/") {
		return errors.New(image + " names no registry")
	}
	return nil
}

// AtDigest is an image's name with its digest in the place of a tag: it never means another image.
func AtDigest(image, digest string) string {
	ref, err := name.ParseReference(image)
	if err != nil {
		return image
	}
	return ref.Context().Name() + "@" + digest
}

// Size is how many bytes a registry keeps of an image, and a container group pulls: compressed layers and configuration.
func Size(m *v1.Manifest) int64 {
	size := m.Config.Size
	for _, l := range m.Layers {
		size += l.Size
	}
	return size
}
