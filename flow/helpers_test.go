package flow_test

import (
	"context"
	"testing"

	"github.com/pacific-aci/pacific/emulator/prefect"
	"github.com/pacific-aci/pacific/flow"
	"github.com/pacific-aci/pacific/prefect"
)

// server starts a Prefect API in memory for the test, and gives a context in which flows are recorded there. Inside
// testing/synctest it must be closed by the test's own bubble, which t.Cleanup of the bubble's t does.
func server(t *testing.T) (context.Context, *prefect.Client) {
	t.Helper()
	api, err := prefectemulator.NewServer(prefectemulator.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = api.Close() })
	client, err := prefect.NewClient(prefect.Options{URL: prefectemulator.URL, Transport: api.Transport(), Retries: prefect.RetryOptions{Jitter: -1}})
	if err != nil {
		t.Fatal(err)
	}
	return flow.WithClient(t.Context(), client), client
}

// theRun is the only run of the flow.
func theRun(t *testing.T, client *prefect.Client, name string) prefect.FlowRun {
	t.Helper()
	runs, err := prefect.Collect(client.FlowRuns(context.Background(), prefect.Query{Flows: prefect.FlowFilter{Name: prefect.Match{Any: []string{name}}}}))
	if err != nil || len(runs) != 1 {
		t.Fatalf("%d runs of %s, %v; want 1", len(runs), name, err)
	}
	return runs[0]
}

// stateNames are the names of all states that the run went through.
func stateNames(t *testing.T, client *prefect.Client, id prefect.ID) []string {
	t.Helper()
	states, err := client.FlowRunStates(context.Background(), id)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, s := range states {
		names = append(names, s.Name)
	}
	return names
}

// taskRuns are the task runs of a flow run by their names.
func taskRuns(t *testing.T, client *prefect.Client, id prefect.ID) map[string]prefect.TaskRun {
	t.Helper()
	runs, err := prefect.Collect(client.TaskRuns(context.Background(), prefect.Query{FlowRuns: prefect.FlowRunFilter{ID: prefect.Match{Any: []string{string(id)}}}}))
	if err != nil {
		t.Fatal(err)
	}
	named := map[string]prefect.TaskRun{}
	for _, run := range runs {
		name := run.Name
		for named[name].ID != "" { // of a flow that was retried
			name += "'"
		}
		named[name] = run
	}
	return named
}

func messages(t *testing.T, client *prefect.Client, id prefect.ID) []string {
	t.Helper()
	logs, err := prefect.Collect(client.Logs(context.Background(), prefect.LogQuery{FlowRunIDs: []prefect.ID{id}}))
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, l := range logs {
		lines = append(lines, l.Message)
	}
	return lines
}
