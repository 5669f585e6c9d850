package prefect_test

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/pacific-aci/pacific/prefect"
)

func healthContract(t *testing.T, s target) {
	health := must(s.Health(t.Context()))(t)
	if health.RoundTrip < 0 || health.ClockAhead.Abs() > time.Minute {
		t.Errorf("got %+v, want a round trip and clocks that agree", health)
	}
	check(t, s.Ready(t.Context()))
	version := must(s.ServerVersion(t.Context()))(t)
	want(t, "task runs by events", version.TaskRunsByEvents(), s.v3)
}

// template is a base job template with one of everything that the server looks at.
const template = `{"job_configuration":{"command":"{{ command }}","cpu":"{{ cpu }}","env":"{{ env }}"},
	"variables":{"type":"object","required":["command"],"properties":{
		"command":{"type":"string","title":"Command"},"cpu":{"type":"number","default":1.0},"env":{"type":"object","additionalProperties":{"type":"string"}}}}}`

func (s target) pool(t *testing.T) prefect.WorkPool {
	t.Helper()
	pool := must(s.CreateWorkPool(t.Context(), prefect.WorkPoolCreate{Name: s.name, Type: "azure-container-instance", BaseJobTemplate: json.RawMessage(template)}))(t)
	t.Cleanup(func() { _ = s.DeleteWorkPool(t.Context(), s.name) })
	return pool
}

func workPoolsContract(t *testing.T, s target) {
	ctx := t.Context()
	created := must(s.CreateWorkPool(ctx, prefect.WorkPoolCreate{
		Name: s.name, Type: "azure-container-instance:push", Description: "for the contract",
		BaseJobTemplate: json.RawMessage(template), IsPaused: true, ConcurrencyLimit: new(3),
	}))(t)
	read := must(s.WorkPool(ctx, s.name))(t)
	want(t, "id", read.ID, created.ID)
	want(t, "type", read.Type, "azure-container-instance:push")
	want(t, "description", read.Description, "for the contract")
	want(t, "status", read.Status, "PAUSED")
	want(t, "limit", *read.ConcurrencyLimit, 3)
	if read.DefaultQueueID == "" || read.Created.IsZero() {
		t.Errorf("got %+v, want a default queue and a time of creation", read)
	}
	_, err := s.CreateWorkPool(ctx, prefect.WorkPoolCreate{Name: s.name, Type: "process"})
	wantKind(t, err, prefect.ErrConflict)
	_, err = s.CreateWorkPool(ctx, prefect.WorkPoolCreate{Name: "prefect-" + s.name, Type: "process"})
	wantKind(t, err, prefect.ErrForbidden)

	check(t, s.UpdateWorkPool(ctx, s.name, prefect.WorkPoolUpdate{ConcurrencyLimit: prefect.Null[int](), IsPaused: prefect.Set(false)}))
	read = must(s.WorkPool(ctx, s.name))(t)
	want(t, "description after an update of others", read.Description, "for the contract")
	want(t, "paused", read.IsPaused, false)
	if read.ConcurrencyLimit != nil {
		t.Errorf("got limit %d, want none after null", *read.ConcurrencyLimit)
	}
	listed := must(prefect.Collect(s.WorkPools(ctx, prefect.Query{WorkPools: prefect.WorkPoolFilter{Name: prefect.Match{Any: []string{s.name}}}})))(t)
	if len(listed) != 1 || listed[0].ID != created.ID {
		t.Errorf("got %v, want the one pool", listed)
	}
	check(t, s.DeleteWorkPool(ctx, s.name))
	_, err = s.WorkPool(ctx, s.name)
	wantKind(t, err, prefect.ErrNotFound)
	wantKind(t, s.DeleteWorkPool(ctx, s.name), prefect.ErrNotFound)
}

func workPoolTemplatesContract(t *testing.T, s target) {
	ctx := t.Context()
	pool := s.pool(t)
	var got, sent any
	check(t, json.Unmarshal(pool.BaseJobTemplate, &got))
	check(t, json.Unmarshal([]byte(template), &sent))
	same(t, "template", got, sent)
	_, err := s.CreateWorkPool(ctx, prefect.WorkPoolCreate{Name: s.name + "-x", Type: "process",
		BaseJobTemplate: json.RawMessage(`{"variables":{"properties":{}},"job_configuration":{"x":"{{ nope }}"}}`)})
	wantKind(t, err, prefect.ErrInvalid)
	err = s.UpdateWorkPool(ctx, s.name, prefect.WorkPoolUpdate{BaseJobTemplate: prefect.Set(json.RawMessage(`{"job_configuration":{}}`))})
	wantKind(t, err, prefect.ErrInvalid)
	check(t, s.UpdateWorkPool(ctx, s.name, prefect.WorkPoolUpdate{BaseJobTemplate: prefect.Set(json.RawMessage(`{"job_configuration":{"a":"{{ b }}"},"variables":{"properties":{"b":{}}}}`))}))
}

