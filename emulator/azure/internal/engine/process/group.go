package process

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"sync"

	"github.com/pacific-aci/pacific/emulator/azure/internal/engine"
)

// group is the programs of one container group, and their folders. Remove ends it: removed is set first, so that nothing is
// started meanwhile; then it kills the children and what has left their trees, and removes the folders.
type group struct {
	engine  *processes
	name    string
	scratch *scratch

	mu       sync.Mutex
	removed  bool
	children []*child
}

// Pull asks for images of emulated registries alone, and unpacks none.
func (*group) Pull(ctx context.Context, spec engine.PullSpec) (engine.Image, error) {
	return engine.LookupImage(ctx, spec)
}

// imageEntrypoint is the entrypoint of Prefect's images: a script that only exists there, and runs what follows it.
const imageEntrypoint = "/opt/prefect/entrypoint.sh"

// Start fails with a *StartError for a container without a command, a bad variable and a bad mount.
func (g *group) Start(_ context.Context, spec engine.ContainerSpec) (engine.Container, error) {
	if spec.Event != nil {
		// Events are told after the lock is free: who hears them may call us.
		var events [][2]string
		tell := spec.Event
		spec.Event = func(name, message string) { events = append(events, [2]string{name, message}) }
		defer func() {
			for _, e := range events {
				tell(e[0], e[1])
			}
		}()
	} else {
		spec.Event = func(string, string) {}
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.removed {
		return nil, engine.ErrClosed
	}
	return g.start(spec)
}

// start is called with mu held.
func (g *group) start(spec engine.ContainerSpec) (*container, error) {
	refuse := func(format string, args ...any) error {
		return &engine.StartError{Container: spec.Name, Message: fmt.Sprintf(format, args...)}
	}
	command := leaveOutEntrypoint(spec)
	if len(command) == 0 {
		return nil, refuse("the container has no command, and the process engine does not look into image %q for one: "+
			"give a command, or use the docker engine", spec.Image)
	}
	if err := checkEnv(spec.Env); err != nil {
		return nil, refuse("%v", err)
	}
	folder, err := g.scratch.container(spec, refuse)
	if err != nil {
		return nil, err
	}
	c := &container{group: g, folder: cmp.Or(g.engine.options.WorkFolder, folder), env: g.engine.environment(folder, engine.WithCA(spec.Env, spec.CAFile))}
	c.child, err = g.launch(launch{command: command, env: c.env, folder: c.folder, output: spec.Output, strays: folder})
	if err != nil {
		return nil, fmt.Errorf("starting container %s: %w", spec.Name, err)
	}
	return c, nil
}

// leaveOutEntrypoint gives the command without a leading entrypoint script that this machine does not have.
func leaveOutEntrypoint(spec engine.ContainerSpec) []string {
	command := spec.Command
	if len(command) == 0 || command[0] != imageEntrypoint {
		return command
	}
	if _, err := os.Stat(imageEntrypoint); !errors.Is(err, fs.ErrNotExist) {
		return command
	}
	spec.Event("EntrypointLeftOut", imageEntrypoint+" does not exist on this machine: the process engine runs the rest of the command")
	return command[1:]
}

// exec starts a further program of a container.
func (g *group) exec(l launch) (*child, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.removed {
		return nil, engine.ErrNotRunning
	}
	return g.launch(l)
}

// launch starts a child that Remove ends. A program that cannot run is a child that ends with 126 or 127. It is called
// with mu held.
func (g *group) launch(l launch) (*child, error) {
	path, err := lookPath(l.env, l.folder, l.command[0])
	var c *child
	if err == nil {
		c, err = g.engine.spawn(path, l)
	}
	if err != nil {
		code, message := cannotRun(l.command[0], err)
		if code == 0 {
			return nil, err
		}
		c = failedChild(code, message, l.output)
	}
	g.children = append(slices.DeleteFunc(g.children, (*child).ended), c)
	return c, nil
}

// Remove kills what runs, waits for it, and deletes the folder. From then on nothing starts in the group: start and exec hold
// mu while they look, so that no child can be missed here. It may be called again after an error, which ctx's end is.
func (g *group) Remove(ctx context.Context) error {
	g.mu.Lock()
	g.removed = true
	children := g.children
	g.mu.Unlock()
	for _, c := range children {
		c.stop(0)
	}
	for _, c := range children {
		select {
		case <-c.done:
		case <-ctx.Done():
			return fmt.Errorf("waiting for the containers of group %s: %w", g.name, context.Cause(ctx))
		}
	}
	killStrays(g.scratch.folder, g.engine.since)
	if err := g.scratch.remove(); err != nil {
		return fmt.Errorf("removing the scratch folder of group %s: %w", g.name, err)
	}
	g.engine.groups.Forget(g)
	return nil
}
