package prefect_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/pacific-aci/pacific/prefect"
)

func flowsContract(t *testing.T, s target) {
	ctx := t.Context()
	created := must(s.CreateFlow(ctx, prefect.FlowCreate{Name: s.name, Tags: []string{"a"}, Labels: map[string]any{"n": 1}}))(t)
	again := must(s.CreateFlow(ctx, prefect.FlowCreate{Name: s.name}))(t)
	want(t, "id of the second create", again.ID, created.ID)
	want(t, "by id", must(s.Flow(ctx, created.ID))(t).Name, s.name)
	want(t, "by name", must(s.FlowByName(ctx, s.name))(t).ID, created.ID)
	if _, labelled := created.Labels["n"]; labelled != s.v3 {
		t.Errorf("got labels %v, want them on 3.x alone", created.Labels)
	}
	listed := must(prefect.Collect(s.Flows(ctx, prefect.Query{Flows: prefect.FlowFilter{Name: prefect.Match{Any: []string{s.name}}}})))(t)
	if len(listed) != 1 || !slices.Equal(listed[0].Tags, []string{"a"}) {
		t.Errorf("got %+v, want the one flow with its tag", listed)
	}
}

// deployment makes one in the pool of the target's name.
func (s target) deployment(t *testing.T) prefect.Deployment {
	t.Helper()
	flow := must(s.CreateFlow(t.Context(), prefect.FlowCreate{Name: s.name}))(t)
	return must(s.CreateDeployment(t.Context(), prefect.DeploymentCreate{
		Name: "d1", FlowID: flow.ID, WorkPoolName: s.name, JobVariables: map[string]any{"command": "true"},
	}))(t)
}

func deploymentsContract(t *testing.T, s target) {
	ctx := t.Context()
	s.pool(t)
	flow := must(s.CreateFlow(ctx, prefect.FlowCreate{Name: s.name}))(t)
	steps := []map[string]any{{"prefect.deployments.steps.set_working_directory": map[string]any{"directory": "/opt/prefect"}}}
	create := prefect.DeploymentCreate{
		Name: "d1", FlowID: flow.ID, Version: "1", Description: "d", WorkPoolName: s.name, Tags: []string{"a"}, Labels: map[string]any{"x": "y"},
		Entrypoint: "flows.py:hello", Path: "/opt/prefect", PullSteps: steps,
		JobVariables: map[string]any{"cpu": 2, "command": "true"}, Parameters: map[string]any{"name": "x", "n": json.Number("1.0")},
		ParameterOpenAPISchema: json.RawMessage(`{"type":"object","properties":{"name":{"type":"string"},"n":{"type":"number"}}}`), EnforceParameterSchema: new(true),
		Schedules: []prefect.DeploymentSchedule{
			{Schedule: prefect.Schedule{Cron: "0 0 * * *", Timezone: "Europe/Oslo"}},
			{Schedule: prefect.Schedule{Interval: prefect.Seconds(90 * time.Minute), AnchorDate: prefect.At(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))}, Active: true, MaxScheduledRuns: new(2)},
		},
	}
	created := must(s.CreateDeployment(ctx, create))(t)
	read := must(s.Deployment(ctx, created.ID))(t)
	same(t, "job variables", read.JobVariables, map[string]any{"cpu": json.Number("2"), "command": "true"})
	same(t, "parameters", read.Parameters, map[string]any{"name": "x", "n": json.Number("1.0")})
	same(t, "pull steps", read.PullSteps, steps)
	want(t, "entrypoint", read.Entrypoint, "flows.py:hello")
	want(t, "queue", read.WorkQueueName, "default")
	want(t, "enforced", read.EnforceParameterSchema, true)
	if len(read.Schedules) != 2 {
		t.Fatalf("got %d schedules, want 2", len(read.Schedules))
	}
	interval := read.Schedules[slices.IndexFunc(read.Schedules, func(d prefect.DeploymentSchedule) bool { return d.Active })]
	want(t, "interval", interval.Schedule.Interval.Duration(), 90*time.Minute)
	want(t, "anchor", interval.Schedule.AnchorDate.Unix(), time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Unix())

	want(t, "by name", must(s.DeploymentByName(ctx, s.name, "d1"))(t).ID, created.ID)
	create.Schedules = nil
	want(t, "id of the second create", must(s.CreateDeployment(ctx, create))(t).ID, created.ID)
	listed := must(prefect.Collect(s.Deployments(ctx, prefect.Query{WorkPools: prefect.WorkPoolFilter{Name: prefect.Match{Any: []string{s.name}}}})))(t)
	if len(listed) != 1 || listed[0].ID != created.ID {
		t.Errorf("got %d deployments of the pool, want the one", len(listed))
	}
	check(t, s.DeleteDeployment(ctx, created.ID))
	_, err := s.Deployment(ctx, created.ID)
	wantKind(t, err, prefect.ErrNotFound)
}

