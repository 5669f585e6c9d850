// Package docker is the engine of real containers, on any socket that speaks Docker's API, as dockerd and podman do. Call
// [New] first.
//
// The containers of a group share a network: the host's, or one that a small container of our own holds open while the
// group lives. Images that the daemon has are used as they are. Others are pulled by us, with the group's credentials, and
// loaded into the daemon: so the daemon needs no configuration, and a wrong password is reported as one.
//
// Everything that is made carries a label with its owner, this process. The next New on the same machine removes what an
// owner that has died left behind.
//
// A daemon may hang. Every call has a deadline ([callTime]), and whatever ends something gives up a daemon that answers
// nothing at all for about ten seconds (silence.go). What then is left goes at the next New.
package docker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/moby/moby/client"

	"github.com/pacific-aci/pacific/emulator/azure/internal/engine"
)

// Networks for Options.Network.
const (
	// NetworkHost lets all containers share the host's network: what listens on its loopback is reachable unchanged, and
	// groups share ports.
	NetworkHost = "host"
	// NetworkBridge gives each group a network of its own behind the daemon's default bridge.
	NetworkBridge = "bridge"
)

// WorkPath is where containers have Options.WorkFolder.
const WorkPath = "/mnt/pacific"

// Options of the engine. The zero value works.
type Options struct {
	// LookupEnv reads DOCKER_HOST, DOCKER_TLS_VERIFY and DOCKER_CERT_PATH, and where sockets may lie; nil: nothing is set.
	LookupEnv func(string) (string, bool)
	// Network is NetworkHost or NetworkBridge; empty: host where the daemon is Linux on this machine, else bridge.
	Network string
	// WorkFolder is a folder of the daemon's machine, absolute, that every container has at [WorkPath], writable and as its
	// working folder. Empty: none.
	WorkFolder string
	// RegistryTransport carries the requests to registries; nil: Go's default.
	RegistryTransport http.RoundTripper
	// Log gets what could not be cleaned up; nil discards it.
	Log *slog.Logger
}

// Engine is the connection to a daemon.
type Engine struct {
	options Options
	cli     *client.Client
	daemon  daemon
	owner   string // the label's value
	groups  engine.Groups

	// ctx is for what outlives a call; every call in it has a deadline of its own. It ends when Close gives the daemon up.
	ctx    context.Context
	giveUp context.CancelCauseFunc
	tasks  sync.WaitGroup

	silence      time.Duration // a daemon that answers nothing for twice this long is given up, when something must end
	inspectEvery time.Duration // how long one wait for a container's end may last before the container is inspected

	mu     sync.Mutex
	images map[string]bool // tags that we have loaded, or begun to
	pulls  sync.Mutex      // one image at a time
	made   int             // things with a name
}

// callTime bounds every call to the daemon but those that may take long: waiting, pulling, loading, exec.
const callTime = time.Minute

// New connects to the daemon and removes what dead emulators have left there. Its error says which sockets were tried.
func New(ctx context.Context, o Options) (*Engine, error) {
	if o.LookupEnv == nil {
		o.LookupEnv = func(string) (string, bool) { return "", false }
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Network != "" && o.Network != NetworkHost && o.Network != NetworkBridge {
		return nil, fmt.Errorf("engine network %q is unknown: give host or bridge", o.Network)
	}
	cli, found, err := connect(ctx, o.LookupEnv)
	if err != nil {
		return nil, err
	}
	e := &Engine{options: o, cli: cli, daemon: found, owner: self(), images: map[string]bool{}, silence: answerTime, inspectEvery: callTime}
	if e.options.Network == "" {
		e.options.Network = NetworkBridge
		if found.local {
			e.options.Network = NetworkHost
		}
	}
	e.ctx, e.giveUp = context.WithCancelCause(context.WithoutCancel(ctx)) // the engine outlives the call that makes it
	if err := e.sweep(ctx, dead); err != nil {
		_ = cli.Close()
		return nil, fmt.Errorf("removing what an earlier emulator has left on %s: %w", found.host, err)
	}
	return e, nil
}

// Name is "docker".
func (*Engine) Name() string { return "docker" }

// OnLoopback reports whether the containers share the host's network.
func (e *Engine) OnLoopback() bool { return e.options.Network == NetworkHost }

// Network is NetworkHost or NetworkBridge.
func (e *Engine) Network() string { return e.options.Network }

// Gateway is the address at which containers on the bridge reach this machine: a listener there is reachable for them.
// It fails where the daemon is not Linux on this machine; there containers use host.docker.internal.
func (e *Engine) Gateway(ctx context.Context) (netip.Addr, error) {
	if !e.daemon.local {
		return netip.Addr{}, fmt.Errorf("the daemon at %s is not on this machine: its bridge has no address here", e.daemon.host)
	}
	net, err := e.cli.NetworkInspect(ctx, e.daemon.bridge, client.NetworkInspectOptions{})
	if err != nil {
		return netip.Addr{}, fmt.Errorf("asking for the network %s: %w", e.daemon.bridge, err)
	}
	for _, c := range net.Network.IPAM.Config {
		if c.Gateway.Is4() {
			return c.Gateway, nil
		}
		if c.Subnet.Addr().Is4() { // podman and some dockerd name only the subnet: the gateway is its first address
			return c.Subnet.Masked().Addr().Next(), nil
		}
	}
	return netip.Addr{}, fmt.Errorf("the network %s has no IPv4 gateway: use the host network", e.daemon.bridge)
}

// Close ends and removes all containers, volumes and images that this engine has made, and waits for that. It gives up after
// about ten seconds of a daemon's silence: what is left then goes at the next New after this process.
func (e *Engine) Close() error {
	err := e.groups.Close(e.ctx)
	if errors.Is(err, errSilent) {
		e.giveUp(errSilent)
	}
	e.tasks.Wait()
	e.mu.Lock()
	tags := e.images
	e.images = map[string]bool{}
	e.mu.Unlock()
	ctx, cancel := e.ending(e.ctx)
	defer cancel()
	for tag := range tags {
		if _, gone := e.cli.ImageRemove(ctx, tag, client.ImageRemoveOptions{PruneChildren: true}); gone != nil && !notFound(gone) {
			err = errors.Join(err, fmt.Errorf("removing image %s: %w", tag, orSilence(ctx, gone)))
		}
	}
	return errors.Join(err, e.cli.Close())
}

// resourceName makes a name that no other has on the daemon, and that tells a person what it is.
func (e *Engine) resourceName(parts ...string) string {
	e.mu.Lock()
	e.made++
	parts = append(parts, fmt.Sprintf("%s-%d", ownerHash(e.owner), e.made))
	e.mu.Unlock()
	parts = slices.Insert(parts, 0, "pacific")
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_' || r == '.' {
			return r
		}
		return '-'
	}, strings.Join(parts, "-"))
}

// making bounds a call that makes something on the daemon. The call goes on when ctx ends, since the daemon would make the
// thing all the same, and we must know of it to remove it.
func making(ctx context.Context) (context.Context, context.CancelFunc) {
	return call(context.WithoutCancel(ctx))
}

// finishing gives a call that takes long, such as a load, another callTime after ctx has ended: the daemon may have all that
// it needs by then, and what it makes must be removed again.
func finishing(ctx context.Context) (context.Context, context.CancelFunc) {
	long, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		late := time.AfterFunc(callTime, cancel)
		context.AfterFunc(long, func() { late.Stop() })
	})
	return long, func() { stop(); cancel() }
}

// call bounds a call to the daemon.
func call(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, callTime)
}
