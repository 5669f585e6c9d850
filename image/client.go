package image

import (
	"context"
	"fmt"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/pacific-aci/pacific/azure"
)

// Options of [NewClient].
type Options struct {
	// Cloud signs in to its own registries and carries all requests. It is required.
	Cloud *azure.Cloud
	// Docker has the credentials for other registries; nil has none, and such registries are asked anonymously.
	Docker *DockerConfig
}

// Client pushes and pulls images. Make it with [NewClient]; it is safe for concurrent use and owns no goroutine.
type Client struct{ o Options }

// NewClient makes a client. It sends nothing.
func NewClient(o Options) *Client { return &Client{o} }

// platform is what Container Instances run.
var platform = v1.Platform{OS: "linux", Architecture: "amd64"}

// Push uploads an image under a name such as jobs.azurecr.io/app:1 and returns its digest, sha256:…. Layers that the
// registry has are not sent again. The name is given to the image at the end, when all of it is there. A refusal is
// a [*DeniedError].
//
// A registry that is busy, or a connection that is lost, is asked again for some seconds, and as long as the registry itself
// asks for up to two minutes a request; a download goes on where it was. All methods do so.
func (c *Client) Push(ctx context.Context, image string, content v1.Image) (digest string, err error) {
	doing := "push " + image
	ref, options, err := c.open(ctx, image)
	if err != nil {
		return "", fmt.Errorf("%s: %w", doing, err)
	}
	if err := remote.Write(ref, content, options...); err != nil {
		return "", explain(ctx, doing, ref.Context().RegistryStr(), err)
	}
	sum, err := content.Digest()
	if err != nil {
		return "", fmt.Errorf("%s: %w", doing, err)
	}
	return sum.String(), nil
}

// Pull finds an image; its layers are downloaded when they are read, within ctx. Of an image for several platforms it is
// the one for linux/amd64, which Container Instances run. The error is a [*NotFoundError] or a [*DeniedError].
func (c *Client) Pull(ctx context.Context, image string) (v1.Image, error) {
	doing := "pull " + image
	ref, options, err := c.open(ctx, image)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", doing, err)
	}
	content, err := remote.Image(ref, append(options, remote.WithPlatform(platform))...)
	if notThere(err) {
		return nil, &NotFoundError{Image: image}
	}
	if err != nil {
		return nil, explain(ctx, doing, ref.Context().RegistryStr(), err)
	}
	return content, nil
}

// open reads an image's name and signs in to its registry.
func (c *Client) open(ctx context.Context, image string) (name.Reference, []remote.Option, error) {
	ref, err := name.ParseReference(image)
	if err != nil {
		return nil, nil, err
	}
	who, err := c.authenticator(ctx, ref.Context().RegistryStr())
	if err != nil {
		return nil, nil, err
	}
	return ref, []remote.Option{remote.WithContext(ctx), remote.WithAuth(who), remote.WithTransport(lasting{c.o.Cloud.HTTPClient().Transport}), remote.WithUserAgent("pacific")}, nil
}

func (c *Client) authenticator(ctx context.Context, server string) (authn.Authenticator, error) {
	var known Credential
	var err error
	switch {
	case isACR(c.o.Cloud, server):
		known, err = SignIn(ctx, c.o.Cloud, server)
	case c.o.Docker != nil:
		known, err = c.o.Docker.Get(ctx, server)
	}
	if err != nil {
		return nil, err
	}
	return known.authenticator(), nil
}
