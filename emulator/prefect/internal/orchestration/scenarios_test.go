package orchestration_test

import (
	"maps"
	"testing"
	"time"

	"github.com/google/uuid"
)

// step is one proposal of a scenario and what comes of it. A state or an answer of "" is not looked at.
type step struct {
	state state
	force bool
	want  string
}

// scenario is what happens to one flow run.
type scenario struct {
	run   runOptions
	steps []step
}

// TestScenarios is what names, data and details of states decide.
func TestScenarios(t *testing.T) {
	tests := submissions()
	maps.Copy(tests, pauses())
	onBoth(t, func(t *testing.T, on target) {
		for name, tt := range tests {
			t.Run(name, func(t *testing.T) {
				id := on.flowRun(t, tt.run)
				for i, s := range tt.steps {
					got := set(t, on, "flow_runs", id, s.state, s.force).String()
					if s.want != "" && got != s.want {
						t.Errorf("step %d: got %q, want %q", i, got, s.want)
					}
				}
			})
		}
	})
}

// submissions are the ways of a run until it ends.
func submissions() map[string]scenario {
	result := map[string]any{"type": "result", "storage_key": "k"}
	unkept := map[string]any{"type": "unpersisted"}
	once, begin := uuid.NewString(), step{state: running}
	return map[string]scenario{
		"submission's names": {runOptions{}, []step{
			{state{"type": "PENDING", "name": "Submitting"}, false, "ACCEPT 201 PENDING:Submitting"},
			{state{"type": "PENDING", "name": "Submitting"}, false, "ABORT 200 PENDING:Submitting This run is in a PENDING state and cannot transition to a PENDING state."},
			{state{"type": "PENDING", "name": "InfrastructurePending"}, false, "ACCEPT 201 PENDING:InfrastructurePending"},
			{state{"type": "PENDING"}, false, "ABORT 200 PENDING:InfrastructurePending This run is in a PENDING state and cannot transition to a PENDING state."},
		}},
		"the same request twice": {runOptions{}, []step{
			{state{"type": "RUNNING", "state_details": state{"transition_id": once}}, false, "ACCEPT 201 RUNNING:Running"},
			{state{"type": "RUNNING", "state_details": state{"transition_id": once}}, false, "REJECT 200 RUNNING:Running This run has already made this state transition."},
		}},
		"a result is kept": {runOptions{}, []step{
			begin,
			{state{"type": "COMPLETED", "data": result}, false, "ACCEPT 201 COMPLETED:Completed"},
			{state{"type": "RUNNING"}, false, "REJECT 200 COMPLETED:Completed Run is already COMPLETED."},
			{state{"type": "COMPLETED"}, false, "REJECT 200 COMPLETED:Completed Cannot overwrite a COMPLETED state that carries persisted result data with one that does not."},
			{state{"type": "COMPLETED"}, true, "REJECT 200 COMPLETED:Completed Cannot overwrite a COMPLETED state that carries persisted result data with one that does not."},
			{state{"type": "COMPLETED", "data": unkept}, true, "REJECT 200 COMPLETED:Completed Cannot overwrite a COMPLETED state that carries persisted result data with one that does not."},
			{state{"type": "COMPLETED", "name": "Again", "data": result}, false, "ACCEPT 201 COMPLETED:Again"},
			{state{"type": "FAILED"}, false, "ACCEPT 201 FAILED:Failed"},
		}},
		"an unpersisted result is none": {runOptions{}, []step{
			begin,
			{state{"type": "COMPLETED", "data": unkept}, false, "ACCEPT 201 COMPLETED:Completed"},
			{state{"type": "RUNNING"}, false, "ACCEPT 201 RUNNING:Running"},
		}},
		"retries": {runOptions{retries: 1}, []step{
			begin,
			{state{"type": "FAILED", "message": "m"}, false, "REJECT 201 SCHEDULED:AwaitingRetry Retrying"},
			{state{"type": "RUNNING", "name": "Retrying"}, false, "ACCEPT 201 RUNNING:Retrying"},
			{state{"type": "FAILED"}, false, "ACCEPT 201 FAILED:Failed"},
		}},
		"a crash is not retried": {runOptions{retries: 1}, []step{
			begin,
			{state{"type": "CRASHED"}, false, "ACCEPT 201 CRASHED:Crashed"},
		}},
	}
}

