package worker

import (
	"errors"
	"fmt"

	"github.com/pacific-aci/pacific/jobtemplate"
	"github.com/pacific-aci/pacific/prefect"
)

// ErrPoolNotFound is wrapped by [Worker.Run] if the pool does not exist and Config.CreatePool is not set.
var ErrPoolNotFound = errors.New("no such work pool")

// A PoolTypeError is about a pool of a type that the worker or the agent does not serve.
type PoolTypeError struct {
	// Pool is its name, Type the type it has. Want is the type that Config asks for, or that of an agent's pools; empty for
	// either that a worker serves.
	Pool, Type, Want string
}

// Error says which type the pool has and which it should have.
func (e *PoolTypeError) Error() string {
	if e.Want != "" {
		return fmt.Sprintf("work pool %q is of type %s, not %s", e.Pool, e.Type, e.Want)
	}
	return fmt.Sprintf("work pool %q is of type %s; Pacific serves %s and %s", e.Pool, e.Type, jobtemplate.TypeWorker, jobtemplate.TypePush)
}

// A QueueNotFoundError is about a queue in Config.Queues that the pool does not have.
type QueueNotFoundError struct {
	// Pool is the work pool's name, Queue the name of the queue that is missing.
	Pool, Queue string
}

// Error names the pool and the queue.
func (e *QueueNotFoundError) Error() string {
	return fmt.Sprintf("work pool %q has no queue %q", e.Pool, e.Queue)
}

// A NotStartedError says that [Worker.RunOne] may not start the run: it has ended, is somebody else's, or the server refuses.
type NotStartedError struct {
	// Run is the flow run, State the state that it is in.
	Run   prefect.ID
	State prefect.State
	// Reason is why, in words.
	Reason string
}

// Error says why the run was not started.
func (e *NotStartedError) Error() string {
	return fmt.Sprintf("flow run %s was not started: %s", e.Run, e.Reason)
}
