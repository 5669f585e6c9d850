package cli

import (
	"context"
	"fmt"

	"github.com/pacific-aci/pacific/emulator/azure"
)

// chooseEngine makes the engine that --engine names, and the way in that its containers need.
func (a *app) chooseEngine(ctx context.Context, f emulatorFlags, o *azureemulator.StartOptions) error {
	if f.network != "" && f.engine != "docker" {
		return &usageError{"--engine-network is for --engine docker alone", "leave it out, or add --engine docker"}
	}
	switch f.engine {
	case "process":
		o.Engine = azureemulator.Process(azureemulator.ProcessOptions{LookupEnv: a.world.LookupEnv})
	case "simulate":
		o.Engine = azureemulator.Simulate()
	case "docker":
		return a.chooseDocker(ctx, f, o)
	default:
		return &usageError{fmt.Sprintf("--engine is %q: it must be process, docker or simulate", f.engine), ""}
	}
	return nil
}

func (a *app) chooseDocker(ctx context.Context, f emulatorFlags, o *azureemulator.StartOptions) error {
	if f.network != "" && f.network != azureemulator.NetworkHost && f.network != azureemulator.NetworkBridge {
		return &usageError{fmt.Sprintf("--engine-network is %q: it must be host or bridge", f.network), ""}
	}
	docker, err := azureemulator.Docker(ctx, azureemulator.DockerOptions{LookupEnv: a.world.LookupEnv, Network: f.network})
	if err != nil {
		return withHint(err, "start dockerd or podman, set DOCKER_HOST, or use --engine process")
	}
	o.Engine = docker
	if docker.Network() == azureemulator.NetworkHost {
		return nil // they share our loopback
	}
	if gateway, err := docker.Gateway(ctx); err == nil {
		o.ContainerListen = gateway.String() + ":0"
	} else {
		// A virtual machine stands between: it passes this name on to our loopback.
		o.ContainerListen, o.ContainerHost = "127.0.0.1:0", "host.docker.internal"
	}
	return nil
}