func deploymentUpdatesContract(t *testing.T, s target) {
	ctx := t.Context()
	s.pool(t)
	d := s.deployment(t)
	check(t, s.UpdateDeployment(ctx, d.ID, prefect.DeploymentUpdate{
		Description: prefect.Set("changed"), Tags: prefect.Set([]string{"a", "b"}), Paused: prefect.Set(true),
		JobVariables: prefect.Set(map[string]any{"command": "false"}), WorkQueueName: prefect.Set("other"),
		Schedules: prefect.Set([]prefect.DeploymentSchedule{{Schedule: prefect.Schedule{RRule: "FREQ=DAILY"}, Active: true}}),
	}))
	read := must(s.Deployment(ctx, d.ID))(t)
	want(t, "description", read.Description, "changed")
	want(t, "queue", read.WorkQueueName, "other")
	if rule := read.Schedules[0].Schedule.RRule; !strings.HasSuffix(rule, "FREQ=DAILY") { // the server may begin it with a DTSTART
		t.Errorf("got rule %q, want FREQ=DAILY", rule)
	}
	same(t, "job variables", read.JobVariables, map[string]any{"command": "false"})
	check(t, s.ResumeDeployment(ctx, d.ID))
	want(t, "paused after resume", must(s.Deployment(ctx, d.ID))(t).Paused, false)
	check(t, s.PauseDeployment(ctx, d.ID))
	want(t, "paused", must(s.Deployment(ctx, d.ID))(t).Paused, true)
	check(t, s.UpdateDeployment(ctx, d.ID, prefect.DeploymentUpdate{Schedules: prefect.Set([]prefect.DeploymentSchedule(nil))}))
	want(t, "schedules", len(must(s.Deployment(ctx, d.ID))(t).Schedules), 0)

	err := s.UpdateDeployment(ctx, d.ID, prefect.DeploymentUpdate{PullSteps: prefect.Set([]map[string]any{})})
	if s.v3 {
		check(t, err)
	} else {
		wantKind(t, err, prefect.ErrUnsupported)
	}
}

func deploymentErrorsContract(t *testing.T, s target) {
	ctx := t.Context()
	s.pool(t)
	flow := must(s.CreateFlow(ctx, prefect.FlowCreate{Name: s.name}))(t)
	_, err := s.CreateDeployment(ctx, prefect.DeploymentCreate{Name: "d", FlowID: flow.ID, WorkPoolName: s.name, JobVariables: map[string]any{"cpu": "lots"}})
	wantKind(t, err, prefect.ErrInvalid)
	_, err = s.CreateDeployment(ctx, prefect.DeploymentCreate{Name: "d", FlowID: flow.ID, WorkPoolName: s.name + "-none"})
	wantKind(t, err, prefect.ErrNotFound)
	d := must(s.CreateDeployment(ctx, prefect.DeploymentCreate{Name: "d", FlowID: flow.ID, EnforceParameterSchema: new(true),
		ParameterOpenAPISchema: json.RawMessage(`{"type":"object","properties":{"name":{"type":"string"}}}`)}))(t)
	_, err = s.CreateDeploymentFlowRun(ctx, d.ID, prefect.DeploymentFlowRunCreate{Parameters: map[string]any{"name": 5}})
	wantKind(t, err, prefect.ErrConflict)
	_, err = s.CreateDeploymentFlowRun(ctx, prefect.ID(uuid.NewString()), prefect.DeploymentFlowRunCreate{})
	wantKind(t, err, prefect.ErrNotFound)
}

