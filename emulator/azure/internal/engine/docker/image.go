package docker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/moby/moby/client"

	"github.com/pacific-aci/pacific/emulator/azure/internal/engine"
)

// Pull makes an image ready. One that the daemon has under this name is used as it is, unless its registry is an emulated
// one. Any other is asked for at its registry each time, so that credentials count each time, but loaded only when it has
// changed.
func (g *group) Pull(ctx context.Context, spec engine.PullSpec) (engine.Image, error) {
	e, image := g.engine, spec.Image
	carry := spec.Registry
	if carry == nil {
		if local, err := e.inspectImage(ctx, image); err == nil {
			g.use(image, image)
			return local, nil
		} else if ctx.Err() != nil || client.IsErrConnectionFailed(err) {
			return engine.Image{}, fmt.Errorf("looking for image %s: %w", image, err)
		}
		carry = e.registryTransport()
	}
	found, err := engine.Find(ctx, spec, e.daemon.arch, carry)
	if err != nil {
		return engine.Image{}, err
	}
	tag := "localhost/pacific/pulled:" + ownerHash(e.owner) + "-" + found.Digest.Hex[:24]
	e.pulls.Lock()
	defer e.pulls.Unlock()
	if !e.has(ctx, tag) {
		content, err := found.Image()
		if err != nil {
			return engine.Image{}, loadError(ctx, image, err)
		}
		if err := e.load(ctx, tag, content); err != nil {
			return engine.Image{}, loadError(ctx, image, err)
		}
	}
	g.use(image, tag)
	pulled, err := e.inspectImage(ctx, tag)
	pulled.Digest = found.Digest.String()
	return pulled, err
}

func (e *Engine) inspectImage(ctx context.Context, image string) (engine.Image, error) {
	ctx, cancel := call(ctx)
	defer cancel()
	local, err := e.cli.ImageInspect(ctx, image)
	if err != nil || local.Config == nil {
		return engine.Image{}, err
	}
	return engine.Image{Entrypoint: local.Config.Entrypoint, Cmd: local.Config.Cmd}, nil
}

// has reports whether we have given the daemon a tag, and it has it.
func (e *Engine) has(ctx context.Context, tag string) bool {
	e.mu.Lock()
	known := e.images[tag]
	e.mu.Unlock()
	if !known {
		return false
	}
	_, err := e.inspectImage(ctx, tag)
	return err == nil
}

// load gives an image to the daemon, with our label.
func (e *Engine) load(ctx context.Context, tag string, image v1.Image) error {
	config, err := image.ConfigFile()
	if err != nil {
		return err
	}
	config = config.DeepCopy()
	if config.Config.Labels == nil {
		config.Config.Labels = map[string]string{}
	}
	config.Config.Labels[ownerLabel] = e.owner
	if image, err = mutate.ConfigFile(image, config); err != nil {
		return err
	}
	ref, err := name.NewTag(tag)
	if err != nil {
		return err
	}
	// Noted before it is there: a load that breaks off may have given the daemon the whole image.
	e.mu.Lock()
	e.images[tag] = true
	e.mu.Unlock()
	r, w := io.Pipe()
	written := make(chan error, 1)
	go func() {
		err := tarball.Write(ref, image, w)
		w.CloseWithError(err)
		written <- err
	}()
	finish, cancel := finishing(ctx)
	defer cancel()
	loading, err := e.cli.ImageLoad(finish, r)
	if err == nil {
		err = loadErrors(loading)
		_ = loading.Close()
	}
	_ = r.CloseWithError(errors.New("the daemon takes no more of the image")) // ends the writer if the daemon has ended first
	if wrote := <-written; wrote != nil && ctx.Err() == nil && isRegistry(wrote) {
		return wrote // the cause of what the daemon says
	}
	if err != nil {
		return fmt.Errorf("loading image %s: %w", tag, err)
	}
	return nil
}

// loadErrors reads the daemon's answer to its end: it reports errors in it.
func loadErrors(r io.Reader) error {
	for d := json.NewDecoder(r); ; {
		var line struct{ Error string }
		switch err := d.Decode(&line); {
		case err == io.EOF:
			return nil
		case err != nil:
			return err
		case line.Error != "":
			return errors.New(oneLine(line.Error))
		}
	}
}

// registryTransport refuses plain HTTP but to this machine: a password must not go over a network in the clear.
func (e *Engine) registryTransport() http.RoundTripper {
	base := e.options.RegistryTransport
	if base == nil {
		base = remote.DefaultTransport
	}
	return loopbackHTTP{base}
}

type loopbackHTTP struct{ base http.RoundTripper }

func (l loopbackHTTP) RoundTrip(r *http.Request) (*http.Response, error) {
	host := r.URL.Hostname()
	if ip := net.ParseIP(host); r.URL.Scheme == "http" && host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, fmt.Errorf("%s answers without TLS: only a registry on this machine may", r.URL.Host)
	}
	return l.base.RoundTrip(r)
}

func isRegistry(err error) bool {
	_, ok := errors.AsType[*transport.Error](err)
	return ok
}

// loadError is the daemon's error for an image that it does not take, or what Azure would say of its registry.
func loadError(ctx context.Context, image string, err error) error {
	if ctx.Err() == nil && strings.HasPrefix(err.Error(), "loading image ") { // the daemon's, not the registry's
		return err
	}
	return engine.PullError(ctx, image, err)
}
