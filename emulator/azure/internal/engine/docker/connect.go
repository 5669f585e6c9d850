package docker

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/moby/moby/client"
)

// daemon is what answers on the socket.
type daemon struct {
	host   string
	local  bool // it is Linux, and this machine, so that its host network is ours
	podman bool
	arch   string // as OCI images name it
	cpus   int
	bridge string // the default network's name
}

// answerTime is how long a daemon that works may be silent.
const answerTime = 5 * time.Second

// firstAnswerTime is how long a socket may take to say which daemon is there, so that a dead one does not hold up the start.
// One that has said so is not dead, and may take describeTime to describe itself: a busy one needs many seconds.
const (
	firstAnswerTime = 10 * time.Second
	describeTime    = 30 * time.Second
)

// connect finds the daemon: DOCKER_HOST if it is set, else the first of the usual sockets that answers.
func connect(ctx context.Context, lookup func(string) (string, bool)) (*client.Client, daemon, error) {
	hosts := usualHosts(lookup)
	if h, ok := lookup("DOCKER_HOST"); ok && h != "" {
		hosts = []string{h}
	}
	var tried []error
	for _, host := range hosts {
		cli, d, err := try(ctx, host, lookup)
		if err == nil {
			return cli, d, nil
		}
		tried = append(tried, fmt.Errorf("%s: %s", host, oneLine(err.Error())))
	}
	return nil, daemon{}, fmt.Errorf("no container daemon answers (%s): start dockerd or podman's socket, or set DOCKER_HOST",
		oneLine(errors.Join(tried...).Error()))
}

func usualHosts(lookup func(string) (string, bool)) []string {
	if runtime.GOOS == "windows" {
		return []string{"npipe:////./pipe/docker_engine"}
	}
	hosts := []string{"unix:///var/run/docker.sock", "unix:///run/podman/podman.sock"}
	if dir, ok := lookup("XDG_RUNTIME_DIR"); ok && dir != "" {
		hosts = append(hosts, "unix://"+filepath.Join(dir, "docker.sock"), "unix://"+filepath.Join(dir, "podman/podman.sock"))
	}
	if home, ok := lookup("HOME"); ok && home != "" && runtime.GOOS == "darwin" {
		hosts = append(hosts, "unix://"+filepath.Join(home, ".docker/run/docker.sock"))
	}
	return hosts
}

// try connects to one socket and asks who is there.
func try(ctx context.Context, host string, lookup func(string) (string, bool)) (_ *client.Client, d daemon, err error) {
	if strings.HasPrefix(host, "ssh://") {
		return nil, d, errors.New("ssh is not supported: forward the socket with ssh -L and name it with unix://")
	}
	opts := []client.Opt{client.WithHost(host), client.WithUserAgent("pacific-emulator")}
	if verify, _ := lookup("DOCKER_TLS_VERIFY"); verify != "" {
		dir, _ := lookup("DOCKER_CERT_PATH")
		opts = append(opts, client.WithTLSClientConfig(filepath.Join(dir, "ca.pem"), filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")))
	}
	cli, err := client.New(opts...)
	if err != nil {
		return nil, d, err
	}
	defer func() {
		if err != nil {
			_ = cli.Close()
		}
	}()
	answer, cancel := context.WithTimeout(ctx, firstAnswerTime)
	defer cancel()
	version, err := cli.ServerVersion(answer, client.ServerVersionOptions{})
	if err != nil {
		return nil, d, err
	}
	describe, cancel := context.WithTimeout(ctx, describeTime)
	defer cancel()
	info, err := cli.Info(describe, client.InfoOptions{})
	if err != nil {
		return nil, d, err
	}
	if version.Os != "" && version.Os != "linux" {
		return nil, d, fmt.Errorf("it runs %s containers: Container Instances' are Linux here; switch it to Linux containers", version.Os)
	}
	d = daemon{host: host, arch: version.Arch, cpus: info.Info.NCPU, bridge: "bridge"}
	for _, c := range version.Components {
		d.podman = d.podman || strings.HasPrefix(c.Name, "Podman")
	}
	if d.podman {
		d.bridge = "podman"
	}
	d.local = runtime.GOOS == "linux" && strings.HasPrefix(host, "unix://") &&
		!strings.Contains(info.Info.OperatingSystem, "Docker Desktop") // a virtual machine behind a local socket
	return cli, d, nil
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
