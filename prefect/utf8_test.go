package prefect_test

import (
	"context"
	"encoding/json"
	"iter"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pacific-aci/pacific/prefect"
)

// bad is text in Latin-1.
const bad = "p\xfcssw\xf6rt"

// first asks a list for its first item.
func first[T any](list iter.Seq2[T, error]) error {
	for _, err := range list {
		return err
	}
	return nil
}

// TestEveryWriteRefusesInvalidUTF8: the encoder of JSON would put U+FFFD in the place of such bytes and say nothing. Each
// call that has a body names the field, and sends nothing.
func TestEveryWriteRefusesInvalidUTF8(t *testing.T) {
	var ctx context.Context
	var c *prefect.Client
	variables := map[string]any{"env": map[string]any{"A": "fine", "B": []any{"fine", bad}}}
	query := prefect.Query{FlowRuns: prefect.FlowRunFilter{Name: prefect.Match{Any: []string{"fine", bad}}}}
	no := func(_ any, err error) error { return err }
	tested := map[string]bool{}
	for name, test := range map[string]struct {
		call  func() error
		field string
	}{
		"CreateAgentQueue": {func() error { return no(c.CreateAgentQueue(ctx, prefect.WorkQueueCreate{Name: "q", Description: bad})) }, "description"},
		"AgentQueues":      {nil, ""},
		"UpdateAgentQueue": {func() error {
			return c.UpdateAgentQueue(ctx, "q", prefect.WorkQueueUpdate{Description: prefect.Set(bad)})
		}, "description"},
		"UpdateBlock": {nil, ""}, // by UpdateBlockDocument
		"CreateDeployment": {func() error {
			return no(c.CreateDeployment(ctx, prefect.DeploymentCreate{Name: "d", JobVariables: variables}))
		}, "job_variables.env.B[1]"},
		"UpdateDeployment": {func() error {
			return c.UpdateDeployment(ctx, "d", prefect.DeploymentUpdate{Tags: prefect.Set([]string{"fine", bad})})
		}, "tags[1]"},
		"CreateEvents": {func() error {
			return c.CreateEvents(ctx, []prefect.Event{event(1), {Event: "e", Payload: map[string]any{"a": bad}}})
		}, "[1].payload.a"},
		"CreateFlowRun": {func() error { return no(c.CreateFlowRun(ctx, prefect.FlowRunCreate{Name: bad})) }, "name"},
		"CreateDeploymentFlowRun": {func() error {
			return no(c.CreateDeploymentFlowRun(ctx, "d", prefect.DeploymentFlowRunCreate{Parameters: map[string]any{bad: 1}}))
		}, "parameters: the name p\uFFFDssw\uFFFDrt"},
		"UpdateFlowRun": {func() error {
			return c.UpdateFlowRun(ctx, "r", prefect.FlowRunUpdate{InfrastructurePID: prefect.Set(bad)})
		}, "infrastructure_pid"},
		"UpdateFlowRunLabels": {func() error { return c.UpdateFlowRunLabels(ctx, "r", map[string]any{"l": bad}) }, "l"},
		"SetFlowRunState": {func() error {
			return no(c.SetFlowRunState(ctx, "r", prefect.State{Type: prefect.StateCrashed, Message: bad}))
		}, "state.message"},
		"ForceFlowRunState": {func() error {
			return no(c.ForceFlowRunState(ctx, "r", prefect.State{Type: prefect.StateCrashed, Message: bad}))
		}, "state.message"},
		"ProposeFlowRunState": {func() error {
			return no(c.ProposeFlowRunState(ctx, "r", prefect.State{Type: prefect.StateCrashed, Message: bad}))
		}, "state.message"},
		"ProposeFlowRunStateAfter": {func() error {
			return no(c.ProposeFlowRunStateAfter(ctx, "r", "s", prefect.State{Type: prefect.StateCrashed, Message: bad}))
		}, "state.message"},
		"ForceFlowRunStateAfter": {func() error {
			return no(c.ForceFlowRunStateAfter(ctx, "r", "s", prefect.State{Type: prefect.StateCrashed, Message: bad}))
		}, "state.message"},
		"CreateFlow": {func() error { return no(c.CreateFlow(ctx, prefect.FlowCreate{Name: bad})) }, "name"},
		"CreateLogs": {nil, ""}, // a program's output need not be text: TestLogsOfBytes
		"CreateBlockDocument": {func() error {
			return no(c.CreateBlockDocument(ctx, prefect.BlockDocumentCreate{Name: "b", Data: map[string]any{"value": bad}}))
		}, "data.value"},
		"UpdateBlockDocument": {func() error {
			return c.UpdateBlockDocument(ctx, "b", prefect.BlockDocumentUpdate{Data: map[string]any{"value": bad}})
		}, "data.value"},
		"CreateBlockType": {func() error {
			return no(c.CreateBlockType(ctx, prefect.BlockTypeCreate{Name: "n", Slug: "s", CodeExample: bad}))
		}, "code_example"},
		"UpdateBlockType": {func() error { return c.UpdateBlockType(ctx, "b", prefect.BlockTypeUpdate{LogoURL: prefect.Set(bad)}) }, "logo_url"},
		"CreateBlockSchema": {func() error {
			return no(c.CreateBlockSchema(ctx, prefect.BlockSchemaCreate{Fields: json.RawMessage(`{"a":"` + bad + `"}`)}))
		}, "fields"},
		"CreateTaskRun": {func() error {
			return no(c.CreateTaskRun(ctx, prefect.TaskRunCreate{Name: bad, TaskKey: "k", DynamicKey: "d"}))
		}, "name"},
		"SetTaskRunState": {func() error {
			return no(c.SetTaskRunState(ctx, "r", prefect.State{Type: prefect.StateCrashed, Name: bad}))
		}, "state.name"},
		"ProposeTaskRunState": {func() error {
			return no(c.ProposeTaskRunState(ctx, "r", prefect.State{Type: prefect.StateCrashed, Name: bad}))
		}, "state.name"},
		"CreateWorkPool": {func() error {
			return no(c.CreateWorkPool(ctx, prefect.WorkPoolCreate{Name: "p", Type: "process", Description: bad}))
		}, "description"},
		"UpdateWorkPool": {func() error {
			return c.UpdateWorkPool(ctx, "p", prefect.WorkPoolUpdate{BaseJobTemplate: prefect.Set(json.RawMessage(`{"a":"` + bad + `"}`))})
		}, "base_job_template"},
		"CreateWorkQueue": {func() error {
			return no(c.CreateWorkQueue(ctx, "p", prefect.WorkQueueCreate{Name: "q", Description: bad}))
		}, "description"},
		"CreateArtifact": {func() error {
			return no(c.CreateArtifact(ctx, prefect.ArtifactCreate{Type: "markdown", Data: bad}))
		}, "data"},
		"UpdateArtifact":  {func() error { return c.UpdateArtifact(ctx, "a", map[string]any{"text": bad}) }, "data.text"},
		"CreateVariable":  {func() error { return no(c.CreateVariable(ctx, prefect.VariableCreate{Name: "v", Value: bad})) }, "value"},
		"UpdateWorkQueue": {func() error { return c.UpdateWorkQueue(ctx, "p", "q", prefect.WorkQueueUpdate{Name: prefect.Set(bad)}) }, "name"},
		"WorkerHeartbeat": {func() error { return c.WorkerHeartbeat(ctx, "p", bad, time.Second) }, "name"},
		"FlowRuns":        {func() error { return first(c.FlowRuns(ctx, query)) }, "flow_runs.name.any_[1]"},
		"CountFlowRuns":   {func() error { return no(c.CountFlowRuns(ctx, query)) }, "flow_runs.name.any_[1]"},
	} {
		tested[name] = true
		if test.call == nil {
			continue
		}
		t.Run(name, func(t *testing.T) {
			made, server := client(t, says(200, `"3.8.8"`)) // some ask for the version first
			c, ctx = made, t.Context()
			err := test.call()
			wantKind(t, err, prefect.ErrInvalid)
			if err != nil && (!strings.Contains(err.Error(), ": "+test.field+" must be valid UTF-8") || strings.Contains(err.Error(), bad)) {
				t.Errorf("got %q, want the field %s named, and its text not shown", err, test.field)
			}
			if n := len(server.asked); n != server.count("GET /api/admin/version") {
				t.Errorf("asked %v", server.asked)
			}
		})
	}
	for method := range reflect.TypeFor[*prefect.Client]().Methods() {
		for _, verb := range []string{"Create", "Update", "Set", "Force", "Propose"} {
			if strings.HasPrefix(method.Name, verb) && !tested[method.Name] {
				t.Errorf("%s is not tested", method.Name)
			}
		}
	}
}

