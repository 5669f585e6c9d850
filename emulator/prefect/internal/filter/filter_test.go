package filter_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/api"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/db"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/filter"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/work"
)

// world is a few records that belong to each other:
//
//	flow F has deployment Dep in pool P, queue Q; run A is of it, failed, with task run T, whose subflow is run B;
//	flow G has none; run B, of G, is scheduled, and run C, of G, has no state at all.
func world() (*db.DB, map[string]uuid.UUID) {
	d := db.New()
	ids := map[string]uuid.UUID{}
	base := func(name string) db.Base {
		b := db.NewRunBase()
		ids[name] = b.ID
		return b
	}
	at := func(hour int) api.Time { return api.At(time.Date(2026, 1, 1, hour, 0, 0, 0, time.UTC)) }
	for _, name := range []string{"F", "G"} {
		f := &db.Flow{Base: base(name), Name: name, Tags: map[string][]string{"F": {"x", "y"}}[name]}
		d.Flows.Put(f.ID, f)
	}
	pool := work.AddPool(d, db.WorkPool{Name: "P", Type: "process"})
	queue := work.AddQueue(d, pool, db.WorkQueue{Name: "Queue"})
	ids["P"], ids["Q"] = pool.ID, queue.ID
	dep := &db.Deployment{Base: base("Dep"), Name: "Dep", FlowID: ids["F"], Tags: []string{"prod"}, Paused: true, WorkQueueID: &queue.ID, WorkQueueName: new("Queue")}
	d.Deployments.Put(dep.ID, dep)
	a := &db.FlowRun{Run: db.Run{Base: base("A"), Name: "A_run", Tags: []string{"x", "y"}, State: &db.State{Type: db.Failed, Name: "Boom"}, StartTime: at(2), ExpectedStartTime: at(1), EndTime: at(3)},
		FlowID: ids["F"], DeploymentID: &dep.ID, WorkQueueID: &queue.ID, WorkQueueName: new("Queue"), FlowVersion: new("1"), IdempotencyKey: new("k"),
		CreatedBy: json.RawMessage(`{"id":"` + dep.ID.String() + `","type":"SCHEDULE","display_value":"x"}`)}
	d.AddFlowRun(a)
	task := &db.TaskRun{Run: db.Run{Base: base("T"), Name: "T", Tags: []string{"t"}, State: &db.State{Type: db.Running, Name: "Running"}, StartTime: at(2), ExpectedStartTime: at(1)}, FlowRunID: &a.ID, TaskKey: "k"}
	d.AddTaskRun(task)
	alone := &db.TaskRun{Run: db.Run{Base: base("U"), Name: "U"}, TaskKey: "k"}
	d.AddTaskRun(alone)
	d.AddFlowRun(&db.FlowRun{Run: db.Run{Base: base("B"), Name: "B", Tags: []string{"x"}, State: &db.State{Type: db.Scheduled, Name: "Late"}, ExpectedStartTime: at(5), NextScheduledTime: at(5)}, FlowID: ids["G"], ParentTaskRunID: &task.ID})
	d.AddFlowRun(&db.FlowRun{Run: db.Run{Base: base("C"), Name: "C"}, FlowID: ids["G"]})
	return d, ids
}

// query reads criteria, in which $X is the id of X.
func query(t *testing.T, ids map[string]uuid.UUID, text string) filter.Query {
	t.Helper()
	for name, id := range ids {
		text = strings.ReplaceAll(text, "$"+name+`"`, id.String()+`"`)
	}
	var q filter.Query
	if err := json.Unmarshal([]byte(text), &q); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return q
}

func first(names []string) string {
	var short []string
	for _, name := range names {
		short = append(short, name[:1])
	}
	return strings.Join(short, "")
}

