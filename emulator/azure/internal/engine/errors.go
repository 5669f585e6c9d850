package engine

import "errors"

// ErrClosed is the answer of an engine after Close, and of a group after Remove.
var ErrClosed = errors.New("the engine has closed this container group: start the group again")

// ErrNotRunning is the answer to Exec in a container that has ended.
var ErrNotRunning = errors.New("the container is not running: exec needs a running container")

// StartError says that a container cannot start as it is asked for, whoever tries and how often: no command, a
// variable that says nothing, a mount path outside of the container. The user sees Message as a container event.
type StartError struct {
	// Container is the container's name.
	Container string
	// Message is one line: what, why, what to do.
	Message string
}

func (e *StartError) Error() string { return "starting container " + e.Container + ": " + e.Message }
