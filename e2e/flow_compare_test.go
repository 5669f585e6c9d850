//go:build e2e

package e2e

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/go-cmp/cmp"
)

// shown is what the UI shows of a flow run, without ids, times and what each language says in its own words.
type shown struct {
	States []string
	Count  int
	Tasks  []shownTask
	Graph  []string
}

type shownTask struct {
	Name, State  string
	States, Tags []string
	Counts       [2]int
	Inputs       []string
	// Policy is what Prefect 3 shows of retries. On 2.20 the server would retry by it, and package flow does that itself.
	Policy string
}

// compare waits until the server says the same of the runs in Go and in Python: task runs reach it late.
func (g *goFlows) compare(ours, theirs map[string]string) {
	g.t.Helper()
	for name, run := range ours {
		if theirs[name] == "" {
			g.t.Errorf("%s did not run in Python: %v", name, theirs)
			continue
		}
		if name == "go-retries" && g.on.major == 2 {
			continue // Prefect 2 keeps the results of tasks in a flow that has retries; in Go that is asked for
		}
		deadline := time.Now().Add(time.Minute)
		var want, got shown
		for {
			want, got = g.shown(theirs[name]), g.shown(run)
			if cmp.Equal(want, got) || time.Now().After(deadline) || g.t.Context().Err() != nil {
				break
			}
			tick(g.t, time.Second)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			g.t.Errorf("%s (-Python +Go):\n%s", name, diff)
		}
		g.wantsEnd(name, run)
	}
}

// wantsEnd wants that the log of a run says how it ended.
func (g *goFlows) wantsEnd(name, run string) {
	g.t.Helper()
	logs := g.logs("flow_run_id", run)
	if len(logs) < 2 || !strings.HasSuffix(logs[0].Message, "begins") || !strings.Contains(logs[len(logs)-1].Message, " finished: ") {
		g.t.Errorf("the log of %s is %v", name, logs)
	}
}

func (g *goFlows) shown(run string) shown {
	var s shown
	for _, state := range g.states("flow_run", run) {
		if name := kind(state); name != "SCHEDULED Scheduled" {
			s.States = append(s.States, name)
		}
	}
	var read wireRun
	g.call("GET", "/flow_runs/"+run, "", &read)
	s.Count = read.RunCount
	var tasks []struct {
		wireRun
		Policy struct {
			Retries *int
			Delay   any `json:"retry_delay"`
		} `json:"empirical_policy"`
	}
	g.call("POST", "/task_runs/filter", fmt.Sprintf(`{"flow_runs":{"id":{"any_":[%q]}},"limit":200}`, run), &tasks)
	names := map[string]string{}
	var graph struct {
		Nodes [][]any
	}
	g.call("GET", "/flow_runs/"+run+"/graph-v2", "", &graph)
	for _, node := range graph.Nodes {
		names[fmt.Sprint(node[0])] = base(fmt.Sprint(node[1].(map[string]any)["label"]))
	}
	for _, task := range tasks {
		names[task.ID] = base(task.Name)
		if flow, ok := g.childOf(task.ID); ok {
			names[task.ID] = flow // Prefect 2 names these task runs at random
		}
	}
	for _, task := range tasks {
		one := shownTask{Name: names[task.ID], State: task.StateName, Tags: sorted(task.Tags), Counts: [2]int{task.RunCount, task.FlowRunCount}}
		if g.on.major > 2 && task.Policy.Retries != nil {
			one.Policy = fmt.Sprint(*task.Policy.Retries, " after ", task.Policy.Delay)
		}
		for _, state := range g.states("task_run", task.ID) {
			one.States = append(one.States, kind(state))
		}
		one.Inputs = inputs(task.TaskInputs, names)
		s.Tasks = append(s.Tasks, one)
	}
	slices.SortFunc(s.Tasks, func(a, b shownTask) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
	for _, node := range graph.Nodes {
		n := node[1].(map[string]any)
		s.Graph = append(s.Graph, fmt.Sprint(n["kind"], " ", names[fmt.Sprint(node[0])], " ", n["state_type"], " after ", namesOf(n["parents"], names), ", before ", namesOf(n["children"], names)))
	}
	slices.Sort(s.Graph)
	return s
}

// childOf is the name of the flow that a task run stands for.
func (g *goFlows) childOf(task string) (string, bool) {
	var runs []wireRun
	g.call("POST", "/flow_runs/filter", fmt.Sprintf(`{"flow_runs":{"parent_task_run_id":{"any_":[%q]}}}`, task), &runs)
	if len(runs) == 0 {
		return "", false
	}
	var flow struct{ Name string }
	g.call("GET", "/flows/"+runs[0].FlowID, "", &flow)
	return flow.Name, true
}

// kind is a state without its message.
func kind(state string) string {
	name, _, _ := strings.Cut(state, ": ")
	return name
}

// base is the name of a task or a flow without what makes its run's name its own.
func base(label string) string {
	if flow, _, ok := strings.Cut(label, " / "); ok {
		return flow
	}
	if i := strings.LastIndexByte(label, '-'); i > 0 {
		return label[:i]
	}
	return label
}

// inputs are the runs that a task's arguments come from. Parameters of the flow, which package flow names too, are left out.
func inputs(all map[string][]any, names map[string]string) []string {
	var lines []string
	for name, values := range all {
		var from []string
		for _, value := range values {
			if id, ok := value.(map[string]any)["id"]; ok {
				from = append(from, names[fmt.Sprint(id)])
			}
		}
		lines = append(lines, fmt.Sprint(name, " of ", from))
	}
	return sorted(lines)
}

func namesOf(nodes any, names map[string]string) []string {
	list, _ := nodes.([]any)
	var found []string
	for _, node := range list {
		found = append(found, names[fmt.Sprint(node.(map[string]any)["id"])])
	}
	return sorted(found)
}
