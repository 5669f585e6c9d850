package docker

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/mount"
	"github.com/moby/moby/client"

	"github.com/pacific-aci/pacific/emulator/azure/internal/engine"
)

// group is one incarnation of a container group on the daemon: volumes, perhaps a network, and containers.
type group struct {
	engine  *Engine
	spec    engine.GroupSpec
	labels  map[string]string
	volumes map[string]mount.Mount // by name in the group; without a target
	network string                 // the containers' network mode
	owner   string                 // the container that owns the network; empty on the host's

	mu         sync.Mutex
	removed    bool
	starting   sync.WaitGroup
	containers []*dockerContainer
	images     map[string]string // what the user calls an image: what the daemon does
}

// NewGroup makes the volumes and the network.
func (e *Engine) NewGroup(ctx context.Context, spec engine.GroupSpec) (_ engine.Group, err error) {
	g := &group{
		engine: e, spec: spec, volumes: map[string]mount.Mount{}, images: map[string]string{},
		network: NetworkHost, labels: map[string]string{},
	}
	maps.Copy(g.labels, spec.Labels)
	g.labels[ownerLabel] = e.owner
	g.labels["io.pacific-aci.group"] = spec.Name
	if err := e.groups.Add(g); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, g.Remove(context.WithoutCancel(ctx)))
		}
	}()
	if err := g.makeVolumes(ctx); err != nil {
		return nil, fmt.Errorf("making the volumes of container group %s: %w", spec.Name, err)
	}
	filled := slices.ContainsFunc(spec.Volumes, func(v engine.Volume) bool { return len(v.Files) > 0 || v.Folder != "" })
	if e.options.Network == NetworkHost && !filled {
		return g, nil
	}
	if err := g.makeOwner(ctx); err != nil {
		return nil, fmt.Errorf("making the network of container group %s: %w", spec.Name, err)
	}
	return g, nil
}

