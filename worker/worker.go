package worker

import (
	"context"
	"errors"
	"time"

	"github.com/pacific-aci/pacific/aci"
	"github.com/pacific-aci/pacific/prefect"
)

// A Worker serves one work pool. Make it with [New]. Run may be called once; Status at any time.
type Worker struct {
	cfg Config
}

// New checks the configuration. It sends nothing.
func New(cfg Config) (*Worker, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	return &Worker{cfg: cfg}, nil
}

// Name is the worker's name in Prefect.
func (w *Worker) Name() string { return w.cfg.Name }

// Run serves the pool until ctx ends, and then returns nil: it claims nothing more, and its jobs go on in Azure, where the
// next worker finds them. With Config.RunOnce it returns when the runs that were due at its first poll have ended.
//
// An API that cannot be reached is waited for. The errors are final: an [*prefect.Error] for a key that is wrong or may not
// do this, a [*PoolTypeError], and [ErrPoolNotFound].
func (w *Worker) Run(ctx context.Context) error {
	return errors.New("running a worker is not written yet")
}

// An Outcome is what became of one flow run.
type Outcome struct {
	// Run is the flow run as it was at the end. Its State is the server's word.
	Run prefect.FlowRun
	// Group is the name of the last container group, Attempts how many there were.
	Group    string
	Attempts int
	// Result is what became of the last container; nil if there was none.
	Result *aci.Result
}

// RunOne claims one flow run and sees it through to its end, whatever its pool's queues say. The pool must be Config.Pool.
// When ctx ends, the job goes on in Azure and the error is the context's. A run that may not be started is a
// [*NotStartedError].
func (w *Worker) RunOne(ctx context.Context, id prefect.ID) (Outcome, error) {
	return Outcome{}, errors.New("running one flow run is not written yet")
}

// A Status is what a worker is doing.
type Status struct {
	// Name, Pool and Type are the worker's name and its pool's name and type.
	Name, Pool, Type string
	// Ready reports whether the worker can start runs: the pool was read, the last heartbeat and the last poll succeeded.
	// NotReady says why not; empty if it is ready.
	Ready    bool
	NotReady string
	// LastPoll is when the pool was last polled with success; zero: never.
	LastPoll time.Time
	// Paused reports that the pool is paused: nothing is claimed, and the worker is ready all the same.
	Paused bool
	// Draining reports that nothing more is claimed because Run is ending.
	Draining bool
	// InFlight counts the runs that the worker looks after, by phase: PhaseQueued and the like. Never nil.
	InFlight map[Phase]int
	// Claimed, Started and Adopted count runs since the worker began; Finished counts them by how they ended. Never nil.
	Claimed, Started, Adopted int
	Finished                  map[string]int
	// Cancelled counts cancellations carried out, Retries attempts after the first, QuotaWaits runs that had to wait for room
	// in Azure, LostClaims runs that the server gave to somebody else.
	Cancelled, Retries, QuotaWaits, LostClaims int
	// PollErrors and HeartbeatErrors count those that failed.
	PollErrors, HeartbeatErrors int
	// Reaped counts container groups that were left over and deleted.
	Reaped int
}

// A Phase is how far the worker is with a run.
type Phase string

// The phases of a run.
const (
	// PhaseSubmitting: it is claimed, and its definition is made.
	PhaseSubmitting Phase = "submitting"
	// PhaseQueued: it waits for room in Azure.
	PhaseQueued Phase = "queued"
	// PhaseStarting: its container group was requested and does not run yet.
	PhaseStarting Phase = "starting"
	// PhaseRunning: its container runs.
	PhaseRunning Phase = "running"
	// PhaseStopping: it was cancelled or deleted, and its container is being stopped.
	PhaseStopping Phase = "stopping"
	// PhaseEnding: its container has ended; its group is deleted and the end reported.
	PhaseEnding Phase = "ending"
)

// Status is a snapshot of what the worker does, for health checks and metrics.
func (w *Worker) Status() Status {
	return Status{Name: w.cfg.Name, Pool: w.cfg.Pool, NotReady: "the worker has not started", InFlight: map[Phase]int{}, Finished: map[string]int{}}
}