// TestValidTextIsSentAsItIs: the replacement character itself, and JSON that has its escape, are no fault.
func TestValidTextIsSentAsItIs(t *testing.T) {
	var sent map[string]any
	c, _ := client(t, func(w http.ResponseWriter, r *http.Request) {
		sent = body(r)
		says(201, `{"id":"00000000-0000-0000-0000-000000000001","name":"p"}`)(w, r)
	})
	_, err := c.CreateWorkPool(t.Context(), prefect.WorkPoolCreate{
		Name: "p", Type: "process", Description: "\uFFFD", BaseJobTemplate: json.RawMessage(`{"a":"\ufffd \\ufffd"}`),
	})
	check(t, err)
	want(t, "description", sent["description"], any("\uFFFD"))
	want(t, "template", sent["base_job_template"].(map[string]any)["a"], any("\uFFFD \\ufffd"))
}

func TestPublishRefusesInvalidUTF8(t *testing.T) {
	c, _ := client(t, says(200, `"3.8.8"`))
	p := c.NewEventPublisher(t.Context())
	err := p.Publish(t.Context(), prefect.Event{Event: "e", Resource: prefect.NewResource("x", bad)})
	if err == nil || !strings.Contains(err.Error(), "resource.prefect.resource.name must be valid UTF-8") {
		t.Errorf("got %v", err)
	}
	check(t, p.Close(t.Context()))
}

func TestSubscribeRefusesInvalidUTF8(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := (&eventServer{version: "3.8.8"}).start(t, prefect.Options{})
		wantKind(t, first(c.SubscribeEvents(t.Context(), prefect.EventFilter{Event: prefect.EventNameFilter{Name: []string{bad}}})), prefect.ErrInvalid)
	})
}

// TestLogsOfBytes: a line that is no text is sent as text, and found again as such after an unclear answer.
func TestLogsOfBytes(t *testing.T) {
	server := &logServer{}
	c, _ := client(t, server.handle)
	check(t, c.CreateLogs(t.Context(), []prefect.Log{{Name: "n", Message: "caf\xe9 \xff\xfe!", FlowRunID: "r"}}))
	if got := server.batches[0][0].Message; got != "caf\uFFFD \uFFFD!" {
		t.Errorf("got %q", got)
	}
}