func TestFlowRuns(t *testing.T) {
	d, ids := world()
	for text, want := range map[string]string{
		`{}`:                                                                                             "ABC",
		`{"flow_runs":{}}`:                                                                               "ABC",
		`{"flow_runs":{"id":{"any_":["$A"]}}}`:                                                           "A",
		`{"flow_runs":{"id":{"any_":[]}}}`:                                                               "",
		`{"flow_runs":{"id":{"any_":null}}}`:                                                             "ABC",
		`{"flow_runs":{"id":{"not_any_":["$A"]}}}`:                                                       "BC",
		`{"flow_runs":{"id":{"not_any_":[]}}}`:                                                           "ABC",
		`{"flow_runs":{"name":{"any_":["B","C"]}}}`:                                                      "BC",
		`{"flow_runs":{"name":{"like_":"RUN"}}}`:                                                         "A",
		`{"flow_runs":{"name":{"like_":"a%n"}}}`:                                                         "A",
		`{"flow_runs":{"name":{"like_":"a__n"}}}`:                                                        "",
		`{"flow_runs":{"name":{"like_":"a_ru"}}}`:                                                        "A",
		`{"flow_runs":{"tags":{"all_":["x"]}}}`:                                                          "AB",
		`{"flow_runs":{"tags":{"all_":["x","y"]}}}`:                                                      "A",
		`{"flow_runs":{"tags":{"any_":["y","z"]}}}`:                                                      "A",
		`{"flow_runs":{"tags":{"any_":[]}}}`:                                                             "",
		`{"flow_runs":{"tags":{"is_null_":true}}}`:                                                       "C",
		`{"flow_runs":{"tags":{"is_null_":false}}}`:                                                      "AB",
		`{"flow_runs":{"tags":{"operator":"or_","all_":["y"],"is_null_":true}}}`:                         "AC",
		`{"flow_runs":{"deployment_id":{"any_":["$Dep"]}}}`:                                              "A",
		`{"flow_runs":{"deployment_id":{"is_null_":true}}}`:                                              "BC",
		`{"flow_runs":{"work_queue_name":{"any_":["Queue"]}}}`:                                           "A",
		`{"flow_runs":{"work_queue_name":{"is_null_":false}}}`:                                           "A",
		`{"flow_runs":{"state":{"type":{"any_":["FAILED","SCHEDULED"]}}}}`:                               "AB",
		`{"flow_runs":{"state":{"type":{"not_any_":["FAILED"]}}}}`:                                       "B",
		`{"flow_runs":{"state":{"name":{"any_":["Late"]}}}}`:                                             "B",
		`{"flow_runs":{"state":{"name":{"not_any_":["Late"]}}}}`:                                         "A",
		`{"flow_runs":{"state":{"type":{"any_":[]}}}}`:                                                   "",
		`{"flow_runs":{"state":{"type":{"any_":["FAILED"],"not_any_":["FAILED"]}}}}`:                     "ABC",
		`{"flow_runs":{"state":{"operator":"or_","type":{"any_":["FAILED"]},"name":{"any_":["Late"]}}}}`: "AB",
		`{"flow_runs":{"flow_version":{"any_":["1"]}}}`:                                                  "A",
		`{"flow_runs":{"start_time":{"before_":"2026-01-01T02:00:00Z"}}}`:                                "A",
		`{"flow_runs":{"start_time":{"before_":"2026-01-01T01:59:59Z"}}}`:                                "",
		`{"flow_runs":{"start_time":{"after_":"2026-01-01T02:00:00Z"}}}`:                                 "AB",
		`{"flow_runs":{"start_time":{"is_null_":true}}}`:                                                 "BC",
		`{"flow_runs":{"end_time":{"is_null_":false}}}`:                                                  "A",
		`{"flow_runs":{"end_time":{"after_":"2026-01-01T03:00:01Z"}}}`:                                   "",
		`{"flow_runs":{"expected_start_time":{"before_":"2026-01-01T01:00:00Z"}}}`:                       "A",
		`{"flow_runs":{"next_scheduled_start_time":{"after_":"2026-01-01T00:00:00Z"}}}`:                  "B",
		`{"flow_runs":{"parent_flow_run_id":{"any_":["$A"]}}}`:                                           "B",
		`{"flow_runs":{"parent_flow_run_id":{}}}`:                                                        "ABC",
		`{"flow_runs":{"parent_task_run_id":{"any_":["$T"]}}}`:                                           "B",
		`{"flow_runs":{"parent_task_run_id":{"is_null_":true}}}`:                                         "AC",
		`{"flow_runs":{"idempotency_key":{"any_":["k"]}}}`:                                               "A",
		`{"flow_runs":{"idempotency_key":{"not_any_":["other"]}}}`:                                       "A",
		`{"flow_runs":{"created_by":{"id_":["$Dep"]}}}`:                                                  "A",
		`{"flow_runs":{"created_by":{"type_":["SCHEDULE"]}}}`:                                            "A",
		`{"flow_runs":{"created_by":{"is_null_":true}}}`:                                                 "BC",
		`{"flow_runs":{"operator":"or_","name":{"any_":["C"]},"flow_version":{"any_":["1"]}}}`:           "AC",
		`{"flow_runs":{"operator":"and_","name":{"any_":["C"]},"flow_version":{"any_":["1"]}}}`:          "",
		`{"flows":{"name":{"any_":["G"]}}}`:                                                              "BC",
		`{"flows":{"deployment":{"is_null_":false}}}`:                                                    "A",
		`{"flows":{"id":{"not_any_":["$G"]},"tags":{"all_":["x"]}}}`:                                     "A",
		`{"deployments":{}}`:                                                                             "A",
		`{"deployments":{"name":{"any_":["no"]}}}`:                                                       "",
		`{"task_runs":{}}`:                                      "A",
		`{"task_runs":{"name":{"any_":["U"]}}}`:                 "",
		`{"work_pools":{"name":{"any_":["P"]}}}`:                "A",
		`{"work_pools":{"type":{"any_":["docker"]}}}`:           "",
		`{"work_pools":{"id":{"any_":["$P"]}}}`:                 "A",
		`{"work_pool_queues":{"id":{"any_":["$Q"]}}}`:           "A",
		`{"work_pool_queues":{"name":{"startswith_":["que"]}}}`: "A",
		`{"work_pool_queues":{"name":{"any_":["default"]}}}`:    "",
	} {
		match, got := query(t, ids, text).MatchFlowRuns(d), []string{}
		for run := range d.FlowRuns.All() {
			if match(run) {
				got = append(got, run.Name)
			}
		}
		if diff := cmp.Diff(want, first(got)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", text, diff)
		}
	}
}