func concurrencyContract(t *testing.T, s target) {
	ctx := t.Context()
	flow := must(s.CreateFlow(ctx, prefect.FlowCreate{Name: s.name}))(t)
	d, err := s.CreateDeployment(ctx, prefect.DeploymentCreate{Name: "one", FlowID: flow.ID, ConcurrencyLimit: new(1),
		ConcurrencyOptions: &prefect.ConcurrencyOptions{CollisionStrategy: "ENQUEUE"}})
	if !s.v3 {
		wantKind(t, err, prefect.ErrUnsupported)
		return
	}
	check(t, err)
	if d = must(s.Deployment(ctx, d.ID))(t); d.GlobalConcurrencyLimit == nil || d.GlobalConcurrencyLimit.Limit != 1 {
		t.Errorf("got %+v, want the limit 1", d.GlobalConcurrencyLimit)
	}
	first := must(s.CreateDeploymentFlowRun(ctx, d.ID, prefect.DeploymentFlowRunCreate{}))(t)
	second := must(s.CreateDeploymentFlowRun(ctx, d.ID, prefect.DeploymentFlowRunCreate{}))(t)
	pending := prefect.State{Type: prefect.StatePending}
	taken := must(s.SetFlowRunState(ctx, first.ID, pending))(t)
	want(t, "first", taken.Status, prefect.Accept)
	lease := taken.State.Details.DeploymentConcurrencyLeaseID
	if lease == "" {
		t.Fatal("no lease: the server takes us for an old client")
	}
	full := must(s.SetFlowRunState(ctx, second.ID, pending))(t)
	want(t, "second", full.Status, prefect.Reject)
	want(t, "second's state", full.State.Name, prefect.StateNameAwaitingConcurrencySlot)
	check(t, s.RenewConcurrencyLease(ctx, lease, prefect.ConcurrencyLease))
	running := must(s.SetFlowRunState(ctx, first.ID, prefect.State{Type: prefect.StateRunning}))(t)
	want(t, "lease while running", running.State.Details.DeploymentConcurrencyLeaseID, lease)
	check(t, s.ReleaseConcurrencyLease(ctx, lease))
	check(t, s.ReleaseConcurrencyLease(ctx, lease))
	wantKind(t, s.RenewConcurrencyLease(ctx, lease, prefect.ConcurrencyLease), prefect.ErrNotFound)
	want(t, "second after the release", must(s.SetFlowRunState(ctx, second.ID, pending))(t).Status, prefect.Accept)
}

// run makes a run without a deployment.
func (s target) run(t *testing.T) prefect.FlowRun {
	t.Helper()
	flow := must(s.CreateFlow(t.Context(), prefect.FlowCreate{Name: s.name}))(t)
	return must(s.CreateFlowRun(t.Context(), prefect.FlowRunCreate{FlowID: flow.ID}))(t)
}

func flowRunsContract(t *testing.T, s target) {
	ctx := t.Context()
	s.pool(t)
	d := s.deployment(t)
	create := prefect.DeploymentFlowRunCreate{
		Name: "given", Parameters: map[string]any{"x": 1}, Tags: []string{"r"}, Labels: map[string]any{"l": true}, IdempotencyKey: s.name,
		JobVariables: map[string]any{"cpu": 2}, State: &prefect.State{Type: prefect.StateScheduled, Message: "manual"},
	}
	run := must(s.CreateDeploymentFlowRun(ctx, d.ID, create))(t)
	want(t, "id of the second create", must(s.CreateDeploymentFlowRun(ctx, d.ID, create))(t).ID, run.ID)
	read := must(s.FlowRun(ctx, run.ID))(t)
	want(t, "name", read.Name, "given")
	want(t, "pool", read.WorkPoolName, s.name)
	want(t, "message", read.State.Message, "manual")
	want(t, "state type", read.StateType, prefect.StateScheduled)
	same(t, "job variables", read.JobVariables, map[string]any{"cpu": json.Number("2")})
	check(t, s.UpdateFlowRun(ctx, run.ID, prefect.FlowRunUpdate{InfrastructurePID: prefect.Set("a:b"), Tags: prefect.Set([]string{"z"}), JobVariables: prefect.Set(map[string]any{"cpu": 1})}))
	read = must(s.FlowRun(ctx, run.ID))(t)
	want(t, "pid", read.InfrastructurePID, "a:b")
	want(t, "name after an update of others", read.Name, "given")
	same(t, "tags", read.Tags, []string{"z"})
	must(s.SetFlowRunState(ctx, run.ID, prefect.State{Type: prefect.StatePending}))(t)
	wantKind(t, s.UpdateFlowRun(ctx, run.ID, prefect.FlowRunUpdate{JobVariables: prefect.Set(map[string]any{"cpu": 1})}), prefect.ErrInvalid)

	own := must(s.CreateFlowRun(ctx, prefect.FlowRunCreate{FlowID: run.FlowID, IdempotencyKey: s.name + "-own", Parameters: map[string]any{"big": json.Number("12345678901234567890")}}))(t)
	want(t, "default state", own.State.Type, prefect.StatePending)
	same(t, "big number", own.Parameters, map[string]any{"big": json.Number("12345678901234567890")})
	want(t, "id of the second create", must(s.CreateFlowRun(ctx, prefect.FlowRunCreate{FlowID: run.FlowID, IdempotencyKey: s.name + "-own"}))(t).ID, own.ID)
	_, err := s.CreateFlowRun(ctx, prefect.FlowRunCreate{FlowID: run.FlowID, WorkPoolName: s.name})
	if s.v3 {
		check(t, err)
	} else {
		wantKind(t, err, prefect.ErrUnsupported)
	}
	check(t, s.DeleteFlowRun(ctx, own.ID))
	_, err = s.FlowRun(ctx, own.ID)
	wantKind(t, err, prefect.ErrNotFound)
}

