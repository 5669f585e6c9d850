package docker_test

import (
	"context"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/moby/moby/client"
)

// proxy is a socket that leads to the daemon's until it dies.
type proxy struct {
	path string
	l    net.Listener

	mu    sync.Mutex
	dead  bool
	conns []net.Conn
}

func newProxy(t *testing.T) *proxy {
	t.Helper()
	target, ok := strings.CutPrefix(os.Getenv("DOCKER_HOST"), "unix://")
	if !ok {
		target = "/var/run/docker.sock"
	}
	p := &proxy{path: filepath.Join(t.TempDir(), "docker.sock")}
	var err error
	if p.l, err = net.Listen("unix", p.path); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.die)
	go func() {
		for {
			in, err := p.l.Accept()
			if err != nil {
				return
			}
			out, err := net.Dial("unix", target)
			if err != nil || !p.keep(in, out) {
				in.Close()
				continue
			}
			go pipe(in, out)
			go pipe(out, in)
		}
	}()
	return p
}

func pipe(to, from net.Conn) {
	_, _ = io.Copy(to, from)
	if c, ok := to.(*net.UnixConn); ok {
		_ = c.CloseWrite()
	}
}

func (p *proxy) keep(conns ...net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.dead {
		return false
	}
	p.conns = append(p.conns, conns...)
	return true
}

// die cuts every connection, and takes no further one.
func (p *proxy) die() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.dead = true
	p.l.Close()
	for _, c := range p.conns {
		c.Close()
	}
}

// cleanUp removes what this process owns on the daemon.
func cleanUp(t *testing.T, cli *client.Client) {
	t.Helper()
	ctx := context.Background()
	owned := make(client.Filters).Add("label", "io.pacific-aci.owner")
	containers, err := cli.ContainerList(ctx, client.ContainerListOptions{All: true, Filters: owned})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range containers.Items {
		if !ours(c.Labels) {
			continue
		}
		if _, err := cli.ContainerRemove(ctx, c.ID, client.ContainerRemoveOptions{Force: true}); err != nil {
			t.Error(err)
		}
	}
	images, err := cli.ImageList(ctx, client.ImageListOptions{Filters: owned})
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range images.Items {
		if !ours(i.Labels) {
			continue
		}
		if _, err := cli.ImageRemove(ctx, i.ID, client.ImageRemoveOptions{Force: true}); err != nil {
			t.Error(err)
		}
	}
}

func ours(labels map[string]string) bool {
	parts := strings.Split(labels["io.pacific-aci.owner"], "/")
	return len(parts) == 3 && parts[1] == strconv.Itoa(os.Getpid())
}
