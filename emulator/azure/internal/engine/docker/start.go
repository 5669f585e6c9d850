package docker

import (
	"context"
	"fmt"
	"math"
	"path"
	"slices"
	"strings"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/mount"
	"github.com/moby/moby/client"

	"github.com/pacific-aci/pacific/emulator/azure/internal/engine"
)

// Start creates a container, attaches to its output and starts it, in this order, so that not a byte is missed.
func (g *group) Start(ctx context.Context, spec engine.ContainerSpec) (engine.Container, error) {
	g.mu.Lock()
	if g.removed {
		g.mu.Unlock()
		return nil, engine.ErrClosed
	}
	g.starting.Add(1)
	image, ok := g.images[spec.Image]
	if !ok {
		image = spec.Image
	}
	g.mu.Unlock()
	defer g.starting.Done()

	create, err := g.creation(spec, image)
	if err != nil {
		return nil, err
	}
	made, err := g.create(ctx, create)
	switch {
	case errdefs.IsInvalidArgument(err), err != nil && strings.Contains(err.Error(), "no command"):
		return nil, refuse(spec, "the container engine refuses it: %s", oneLine(err.Error()))
	case err != nil:
		return nil, fmt.Errorf("creating container %s: %w", spec.Name, err)
	}
	ctx, cancel := call(ctx)
	defer cancel()
	c := newContainer(g, made.ID, spec)
	if err := c.start(ctx, spec); err != nil {
		c.lose(nil)
		rest, cancel := call(context.WithoutCancel(ctx))
		defer cancel()
		if left := g.engine.removeContainer(rest, made.ID); left != nil {
			g.engine.options.Log.Error("removing a container that did not start", "container", made.ID, "error", left)
		}
		return nil, err
	}
	g.mu.Lock()
	g.containers = append(slices.DeleteFunc(g.containers, (*dockerContainer).isGone), c)
	g.mu.Unlock()
	return c, nil
}

// create asks the daemon for the container. It goes on when ctx ends, so that no container is made of which we do not know.
func (g *group) create(ctx context.Context, o client.ContainerCreateOptions) (client.ContainerCreateResult, error) {
	ctx, cancel := making(ctx)
	defer cancel()
	return g.engine.cli.ContainerCreate(ctx, o)
}

// refuse makes the error of a container that can never start as it is asked for; the caller shows it and does not try again.
func refuse(spec engine.ContainerSpec, format string, args ...any) error {
	return &engine.StartError{Container: spec.Name, Message: fmt.Sprintf(format, args...)}
}

// creation is the request for a container.
func (g *group) creation(spec engine.ContainerSpec, image string) (client.ContainerCreateOptions, error) {
	none := client.ContainerCreateOptions{}
	config := container.Config{Image: image, Labels: g.labels, AttachStdout: true, AttachStderr: true}
	var err error
	if config.Env, err = environment(spec); err != nil {
		return none, err
	}
	if spec.CAFile != "" {
		config.Env = engine.WithCA(config.Env, engine.CAPath)
	}
	if len(spec.Command) > 0 {
		config.Entrypoint, config.Cmd = spec.Command[:1], spec.Command[1:]
	}
	host := container.HostConfig{
		NetworkMode: container.NetworkMode(g.network),
		Resources:   g.engine.limits(spec),
		// Its output comes to us alone: a log file of the daemon's would fill its disk, or lose lines when it is turned.
		LogConfig: container.LogConfig{Type: "none"},
	}
	if limit := float64(g.engine.daemon.cpus); spec.CPU > limit && limit > 0 && spec.Event != nil {
		spec.Event("CPULimited", fmt.Sprintf("the container asks for %g cores and gets the %g that the container engine has", spec.CPU, limit))
	}
	for _, m := range spec.Mounts {
		volume, ok := g.volumes[m.Volume]
		if !ok {
			return none, refuse(spec, "volume %q is mounted, but the group has no such volume", m.Volume)
		}
		if !usablePath(m.Path) {
			return none, refuse(spec, "mount path %q is not usable: give an absolute path below /, without .. and without a colon", m.Path)
		}
		volume.Target, volume.ReadOnly = path.Clean(m.Path), m.ReadOnly
		host.Mounts = append(host.Mounts, volume)
	}
	if folder := g.engine.options.WorkFolder; folder != "" {
		config.WorkingDir = WorkPath
		host.Mounts = append(host.Mounts, mount.Mount{Type: mount.TypeBind, Source: folder, Target: WorkPath})
	}
	return client.ContainerCreateOptions{Name: g.engine.resourceName(g.spec.Name, spec.Name), Config: &config, HostConfig: &host}, nil
}

// usablePath reports whether a volume may be mounted at p. A colon or a backslash has a meaning of its own in paths of
// daemons.
func usablePath(p string) bool {
	return path.IsAbs(p) && path.Clean(p) != "/" && !strings.ContainsAny(p, ":\\\x00") && !strings.Contains(p+"/", "/../")
}

// environment is each variable once, with its last value: of two, programs would see the first.
func environment(spec engine.ContainerSpec) ([]string, error) {
	var env []string
	at := map[string]int{}
	for _, kv := range spec.Env {
		name, _, ok := strings.Cut(kv, "=")
		if !ok || name == "" || strings.ContainsRune(kv, 0) {
			return nil, refuse(spec, "environment variable %q cannot be set: it needs a name, and neither name nor value may hold a NUL byte", strings.ReplaceAll(name, "\x00", `\0`))
		}
		if i, ok := at[name]; ok {
			env[i] = kv
			continue
		}
		at[name] = len(env)
		env = append(env, kv)
	}
	return env, nil
}

// podmanFiles and podmanProcesses are limits that podman can be sure to have the right to set; its own defaults are above
// what it may do where it lacks CAP_SYS_RESOURCE.
const podmanFiles, podmanProcesses = 16384, 16384

// limits are a container's CPU and memory as the daemon takes them: nanoseconds of CPU a second, and bytes.
func (e *Engine) limits(spec engine.ContainerSpec) container.Resources {
	r := container.Resources{
		NanoCPUs: int64(math.Min(spec.CPU, float64(max(1, e.daemon.cpus))) * 1e9), // the daemon refuses more than it has
		Memory:   int64(spec.MemoryGB * 1e9),
	}
	r.MemorySwap = r.Memory // no swap, as on Container Instances
	if e.daemon.podman {
		r.Ulimits = []*container.Ulimit{
			{Name: "nofile", Soft: podmanFiles, Hard: podmanFiles},
			{Name: "nproc", Soft: podmanProcesses, Hard: podmanProcesses},
		}
	}
	return r
}

// startFailure is a shell's exit code for a program that the daemon could not run; 0 if the daemon failed for another reason.
func startFailure(message string) int {
	switch {
	case !strings.Contains(message, "exec") && !strings.Contains(message, "executable"):
		return 0
	case strings.Contains(message, "permission denied"), strings.Contains(message, "exec format error"), strings.Contains(message, "is a directory"):
		return 126
	case strings.Contains(message, "no such file or directory"), strings.Contains(message, "not found"):
		return 127
	}
	return 0
}
