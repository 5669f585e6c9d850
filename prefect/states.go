package prefect

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"time"

	"github.com/google/uuid"
)

// StateType is one of the nine kinds of state that the server's rules know.
type StateType string

// The types of state.
const (
	StateScheduled  StateType = "SCHEDULED"
	StatePending    StateType = "PENDING"
	StateRunning    StateType = "RUNNING"
	StateCompleted  StateType = "COMPLETED"
	StateFailed     StateType = "FAILED"
	StateCancelled  StateType = "CANCELLED"
	StateCrashed    StateType = "CRASHED"
	StatePaused     StateType = "PAUSED"
	StateCancelling StateType = "CANCELLING"
)

// Names of states within a type that mean more than the type alone.
const (
	StateNameLate                    = "Late"                    // SCHEDULED, overdue; still to be started
	StateNameAwaitingRetry           = "AwaitingRetry"           // SCHEDULED, after a failure with retries left
	StateNameAwaitingConcurrencySlot = "AwaitingConcurrencySlot" // SCHEDULED, the deployment's limit is reached
	StateNameResuming                = "Resuming"                // SCHEDULED, after a pause
	StateNameSubmitting              = "Submitting"              // PENDING, a worker is creating infrastructure (3.6.22)
	StateNameInfrastructurePending   = "InfrastructurePending"   // PENDING, infrastructure exists but does not run yet (3.6.22)
	StateNameRetrying                = "Retrying"                // RUNNING again
	StateNameTimedOut                = "TimedOut"                // FAILED
	StateNameSuspended               = "Suspended"               // PAUSED, without a process
)

// Terminal reports whether a run in such a state has ended.
func (t StateType) Terminal() bool {
	return slices.Contains([]StateType{StateCompleted, StateCancelled, StateFailed, StateCrashed}, t)
}

// Name is the default name of the type: "Completed".
func (t StateType) Name() string {
	if t == "" {
		return ""
	}
	name := []byte(t)
	for i := 1; i < len(name); i++ {
		name[i] |= 0x20 // the types are ASCII capitals
	}
	return string(name)
}

// State is one state of a flow or task run. To propose one, Type is enough.
type State struct {
	ID        ID        `json:"id,omitzero"`
	Type      StateType `json:"type"`
	Name      string    `json:"name,omitempty"`
	Timestamp Time      `json:"timestamp,omitzero"`
	Message   string    `json:"message,omitempty"`
	// Data is where the result is, for a result that is stored; else null or absent.
	Data    json.RawMessage `json:"data,omitempty"`
	Details StateDetails    `json:"state_details,omitzero"`
}

// StateDetails are the facts that go with a state.
type StateDetails struct {
	FlowRunID      ID     `json:"flow_run_id,omitzero"`
	TaskRunID      ID     `json:"task_run_id,omitzero"`
	ChildFlowRunID ID     `json:"child_flow_run_id,omitzero"`
	ScheduledTime  Time   `json:"scheduled_time,omitzero"`
	CacheKey       string `json:"cache_key,omitempty"`
	PauseTimeout   Time   `json:"pause_timeout,omitzero"`
	// TransitionID marks one proposal, so that a repeat of it is recognised.
	TransitionID ID `json:"transition_id,omitzero"`
	// DeploymentConcurrencyLeaseID is the lease that a run of a deployment with a concurrency limit must renew (3.4.11 and
	// later): [Client.RenewConcurrencyLease].
	DeploymentConcurrencyLeaseID ID `json:"deployment_concurrency_lease_id,omitzero"`
}

// SetStateStatus is the server's decision on a proposed state.
type SetStateStatus string

// The four decisions.
const (
	// Accept: the run is now in the proposed state.
	Accept SetStateStatus = "ACCEPT"
	// Reject: the run is in another state, [SetStateResult.State], and should go on from there.
	Reject SetStateStatus = "REJECT"
	// Abort: stop working on the run. Nothing was changed.
	Abort SetStateStatus = "ABORT"
	// Wait: propose again after [SetStateResult.Delay].
	Wait SetStateStatus = "WAIT"
)

// SetStateResult is what the server made of a proposal.
type SetStateResult struct {
	Status SetStateStatus
	// State is the run's state after the proposal: the proposed one as stored for [Accept], the current one otherwise.
	State State
	// Reason is the server's sentence; empty for [Accept].
	Reason string
	// Delay is how long to wait before proposing again, for [Wait].
	Delay time.Duration
}