func TestTaskRuns(t *testing.T) {
	d, ids := world()
	for text, want := range map[string]string{
		`{}`:                                                                       "TU",
		`{"task_runs":{"id":{"any_":["$T"]}}}`:                                     "T",
		`{"task_runs":{"name":{"like_":"u"}}}`:                                     "U",
		`{"task_runs":{"tags":{"all_":["t"]}}}`:                                    "T",
		`{"task_runs":{"tags":{"is_null_":true}}}`:                                 "U",
		`{"task_runs":{"state":{"type":{"any_":["RUNNING"]}}}}`:                    "T",
		`{"task_runs":{"state":{"name":{"any_":["Pending"]}}}}`:                    "",
		`{"task_runs":{"start_time":{"is_null_":true}}}`:                           "U",
		`{"task_runs":{"end_time":{"is_null_":false}}}`:                            "",
		`{"task_runs":{"expected_start_time":{"before_":"2026-01-01T01:00:00Z"}}}`: "T",
		`{"task_runs":{"subflow_runs":{"exists_":true}}}`:                          "T",
		`{"task_runs":{"subflow_runs":{"exists_":false}}}`:                         "U",
		`{"task_runs":{"flow_run_id":{"any_":["$A"]}}}`:                            "T",
		`{"task_runs":{"flow_run_id":{"any_":["$B"]}}}`:                            "",
		`{"task_runs":{"flow_run_id":{"is_null_":true}}}`:                          "U",
		`{"task_runs":{"flow_run_id":{}}}`:                                         "T",
		`{"flow_runs":{"id":{"any_":["$A"]}}}`:                                     "T",
		`{"flow_runs":{"id":{"any_":["$B"]}}}`:                                     "",
		`{"flow_runs":{}}`:                                                         "T",
		`{"flows":{"name":{"any_":["F"]}}}`:                                        "T",
		`{"deployments":{"name":{"any_":["Dep"]}}}`:                                "T",
	} {
		match, got := query(t, ids, text).MatchTaskRuns(d), []string{}
		for run := range d.TaskRuns.All() {
			if match(run) {
				got = append(got, run.Name)
			}
		}
		if diff := cmp.Diff(want, first(got)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", text, diff)
		}
	}
}

func TestFlowsAndDeployments(t *testing.T) {
	d, ids := world()
	for text, want := range map[string]struct{ flows, deployments string }{
		`{}`:                                   {"FG", "D"},
		`{"flows":{"name":{"like_":"g"}}}`:     {"G", ""},
		`{"flows":{"tags":{"is_null_":true}}}`: {"G", ""},
		`{"flows":{"deployment":{"is_null_":true}}}`:                                           {"G", ""},
		`{"flow_runs":{"state":{"type":{"any_":["FAILED"]}}}}`:                                 {"F", "D"},
		`{"flow_runs":{"name":{"any_":["B"]}}}`:                                                {"G", ""},
		`{"task_runs":{"name":{"any_":["T"]}}}`:                                                {"F", "D"},
		`{"task_runs":{"name":{"any_":["U"]}}}`:                                                {"", ""},
		`{"deployments":{}}`:                                                                   {"F", "D"},
		`{"deployments":{"id":{"not_any_":["$Dep"]}}}`:                                         {"", ""},
		`{"deployments":{"paused":{"eq_":false}}}`:                                             {"", ""},
		`{"deployments":{"paused":{"eq_":true}}}`:                                              {"F", "D"},
		`{"deployments":{"tags":{"any_":["prod"]}}}`:                                           {"F", "D"},
		`{"deployments":{"work_queue_name":{"any_":["Queue"]}}}`:                               {"F", "D"},
		`{"deployments":{"flow_or_deployment_name":{"like_":"f"}}}`:                            {"F", "D"},
		`{"deployments":{"flow_or_deployment_name":{"like_":"x"}}}`:                            {"", ""},
		`{"deployments":{"concurrency_limit":{"ge_":5}}}`:                                      {"F", "D"},
		`{"work_pools":{"name":{"any_":["P"]}}}`:                                               {"F", "D"},
		`{"work_pools":{"operator":"or_","name":{"any_":["no"]},"type":{"any_":["process"]}}}`: {"F", "D"},
		`{"work_pools":{"name":{"any_":["no"]}}}`:                                              {"", ""},
	} {
		q := query(t, ids, text)
		flow, deployment := q.MatchFlows(d), q.MatchDeployments(d)
		var flows, deployments []string
		for f := range d.Flows.All() {
			if flow(f) {
				flows = append(flows, f.Name)
			}
		}
		for p := range d.Deployments.All() {
			if deployment(p) {
				deployments = append(deployments, p.Name)
			}
		}
		if got := first(flows); got != want.flows {
			t.Errorf("%s: got flows %q, want %q", text, got, want.flows)
		}
		if got := first(deployments); got != want.deployments {
			t.Errorf("%s: got deployments %q, want %q", text, got, want.deployments)
		}
	}
}
