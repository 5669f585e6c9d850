package docker_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/pacific-aci/pacific/emulator/azure/internal/engine"
	"github.com/pacific-aci/pacific/emulator/azure/internal/engine/docker"
)

// A group that is given up at any moment leaves nothing: the daemon finishes what it has begun to make, whether or not
// somebody still waits for the answer. newEngine looks at what is left after Close.
func TestGivenUp(t *testing.T) {
	needDaemon(t)
	registry := newRegistry(t)
	image := registry.push(t, "job", programImage(t))
	creds := []engine.RegistryCredential{{Server: registry.host, Username: user, Password: password}}
	for _, network := range []string{docker.NetworkHost, docker.NetworkBridge} {
		e := newEngine(t, network)
		var all sync.WaitGroup
		for i := range 30 {
			all.Go(func() {
				ctx, cancel := context.WithTimeout(t.Context(), time.Duration(i)*15*time.Millisecond)
				defer cancel()
				g, err := e.NewGroup(ctx, engine.GroupSpec{ID: "given-up", Name: "given-up", Volumes: []engine.Volume{{Name: "shared"}}})
				if err != nil {
					return
				}
				defer func() {
					if err := g.Remove(t.Context()); err != nil {
						t.Error(err)
					}
				}()
				if _, err := g.Pull(ctx, engine.PullSpec{Image: image, Credentials: creds}); err == nil {
					_, _ = g.Start(ctx, engine.ContainerSpec{Name: "job", Image: image, Command: command("wait")})
				}
			})
		}
		all.Wait()
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	}
}
