package prefect_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/pacific-aci/pacific/prefect"
)

// blockType registers a type with one secret.
func (s target) blockType(t *testing.T) (prefect.BlockType, prefect.BlockSchema) {
	t.Helper()
	ctx := t.Context()
	kind := must(s.CreateBlockType(ctx, prefect.BlockTypeCreate{Name: "Thing " + s.name, Slug: s.name, Description: "d"}))(t)
	t.Cleanup(func() { _ = s.DeleteBlockType(ctx, kind.ID) })
	fields := `{"title":"Thing","type":"object","properties":{"host":{"title":"Host","type":"string"},"password":{"title":"Password","type":"string","format":"password","writeOnly":true},
		"timeout":{"title":"Timeout","type":"number","default":1.0},"other":{"title":"Other","type":"object"}},"required":["host"],"block_type_slug":"` + s.name + `","secret_fields":["password"],"block_schema_references":{}}`
	schema := must(s.CreateBlockSchema(ctx, prefect.BlockSchemaCreate{Fields: json.RawMessage(fields), BlockTypeID: kind.ID, Version: "0.1"}))(t)
	return kind, schema
}

func blockTypesContract(t *testing.T, s target) {
	ctx := t.Context()
	kind, schema := s.blockType(t)
	_, err := s.CreateBlockType(ctx, prefect.BlockTypeCreate{Name: "Thing " + s.name, Slug: s.name})
	wantKind(t, err, prefect.ErrConflict)
	_, err = s.CreateBlockType(ctx, prefect.BlockTypeCreate{Name: "Prefect Thing", Slug: "prefect-thing"})
	wantKind(t, err, prefect.ErrForbidden)
	check(t, s.UpdateBlockType(ctx, kind.ID, prefect.BlockTypeUpdate{CodeExample: prefect.Set("x = 1")}))
	read := must(s.BlockType(ctx, s.name))(t)
	want(t, "example", read.CodeExample, "x = 1")
	want(t, "description after an update of others", read.Description, "d")
	listed := must(prefect.Collect(s.BlockTypes(ctx, prefect.BlockTypeQuery{BlockTypes: prefect.BlockTypeFilter{Slug: prefect.Match{Any: []string{s.name}}}})))(t)
	if len(listed) != 1 || listed[0].ID != kind.ID {
		t.Errorf("got %d types, want the one", len(listed))
	}
	all := must(prefect.Collect(s.BlockTypes(ctx, prefect.BlockTypeQuery{})))(t)
	if len(all) < 10 {
		t.Errorf("got %d types, want the server's own too", len(all))
	}

	again := must(s.CreateBlockSchema(ctx, prefect.BlockSchemaCreate{Fields: schema.Fields, BlockTypeID: kind.ID, Version: "0.1"}))(t)
	want(t, "id of the second create", again.ID, schema.ID)
	want(t, "by checksum", must(s.BlockSchemaByChecksum(ctx, schema.Checksum, "0.1"))(t).ID, schema.ID)
	want(t, "latest", must(s.LatestBlockSchema(ctx, kind.ID))(t).ID, schema.ID)
	if !strings.Contains(string(schema.Fields), "1.0") {
		t.Errorf("got %s, want the default 1.0 as it was", schema.Fields)
	}
	schemas := must(prefect.Collect(s.BlockSchemas(ctx, prefect.BlockSchemaFilter{BlockTypeID: prefect.Match{Any: []string{string(kind.ID)}}})))(t)
	want(t, "schemas", len(schemas), 1)
	check(t, s.DeleteBlockType(ctx, kind.ID))
	_, err = s.BlockType(ctx, s.name)
	wantKind(t, err, prefect.ErrNotFound)
	wantKind(t, s.DeleteBlockType(ctx, must(s.BlockType(ctx, "secret"))(t).ID), prefect.ErrForbidden)
}

