package orchestration

import (
	"slices"

	"github.com/google/uuid"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/db"
)

// The states of a flow run, and what the rules below make of a way between two. What is not here is accepted as proposed.
//
//	              a slot                 at its time
//	SCHEDULED ──────────────▶ PENDING ────────────────▶ RUNNING ──────▶ COMPLETED, FAILED, CRASHED
//	  ▲  ▲                                              │  │  ▲
//	  │  └────────── FAILED, but attempts are left ─────┘  │  │ resumed in time
//	  │                                                    ▼  │
//	  └────────── resumed in time, if suspended ────────── PAUSED
//
//	any but those that have ended ──▶ CANCELLING ──▶ CANCELLED
//
//	SCHEDULED ▶ PENDING       takes a slot of the deployment; without one AwaitingConcurrencySlot, or CANCELLED
//	PENDING ▶ PENDING         refused, so that one worker submits a run; but for names that say how far the submission is
//	SCHEDULED ▶ SCHEDULED     as Late: once
//	▶ RUNNING                 WAIT before the scheduled time
//	▶ PAUSED                  from RUNNING alone, once for each key; SUSPENDED is PAUSED with pause_reschedule
//	PAUSED ▶                  FAILED if it comes after the pause's timeout
//	SCHEDULED ▶ CANCELLING    CANCELLED at once, unless it names a process: there is nothing to end. So is a suspended run
//	CANCELLING ▶              nothing but CANCELLED
//	ended ▶ not ended         a new attempt; SCHEDULED needs a deployment. Refused where a result is kept
//	ended ▶ CANCELLING        refused, and so are PAUSED and CRASHED

// coreFlowRules are those of a proposal without force, in the server's order. The order is part of the behaviour: the
// first rule that changes the proposed type keeps most of those after it from being asked (see transition.decide).
var coreFlowRules = []rule{
	{always: true, ask: keepLease},
	{ask: refuseRepeated},
	{from: terminal, ask: leaveTerminal},
	{from: []db.StateType{db.Cancelling}, to: allBut(db.Cancelled), ask: onlyCancelled},
	{from: []db.StateType{db.Scheduled, db.Paused}, to: []db.StateType{db.Cancelling}, ask: cancelAtOnce},
	{from: []db.StateType{db.Pending, db.Cancelling, db.Running, db.Cancelled}, to: []db.StateType{db.Pending}, ask: submitOnce},
	{from: []db.StateType{db.Pending}, to: []db.StateType{db.Running}, ask: renewAtRunning},
	{from: allBut(db.Pending, db.Running, db.Cancelling), to: []db.StateType{db.Pending}, ask: takeDeploymentSlot},
	{from: []db.StateType{db.Pending}, to: []db.StateType{db.Running, db.Cancelling}, ask: endLeaseOfOldClient},
	{to: []db.StateType{db.Scheduled}, ask: lateOnce},
	{to: []db.StateType{db.Paused}, ask: pause},
	{from: []db.StateType{db.Paused}, ask: leavePause},
	{from: []db.StateType{db.Scheduled}, to: []db.StateType{db.Pending}, ask: copyScheduledTime},
	{from: []db.StateType{db.Scheduled, db.Pending}, to: []db.StateType{db.Running}, ask: waitForScheduledTime},
	{from: []db.StateType{db.Running}, to: []db.StateType{db.Failed}, ask: retryFlow},
	{always: true, ask: emitChange},
	{always: true, ask: releaseDeploymentSlot},
}

// minimalFlowRules are asked even with force: they keep results, cancel at once what has no infrastructure, and give slots back.
var minimalFlowRules = []rule{
	{from: terminal, to: terminal, ask: func(t *transition) (after, undo func()) { t.keepResult(); return nil, nil }},
	{from: []db.StateType{db.Scheduled, db.Paused}, to: []db.StateType{db.Cancelling}, ask: cancelAtOnce},
	{always: true, ask: emitChange},
	{always: true, ask: releaseDeploymentSlot},
}

// lateRules are those of the service that marks runs late.
var lateRules = []rule{
	{to: []db.StateType{db.Scheduled}, ask: lateOnce},
	{from: []db.StateType{db.Scheduled}, to: []db.StateType{db.Scheduled}, ask: cancelInsteadOfLate},
	{always: true, ask: emitChange},
}

var terminal = []db.StateType{db.Completed, db.Failed, db.Cancelled, db.Crashed}

