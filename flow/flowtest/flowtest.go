// Package flowtest tests flows of package flow: with a Prefect API in memory, and with time that passes by itself.
//
//	func TestNightly(t *testing.T) {
//		flowtest.Run(t, func(t *testing.T, s *flowtest.Server) {
//			if _, err := nightly.Run(s.Context(), Params{Day: "monday"}); err != nil {
//				t.Fatal(err)
//			}
//			run := s.LastRun("nightly")
//			if run.Task("fetch-0").RunCount != 3 {
//				t.Errorf("fetch was not retried: %v", run)
//			}
//		})
//	}
//
// Inside [Run] the clock is that of testing/synctest: pauses between retries and timeouts take no time, and the
// test is over in milliseconds. What the flow speaks to must be in memory too: a real network does not go with such a clock.
// A test that needs one calls [NewServer] in an ordinary test.
//
// A test of a cancellation calls [Server.Cancel] from within the flow, or from a task, whose run's id is in [flow.Info].
package flowtest

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/pacific-aci/pacific/emulator/prefect"
	"github.com/pacific-aci/pacific/flow"
	"github.com/pacific-aci/pacific/prefect"
)

// Server is a Prefect API in memory, of one test. Where the API refuses a call, its methods fail the test.
type Server struct {
	// Client is for calls that this package has no word for.
	Client *prefect.Client

	t   testing.TB
	ctx context.Context
}

// Run runs test with a server, in fake time. It returns when test and all goroutines that it has started have ended.
func Run(t *testing.T, test func(t *testing.T, s *Server)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { test(t, NewServer(t)) })
}

// NewServer starts a server that ends with the test.
func NewServer(t testing.TB) *Server {
	t.Helper()
	api, err := prefectemulator.NewServer(prefectemulator.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = api.Close() }) // its error is always nil
	client, err := prefect.NewClient(prefect.Options{URL: prefectemulator.URL, Transport: api.Transport()})
	if err != nil {
		t.Fatal(err)
	}
	return &Server{Client: client, t: t, ctx: flow.WithClient(t.Context(), client)}
}

// Context is one in which flows are recorded on the server. It ends with the test.
func (s *Server) Context() context.Context { return s.ctx }

// Cancel asks for the end of a flow run, as the button in Prefect's UI does.
// The flow notices within ten seconds.
func (s *Server) Cancel(id prefect.ID) {
	s.t.Helper()
	if _, err := s.Client.SetFlowRunState(context.WithoutCancel(s.ctx), id, prefect.State{Type: prefect.StateCancelling}); err != nil {
		s.t.Errorf("cancelling flow run %s: %v", id, err)
	}
}

// Record is what the server knows of a flow run.
type Record struct {
	prefect.FlowRun
	// States are the names of all states that the run went through, such as Pending, Running, Completed.
	States []string
	// Tasks are its task runs by their names, such as fetch-0. Those of a retry of the flow come in the place of the earlier ones.
	Tasks map[string]prefect.TaskRun
	// Logs are the lines of the run and of its tasks.
	Logs []string
}

// Task is one task run. It is the zero value if there is none of this name.
func (r Record) Task(name string) prefect.TaskRun { return r.Tasks[name] }

// String is the run in a few words, for messages of tests.
func (r Record) String() string {
	return fmt.Sprintf("%s (%s): %d task runs, %d lines of log", r.Name, strings.Join(r.States, ", "), len(r.Tasks), len(r.Logs))
}

// LastRun is the newest run of the flow with this name. It fails the test if there is none.
func (s *Server) LastRun(name string) Record {
	s.t.Helper()
	ctx := context.WithoutCancel(s.ctx)
	runs, err := prefect.Collect(s.Client.FlowRuns(ctx, prefect.Query{
		Flows: prefect.FlowFilter{Name: prefect.Match{Any: []string{name}}}, Sort: prefect.SortExpectedStartTimeDesc, Limit: 1,
	}))
	if err != nil {
		s.t.Fatal(err)
	}
	if len(runs) == 0 {
		s.t.Fatalf("flow %q has no runs on the server", name)
	}
	record := Record{FlowRun: runs[0], Tasks: map[string]prefect.TaskRun{}}
	states, err := s.Client.FlowRunStates(ctx, record.ID)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, state := range states {
		record.States = append(record.States, state.Name)
	}
	tasks, err := prefect.Collect(s.Client.TaskRuns(ctx, prefect.Query{FlowRuns: prefect.FlowRunFilter{ID: prefect.Match{Any: []string{string(record.ID)}}}}))
	if err != nil {
		s.t.Fatal(err)
	}
	for _, task := range tasks {
		if before, ok := record.Tasks[task.Name]; !ok || task.Created.After(before.Created.Time) {
			record.Tasks[task.Name] = task
		}
	}
	logs, err := prefect.Collect(s.Client.Logs(ctx, prefect.LogQuery{FlowRunIDs: []prefect.ID{record.ID}}))
	if err != nil {
		s.t.Fatal(err)
	}
	for _, line := range logs {
		record.Logs = append(record.Logs, line.Message)
	}
	return record
}