func workQueuesContract(t *testing.T, s target) {
	ctx := t.Context()
	s.pool(t)
	queue := must(s.CreateWorkQueue(ctx, s.name, prefect.WorkQueueCreate{Name: "high", Description: "d", Priority: 1, ConcurrencyLimit: new(2)}))(t)
	want(t, "priority", queue.Priority, 1)
	_, err := s.CreateWorkQueue(ctx, s.name, prefect.WorkQueueCreate{Name: "high"})
	wantKind(t, err, prefect.ErrConflict)
	check(t, s.UpdateWorkQueue(ctx, s.name, "high", prefect.WorkQueueUpdate{IsPaused: prefect.Set(true), ConcurrencyLimit: prefect.Null[int]()}))
	read := must(s.WorkQueue(ctx, s.name, "high"))(t)
	want(t, "paused", read.IsPaused, true)
	want(t, "pool", read.WorkPoolName, s.name)
	if read.ConcurrencyLimit != nil {
		t.Errorf("got limit %d, want none", *read.ConcurrencyLimit)
	}
	var names []string
	for q, err := range s.WorkQueues(ctx, s.name) {
		check(t, err)
		names = append(names, q.Name)
	}
	slices.Sort(names)
	same(t, "queues", names, []string{"default", "high"})
	check(t, s.DeleteWorkQueue(ctx, s.name, "high"))
	_, err = s.WorkQueue(ctx, s.name, "high")
	wantKind(t, err, prefect.ErrNotFound)
}

func workersContract(t *testing.T, s target) {
	ctx := t.Context()
	s.pool(t)
	check(t, s.WorkerHeartbeat(ctx, s.name, "worker one", 30*time.Second))
	check(t, s.WorkerHeartbeat(ctx, s.name, "worker one", 29500*time.Millisecond))
	workers := must(prefect.Collect(s.Workers(ctx, s.name)))(t)
	if len(workers) != 1 {
		t.Fatalf("got %d workers, want 1", len(workers))
	}
	want(t, "name", workers[0].Name, "worker one")
	want(t, "status", workers[0].Status, "ONLINE")
	want(t, "interval", workers[0].HeartbeatInterval.Duration(), 30*time.Second)
	want(t, "pool's status", must(s.WorkPool(ctx, s.name))(t).Status, "READY")
	check(t, s.DeleteWorker(ctx, s.name, "worker one"))
	if left := must(prefect.Collect(s.Workers(ctx, s.name)))(t); len(left) != 0 {
		t.Errorf("got %v, want no worker", left)
	}
	wantKind(t, s.WorkerHeartbeat(ctx, s.name+"-none", "w", 30*time.Second), prefect.ErrNotFound)
}

func scheduledRunsContract(t *testing.T, s target) {
	ctx := t.Context()
	s.pool(t)
	deployment := s.deployment(t)
	run := must(s.CreateDeploymentFlowRun(ctx, deployment.ID, prefect.DeploymentFlowRunCreate{}))(t)
	later := must(s.CreateDeploymentFlowRun(ctx, deployment.ID, prefect.DeploymentFlowRunCreate{
		State: &prefect.State{Type: prefect.StateScheduled, Details: prefect.StateDetails{ScheduledTime: prefect.At(time.Now().Add(time.Hour))}},
	}))(t)
	soon := time.Now().Add(10 * time.Second)
	due := must(s.ScheduledFlowRuns(ctx, s.name, prefect.ScheduledQuery{WorkQueueNames: []string{"default"}, Before: soon, Limit: 10}))(t)
	if len(due) != 1 || due[0].FlowRun.ID != run.ID {
		t.Fatalf("got %+v, want run %s alone", due, run.ID)
	}
	// 3.9 sends the whole state, older servers only its parts.
	state := due[0].FlowRun.State
	same(t, "state", prefect.State{ID: state.ID, Type: state.Type, Name: state.Name},
		prefect.State{ID: due[0].FlowRun.StateID, Type: prefect.StateScheduled, Name: "Scheduled"})
	if both := must(s.ScheduledFlowRuns(ctx, s.name, prefect.ScheduledQuery{Before: time.Now().Add(2 * time.Hour)}))(t); len(both) != 2 {
		t.Errorf("got %d runs, want run %s too", len(both), later.ID)
	}
	byDeployment := must(s.ScheduledDeploymentRuns(ctx, []prefect.ID{deployment.ID}, soon, 5))(t)
	if len(byDeployment) != 1 || byDeployment[0].ID != run.ID {
		t.Errorf("got %+v, want run %s alone", byDeployment, run.ID)
	}
	_, err := s.ScheduledFlowRuns(ctx, s.name, prefect.ScheduledQuery{WorkQueueNames: []string{"nowhere"}})
	wantKind(t, err, prefect.ErrNotFound)
	_, err = s.ScheduledFlowRuns(ctx, s.name+"-none", prefect.ScheduledQuery{})
	wantKind(t, err, prefect.ErrNotFound)
}