func blockDocumentsContract(t *testing.T, s target) {
	ctx := t.Context()
	kind, schema := s.blockType(t)
	create := prefect.BlockDocumentCreate{Name: "one", BlockTypeID: kind.ID, BlockSchemaID: schema.ID, Data: map[string]any{"host": "h", "password": "hunter2", "timeout": json.Number("2.0")}}
	made := must(s.CreateBlockDocument(ctx, create))(t)
	_, err := s.CreateBlockDocument(ctx, create)
	wantKind(t, err, prefect.ErrConflict)
	masked := must(s.BlockDocument(ctx, made.ID, prefect.MaskSecrets))(t)
	same(t, "masked", masked.Data, map[string]any{"host": "h", "password": prefect.SecretMask, "timeout": json.Number("2.0")})
	open := must(s.BlockDocumentByName(ctx, s.name, "one", prefect.IncludeSecrets))(t)
	want(t, "secret", open.Data["password"], any("hunter2"))
	want(t, "type", open.BlockType.Slug, s.name)

	check(t, s.UpdateBlockDocument(ctx, made.ID, prefect.BlockDocumentUpdate{Data: map[string]any{"host": "h2", "password": prefect.SecretMask}}))
	open = must(s.BlockDocument(ctx, made.ID, prefect.IncludeSecrets))(t)
	same(t, "merged", open.Data, map[string]any{"host": "h2", "password": "hunter2", "timeout": json.Number("2.0")})
	check(t, s.UpdateBlockDocument(ctx, made.ID, prefect.BlockDocumentUpdate{Data: map[string]any{"host": "h3"}, Replace: true}))
	open = must(s.BlockDocument(ctx, made.ID, prefect.IncludeSecrets))(t)
	same(t, "replaced", open.Data, map[string]any{"host": "h3"})

	create.Name, create.IsAnonymous = "", true
	anonymous := must(s.CreateBlockDocument(ctx, create))(t)
	want(t, "anonymous", anonymous.IsAnonymous, true)
	filter := prefect.BlockDocumentFilter{BlockTypeID: prefect.Match{Any: []string{string(kind.ID)}}}
	listed := must(prefect.Collect(s.BlockDocuments(ctx, filter, prefect.MaskSecrets)))(t)
	if len(listed) != 1 || listed[0].ID != made.ID {
		t.Errorf("got %d documents with a name, want the one", len(listed))
	}
	check(t, s.DeleteBlockDocument(ctx, made.ID))
	_, err = s.BlockDocument(ctx, made.ID, prefect.MaskSecrets)
	wantKind(t, err, prefect.ErrNotFound)
	_, err = s.BlockDocumentByName(ctx, s.name, "one", prefect.MaskSecrets)
	wantKind(t, err, prefect.ErrNotFound)
	create.IsAnonymous, create.Name = false, "Not A Name"
	_, err = s.CreateBlockDocument(ctx, create)
	wantKind(t, err, prefect.ErrInvalid)
}

func blockReferencesContract(t *testing.T, s target) {
	ctx := t.Context()
	kind, schema := s.blockType(t)
	child := must(s.CreateBlockDocument(ctx, prefect.BlockDocumentCreate{Name: "child", BlockTypeID: kind.ID, BlockSchemaID: schema.ID, Data: map[string]any{"host": "c", "password": "hunter2"}}))(t)
	parent := must(s.CreateBlockDocument(ctx, prefect.BlockDocumentCreate{Name: "parent", BlockTypeID: kind.ID, BlockSchemaID: schema.ID,
		Data: map[string]any{"host": "p", "other": prefect.BlockRef(child.ID)}}))(t)
	read := must(s.BlockDocument(ctx, parent.ID, prefect.IncludeSecrets))(t)
	same(t, "expanded", read.Data["other"], any(map[string]any{"host": "c", "password": "hunter2"}))
	want(t, "reference", read.References["other"].BlockDocument.ID, child.ID)
	want(t, "its name", read.References["other"].BlockDocument.Name, "child")
}

func missingContract(t *testing.T, s target) {
	ctx := t.Context()
	none := prefect.ID(uuid.NewString())
	for name, call := range map[string]func() error{
		"flow":              func() error { _, err := s.Flow(ctx, none); return err },
		"flow by name":      func() error { _, err := s.FlowByName(ctx, s.name); return err },
		"deployment":        func() error { _, err := s.DeploymentByName(ctx, s.name, "d"); return err },
		"flow run":          func() error { _, err := s.FlowRun(ctx, none); return err },
		"update a flow run": func() error { return s.UpdateFlowRun(ctx, none, prefect.FlowRunUpdate{Name: prefect.Set("x")}) },
		"set a state": func() error {
			_, err := s.SetFlowRunState(ctx, none, prefect.State{Type: prefect.StateRunning})
			return err
		},
		"task run":       func() error { _, err := s.TaskRun(ctx, none); return err },
		"agent queue":    func() error { _, err := s.AgentQueueByName(ctx, s.name); return err },
		"poll a queue":   func() error { _, err := s.AgentQueueRuns(ctx, none, time.Now(), 1); return err },
		"block type":     func() error { _, err := s.BlockType(ctx, s.name); return err },
		"block schema":   func() error { _, err := s.BlockSchemaByChecksum(ctx, "sha256:0", ""); return err },
		"latest schema":  func() error { _, err := s.LatestBlockSchema(ctx, none); return err },
		"delete a block": func() error { return s.DeleteBlockDocument(ctx, none) },
	} {
		err := call()
		wantKind(t, err, prefect.ErrNotFound)
		if fault, ok := errors.AsType[*prefect.Error](err); !ok || fault.Message == "" || strings.ContainsAny(err.Error(), "\n{}") {
			t.Errorf("%s: got %q, want one readable line", name, err)
		}
	}
}

