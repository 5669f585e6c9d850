// Package engine is where the containers of the emulated Azure run. An [Engine]
// makes one [Group] for each start of a container group; a Group pulls images and
// starts containers; a [Container] ends with an [Exit]. Everything above (the
// lifecycle, the logs' limits, events, restart policies) belongs to package
// containers and is the same on every engine.
//
// The engines are packages process, docker and simulate below this one, and
// [NewFunc] here, which makes a Go function the container. What all of them must
// do alike is written down as tests in package enginetest.
package engine

import (
	"context"
	"io"
	"net/http"
	"time"
)

// Engine is implemented by process, docker, simulate and Func.
type Engine interface {
	// Name is the engine's name in settings: process, docker or simulate.
	Name() string
	// OnLoopback reports whether the containers' ports are reachable on this machine's loopback.
	OnLoopback() bool
	// NewGroup prepares what the containers of one group share: volumes, a scratch folder, a network.
	// It is called for each start of a container group (a restart after stop too).
	NewGroup(ctx context.Context, spec GroupSpec) (Group, error)
	// Close ends every group that is left and waits for all children and goroutines.
	Close() error
}

// Group is one incarnation of a container group: from Engine.NewGroup, through Pull and Start of its containers, in any
// order and at once, to Remove.
type Group interface {
	// Pull makes an image ready. It fails with an *ImageError where Azure would say that the image cannot be had.
	Pull(ctx context.Context, spec PullSpec) (Image, error)
	// Start starts a container. ctx bounds the start alone, not the container's life. A program that does not exist
	// is not an error: the container starts and exits 127. A *StartError says that this container can never start as
	// it is asked for; any other error is a failure of the engine. The same name may be started again after the
	// earlier container of that name is done: it then finds the volumes as they are, and nothing else of the earlier one.
	Start(ctx context.Context, spec ContainerSpec) (Container, error)
	// Remove stops what still runs, at once, and frees everything that NewGroup and Start made. Idempotent.
	Remove(ctx context.Context) error
}

// Container is a started container.
type Container interface {
	// Done is closed when the container has ended and all of its output has been written to ContainerSpec.Output.
	Done() <-chan struct{}
	// Exit tells how it ended; valid after Done is closed.
	Exit() Exit
	// Stop asks the container to end (SIGTERM) and kills it after the grace; a grace of 0 or less kills it at once.
	// It returns without waiting for Done, may be called again (the earliest kill counts) and does nothing after the end.
	Stop(grace time.Duration)
	// Exec runs a further command inside the container until it ends, the container does (exit code 137) or ctx does
	// (ctx's error). It is ErrNotRunning after the container's end. A program that does not exist is no error: 126 or
	// 127, as the engine has it, with the reason in the output.
	Exec(ctx context.Context, spec ExecSpec) (exitCode int, err error)
}

// GroupSpec says what one incarnation of a container group shares.
type GroupSpec struct {
	// ID is unique for each incarnation; Name is the container group's name.
	ID, Name string
	// Labels are attached to real containers, for removal after a crash.
	Labels map[string]string
	// Volumes of the group; containers mount them by name.
	Volumes []Volume
}

// Volume is a secret, emptyDir, gitRepo or Azure Files volume.
type Volume struct {
	Name string
	// Files are a secret volume's contents by file name; nil for the others.
	Files map[string][]byte
	// Folder is a folder of this machine whose contents the volume begins with; empty is none. It is gone after NewGroup.
	Folder string
	// Share is a folder of this machine that is the volume: what containers write is there, and stays after the group.
	// Empty: the volume is the group's own.
	Share string
}

// Mount puts a volume into a container.
type Mount struct {
	Volume, Path string
	ReadOnly     bool
}

// RegistryCredential signs in to a registry with user name and password.
type RegistryCredential struct {
	Server, Username, Password string
}

// PullSpec is one image to make ready.
type PullSpec struct {
	Image       string
	Credentials []RegistryCredential
	// Registry carries requests to the image's registry where that is one of the emulated Azure; every engine then asks
	// it, whether it unpacks images or not. Nil for any other registry.
	Registry http.RoundTripper
}

// Image is what a pulled image says of itself.
type Image struct {
	// Entrypoint and Cmd are the image's defaults; empty for an image that the engine does not look up.
	Entrypoint, Cmd []string
	// Digest is what the image was pulled by, sha256:…; empty where the engine does not know it.
	Digest string
}

// ImageError says why an image cannot be had, in Azure's codes (InaccessibleImage, RegistryErrorResponse, …).
type ImageError struct {
	Code, Message string
}

func (e *ImageError) Error() string { return e.Code + ": " + e.Message }

// ContainerSpec is one container to start.
type ContainerSpec struct {
	Name, Image string
	// Command is the whole command line, entrypoint included; it replaces the image's. Empty: the image's default.
	Command []string
	// Env are the container's variables in order, KEY=VALUE, secure ones included.
	Env []string
	// CPU in cores and MemoryGB in GB (10^9 bytes on ACI); 0: no limit.
	CPU, MemoryGB float64
	Mounts        []Mount
	// CAFile is a file on this machine with the certificate authorities that the container is to trust, named to it by the
	// usual variables ([WithCA]); an engine whose containers have a file system of their own copies it to /etc/pacific/ca.pem.
	// Empty: none.
	CAFile string
	// Output receives stdout and stderr as they come. Write blocks while the log takes no more; it never fails.
	Output io.Writer
	// Event reports something that the user should see as a container event, such as a volume mounted in the scratch
	// folder. It may be nil.
	Event func(name, message string)
}

// Exit tells how a container ended.
type Exit struct {
	// Code is the exit code; 128 + the number for a signal.
	Code int
	// OOMKilled says that the memory limit ended it.
	OOMKilled bool
	// Unknown says that the engine has lost the container: nobody knows how it ended, and Code means nothing.
	Unknown bool
	// Detail is detailStatus, such as "Completed" or "Error"; empty lets package containers choose.
	Detail string
}

// ExecSpec is a further command in a running container.
type ExecSpec struct {
	// Command as ACI takes it: one string. Engines split it at spaces (ACI takes no arguments with quotes in practice).
	Command string
	// Args is the command as a list, for probes; it counts instead of Command if it is not empty.
	Args []string
	// Rows and Cols of the terminal; 0 × 0 is no terminal.
	Rows, Cols int
	// Stdin is the command's input; nil is an empty one. Exec may return while a Read of it is still under way: whoever
	// made Stdin ends that Read (by closing it) after Exec.
	Stdin io.Reader
	// Output receives stdout and stderr. It is not written to after Exec has returned.
	Output io.Writer
}
