//go:build e2e

package e2e

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
)

// flowRecord is all runs of a flow, without what may differ: ids, times, random names, addresses.
type flowRecord struct {
	Runs []runRecord
	// Tasks are task runs without a flow run.
	Tasks []taskRecord
}

type runRecord struct {
	State, Parameters string
	Count             int
	Tags, Flags       []string
	// States and Logs are in the order in which they came.
	States, Logs []string
	Tasks        []taskRecord
}

type taskRecord struct {
	Name         string
	Counts       [2]int
	Tags, Inputs []string
	States, Logs []string
}

func (r *flowRecord) tasks() int {
	n := len(r.Tasks)
	for _, run := range r.Runs {
		n += len(run.Tasks)
	}
	return n
}

// wireRun is what is read of a flow run or a task run.
type wireRun struct {
	ID, Name       string
	FlowID         string `json:"flow_id"`
	FlowRunID      string `json:"flow_run_id"`
	StateName      string `json:"state_name"`
	DeploymentID   string `json:"deployment_id"`
	ParentTaskID   string `json:"parent_task_run_id"`
	WorkPoolName   string `json:"work_pool_name"`
	WorkQueueName  string `json:"work_queue_name"`
	Parameters     map[string]any
	Tags           []string
	RunCount       int              `json:"run_count"`
	FlowRunCount   int              `json:"flow_run_run_count"`
	TaskInputs     map[string][]any `json:"task_inputs"`
	Created        time.Time
	AutoScheduled  bool   `json:"auto_scheduled"`
	InfrastructPID string `json:"infrastructure_pid"`
}

type wireState struct {
	Type, Name, Message string
	Timestamp           time.Time
}

type wireLog struct {
	Level         int
	Name, Message string
	TaskRunID     string `json:"task_run_id"`
}

// flowRuns are the runs of a flow that began in this test, oldest first.
func (s *flowSide) flowRuns(flow string) []wireRun {
	var runs []wireRun
	s.call(http.MethodPost, "/flow_runs/filter", fmt.Sprintf(`{"flows":{"name":{"any_":[%q]}},"flow_runs":{"expected_start_time":{"after_":%q}},"sort":"EXPECTED_START_TIME_ASC"}`,
		flow, s.began.UTC().Format(time.RFC3339Nano)), &runs)
	return runs
}

func (s *flowSide) logs(field, id string) []wireLog {
	var logs []wireLog
	s.call(http.MethodPost, "/logs/filter", fmt.Sprintf(`{"logs":{%q:{"any_":[%q]}},"sort":"TIMESTAMP_ASC","limit":200}`, field, id), &logs)
	return logs
}

// collect reads what the server says of every flow.
func (s *flowSide) collect() map[string]*flowRecord {
	records := map[string]*flowRecord{}
	for flow := range pythonFlows {
		record := &flowRecord{}
		for _, run := range s.flowRuns(flow) {
			record.Runs = append(record.Runs, s.runRecord(run))
		}
		if len(record.Runs) > 0 {
			records[flow] = record
		}
	}
	var loose []wireRun
	s.call(http.MethodPost, "/task_runs/filter", `{"task_runs":{"tags":{"all_":["pyflows-background"]}},"sort":"ID_DESC","limit":200}`, &loose)
	loose = slices.DeleteFunc(loose, func(run wireRun) bool { return run.FlowRunID != "" || run.Created.Before(s.began) })
	records[""] = &flowRecord{Tasks: s.taskRecords(loose, nil)}
	return records
}

func (s *flowSide) runRecord(run wireRun) runRecord {
	var tasks []wireRun
	s.call(http.MethodPost, "/task_runs/filter", fmt.Sprintf(`{"flow_runs":{"id":{"any_":[%q]}},"limit":200}`, run.ID), &tasks)
	logs := s.logs("flow_run_id", run.ID)
	record := runRecord{State: run.StateName, Parameters: s.normal(fmt.Sprint(run.Parameters)), Count: run.RunCount, States: s.states("flow_run", run.ID), Tags: sorted(run.Tags)}
	for what, there := range map[string]bool{"deployment": run.DeploymentID != "", "parent": run.ParentTaskID != "", "automatic": run.AutoScheduled, "process": run.InfrastructPID != ""} {
		if there {
			record.Flags = append(record.Flags, what)
		}
	}
	record.Flags = append(sorted(record.Flags), run.WorkPoolName, run.WorkQueueName)
	for _, line := range logs {
		if line.TaskRunID == "" {
			record.Logs = append(record.Logs, s.line(line))
		}
	}
	record.Tasks = s.taskRecords(tasks, logs)
	return record
}

// taskRecords are in the order of what they say: those of a pool of threads have no other.
func (s *flowSide) taskRecords(tasks []wireRun, logs []wireLog) []taskRecord {
	var records []taskRecord
	for _, task := range tasks {
		record := taskRecord{
			Name: s.normal(task.Name), Counts: [2]int{task.RunCount, task.FlowRunCount}, States: s.states("task_run", task.ID), Tags: sorted(task.Tags),
		}
		for name, values := range task.TaskInputs {
			record.Inputs = append(record.Inputs, s.normal(fmt.Sprint(name, values)))
		}
		record.Inputs = sorted(record.Inputs)
		if logs == nil {
			for _, line := range s.logs("task_run_id", task.ID) {
				record.Logs = append(record.Logs, s.line(line))
			}
		}
		for _, line := range logs {
			if line.TaskRunID == task.ID {
				record.Logs = append(record.Logs, s.line(line))
			}
		}
		records = append(records, record)
	}
	slices.SortFunc(records, func(a, b taskRecord) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
	return records
}

func (s *flowSide) states(kind, id string) []string {
	var states []wireState
	s.call(http.MethodGet, "/"+kind+"_states/?"+kind+"_id="+url.QueryEscape(id), "", &states)
	slices.SortStableFunc(states, func(a, b wireState) int { return a.Timestamp.Compare(b.Timestamp) })
	var lines []string
	for _, state := range states {
		if state.Name == "Late" { // nobody began the run within 15 s, which depends on the machine
			continue
		}
		lines = append(lines, s.normal(state.Type+" "+state.Name+": "+state.Message))
	}
	return lines
}

func (s *flowSide) line(line wireLog) string {
	return s.normal(fmt.Sprintf("%d %s: %s", line.Level, line.Name, line.Message))
}

func sorted(list []string) []string {
	list = slices.Clone(list)
	slices.Sort(list)
	return list
}

// mayDiffer is what two runs of the same flow differ in.
var mayDiffer = []struct {
	form *regexp.Regexp
	by   string
}{
	{idForm, "ID"},
	{regexp.MustCompile(`'[a-z]+-[a-z]+'`), "'NAME'"},
	{regexp.MustCompile(`\b([a-z_]+)-[0-9a-f]{3}\b`), "$1-XXX"},
	{regexp.MustCompile(`\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[.0-9]*(Z|\+00:00)?`), "TIME"},
	{regexp.MustCompile(`\b(process|PID|pid):? \d+`), "$1 PID"},
	{regexp.MustCompile(`0x[0-9a-f]{6,}`), "ADDRESS"},
}

// normal takes out of a text what may differ.
func (s *flowSide) normal(text string) string {
	text = strings.NewReplacer(strings.TrimSuffix(s.api, "/api"), "SERVER", s.home, "HOME").Replace(text)
	for _, m := range mayDiffer {
		text = m.form.ReplaceAllString(text, m.by)
	}
	return text
}
