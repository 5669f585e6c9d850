package engine

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
)

// Azure's codes for an image that cannot be had.
const (
	codeInaccessible = "InaccessibleImage"     // it does not exist there, for this user, or for this platform
	codeRegistry     = "RegistryErrorResponse" // the registry failed, or has too many requests
)

// LookupImage is the Pull of an engine that unpacks nothing: an image of an emulated registry must be there for the credentials,
// and says what it would run; of any other image nothing is known.
func LookupImage(ctx context.Context, spec PullSpec) (Image, error) {
	if spec.Registry == nil {
		return Image{}, nil
	}
	found, err := Find(ctx, spec, "amd64", spec.Registry)
	if err != nil {
		return Image{}, err
	}
	image, err := found.Image()
	if err != nil {
		return Image{}, PullError(ctx, spec.Image, err)
	}
	config, err := image.ConfigFile()
	if err != nil {
		return Image{}, PullError(ctx, spec.Image, err)
	}
	return Image{Entrypoint: config.Config.Entrypoint, Cmd: config.Config.Cmd, Digest: found.Digest.String()}, nil
}

// Find asks an image's registry for it, with the credentials that are for that registry. Of an image for several
// architectures it is the one for Linux on arch.
func Find(ctx context.Context, spec PullSpec, arch string, carry http.RoundTripper) (*remote.Descriptor, error) {
	ref, err := name.ParseReference(spec.Image)
	if err != nil {
		return nil, inaccessible(spec.Image, oneLine(err.Error()))
	}
	found, err := remote.Get(ref,
		remote.WithContext(ctx), remote.WithAuth(credentials(ref, spec.Credentials)), remote.WithTransport(carry),
		remote.WithPlatform(v1.Platform{OS: "linux", Architecture: arch}), remote.WithUserAgent("pacific-emulator"),
		// The caller tries again for as long as the group lives, so we do so once, for a hiccup.
		remote.WithRetryBackoff(remote.Backoff{Duration: 100 * time.Millisecond, Factor: 1, Steps: 2}))
	if err != nil {
		return nil, PullError(ctx, spec.Image, err)
	}
	return found, nil
}

// credentials are those for the image's registry.
func credentials(ref name.Reference, creds []RegistryCredential) authn.Authenticator {
	for _, c := range creds {
		server := strings.TrimSuffix(strings.TrimPrefix(strings.TrimPrefix(c.Server, "https://"), "http://"), "/")
		if strings.EqualFold(server, "docker.io") {
			server = name.DefaultRegistry
		}
		if strings.EqualFold(server, ref.Context().RegistryStr()) {
			return &authn.Basic{Username: c.Username, Password: c.Password}
		}
	}
	return authn.Anonymous
}

func inaccessible(image, why string) error {
	return &ImageError{Code: codeInaccessible, Message: fmt.Sprintf("The image '%s' is not accessible: %s. Check the image and the registry's credentials.", image, why)}
}

// PullError is an *ImageError with what Azure would say of an image whose registry fails, or the cause of ctx's end.
func PullError(ctx context.Context, image string, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	answer, ok := errors.AsType[*transport.Error](err)
	switch {
	case ok && (answer.StatusCode >= 500 || answer.StatusCode == http.StatusTooManyRequests):
		return &ImageError{Code: codeRegistry, Message: fmt.Sprintf("An error response is received from the registry of image '%s': HTTP %d. Retry later.", image, answer.StatusCode)}
	case ok:
		return inaccessible(image, fmt.Sprintf("its registry answers HTTP %d", answer.StatusCode))
	}
	return inaccessible(image, oneLine(err.Error()))
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }
