package prefect_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/pacific-aci/pacific/prefect"
)

func taskRunsContract(t *testing.T, s target) {
	ctx := t.Context()
	run := s.run(t)
	must(s.SetFlowRunState(ctx, run.ID, prefect.State{Type: prefect.StateRunning}))(t) // or no task of it may run
	create := prefect.TaskRunCreate{Name: "add-0", FlowRunID: run.ID, TaskKey: "add", DynamicKey: "0", Tags: []string{"t"}, Labels: map[string]any{"a": 1},
		State: &prefect.State{Type: prefect.StatePending}, EmpiricalPolicy: prefect.TaskRunPolicy{Retries: new(2), RetryDelay: []int{1, 2}},
		TaskInputs: prefect.TaskInputs{"x": {{InputType: "parameter", Name: "x"}}}}
	task := must(s.CreateTaskRun(ctx, create))(t)
	want(t, "id of the second create", must(s.CreateTaskRun(ctx, create))(t).ID, task.ID)
	result := must(s.SetTaskRunState(ctx, task.ID, prefect.State{Type: prefect.StateRunning}))(t)
	want(t, "running", result.Status, prefect.Accept)
	state := must(s.ProposeTaskRunState(ctx, task.ID, prefect.State{Type: prefect.StateCompleted}))(t)
	want(t, "completed", state.Type, prefect.StateCompleted)
	read := must(s.TaskRun(ctx, task.ID))(t)
	want(t, "flow run", read.FlowRunID, run.ID)
	want(t, "run count", read.RunCount, 1)
	want(t, "input", read.TaskInputs["x"][0].Name, "x")
	listed := must(prefect.Collect(s.TaskRuns(ctx, prefect.Query{TaskRuns: prefect.TaskRunFilter{FlowRunID: prefect.Match{Any: []string{string(run.ID)}}}})))(t)
	if len(listed) != 1 || listed[0].ID != task.ID {
		t.Errorf("got %d task runs, want the one", len(listed))
	}
}

func taskRunEventsContract(t *testing.T, s target) {
	ctx := t.Context()
	run := s.run(t)
	publisher := s.NewEventPublisher(ctx)
	task := prefect.TaskRun{ID: prefect.ID(uuid.NewString()), Name: "add-abc", TaskKey: "add", DynamicKey: "k", Tags: []string{"t"}, RunCount: 1}
	flowRun := []prefect.Resource{prefect.FlowRunResource(run.ID, run.Name)}
	now := time.Now().UTC()
	var from *prefect.State
	var follows prefect.ID
	for i, kind := range []prefect.StateType{prefect.StatePending, prefect.StateRunning, prefect.StateCompleted} {
		to := prefect.State{ID: prefect.ID(uuid.NewString()), Type: kind, Timestamp: prefect.At(now.Add(time.Duration(i) * time.Millisecond)), Message: "m"}
		step := prefect.TaskRunTransition{Run: task, From: from, To: to, Follows: follows, Related: flowRun}
		check(t, publisher.Publish(ctx, step.Event()))
		from, follows = &to, to.ID
	}
	err := publisher.Flush(ctx)
	if !s.v3 {
		wantKind(t, err, prefect.ErrUnsupported)
		if err := publisher.Close(ctx); err == nil || !strings.Contains(err.Error(), "3 events were not sent") {
			t.Errorf("got %v, want the number of lost events", err)
		}
		return
	}
	check(t, err)
	check(t, publisher.Close(ctx))
	eventually(t, "the task run is recorded", func() bool {
		read, err := s.TaskRun(ctx, task.ID)
		return err == nil && read.StateType == prefect.StateCompleted && read.FlowRunID == run.ID && read.Name == "add-abc"
	})
}

func logsContract(t *testing.T, s target) {
	ctx := t.Context()
	run := s.run(t)
	begin := time.Now().UTC().Truncate(time.Microsecond)
	var logs []prefect.Log
	for i := range 205 {
		logs = append(logs, prefect.Log{Name: "prefect.flow_runs", Level: 10 + 10*(i%4), Message: fmt.Sprintf("line %d\x00 æ\u2028", i),
			Timestamp: prefect.At(begin.Add(time.Duration(i) * time.Microsecond)), FlowRunID: run.ID})
	}
	check(t, s.CreateLogs(ctx, logs))
	read := must(prefect.Collect(s.Logs(ctx, prefect.LogQuery{FlowRunIDs: []prefect.ID{run.ID}})))(t)
	want(t, "lines", len(read), len(logs))
	want(t, "a line", read[7].Message, "line 7 æ\u2028")
	want(t, "its time", read[7].Timestamp.Time, logs[7].Timestamp.Time)
	later := must(prefect.Collect(s.Logs(ctx, prefect.LogQuery{FlowRunIDs: []prefect.ID{run.ID}, After: begin.Add(200 * time.Microsecond), MinLevel: 30})))(t)
	want(t, "later warnings", len(later), 2)
	last := must(prefect.Collect(s.Logs(ctx, prefect.LogQuery{FlowRunIDs: []prefect.ID{run.ID}, Sort: prefect.SortTimestampDesc, Limit: 1})))(t)
	want(t, "last line", last[0].Timestamp.Time, logs[204].Timestamp.Time)
}

func logSenderContract(t *testing.T, s target) {
	ctx := t.Context()
	run := s.run(t)
	sender := s.NewLogSender(ctx, prefect.LogSenderOptions{})
	const n = 3000
	for i := range n {
		check(t, sender.Add(ctx, prefect.Log{Name: "x", Level: 20, Message: fmt.Sprint(i), Timestamp: prefect.At(time.Now()), FlowRunID: run.ID}))
	}
	check(t, sender.Add(ctx, prefect.Log{Name: "x", Level: 20, Message: strings.Repeat("å", 1_000_000), Timestamp: prefect.At(time.Now()), FlowRunID: run.ID}))
	check(t, sender.Flush(ctx))
	var got int
	var last string
	for log, err := range s.Logs(ctx, prefect.LogQuery{FlowRunIDs: []prefect.ID{run.ID}}) {
		check(t, err)
		got++
		last = log.Message
	}
	want(t, "lines", got, n+1)
	if !strings.HasSuffix(last, "å... [truncated]") || len(last) > 1_000_000 || len(last) < 990_000 {
		t.Errorf("got a last line of %d bytes that ends in %q, want it cut", len(last), last[len(last)-20:])
	}
	check(t, sender.Close(ctx))
	if err := sender.Add(ctx, prefect.Log{}); err == nil {
		t.Error("a closed sender takes lines")
	}
}

func eventsContract(t *testing.T, s target) {
	event := prefect.Event{ID: prefect.ID(uuid.NewString()), Event: "pacific.contract", Resource: prefect.NewResource("pacific."+s.name, "")}
	err := s.CreateEvents(t.Context(), []prefect.Event{event})
	if !s.v3 {
		wantKind(t, err, prefect.ErrUnsupported)
		return
	}
	check(t, err)
	check(t, s.CreateEvents(t.Context(), []prefect.Event{event}))
}

func eventSocketsContract(t *testing.T, s target) {
	ctx := t.Context()
	filter := prefect.EventFilter{Event: prefect.EventNameFilter{Prefix: []string{"pacific."}}, Resource: prefect.EventResourceFilter{ID: []string{"pacific." + s.name}}}
	if !s.v3 {
		for _, err := range s.SubscribeEvents(ctx, filter) {
			wantKind(t, err, prefect.ErrUnsupported)
		}
		return
	}
	publisher := s.NewEventPublisher(ctx)
	publish := func(what string, i int) {
		resource := prefect.NewResource("pacific."+s.name, "the contract")
		if what == "bulk" {
			resource = prefect.NewResource("pacific."+s.name+".bulk", "") // not asked for: a server drops bursts of over 256
		}
		_ = publisher.Publish(ctx, prefect.Event{
			Event: fmt.Sprintf("pacific.%s-%d", what, i), Resource: resource,
			Related: []prefect.Resource{prefect.NewResource("prefect.work-pool.x", "").As("work-pool")}, Payload: map[string]any{"i": i},
		})
	}
	const n = 100
	begun, published, give := make(chan struct{}), make(chan struct{}), time.After(30*time.Second)
	go func() {
		defer close(published)
		// What is published while the server takes up the subscription may be missed, so numbers start when a hello is heard.
		for i := 0; ; i++ {
			publish("hello", i)
			select {
			case <-begun:
				for i := range n {
					publish("number", i)
				}
				for i := range 800 { // more than a checkpoint
					publish("bulk", i)
				}
				_ = publisher.Flush(ctx)
				return
			case <-give:
				return
			case <-ctx.Done(): // the case has failed
				return
			case <-time.After(200 * time.Millisecond):
			}
		}
	}()
	seen := map[string]bool{}
	limited, cancel := context.WithTimeout(ctx, 60*time.Second)
	defer cancel()
	for event, err := range s.SubscribeEvents(limited, filter) {
		check(t, err)
		if event.Related[0][prefect.ResourceRoleLabel] != "work-pool" || event.Received.IsZero() {
			t.Fatalf("got %+v, want the related pool and when it was received", event)
		}
		if strings.HasPrefix(event.Event, "pacific.hello") {
			select {
			case <-begun:
			default:
				close(begun)
			}
			continue
		}
		if seen[event.Event] {
			t.Fatalf("%s was given twice", event.Event)
		}
		if seen[event.Event] = true; len(seen) == n {
			break
		}
	}
	want(t, "events", len(seen), n)
	<-published // or the last of them are lost with the publisher
	check(t, publisher.Close(ctx))
}
