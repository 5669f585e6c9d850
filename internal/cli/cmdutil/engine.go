package cmdutil

import (
	"context"
	"fmt"
	"log/slog"
	"slices"

	azureemulator "github.com/pacific-aci/pacific/emulator/azure"
	"github.com/spf13/cobra"
)

// EmulatorLog is where the emulator says what it must not show to clients: the causes of its 500s.
func (a *App) EmulatorLog() *slog.Logger {
	return slog.New(slog.NewTextHandler(a.Env.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
}

// EngineFlags choose where the containers of a local Azure run.
type EngineFlags struct {
	Engine, Network string
	// Mount is the containers' working folder on this machine, absolute; "" for none.
	Mount string
}

// AddEngineFlags gives cmd, which has --local, the flags --engine-network and --mount of its local Azure.
func AddEngineFlags(cmd *cobra.Command, network, mount *string) {
	fl := cmd.Flags()
	fl.StringVar(network, "engine-network", "", "with --local --engine docker: network of the containers, host or bridge (default host where the engine runs on this machine)")
	fl.StringVar(mount, "mount", "", "with --local: `folder` of this machine that the containers run in and may change")
	Must(cmd.MarkFlagDirname("mount"))
	Must(cmd.RegisterFlagCompletionFunc("engine-network", cobra.FixedCompletions([]string{"host", "bridge"}, cobra.ShellCompDirectiveNoFileComp)))
}

// OnlyLocal refuses the flags of a local Azure's engine in a call without --local.
func OnlyLocal(cmd *cobra.Command) error {
	for _, name := range []string{"engine", "engine-network", "mount"} {
		if cmd.Flags().Changed(name) {
			return Usage(fmt.Sprintf("--%s is for --local: on Azure, Azure runs the containers", name), "")
		}
	}
	return nil
}

// ChooseEngine sets the engine that --engine names in o, and the listener that its containers need.
func (a *App) ChooseEngine(ctx context.Context, f EngineFlags, o *azureemulator.StartOptions) error {
	if f.Network != "" && f.Engine != "docker" {
		return Usage("--engine-network is for --engine docker alone", "leave it out, or add --engine docker")
	}
	switch f.Engine {
	case "process":
		o.Engine = azureemulator.Process(azureemulator.ProcessOptions{LookupEnv: a.Env.LookupEnv, WorkFolder: f.Mount})
	case "simulate":
		if f.Mount != "" {
			return Usage("--mount is for --engine process and docker: simulate runs no command that could use it", "")
		}
		o.Engine = azureemulator.Simulate()
	case "docker":
		return a.chooseDocker(ctx, f, o)
	default:
		return UnknownValue("--engine", f.Engine, []string{"process", "docker", "simulate"})
	}
	return nil
}

func (a *App) chooseDocker(ctx context.Context, f EngineFlags, o *azureemulator.StartOptions) error {
	if networks := []string{azureemulator.NetworkHost, azureemulator.NetworkBridge}; f.Network != "" && !slices.Contains(networks, f.Network) {
		return UnknownValue("--engine-network", f.Network, networks)
	}
	docker, err := azureemulator.Docker(ctx, azureemulator.DockerOptions{LookupEnv: a.Env.LookupEnv, Network: f.Network, WorkFolder: f.Mount})
	if err != nil {
		return WithHint(err, "start dockerd or podman, set DOCKER_HOST, or use --engine process")
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
