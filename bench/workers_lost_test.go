//go:build linux

package bench

import (
	"fmt"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/pacific-aci/pacific/prefect"
)

// reporting is a job that reports to Prefect as a flow does, and so tells whether it could do its work: the command of a
// container of the engine process. Its arguments are the seconds of work.
const reporting = `sh -c 'report() { curl -fsS --retry 5 --retry-all-errors -o /dev/null -X POST -H "Content-Type: application/json" ` +
	`-d "{\"state\":{\"type\":\"$1\"}}" "$PREFECT_API_URL/flow_runs/$PREFECT__FLOW_RUN_ID/set_state"; }; report RUNNING; sleep %d; report COMPLETED'`

// measureThrottle gives both workers a tenth of Azure's request budget and a tenth of the runs that use it up at a read each
// five seconds per run.
func measureThrottle(t *testing.T, w *workers) {
	const runs, seconds = 40, 120
	// Azure's own: reads 250 and 25 a second, writes 200 and 10, deletes 200 and 10.
	lost, refused := measureLost(t, w, lostOptions{runs: runs, seconds: seconds, settings: `{"throttle":{"enabled":true,
		"reads":{"bucket":25,"perSecond":2.5},"writes":{"bucket":20,"perSecond":1},"deletes":{"bucket":20,"perSecond":1}}}`})
	w.addLost(fmt.Sprintf("runs lost of %d, at a tenth of Azure's request budget", runs), lost)
	w.beside("answers 429 meanwhile", "", refused[0], refused[1], 0)
}

// measureQuota has three times as many runs due as the quota lets run at once.
func measureQuota(t *testing.T, w *workers) {
	const runs, room, seconds = 30, 10, 20
	lost, _ := measureLost(t, w, lostOptions{runs: runs, seconds: seconds, settings: fmt.Sprintf(`{"quota":{"enforced":true,"containerGroups":%d}}`, room)})
	w.addLost(fmt.Sprintf("runs lost of %d, with a quota of %d groups", runs, room), lost)
}

// addLost adds how many runs were lost; ours may lose none.
func (w *workers) addLost(what string, lost [2]float64) {
	w.table.add(row{what: what, got: figure(lost[0], ""), beside: upstream + " " + figure(lost[1], ""), ratio: times(lost[0], lost[1]), expected: "none", missed: lost[0] > 0})
}

type lostOptions struct {
	runs, seconds int
	settings      string // of the emulator
}

// measureLost runs jobs on both sides at once and counts those that did not come to their end, and the answers 429. A run
// whose job did its work is Completed on the server, as its job reports that. The test fails if one of ours is not.
func measureLost(t *testing.T, w *workers, o lostOptions) (lost, refused [2]float64) {
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip("the jobs report by curl")
	}
	sides := bothSides(t, w, sideOptions{engine: "process", settings: o.settings})
	var ids [2][]string
	for n, s := range sides {
		ids[n] = s.schedule(o.runs, map[string]any{"command": fmt.Sprintf(reporting, o.seconds)})
	}
	// Ours has at most a few rounds of them, as the quota lets them; what has not ended by then counts as lost.
	deadline := time.Now().Add(time.Duration(o.seconds)*4*time.Second + 4*time.Minute)
	for n, s := range sides {
		var states map[string]int
		s.until(time.Until(deadline), func(*traffic) bool {
			states = s.states(ids[n])
			return states[string(prefect.StateScheduled)]+states[string(prefect.StatePending)]+states[string(prefect.StateRunning)] == 0
		})
		lost[n], refused[n] = float64(o.runs-states[string(prefect.StateCompleted)]), float64(s.traffic.refused)
		fmt.Fprintf(os.Stderr, "bench: %s: %v, 429: %v\n", s.name, states, refused[n])
	}
	if lost[0] > 0 {
		t.Errorf("our worker lost %.0f of %d runs", lost[0], o.runs)
	}
	return lost, refused
}

// measureLongRun counts the reads of a run of ten minutes whose output is shown, those of the output left out. What a worker
// reads for all runs together is shared among them.
func measureLongRun(t *testing.T, w *workers) {
	const runs = 3
	lasting := 10 * time.Minute
	if text := os.Getenv(longRunEnv); text != "" {
		var err error
		if lasting, err = time.ParseDuration(text); err != nil {
			t.Fatalf("%s: %v", longRunEnv, err)
		}
	}
	sides := bothSides(t, w, sideOptions{})
	var ids [2][]string
	for n, s := range sides {
		ids[n] = s.schedule(runs, map[string]any{"stream_output": true, "env": map[string]string{"SIM_RUN_FOR": lasting.String(), "SIM_LINES_PER_SECOND": "1"}})
	}
	var reads, logReads [2]float64
	for n, s := range sides {
		if !s.until(lasting+3*time.Minute, func(l *traffic) bool { return l.deleted(ids[n]) == runs }) {
			t.Errorf("%s: %d of %d groups were deleted", s.name, s.traffic.deleted(ids[n]), runs)
		}
		reads[n], logReads[n] = float64(s.traffic.reads)/runs, float64(s.traffic.logReads)/runs
		fmt.Fprintf(os.Stderr, "bench: %s: %v\n", s.name, s.traffic.kinds)
	}
	what := fmt.Sprintf("a run of %s with its output: ", lasting)
	w.beside(what+"reads of Resource Manager but for logs", "", reads[0], reads[1], wantReads)
	w.beside(what+"reads of logs", "", logReads[0], logReads[1], 0)
}