// Accepted reports whether the run is in the proposed state.
func (r SetStateResult) Accepted() bool { return r.Status == Accept }

// AbortError is the server's word that a run must not be worked on any more: it was cancelled, deleted, or is somebody
// else's. It is no failure of the run.
type AbortError struct {
	// State is the state the run is in. Reason is the server's sentence.
	State  State
	Reason string
}

// Error is one line.
func (e *AbortError) Error() string {
	return oneLine("Prefect says to stop working on this run, which is " + e.State.Name + ": " + e.Reason)
}

// proposed leaves out what the server sets and refuses to be told.
func (s *State) proposed() *State {
	if s == nil {
		return nil
	}
	p := *s
	p.ID, p.Timestamp, p.Details.DeploymentConcurrencyLeaseID = "", Time{}, ""
	return &p
}

// label names the state in messages.
func (s State) label() string {
	if s.Name != "" {
		return s.Name
	}
	return s.Type.Name()
}

// orchestration is the reply of both set_state calls.
type orchestration struct {
	State   *State         `json:"state"`
	Status  SetStateStatus `json:"status"`
	Details struct {
		Type         string  `json:"type"`
		Reason       string  `json:"reason"`
		DelaySeconds Seconds `json:"delay_seconds"`
	} `json:"details"`
}

// proposal is one call of set_state for a flow or a task run.
type proposal struct {
	doing, path string
	state       State
	force       bool
	// seen is the id of the state that the run must still be in when the proposal is repeated; empty: any.
	seen ID
	// current reads the run's state, to see what became of an attempt without an answer.
	current func(ctx context.Context) (*State, error)
}

// movedOn is why a proposal is not repeated for a run that is not in the state any more that its caller has seen.
const movedOn = "it has another state by now"

// setState proposes a state. A repeat of the same proposal is recognised by its transition id, in the server's
// answer (its rules refuse the second one and give the state) as in what is read after an unclear attempt.
func (c *Client) setState(ctx context.Context, p proposal) (SetStateResult, error) {
	transition := ID(uuid.NewString())
	p.state.Details.TransitionID = transition
	ours := func(s *State) bool { return s != nil && s.Details.TransitionID == transition }
	reply, err := do(ctx, c, request[orchestration]{
		doing: p.doing, method: http.MethodPost, path: p.path,
		body: map[string]any{"state": p.state.proposed(), "force": p.force}, guarded: p.seen != "",
		settled: func(ctx context.Context) (orchestration, bool, error) {
			state, err := p.current(ctx)
			switch {
			case err != nil:
				return orchestration{}, false, err
			case ours(state):
				return orchestration{State: state, Status: Accept}, true, nil
			case p.seen != "" && state != nil && state.ID != p.seen:
				changed := orchestration{State: state, Status: Abort}
				changed.Details.Reason = movedOn
				return changed, true, nil
			case p.state.Type == StateFailed && !p.force && state != nil && state.Name == StateNameAwaitingRetry:
				// The server has turned our failure into a retry; failing it once more would take the retry away.
				return orchestration{State: state, Status: Reject}, true, nil
			}
			return orchestration{}, false, nil
		},
	})
	if err != nil {
		return SetStateResult{}, err
	}
	result := SetStateResult{Status: reply.Status, Reason: reply.Details.Reason, Delay: reply.Details.DelaySeconds.Duration()}
	if reply.State != nil {
		result.State = *reply.State
	}
	if result.Status != Accept && ours(reply.State) {
		result = SetStateResult{Status: Accept, State: result.State}
	}
	return result, nil
}

// propose is Prefect's propose_state: it waits as long as the server says WAIT, gives the state that the run is in after
// ACCEPT or REJECT, and turns ABORT into an [*AbortError].
func propose(ctx context.Context, set func(context.Context) (SetStateResult, error)) (State, error) {
	for {
		result, err := set(ctx)
		if err != nil {
			return State{}, err
		}
		switch result.Status {
		case Abort:
			return result.State, &AbortError{State: result.State, Reason: result.Reason}
		case Wait:
			if err := sleep(ctx, max(result.Delay, time.Second)); err != nil {
				return State{}, err
			}
		default:
			return result.State, nil
		}
	}
}