// allBut is all types and no state at all, but for some.
func allBut(some ...db.StateType) []db.StateType {
	all := []db.StateType{""}
	for _, t := range db.Scheduled.Values() {
		if !slices.Contains(some, db.StateType(t)) {
			all = append(all, db.StateType(t))
		}
	}
	return all
}

// keepLease carries the deployment's lease on: clients propose states without it. Only the state names the lease.
// Without its name the slot would be given back twice: when the run ends, and when the lease runs out.
func keepLease(t *transition) (after, undo func()) {
	if lease := t.initial.Lease(); lease != (uuid.UUID{}) && t.proposed.Lease() == (uuid.UUID{}) {
		leaseOf(t.proposed, lease)
	}
	return nil, nil
}

// refuseRepeated knows a request that a client has sent twice, after a lost answer, by its transition id. It is told that
// the state stands, not that it may not have it.
func refuseRepeated(t *transition) (after, undo func()) {
	if t.initial == nil {
		return nil, nil
	}
	before, now := t.initial.Details.TransitionID, t.proposed.Details.TransitionID
	if before != nil && now != nil && *before == *now {
		t.reject(nil, "This run has already made this state transition.")
	}
	return nil, nil
}

// keepResult refuses to overwrite a completed state with a result by one without; it reports whether it did.
func (t *transition) keepResult() bool {
	if t.from == db.Completed && t.to == db.Completed && reference(t.initial.Data) && !reference(t.proposed.Data) {
		t.reject(nil, "Cannot overwrite a COMPLETED state that carries persisted result data with one that does not.")
		return true
	}
	return false
}

// leaveTerminal guards runs that have ended, and lets a new attempt begin afresh: with all its pauses, and not resuming. If
// a later rule refuses the attempt, undo brings the policy of before back.
func leaveTerminal(t *transition) (after, undo func()) {
	before := t.run.Policy
	undo = func() { t.run.Policy = before }
	switch {
	case t.to == db.Cancelling || t.to == db.Paused || t.to == db.Crashed:
		t.abort("Run is already in terminal state " + string(t.from) + ".")
	case t.from == db.Completed && !t.to.Terminal() && reference(t.initial.Data):
		t.reject(nil, "Run is already COMPLETED.")
	case t.keepResult():
	case t.to == db.Scheduled && t.flow.DeploymentID == nil:
		t.abort("Cannot reschedule a run without an associated deployment.")
	case !t.to.Terminal():
		t.run.Policy.Resuming, t.run.Policy.PauseKeys, t.run.Policy.RetryType = new(false), nil, nil
		if t.to == db.Scheduled {
			t.run.Policy.RetryType = new("reschedule")
		}
	}
	return nil, undo
}

// onlyCancelled lets a run that is being cancelled become nothing but cancelled.
func onlyCancelled(t *transition) (after, undo func()) {
	t.reject(nil, "Cannot transition flows that are cancelling to a state other than Cancelled.")
	return nil, nil
}

// cancelAtOnce spares a run without infrastructure the state in which infrastructure is ended.
func cancelAtOnce(t *transition) (after, undo func()) {
	hasPID := t.flow.InfrastructurePID != nil && *t.flow.InfrastructurePID != ""
	cancelled := NewState(db.Cancelled, "")
	switch {
	case t.from == db.Scheduled && !hasPID || t.initial.Name == "Resuming":
		t.reject(&cancelled, "Scheduled flow run has no infrastructure to terminate.")
	case t.from == db.Paused && t.initial.Details.PauseReschedule:
		t.reject(&cancelled, "Suspended flow run has no infrastructure to terminate.")
	}
	return nil, nil
}

// submitOnce lets one worker submit a run. Names other than Pending's own tell how far the submission is.
func submitOnce(t *transition) (after, undo func()) {
	if t.from == db.Pending && t.initial.Name != t.proposed.Name && t.proposed.Name != "Pending" {
		t.proposed.Details.ScheduledTime = t.initial.Details.ScheduledTime
		t.proposed.Details.DeploymentConcurrencyLeaseID = t.initial.Details.DeploymentConcurrencyLeaseID
		return nil, nil
	}
	t.abort("This run is in a " + string(t.from) + " state and cannot transition to a PENDING state.")
	return nil, nil
}

// lateOnce lets only a scheduled run be late, and that once.
func lateOnce(t *transition) (after, undo func()) {
	switch {
	case t.initial == nil || t.proposed.Name != "Late":
	case t.from != db.Scheduled:
		t.reject(nil, "Only scheduled flows can be marked late.")
	case t.initial.Name == "Late":
		t.reject(nil, "This flow run is already marked late.")
	}
	return nil, nil
}