func validationContract(t *testing.T, s target) {
	_, err := s.SetFlowRunState(t.Context(), s.run(t).ID, prefect.State{Type: "NOPE"})
	wantKind(t, err, prefect.ErrInvalid)
	fault, _ := errors.AsType[*prefect.Error](err)
	if len(fault.Details) != 1 || fault.Details[0].Field != "state" && fault.Details[0].Field != "state.type" || !strings.Contains(fault.Details[0].Message, "SCHEDULED") {
		t.Errorf("got %+v, want the field and the values it may have", fault)
	}
	if strings.Contains(err.Error(), "request_body") || !strings.Contains(err.Error(), "422") {
		t.Errorf("got %q, want the status and not the request", err)
	}
}

// fullRequestsContract sends every field of every request type that is not set elsewhere: servers refuse fields that they
// do not know.
func fullRequestsContract(t *testing.T, s target) {
	ctx := t.Context()
	s.pool(t)
	flow := must(s.CreateFlow(ctx, prefect.FlowCreate{Name: s.name, Tags: []string{"x"}, Labels: map[string]any{"l": 1}}))(t)
	kind, schema := s.blockType(t)
	block := must(s.CreateBlockDocument(ctx, prefect.BlockDocumentCreate{Name: "b", BlockTypeID: kind.ID, BlockSchemaID: schema.ID, Data: map[string]any{"host": "h"}}))(t)
	d := must(s.CreateDeployment(ctx, prefect.DeploymentCreate{
		Name: "full", FlowID: flow.ID, Version: "1", Description: "d", Paused: true, Tags: []string{"a"}, Labels: map[string]any{"l": 1},
		Schedules:         []prefect.DeploymentSchedule{{Schedule: prefect.Schedule{Cron: "1 2 3 * 1", DayOr: new(false), Timezone: "UTC"}, Slug: "s", MaxScheduledRuns: new(1)}},
		StorageDocumentID: block.ID, InfrastructureDocumentID: block.ID, WorkQueueName: s.name + "-q", Path: "p", Entrypoint: "e:f",
	}))(t)
	want(t, "infrastructure", d.InfrastructureDocumentID, block.ID)
	parent := must(s.CreateTaskRun(ctx, prefect.TaskRunCreate{ID: prefect.ID(uuid.NewString()), Name: "n", FlowRunID: s.run(t).ID, TaskKey: "k", DynamicKey: "d", TaskVersion: "1",
		EmpiricalPolicy: prefect.TaskRunPolicy{Retries: new(1), RetryDelay: 3, RetryJitterFactor: new(0.5)}}))(t)
	state := &prefect.State{ID: "made-up", Timestamp: prefect.At(time.Now()), Type: prefect.StateScheduled, Name: "Mine", Message: "m", Data: json.RawMessage("null"),
		Details: prefect.StateDetails{ScheduledTime: prefect.At(time.Now()), CacheKey: "c", PauseTimeout: prefect.At(time.Now()), DeploymentConcurrencyLeaseID: block.ID}}
	run := must(s.CreateDeploymentFlowRun(ctx, d.ID, prefect.DeploymentFlowRunCreate{
		Name: "n", State: state, Parameters: map[string]any{"a": nil}, EnforceParameterSchema: new(false), Context: map[string]any{"c": 1}, Tags: []string{"t"},
		Labels: map[string]any{"l": "x"}, ParentTaskRunID: parent.ID, WorkQueueName: s.name + "-q2",
	}))(t)
	want(t, "parent", run.ParentTaskRunID, parent.ID)
	must(s.CreateFlowRun(ctx, prefect.FlowRunCreate{FlowID: flow.ID, Name: "n", State: state, Parameters: map[string]any{"p": []any{}}, Context: map[string]any{}, Tags: []string{"t"},
		Labels: map[string]any{"l": 1.5}, ParentTaskRunID: parent.ID, FlowVersion: "2",
		EmpiricalPolicy: prefect.RunPolicy{Retries: new(1), RetryDelay: new(2), PauseKeys: []string{"k"}, Resuming: new(true), RetryType: "in_process"}}))(t)
	check(t, s.UpdateFlowRun(ctx, run.ID, prefect.FlowRunUpdate{Name: prefect.Set("n2"), FlowVersion: prefect.Set("v"), Parameters: prefect.Set(map[string]any{"q": 1}),
		EmpiricalPolicy: prefect.Set(prefect.RunPolicy{Retries: new(1)})}))
	check(t, s.UpdateDeployment(ctx, d.ID, prefect.DeploymentUpdate{Version: prefect.Set("2"), Parameters: prefect.Set(map[string]any{"z": 1}), EnforceParameterSchema: prefect.Set(false),
		Path: prefect.Set("q"), Entrypoint: prefect.Set("g:h"), StorageDocumentID: prefect.Null[prefect.ID](), InfrastructureDocumentID: prefect.Set(block.ID), WorkPoolName: prefect.Set(s.name), JobVariables: prefect.Set(map[string]any{"cpu": 1})}))
	check(t, s.UpdateWorkPool(ctx, s.name, prefect.WorkPoolUpdate{Description: prefect.Set("x"), ConcurrencyLimit: prefect.Set(4)}))
	match := prefect.Match{Any: []string{"x"}}
	ids := prefect.Match{Any: []string{string(block.ID)}, NotAny: []string{string(flow.ID)}}
	some := prefect.TimeRange{Before: prefect.At(time.Now()), After: prefect.At(time.Now().Add(-time.Hour))}
	states := prefect.StateFilter{Type: prefect.Match{Any: []string{"RUNNING"}, NotAny: []string{"PENDING"}}, Name: prefect.Match{Any: []string{"Running"}}}
	if !s.v3 {
		states.Type.NotAny = nil // 2.20 knows it of names alone
	}
	q := prefect.Query{
		Flows: prefect.FlowFilter{ID: prefect.Match{Any: []string{string(flow.ID)}}, Name: prefect.Match{Like: "x"}, Tags: prefect.Match{All: []string{"x"}}},
		FlowRuns: prefect.FlowRunFilter{ID: ids, Name: prefect.Match{Like: "a", Any: []string{"b"}}, Tags: prefect.Match{All: []string{"x"}}, DeploymentID: prefect.Match{Any: ids.Any}, WorkQueueName: match,
			State: states, StartTime: some, ExpectedStartTime: some, NextScheduledStartTime: some, ParentFlowRunID: prefect.Match{Any: ids.Any}, ParentTaskRunID: prefect.Match{IsNull: new(true)}, IdempotencyKey: match},
		TaskRuns:    prefect.TaskRunFilter{ID: prefect.Match{Any: ids.Any}, Name: match, Tags: prefect.Match{All: []string{"x"}}, State: prefect.StateFilter{Type: prefect.Match{Any: []string{"RUNNING"}}}, FlowRunID: prefect.Match{Any: ids.Any}},
		Deployments: prefect.DeploymentFilter{ID: prefect.Match{Any: ids.Any}, Name: match, Tags: prefect.Match{All: []string{"x"}}, WorkQueueName: match, Paused: prefect.Match{Eq: new(true)}},
		WorkPools:   prefect.WorkPoolFilter{ID: prefect.Match{Any: ids.Any}, Name: match, Type: match}, WorkPoolQueues: prefect.WorkQueueFilter{ID: prefect.Match{Any: ids.Any}, Name: match},
	}
	want(t, "runs that match everything", must(s.CountFlowRuns(ctx, q))(t), 0)
	for _, sort := range []string{prefect.SortIDDesc, prefect.SortNameAsc, prefect.SortStartTimeDesc, prefect.SortExpectedStartTimeAsc, prefect.SortExpectedStartTimeDesc, prefect.SortNextScheduledStartTimeAsc, prefect.SortEndTimeDesc} {
		q.Sort = sort
		want(t, "runs listed by "+sort, len(must(prefect.Collect(s.FlowRuns(ctx, q)))(t)), 0)
	}
}