// pauses are the ways of a run that is late, paused, cancelled or too early.
func pauses() map[string]scenario {
	key, begin := uuid.NewString(), step{state: running}
	soon, past := time.Now().Add(time.Hour).UTC(), time.Now().Add(-time.Hour).UTC()
	return map[string]scenario{
		"late": {runOptions{deployed: true}, []step{
			{state{"type": "SCHEDULED", "name": "Late"}, false, "REJECT 200 PENDING:Pending Only scheduled flows can be marked late."},
			{state{"type": "SCHEDULED"}, true, "ACCEPT 201 SCHEDULED:Scheduled"},
			{state{"type": "SCHEDULED", "name": "Late"}, false, "ACCEPT 201 SCHEDULED:Late"},
			{state{"type": "SCHEDULED", "name": "Late"}, false, "REJECT 200 SCHEDULED:Late This flow run is already marked late."},
		}},
		"cancelling what has infrastructure": {runOptions{deployed: true, pid: "a:b"}, []step{
			{state{"type": "SCHEDULED"}, true, "ACCEPT 201 SCHEDULED:Scheduled"},
			{state{"type": "CANCELLING"}, false, "ACCEPT 201 CANCELLING:Cancelling"},
		}},
		"cancelling what waits for its next attempt": {runOptions{retries: 1}, []step{
			begin,
			{state{"type": "FAILED"}, false, "REJECT 201 SCHEDULED:AwaitingRetry Retrying"},
			{state{"type": "CANCELLING"}, false, "REJECT 201 CANCELLED:Cancelled Scheduled flow run has no infrastructure to terminate."},
		}},
		"cancelling what is suspended": {runOptions{deployed: true, pid: "a:b"}, []step{
			begin,
			{state{"type": "PAUSED", "name": "Suspended", "state_details": state{"pause_reschedule": true}}, false, "ACCEPT 201 PAUSED:Suspended"},
			{state{"type": "CANCELLING"}, false, "REJECT 201 CANCELLED:Cancelled Suspended flow run has no infrastructure to terminate."},
		}},
		"pauses": {runOptions{}, []step{
			begin,
			{state{"type": "PAUSED", "state_details": state{"pause_key": key}}, false, "ACCEPT 201 PAUSED:Paused"},
			begin,
			{state{"type": "PAUSED", "state_details": state{"pause_key": key}}, false, "REJECT 200 RUNNING:Running This pause has already fired."},
			{state{"type": "PAUSED", "name": "Suspended", "state_details": state{"pause_key": key}}, false, "REJECT 200 RUNNING:Running This suspend has already fired."},
			{state{"type": "PAUSED", "name": "Suspended", "state_details": state{"pause_reschedule": true}}, false, "ABORT 200 RUNNING:Running Cannot suspend flows without a deployment."},
		}},
		"a pause that is over": {runOptions{}, []step{
			begin,
			{state{"type": "PAUSED", "state_details": state{"pause_timeout": past}}, false, "ACCEPT 201 PAUSED:Paused"},
			{state{"type": "RUNNING"}, false, "REJECT 201 FAILED:Failed The flow run pause has timed out and can no longer resume."},
		}},
		"a pause that is over, cancelled": {runOptions{}, []step{
			begin,
			{state{"type": "PAUSED", "state_details": state{"pause_timeout": past}}, false, "ACCEPT 201 PAUSED:Paused"},
			{state{"type": "CANCELLING"}, false, "ACCEPT 201 CANCELLING:Cancelling"},
		}},
		"a suspension without a deployment": {runOptions{}, []step{
			{state{"type": "PAUSED", "state_details": state{"pause_reschedule": true}}, true, "ACCEPT 201 PAUSED:Paused"},
			{state{"type": "SCHEDULED", "name": "Resuming"}, false, "REJECT 200 PAUSED:Paused Cannot reschedule a resuming flow run without a deployment."},
		}},
		"too early": {runOptions{deployed: true}, []step{
			{state{"type": "SCHEDULED", "state_details": state{"scheduled_time": soon}}, true, "ACCEPT 201 SCHEDULED:Scheduled"},
			{state{"type": "RUNNING"}, false, "WAIT 200 SCHEDULED:Scheduled Scheduled time is in the future"},
			{state{"type": "PENDING"}, false, "ACCEPT 201 PENDING:Pending"},
			{state{"type": "PENDING", "name": "Submitting"}, false, "ACCEPT 201 PENDING:Submitting"},
			{state{"type": "RUNNING"}, false, "WAIT 200 PENDING:Submitting Scheduled time is in the future"},
			{state{"type": "RUNNING"}, true, "ACCEPT 201 RUNNING:Running"},
		}},
	}
}

// TestTaskScenarios is the same for task runs of a running flow run.
func TestTaskScenarios(t *testing.T) {
	result, cacheKey := map[string]any{"type": "result"}, uuid.NewString()
	tests := map[string][]step{
		"a result is kept": {
			{state{"type": "COMPLETED", "data": result}, false, "ACCEPT 201 COMPLETED:Completed"},
			{state{"type": "RUNNING"}, false, "REJECT 200 COMPLETED:Completed This run is already completed."},
			{state{"type": "FAILED"}, false, "REJECT 200 COMPLETED:Completed This run is already completed."},
		},
		"deferred": {
			{state{"type": "SCHEDULED", "state_details": state{"deferred": true}}, true, "ACCEPT 201 SCHEDULED:Scheduled"},
			{state{"type": "PENDING", "state_details": state{"deferred": true}}, false, "ACCEPT 201 PENDING:Pending"},
			{state{"type": "PENDING", "state_details": state{"deferred": true}}, false, "ABORT 200 PENDING:Pending This run is in a PENDING state and cannot transition to a PENDING state."},
		},
		"a cache": {
			{state{"type": "RUNNING", "state_details": state{"cache_key": cacheKey}}, false, "ACCEPT 201 RUNNING:Running"},
			{state{"type": "COMPLETED", "state_details": state{"cache_key": cacheKey}}, false, "ACCEPT 201 COMPLETED:Completed"},
			{state{"type": "RUNNING", "state_details": state{"cache_key": cacheKey}}, false, "REJECT 201 COMPLETED:Cached Retrieved state from cache"},
			{state{"type": "RUNNING", "state_details": state{"cache_key": cacheKey, "refresh_cache": true}}, false, "ACCEPT 201 RUNNING:Running"},
		},
	}
	onBoth(t, func(t *testing.T, on target) {
		for name, steps := range tests {
			t.Run(name, func(t *testing.T) {
				id, _ := on.taskRun(t, "RUNNING")
				for i, s := range steps {
					if got := set(t, on, "task_runs", id, s.state, s.force).String(); got != s.want {
						t.Errorf("step %d: got %q, want %q", i, got, s.want)
					}
				}
			})
		}
	})
}
