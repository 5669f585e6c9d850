package orchestration

import (
	"slices"

	"github.com/google/uuid"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/db"
)

// Set proposes a state for a flow run: with force, as when a run is made, most rules are not asked.
func (o *Rules) Set(run *db.FlowRun, proposed db.State, force bool) Result {
	return o.setBy(run, proposal{State: proposed, Force: force})
}

// setBy is Set for a proposal whose sender is known.
func (o *Rules) setBy(run *db.FlowRun, p proposal) Result {
	rules := coreFlowRules
	if p.Force {
		rules = minimalFlowRules
	}
	return o.decideFlow(run, p, rules)
}

// MarkLate proposes Late for a flow run that should have begun, by the rules of the server's service for it.
func (o *Rules) MarkLate(run *db.FlowRun) Result {
	late := NewState(db.Scheduled, "")
	late.Name = "Late"
	if run.State != nil {
		late.Details.ScheduledTime = run.State.Details.ScheduledTime
	}
	return o.decideFlow(run, proposal{State: late}, lateRules)
}

// decideFlow sends a proposal for a flow run through a list of rules.
func (o *Rules) decideFlow(run *db.FlowRun, p proposal, rules []rule) Result {
	t := &transition{o: o, run: &run.Run, flow: run, client: p.Client}
	t.begin(p.State)
	return t.decide(rules)
}

// SetTask proposes a state for a task run. A deferred one, of a task that some other process is to run, has rules of its
// own.
func (o *Rules) SetTask(run *db.TaskRun, proposed db.State, force bool) Result {
	rules := coreTaskRules
	switch {
	case proposed.Details.Deferred != nil && *proposed.Details.Deferred:
		rules = backgroundTaskRules
	case force:
		rules = minimalTaskRules
	}
	t := &transition{o: o, run: &run.Run, task: run}
	t.begin(proposed)
	return t.decide(rules)
}

// transition is one proposal on its way through the rules.
//
//	begin ──▶ ask each rule that holds ──▶ write, if a state is proposed ──▶ after or undo of each, last first ──▶ Result
//
// A rule leaves the proposal as it is (ACCEPT), replaces it by another state or by the run's own (REJECT), or takes it away
// (ABORT, WAIT). Only the last one that spoke counts.
type transition struct {
	o   *Rules
	run *db.Run
	// flow or task is the run as what it is; the other one is nil.
	flow   *db.FlowRun
	task   *db.TaskRun
	client string
	// from and to are the types as they were proposed; rules may propose another state.
	from, to db.StateType
	// initial is the state before; nil for a run that has none.
	initial *db.State
	// proposed is what the rules have made of the proposal so far; nil if nothing is to be written.
	proposed *db.State
	details  Details
	// stored is the new state once it is written.
	stored *db.State
}

// begin notes what was proposed. from and to stay, so that later rules hold by the proposal and not by what became of it.
func (t *transition) begin(proposed db.State) {
	t.initial, t.proposed = t.run.State, &proposed
	t.from, t.to = typeOf(t.initial), typeOf(t.proposed)
	t.details.Status = Accept
}

// typeOf is a state's type, "" for no state.
func typeOf(s *db.State) db.StateType {
	if s == nil {
		return ""
	}
	return s.Type
}

// reject answers with another state, or, with nil, with the one that the run is in.
func (t *transition) reject(instead *db.State, reason string) {
	t.proposed, t.details = instead, Details{Status: Reject, Reason: reason}
}

// abort answers that whoever asked should go away.
func (t *transition) abort(reason string) {
	t.proposed, t.details = nil, Details{Status: Abort, Reason: reason}
}

// wait answers that it is too early.
func (t *transition) wait(seconds int, reason string) {
	t.proposed, t.details = nil, Details{Status: Wait, Reason: reason, DelaySeconds: seconds}
}

// rule is one of the server's rules.
type rule struct {
	// from and to limit the types between which it holds; nil is all of them, and no state at all.
	from, to []db.StateType
	// always: it is asked, and its after called, even if another rule has changed what is proposed.
	always bool
	// ask may change the proposal. after, if not nil, is called when the state is written; undo when another rule, asked
	// later, has proposed a state of another type.
	ask func(*transition) (after, undo func())
}

func (r *rule) holds(from, to db.StateType) bool { return has(r.from, from) && has(r.to, to) }

// has reports whether a type is in a list that is nil for all.
func has(types []db.StateType, t db.StateType) bool {
	if types == nil {
		return true
	}
	return slices.Contains(types, t)
}

// decide asks the rules in their order, writes what came of it, and calls what they left in the reverse order. A rule that
// another one has overruled is not asked, and one that was asked before is undone: what it has taken, such as a slot, was for
// a state that the run does not get. Rules that are always asked see every outcome.
func (t *transition) decide(rules []rule) Result {
	type asked struct {
		after, undo func()
		always      bool
		to          db.StateType
	}
	var stack []asked
	for _, r := range rules {
		if !r.holds(t.from, t.to) || !r.always && typeOf(t.proposed) != t.to {
			continue
		}
		after, undo := r.ask(t)
		if r.always || has(r.to, typeOf(t.proposed)) { // one that has made it none of its own business is through with it
			stack = append(stack, asked{after, undo, r.always, typeOf(t.proposed)})
		}
	}
	result := Result{State: t.run.State, Details: t.details}
	if t.proposed != nil {
		result.State, result.New = t.write(), true
	}
	for len(stack) > 0 {
		last := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		call := last.after
		if !last.always && typeOf(t.proposed) != last.to {
			call = last.undo
		}
		if call != nil {
			call()
		}
	}
	result.Status = t.details.Status
	return result
}

// write keeps the proposed state as the run's. A result that nobody keeps is in the reply alone.
func (t *transition) write() *db.State {
	t.bookkeep()
	reply := *t.proposed
	t.stored = t.proposed
	if !persisted(t.stored.Data) {
		t.stored.Data = nil
	}
	t.run.State = t.stored
	t.run.States = append(t.run.States, t.stored)
	t.run.Touch()
	if t.flow == nil {
		return &reply
	}
	wakeFor(t.o.db, t.flow)
	t.o.toCleanUp(t.flow)
	if parent := t.o.db.TaskRuns.Pointed(t.flow.ParentTaskRunID); parent != nil {
		child := t.stored.Retimed()
		child.Details.ChildFlowRunID = new(t.flow.ID)
		t.o.SetTask(parent, child, true)
	}
	return &reply
}

// parent is the flow run that a task run belongs to; nil if there is none.
func (t *transition) parent() *db.FlowRun {
	if t.task == nil {
		return nil
	}
	return t.o.db.FlowRuns.Pointed(t.task.FlowRunID)
}

// deployment is a flow run's; nil if it has none or it is gone.
func (t *transition) deployment() *db.Deployment {
	if t.flow == nil {
		return nil
	}
	return t.o.db.Deployments.Pointed(t.flow.DeploymentID)
}

// leaseOf makes a state name a deployment's lease; the zero id makes it name none.
func leaseOf(s *db.State, id uuid.UUID) {
	s.Details.DeploymentConcurrencyLeaseID = nil
	if id != (uuid.UUID{}) {
		s.Details.DeploymentConcurrencyLeaseID = &id
	}
}
