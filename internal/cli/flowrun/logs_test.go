package flowrun_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/pacific-aci/pacific/prefect"
)

func (w world) log(run prefect.FlowRun, level int, at time.Time, message string) {
	w.T.Helper()
	err := w.CreateLogs(w.T.Context(), []prefect.Log{{Name: "prefect.flow_runs", Level: level, Message: message, Timestamp: prefect.At(at), FlowRunID: run.ID}})
	if err != nil {
		w.T.Fatal(err)
	}
}

func TestLogs(t *testing.T) {
	inBubble(t, func(t *testing.T, w world) {
		run := w.run("fox", nil)
		must(w.ForceFlowRunState(t.Context(), w.run("owl", nil).ID, prefect.State{Type: prefect.StateCrashed, Name: "Crashed", Message: "no image"}))(t)
		if r := w.Must("flow-run", "logs", "owl"); r.Stdout != "" || r.Stderr != "pacific: owl has no logs; it is Crashed: no image\n" {
			t.Errorf("of a run without logs: %q, %q", r.Stdout, r.Stderr)
		}
		for i, message := range []string{"one", "two", "trace\n  at a\n  at \x1b[2Jb\n"} {
			w.log(run, 20+10*i, time.Now().Add(time.Duration(i)*time.Second), message)
		}
		r := w.Must("flow-run", "logs", "fox")
		for i, want := range []string{" | INFO    | one", " | WARNING | two", " | ERROR   | trace", strings.Repeat(" ", 25) + "  at a", "b"} {
			if line := strings.Split(r.Stdout, "\n")[i]; !strings.HasSuffix(line, want) {
				t.Errorf("line %d is %q, want %q at its end", i, line, want)
			}
		}
		if strings.Contains(r.Stdout, "\x1b") {
			t.Errorf("a line repaints the terminal: %q", r.Stdout)
		}
		if got := w.Must("flow-run", "logs", "--level", "warning", "fox").Stdout; strings.Contains(got, "one") || !strings.Contains(got, "two") {
			t.Errorf("--level warning: %s", got)
		}
		if got := w.Must("flow-run", "logs", "-n", "1", "fox").Stdout; strings.Contains(got, "two") || !strings.Contains(got, "trace") {
			t.Errorf("-n 1: %s", got)
		}
		lines := strings.Split(strings.TrimSpace(w.Must("flow-run", "logs", "--output", "json", "fox").Stdout), "\n")
		if len(lines) != 3 || !strings.Contains(lines[1], `"level":30,"logger":"prefect.flow_runs","message":"two"}`) {
			t.Errorf("JSON: %q", lines)
		}
		w.Run("flow-run", "logs", "--level", "Critical", "fox").Wants(t, 0, "", "pacific: fox has no logs of level critical and above; it is ")
		w.Run("flow-run", "logs", "--level", "loud", "fox").Wants(t, 2, "", `--level "loud" is not a level`)
		w.Run("flow-run", "logs", "--tail", "0", "fox").Wants(t, 2, "", "--tail is 0")
	})
}

// TestLogsFollow: every line once, in the order in which they come, also those that are late and those after the end.
func TestLogsFollow(t *testing.T) {
	inBubble(t, func(t *testing.T, w world) {
		run := w.run("fox", nil)
		w.put(run, prefect.StatePending, prefect.StateRunning)
		w.log(run, 20, time.Now(), "line 0")
		w.log(run, 20, time.Now(), "line 1")
		r := w.Start("flow-run", "logs", "-f", "--tail", "1", "fox")
		for i := range 50 {
			time.Sleep(3 * time.Second)
			w.log(run, 20, time.Now().Add(-time.Duration(i%3)*5*time.Second), fmt.Sprintf("line %d", i+2))
		}
		time.Sleep(10 * time.Minute)
		w.put(run, prefect.StateFailed)
		time.Sleep(4 * time.Second)
		w.log(run, 40, time.Now().Add(-5*time.Second), "line 52")
		r.Ends(t, 0)
		var got []string
		for line := range strings.Lines(r.Out.String()) {
			got = append(got, strings.TrimSpace(line[strings.LastIndex(line, "|")+1:]))
		}
		if len(got) != 52 {
			t.Fatalf("got %d lines, want 52: %q", len(got), got)
		}
		for i, line := range got {
			if want := fmt.Sprintf("line %d", i+1); line != want {
				t.Errorf("line %d is %q, want %q", i, line, want)
			}
		}
	})
}

func TestLogsFollowBearsARestart(t *testing.T) {
	inBubble(t, func(t *testing.T, w world) {
		s := steer(&w)
		run := w.run("fox", nil)
		r := w.Start("flow-run", "logs", "-f", "fox")
		time.Sleep(time.Minute)
		s.status.Store(http.StatusServiceUnavailable)
		time.Sleep(time.Hour)
		w.log(run, 20, time.Now(), "after")
		w.put(run, prefect.StatePending, prefect.StateRunning, prefect.StateCompleted)
		s.status.Store(0)
		r.Ends(t, 0)
		if strings.Count(r.Out.String(), "after") != 1 {
			t.Errorf("got %s\n%s", r.Out, r.Err)
		}
	})
}
