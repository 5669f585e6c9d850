package azureemulator

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/net/http/httpproxy"

	"github.com/pacific-aci/pacific/emulator/azure/internal/leftover"
	"github.com/pacific-aci/pacific/emulator/azure/internal/listener"
	"github.com/pacific-aci/pacific/emulator/internal/serve"
)

// folderPrefix begins the name of an emulator's folder.
const folderPrefix = "pacific-emulator-"

// DefaultListen is the address of an emulated Azure that other processes use.
const DefaultListen = "127.0.0.1:4280"

// StartOptions of [Start]. The zero value listens on [DefaultListen].
type StartOptions struct {
	Options
	// Listen is HOST:PORT; port 0 is a free one; empty is [DefaultListen]. The emulator runs commands for whoever holds
	// its secrets, so a host that is not loopback is for people who know who reaches it.
	Listen string
	// ContainerListen is a second HOST:PORT for containers that do not share this machine's loopback; only
	// CONNECT, the identity endpoint and registries answer there. Empty: containers use Listen.
	ContainerListen string
	// ContainerHost is the name by which containers call this machine, such as host.docker.internal; empty: the address of
	// the port that they use.
	ContainerHost string
	// Tunnel lets CONNECT through to hosts that are not Azure's.
	Tunnel bool
	// LookupEnv is asked for SSL_CERT_FILE, where a machine keeps its certificate authorities, and for HTTPS_PROXY and
	// NO_PROXY (in lower case too), by which it reaches what is tunnelled to. Nil: the usual files, and no proxy.
	LookupEnv func(string) (string, bool)
}

// Local is an emulated Azure that listens on this machine. Make it with [Start], end it with Close.
type Local struct {
	// Server is the Azure itself, for its settings, faults and events.
	Server *Server

	folder    *leftover.Folder
	listeners []*listener.Listener
}

// Start makes an emulated Azure and serves it: one port for TLS, CONNECT, the control API and identities. ctx bounds
// the start alone. Errors say which option is wrong or which port is taken.
func Start(ctx context.Context, o StartOptions) (*Local, error) {
	l := &Local{}
	if err := l.start(ctx, o); err != nil {
		if o.Engine != nil && l.Server == nil {
			err = errors.Join(err, o.Engine.Close())
		}
		return nil, errors.Join(err, l.Close())
	}
	return l, nil
}

func (l *Local) start(ctx context.Context, o StartOptions) (err error) {
	sockets, err := listenAll(ctx, first(o.Listen, DefaultListen), o.ContainerListen)
	if err != nil {
		return err
	}
	served := 0
	defer func() {
		for _, socket := range sockets[served:] {
			socket.Close()
		}
	}()
	ca, err := listener.NewCA()
	if err != nil {
		return fmt.Errorf("starting the emulated Azure: %w", err)
	}
	sweep()
	if l.folder, err = leftover.Make("", folderPrefix); err != nil {
		return fmt.Errorf("making the emulator's folder: %w", err)
	}
	if err := l.writeFolder(ca, o.LookupEnv); err != nil {
		return err
	}
	o.Cloud = CloudAccess{CA: string(ca.PEM()), Proxy: serve.Reachable(sockets[0])}
	if o.ContainerBase == "" {
		o.ContainerBase = reachableAs(sockets[len(sockets)-1], o.ContainerHost)
	}
	o.ContainerCA = l.bundle()
	o.ResourceGroup = first(o.ResourceGroup, DefaultResourceGroup)
	if l.Server, err = newServer(o.Options, wireSettings); err != nil {
		return err
	}
	log := o.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	for i, socket := range sockets {
		options := listener.Options{Handler: overNetwork(l.Server), CA: ca, IsAzure: l.Server.IsAzure, Tunnel: o.Tunnel, TunnelFor: l.Server.isContainer,
			Refusal: refusal, Proxy: ownProxy(o.LookupEnv), Log: log}
		if i > 0 {
			options.Handler, options.Tunnel = containersOnly(l.Server), false
		}
		l.listeners = append(l.listeners, listener.Serve(socket, options))
		served++
	}
	return nil
}

// listenAll opens every address that is not empty, or none.
func listenAll(ctx context.Context, addresses ...string) ([]net.Listener, error) {
	var sockets []net.Listener
	for _, address := range addresses {
		if address == "" {
			continue
		}
		socket, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
		if err != nil {
			for _, open := range sockets {
				open.Close()
			}
			return nil, fmt.Errorf("listening on %s: %w", address, err)
		}
		sockets = append(sockets, socket)
	}
	return sockets, nil
}

func reachableAs(socket net.Listener, host string) string {
	if host == "" {
		return serve.Reachable(socket)
	}
	return fmt.Sprintf("http://%s", net.JoinHostPort(host, fmt.Sprint(socket.Addr().(*net.TCPAddr).Port)))
}

// wireSettings are laid over the defaults where clients come over a network: older SDKs take a wait below a second for
// none, and then wait 10 to 30 seconds.
const wireSettings = `{"retryAfter":"1s"}`

// Addr is the address that the one port listens on.
func (l *Local) Addr() *net.TCPAddr { return l.listeners[0].Addr() }

// ownProxy is how this machine reaches other hosts, as its environment says.
func ownProxy(lookupEnv func(string) (string, bool)) func(*url.URL) (*url.URL, error) {
	if lookupEnv == nil {
		return nil
	}
	either := func(name string) string {
		for _, spelling := range []string{name, strings.ToLower(name)} {
			if value, ok := lookupEnv(spelling); ok && value != "" {
				return value
			}
		}
		return ""
	}
	config := httpproxy.Config{HTTPSProxy: either("HTTPS_PROXY"), NoProxy: either("NO_PROXY")}
	return config.ProxyFunc()
}

// URL is the one port's: http://127.0.0.1:PORT.
func (l *Local) URL() string { return l.Server.cloud.Proxy }

// ContainerURL is the port as containers reach it: that of ContainerListen, or the one port.
func (l *Local) ContainerURL() string { return l.Server.core.ContainerBase() }

// Close ends the emulator: connections, containers and their processes, and the folder with its CA. Idempotent.
func (l *Local) Close() error {
	var failed []error
	if l.Server != nil {
		failed = append(failed, l.Server.Close())
	}
	for _, f := range l.listeners {
		failed = append(failed, f.Close())
	}
	if l.folder != nil {
		failed = append(failed, l.folder.Remove())
	}
	return errors.Join(failed...)
}

// writeFolder makes what the environment names: the file of authorities and az's private folder.
func (l *Local) writeFolder(ca *listener.CA, lookupEnv func(string) (string, bool)) error {
	if err := os.Mkdir(l.azFolder(), 0o700); err != nil {
		return fmt.Errorf("making az's folder: %w", err)
	}
	bundle := append(systemAuthorities(lookupEnv), ca.PEM()...)
	if err := os.WriteFile(l.bundle(), bundle, 0o600); err != nil {
		return fmt.Errorf("writing the certificate authorities: %w", err)
	}
	return nil
}

func (l *Local) bundle() string   { return filepath.Join(l.folder.Path, "ca.pem") }
func (l *Local) azFolder() string { return filepath.Join(l.folder.Path, "az") }