func pausedPoolContract(t *testing.T, s target) {
	ctx := t.Context()
	s.pool(t)
	must(s.CreateDeploymentFlowRun(ctx, s.deployment(t).ID, prefect.DeploymentFlowRunCreate{}))(t)
	poll := func() int {
		return len(must(s.ScheduledFlowRuns(ctx, s.name, prefect.ScheduledQuery{Before: time.Now().Add(10 * time.Second)}))(t))
	}
	want(t, "due", poll(), 1)
	check(t, s.UpdateWorkPool(ctx, s.name, prefect.WorkPoolUpdate{IsPaused: prefect.Set(true)}))
	want(t, "due in a paused pool", poll(), 0)
	check(t, s.UpdateWorkPool(ctx, s.name, prefect.WorkPoolUpdate{IsPaused: prefect.Set(false)}))
	check(t, s.UpdateWorkQueue(ctx, s.name, "default", prefect.WorkQueueUpdate{IsPaused: prefect.Set(true)}))
	want(t, "due in a paused queue", poll(), 0)
}

func agentQueuesContract(t *testing.T, s target) {
	ctx := t.Context()
	queue := must(s.CreateAgentQueue(ctx, prefect.WorkQueueCreate{Name: s.name, Description: "an agent's"}))(t)
	_, err := s.CreateAgentQueue(ctx, prefect.WorkQueueCreate{Name: s.name})
	wantKind(t, err, prefect.ErrConflict)
	want(t, "by name", must(s.AgentQueueByName(ctx, s.name))(t).ID, queue.ID)
	want(t, "by id", must(s.AgentQueue(ctx, queue.ID))(t).Name, s.name)
	listed := must(prefect.Collect(s.AgentQueues(ctx, s.name)))(t)
	if len(listed) != 1 || listed[0].ID != queue.ID {
		t.Errorf("got %+v, want the one queue", listed)
	}
	flow := must(s.CreateFlow(ctx, prefect.FlowCreate{Name: s.name}))(t)
	deployment := must(s.CreateDeployment(ctx, prefect.DeploymentCreate{Name: "d", FlowID: flow.ID, WorkQueueName: s.name}))(t)
	run := must(s.CreateDeploymentFlowRun(ctx, deployment.ID, prefect.DeploymentFlowRunCreate{}))(t)
	runs := must(s.AgentQueueRuns(ctx, queue.ID, time.Now().Add(15*time.Second), 10))(t)
	if len(runs) != 1 || runs[0].ID != run.ID || runs[0].State == nil || runs[0].State.Type != prefect.StateScheduled {
		t.Fatalf("got %+v, want run %s with its state", runs, run.ID)
	}
	want(t, "late runs", must(s.AgentQueueStatus(ctx, queue.ID))(t).LateRunsCount, 0)
	check(t, s.UpdateAgentQueue(ctx, queue.ID, prefect.WorkQueueUpdate{IsPaused: prefect.Set(true)}))
	if runs := must(s.AgentQueueRuns(ctx, queue.ID, time.Now().Add(15*time.Second), 10))(t); len(runs) != 0 {
		t.Errorf("got %d runs of a paused queue, want none", len(runs))
	}
	check(t, s.DeleteAgentQueue(ctx, queue.ID))
	_, err = s.AgentQueue(ctx, queue.ID)
	wantKind(t, err, prefect.ErrNotFound)
}