func flowRunListsContract(t *testing.T, s target) {
	ctx := t.Context()
	flow := must(s.CreateFlow(ctx, prefect.FlowCreate{Name: s.name}))(t)
	const n = 203 // more than a page
	for range n {
		must(s.CreateFlowRun(ctx, prefect.FlowRunCreate{FlowID: flow.ID}))(t)
	}
	q := prefect.Query{Flows: prefect.FlowFilter{ID: prefect.Match{Any: []string{string(flow.ID)}}}, Sort: prefect.SortIDDesc}
	want(t, "count", must(s.CountFlowRuns(ctx, q))(t), n)
	seen := map[prefect.ID]bool{}
	for run, err := range s.FlowRuns(ctx, q) {
		check(t, err)
		seen[run.ID] = true
	}
	want(t, "listed", len(seen), n)
	q.Limit = 7
	want(t, "listed with a limit", len(must(prefect.Collect(s.FlowRuns(ctx, q)))(t)), 7)
	q.FlowRuns.State.Type.Any = []string{string(prefect.StateCancelling)}
	want(t, "cancelling", len(must(prefect.Collect(s.FlowRuns(ctx, q)))(t)), 0)
}

func labelsContract(t *testing.T, s target) {
	run := s.run(t)
	err := s.UpdateFlowRunLabels(t.Context(), run.ID, map[string]any{"prefect.worker.name": "w", "n": 3})
	if !s.v3 {
		wantKind(t, err, prefect.ErrUnsupported)
		return
	}
	check(t, err)
	labels := must(s.FlowRun(t.Context(), run.ID))(t).Labels
	want(t, "label", labels["prefect.worker.name"], any("w"))
	want(t, "number", labels["n"], any(json.Number("3")))
}

func statesContract(t *testing.T, s target) {
	ctx := t.Context()
	run := s.run(t)
	for _, state := range []prefect.State{{Type: prefect.StateRunning}, {Type: prefect.StateCompleted, Name: "Done", Message: "ok"}} {
		must(s.SetFlowRunState(ctx, run.ID, state))(t)
	}
	var names []string
	for _, state := range must(s.FlowRunStates(ctx, run.ID))(t) {
		names = append(names, state.Name)
	}
	same(t, "states", names, []string{"Pending", "Running", "Done"})
	read := must(s.FlowRun(ctx, run.ID))(t)
	want(t, "run count", read.RunCount, 1)
	if read.StartTime.IsZero() || read.EndTime.IsZero() || !read.State.Type.Terminal() {
		t.Errorf("got %+v, want a run that has ended", read)
	}
}

func transitionsContract(t *testing.T, s target) {
	ctx := t.Context()
	run := s.run(t)
	accepted := must(s.SetFlowRunState(ctx, run.ID, prefect.State{Type: prefect.StateRunning}))(t)
	if !accepted.Accepted() || accepted.State.ID == "" || accepted.State.Details.TransitionID == "" {
		t.Errorf("got %+v, want ACCEPT with the stored state and our transition id", accepted)
	}
	must(s.SetFlowRunState(ctx, run.ID, prefect.State{Type: prefect.StateFailed}))(t)
	aborted := must(s.SetFlowRunState(ctx, run.ID, prefect.State{Type: prefect.StateCrashed}))(t)
	want(t, "crashed after failed", aborted.Status, prefect.Abort)
	if aborted.Reason == "" || aborted.State.Type != prefect.StateFailed {
		t.Errorf("got %+v, want a reason and the state Failed", aborted)
	}
	_, err := s.ProposeFlowRunState(ctx, run.ID, prefect.State{Type: prefect.StateCrashed})
	if abort, ok := errors.AsType[*prefect.AbortError](err); !ok || abort.State.Type != prefect.StateFailed {
		t.Errorf("got %v, want an AbortError", err)
	}
	forced := must(s.ForceFlowRunState(ctx, run.ID, prefect.State{Type: prefect.StateCrashed, Message: "m"}))(t)
	want(t, "forced", forced.Status, prefect.Accept)
	back := must(s.ForceFlowRunStateAfter(ctx, run.ID, forced.State.ID, prefect.State{Type: prefect.StateFailed}))(t)
	want(t, "forced after the state that was seen", back.Type, prefect.StateFailed)
}

