package orchestration_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/pacific-aci/pacific/emulator/prefect/internal/db"
)

// TestTransitions tries every type of state after every other, with and without force, for flow runs with and without a
// deployment and for task runs. testdata names all that a server of 3.9.1 does not simply accept.
func TestTransitions(t *testing.T) {
	onBoth(t, func(t *testing.T, on target) {
		want := exceptions(t)
		seen := 0
		for _, kind := range []string{"flow", "deployed", "task in RUNNING", "task in PAUSED", "task in COMPLETED"} {
			for _, from := range db.Scheduled.Values() {
				for _, to := range db.Scheduled.Values() {
					for _, force := range []bool{false, true} {
						key := strings.Join([]string{kind, from, to, map[bool]string{true: "force", false: "-"}[force]}, "\t")
						answer, special := want[key]
						if !special {
							if strings.HasPrefix(kind, "task in ") && kind != "task in RUNNING" && (to != "RUNNING" || force) {
								continue // as in a running flow run
							}
							answer = fmt.Sprintf("ACCEPT 201 %s:%s", to, to[:1]+strings.ToLower(to[1:]))
						} else {
							seen++
						}
						if got := transition(t, on, key); got != answer {
							t.Errorf("%s: got %q, want %q", strings.ReplaceAll(key, "\t", " "), got, answer)
						}
					}
				}
			}
		}
		if seen != len(want) {
			t.Errorf("tried %d of %d exceptions", seen, len(want))
		}
	})
}

// exceptions reads the answers that are more than ACCEPT, by what was asked.
func exceptions(t *testing.T) map[string]string {
	t.Helper()
	text, err := os.ReadFile("testdata/transitions.tsv")
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	for line := range strings.Lines(string(text)) {
		fields := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		found[strings.Join(fields[:4], "\t")] = strings.TrimSpace(strings.Join(fields[4:], " "))
	}
	return found
}

// transition makes a run of a kind, forces it into one state and proposes another.
func transition(t *testing.T, on target, key string) string {
	t.Helper()
	fields := strings.Split(key, "\t")
	kind, routes, id, flowRun := fields[0], "flow_runs", "", ""
	if parent, ok := strings.CutPrefix(kind, "task in "); ok {
		routes = "task_runs"
		id, flowRun = on.taskRun(t, parent)
	} else {
		id = on.flowRun(t, runOptions{deployed: kind == "deployed"})
	}
	if fields[1] != "PENDING" || routes == "task_runs" {
		set(t, on, routes, id, state{"type": fields[1]}, true)
	}
	got := set(t, on, routes, id, state{"type": fields[2]}, fields[3] == "force").String()
	if flowRun != "" {
		got = strings.ReplaceAll(got, flowRun, "FLOW-RUN")
	}
	return got
}