// makeVolumes makes the group's own volumes, still empty. Shares are there.
func (g *group) makeVolumes(ctx context.Context) error {
	for _, v := range g.spec.Volumes {
		for name := range v.Files {
			if name == "." || name == ".." || name == "" || strings.ContainsAny(name, `/\`) {
				return fmt.Errorf("volume %q: %q is not a file name: give one without a path", v.Name, name)
			}
		}
		if v.Share != "" {
			g.volumes[v.Name] = mount.Mount{Type: mount.TypeBind, Source: v.Share}
			continue
		}
		ctx, cancel := making(ctx)
		made, err := g.engine.cli.VolumeCreate(ctx, client.VolumeCreateOptions{Name: g.engine.resourceName(g.spec.Name, "volume"), Labels: g.labels})
		cancel()
		if err != nil {
			return fmt.Errorf("volume %q: %w", v.Name, err)
		}
		g.volumes[v.Name] = mount.Mount{Type: mount.TypeVolume, Source: made.Volume.Name}
	}
	return nil
}

// makeOwner makes a container that does nothing. It owns the network that the others join. On the host's network it only
// serves to copy files into the volumes, and is then removed.
func (g *group) makeOwner(ctx context.Context) error {
	e := g.engine
	image, err := e.pause(ctx)
	if err != nil {
		return err
	}
	ctx, cancel := making(ctx)
	defer cancel()
	config := container.HostConfig{Resources: e.limits(engine.ContainerSpec{}), NetworkMode: "none"}
	if e.options.Network == NetworkBridge {
		config.NetworkMode = container.NetworkMode(e.daemon.bridge)
		config.ExtraHosts = []string{"host.docker.internal:host-gateway"}
	}
	files := map[string][]byte{}
	for i, v := range g.spec.Volumes {
		at := "/volumes/" + strconv.Itoa(i)
		mounted := g.volumes[v.Name]
		mounted.Target = at
		config.Mounts = append(config.Mounts, mounted)
		for name, content := range v.Files {
			files[path.Join(at[1:], name)] = content
		}
	}
	made, err := e.cli.ContainerCreate(ctx, client.ContainerCreateOptions{
		Name: e.resourceName(g.spec.Name, "network"), HostConfig: &config,
		Config: &container.Config{Image: image, Labels: g.labels},
	})
	if err != nil {
		return err
	}
	g.owner = made.ID
	if e.options.Network == NetworkBridge {
		g.network = "container:" + made.ID
	}
	// Started before the copy: podman's volumes are not in a container that never ran.
	if _, err = e.cli.ContainerStart(ctx, made.ID, client.ContainerStartOptions{}); err != nil {
		return err
	}
	if len(files) > 0 {
		if err := e.copyTo(ctx, made.ID, files); err != nil {
			return err
		}
	}
	for i, v := range g.spec.Volumes {
		if v.Folder == "" {
			continue
		}
		if err := e.copyFolder(ctx, made.ID, "/volumes/"+strconv.Itoa(i), v.Folder); err != nil {
			return fmt.Errorf("filling volume %q: %w", v.Name, err)
		}
	}
	if e.options.Network == NetworkHost {
		g.owner = ""
		return e.removeContainer(ctx, made.ID)
	}
	return nil
}

// copyFolder puts what is in a folder of this machine into one of a container, as a stream.
func (e *Engine) copyFolder(ctx context.Context, id, to, folder string) error {
	r, w := io.Pipe()
	go func() {
		archive := tar.NewWriter(w)
		w.CloseWithError(errors.Join(archive.AddFS(os.DirFS(folder)), archive.Close()))
	}()
	defer r.Close()
	_, err := e.cli.CopyToContainer(ctx, id, client.CopyToContainerOptions{DestinationPath: to, Content: r})
	return err
}

// copyTo puts files into a container, by path below its root, readable by every user in it.
func (e *Engine) copyTo(ctx context.Context, id string, files map[string][]byte) error {
	content, err := archive(files, 0o644)
	if err != nil {
		return err
	}
	_, err = e.cli.CopyToContainer(ctx, id, client.CopyToContainerOptions{DestinationPath: "/", Content: bytes.NewReader(content)})
	return err
}

// use notes the daemon's name of an image.
func (g *group) use(image, as string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.images[image] = as
}

// Remove kills and removes the containers, then what they shared. It fails when the daemon is silent, or lets a container live
// for longer than a call may take.
func (g *group) Remove(ctx context.Context) error {
	g.mu.Lock()
	g.removed = true
	g.mu.Unlock()
	g.starting.Wait()
	g.mu.Lock()
	containers := g.containers
	g.mu.Unlock()
	for _, c := range containers {
		c.Stop(0)
	}
	ctx, cancel := g.engine.ending(ctx)
	defer cancel()
	var errs []error
	for _, c := range containers {
		select {
		case <-c.gone:
			errs = append(errs, c.left)
		case <-ctx.Done():
			return fmt.Errorf("waiting for the containers of group %s (what is left goes at the next start): %w", g.spec.Name, context.Cause(ctx))
		}
	}
	if err := errors.Join(errs...); errors.Is(err, errSilent) {
		return fmt.Errorf("removing container group %s (what is left goes at the next start): %w", g.spec.Name, err)
	}
	if g.owner != "" {
		errs = append(errs, orSilence(ctx, g.engine.removeContainer(ctx, g.owner)))
	}
	for _, v := range g.volumes {
		if v.Type != mount.TypeVolume {
			continue
		}
		if _, err := g.engine.cli.VolumeRemove(ctx, v.Source, client.VolumeRemoveOptions{Force: true}); err != nil && !notFound(err) {
			errs = append(errs, orSilence(ctx, err))
		}
	}
	g.engine.groups.Forget(g)
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("removing container group %s (what is left goes at the next start): %w", g.spec.Name, err)
	}
	return nil
}