func doubleSubmissionContract(t *testing.T, s target) {
	ctx := t.Context()
	s.pool(t)
	run := must(s.CreateDeploymentFlowRun(ctx, s.deployment(t).ID, prefect.DeploymentFlowRunCreate{}))(t)
	pending := prefect.State{Type: prefect.StatePending}
	want(t, "first worker", must(s.SetFlowRunState(ctx, run.ID, pending))(t).Status, prefect.Accept)
	want(t, "second worker", must(s.SetFlowRunState(ctx, run.ID, pending))(t).Status, prefect.Abort)
	submitting := must(s.SetFlowRunState(ctx, run.ID, prefect.State{Type: prefect.StatePending, Name: prefect.StateNameSubmitting}))(t)
	version := must(s.ServerVersion(ctx))(t)
	want(t, "submitting", submitting.Accepted(), version.Submitting())
}

func waitingContract(t *testing.T, s target) {
	ctx := t.Context()
	s.pool(t)
	run := must(s.CreateDeploymentFlowRun(ctx, s.deployment(t).ID, prefect.DeploymentFlowRunCreate{
		State: &prefect.State{Type: prefect.StateScheduled, Details: prefect.StateDetails{ScheduledTime: prefect.At(time.Now().Add(3 * time.Second))}},
	}))(t)
	waiting := must(s.SetFlowRunState(ctx, run.ID, prefect.State{Type: prefect.StateRunning}))(t)
	want(t, "status", waiting.Status, prefect.Wait)
	if waiting.Delay <= 0 || waiting.Delay > 3*time.Second || waiting.Reason == "" {
		t.Errorf("got %+v, want a delay of at most 3 s with a reason", waiting)
	}
	seen := must(s.FlowRun(ctx, run.ID))(t).StateID
	state := must(s.ProposeFlowRunStateAfter(ctx, run.ID, seen, prefect.State{Type: prefect.StateRunning}))(t)
	want(t, "after waiting", state.Type, prefect.StateRunning)
}

func retriesContract(t *testing.T, s target) {
	ctx := t.Context()
	flow := must(s.CreateFlow(ctx, prefect.FlowCreate{Name: s.name}))(t)
	run := must(s.CreateFlowRun(ctx, prefect.FlowRunCreate{FlowID: flow.ID, EmpiricalPolicy: prefect.RunPolicy{Retries: new(1), RetryDelay: new(0)}}))(t)
	must(s.SetFlowRunState(ctx, run.ID, prefect.State{Type: prefect.StateRunning}))(t)
	retry := must(s.SetFlowRunState(ctx, run.ID, prefect.State{Type: prefect.StateFailed}))(t)
	want(t, "status", retry.Status, prefect.Reject)
	want(t, "state", retry.State.Name, prefect.StateNameAwaitingRetry)
	want(t, "policy", must(s.FlowRun(ctx, run.ID))(t).EmpiricalPolicy.RetryType, "in_process")
}

func cancellingContract(t *testing.T, s target) {
	ctx := t.Context()
	s.pool(t)
	scheduled := must(s.CreateDeploymentFlowRun(ctx, s.deployment(t).ID, prefect.DeploymentFlowRunCreate{}))(t)
	direct := must(s.SetFlowRunState(ctx, scheduled.ID, prefect.State{Type: prefect.StateCancelling}))(t)
	want(t, "status", direct.Status, prefect.Reject)
	want(t, "state of a run that never started", direct.State.Type, prefect.StateCancelled)
	run := s.run(t)
	must(s.SetFlowRunState(ctx, run.ID, prefect.State{Type: prefect.StateRunning}))(t)
	must(s.SetFlowRunState(ctx, run.ID, prefect.State{Type: prefect.StateCancelling}))(t)
	crashed := must(s.SetFlowRunState(ctx, run.ID, prefect.State{Type: prefect.StateCrashed}))(t)
	want(t, "crashed while cancelling", crashed.Status, prefect.Reject)
	want(t, "cancelled", must(s.ForceFlowRunState(ctx, run.ID, prefect.State{Type: prefect.StateCancelled}))(t).Status, prefect.Accept)
}
