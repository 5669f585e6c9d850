package azureemulator

import (
	"context"

	"github.com/pacific-aci/pacific/emulator/azure/internal/engine"
	"github.com/pacific-aci/pacific/emulator/azure/internal/engine/docker"
	"github.com/pacific-aci/pacific/emulator/azure/internal/engine/process"
	"github.com/pacific-aci/pacific/emulator/azure/internal/engine/simulate"
	"github.com/pacific-aci/pacific/emulator/azure/internal/leftover"
)

// Engine is where containers run.
type Engine = engine.Engine

// sweep ends and removes what emulators left whose process was killed. What they left with a container engine goes when
// that engine is opened.
func sweep() {
	process.Sweep("")
	leftover.Sweep("", folderPrefix, nil)
}

// ProcessOptions of [Process]; the zero value works.
type ProcessOptions = process.Options

// Process runs each container as an ordinary child process, without isolation. Nothing is
// started before the first container.
func Process(o ProcessOptions) Engine { return process.New(o) }

// Simulate runs nothing: containers behave as their SIM_ variables say.
func Simulate() Engine { return simulate.New() }

// ContainerFunc is a container as a Go function; its result is the exit code.
type ContainerFunc = engine.Func

// ContainerCall is what a [ContainerFunc] is called with.
type ContainerCall = engine.Call

// Func makes a function the engine: every container is a call of it. It works in testing/synctest.
func Func(f ContainerFunc) Engine { return engine.NewFunc(f) }

// DockerOptions of [Docker]; the zero value asks the usual sockets.
type DockerOptions = docker.Options

// DockerEngine is an engine of real containers. It knows, besides, which network they have.
type DockerEngine = docker.Engine

// MountPath is where docker's containers have the folder of DockerOptions.WorkFolder.
const MountPath = docker.WorkPath

// The networks of docker's containers, for [DockerOptions].
const (
	NetworkHost   = docker.NetworkHost
	NetworkBridge = docker.NetworkBridge
)

// Docker runs real containers on a socket that speaks Docker's API, and removes what dead emulators have left there. Its
// error says which sockets were tried.
func Docker(ctx context.Context, o DockerOptions) (*DockerEngine, error) { return docker.New(ctx, o) }
