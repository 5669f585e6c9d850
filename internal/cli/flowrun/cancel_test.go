package flowrun_test

import (
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/pacific-aci/pacific/internal/cli"
	"github.com/pacific-aci/pacific/prefect"
)

func TestCancel(t *testing.T) {
	inBubble(t, func(t *testing.T, w world) {
		w.run("scheduled", nil)
		running, ended := w.run("running", nil), w.run("ended", nil)
		w.put(running, prefect.StatePending, prefect.StateRunning)
		w.put(ended, prefect.StatePending, prefect.StateRunning, prefect.StateCompleted)
		r := w.Run("flow-run", "cancel", "--output", "json", "scheduled", "running", "ended", "none")
		r.Wants(t, 1, "", "cancelled scheduled\npacific: cancelling running\n")
		r.Wants(t, 1, "", "hint: its worker stops it; to wait for that: pacific flow-run wait running\n")
		r.Wants(t, 1, "", "pacific: ended had ended already: Completed\npacific: error: there is no flow run none\n")
		var views []struct{ Given, State, Outcome, Error string }
		w.JSON(r, &views)
		var got []string
		for _, v := range views {
			got = append(got, v.Given+" "+v.Outcome)
		}
		if want := "scheduled cancelled, running cancelling, ended ended, none notFound"; strings.Join(got, ", ") != want {
			t.Errorf("got %q, want %q", got, want)
		}
		for name, want := range map[string]prefect.StateType{"running": prefect.StateCancelling, "ended": prefect.StateCompleted} {
			run := map[string]prefect.FlowRun{"running": running, "ended": ended}[name]
			if got := must(w.FlowRun(t.Context(), run.ID))(t).StateType; got != want {
				t.Errorf("%s is %s, want %s", name, got, want)
			}
		}
	})
}

// TestCancelInterrupted: Ctrl-C after the first of two runs was cancelled is no success.
func TestCancelInterrupted(t *testing.T) {
	inBubble(t, func(t *testing.T, w world) {
		w.run("one", nil)
		two := w.run("two", nil)
		signals, code := make(chan os.Signal, 1), make(chan int, 1)
		env := w.Env(io.Discard, slow{}, []string{"flow-run", "cancel", "one", "two"})
		env.Signals = signals
		go func() { code <- cli.Main(t.Context(), env) }()
		time.Sleep(30 * time.Second)
		signals <- os.Interrupt
		if got := <-code; got != 130 {
			t.Errorf("exit code %d, want 130", got)
		}
		if state := must(w.FlowRun(t.Context(), two.ID))(t).StateType; state != prefect.StateScheduled {
			t.Errorf("the second run is %s", state)
		}
	})
}

// slow is a stream that takes a minute over each write.
type slow struct{}

func (slow) Write(p []byte) (int, error) {
	time.Sleep(time.Minute)
	return len(p), nil
}

func TestCancelWaits(t *testing.T) {
	inBubble(t, func(t *testing.T, w world) {
		run := w.run("fox", nil)
		w.put(run, prefect.StatePending, prefect.StateRunning)
		r := w.Start("flow-run", "cancel", "--wait", "--output", "json", "fox")
		time.Sleep(time.Minute)
		w.put(run, prefect.StateCancelled)
		r.Ends(t, 0)
		if !strings.Contains(r.Out.String(), `"outcome":"cancelled"`) || !strings.Contains(r.Err.String(), "cancelling fox\npacific: fox: Cancelling\npacific: fox waits: no worker of the work pool aci is online\npacific: fox: Cancelled\n") {
			t.Errorf("got %s\n%s", r.Out, r.Err)
		}
		again := w.run("ox", nil)
		w.put(again, prefect.StatePending, prefect.StateRunning)
		w.RunLong("flow-run", "cancel", "--wait", "--timeout", "1m", "ox").Wants(t, 1, "", "has not ended within --timeout")
		w.Run("flow-run", "cancel", "--timeout", "1m", "ox").Wants(t, 2, "", "--timeout needs --wait")
	})
}

func TestRetry(t *testing.T) {
	inBubble(t, func(t *testing.T, w world) {
		run := w.run("fox", nil)
		w.Run("flow-run", "retry", "fox").Wants(t, 1, "", "fox has not ended: it is Scheduled\npacific: hint: to end it first: pacific flow-run cancel fox\n")
		w.put(run, prefect.StatePending, prefect.StateRunning, prefect.StateFailed)
		w.Run("flow-run", "retry", "--output", "json", "fox").Wants(t, 0, `"state":"AwaitingRetry","stateType":"SCHEDULED"`, "retrying fox: try 2\n")
		due := must(w.ScheduledFlowRuns(t.Context(), "aci", prefect.ScheduledQuery{Before: time.Now().Add(time.Second)}))(t)
		if len(due) != 1 || due[0].FlowRun.ID != run.ID {
			t.Errorf("got %d runs to start, want the retried one", len(due))
		}
		r := w.Start("flow-run", "cancel", "fox")
		r.Ends(t, 0)
		r = w.Start("flow-run", "retry", "--wait", "fox")
		time.Sleep(time.Minute)
		w.put(run, prefect.StatePending, prefect.StateRunning)
		time.Sleep(time.Minute)
		w.put(run, prefect.StateCompleted)
		r.Ends(t, 0)

		own := must(w.CreateFlowRun(t.Context(), prefect.FlowRunCreate{FlowID: w.flow, Name: "ape"}))(t)
		w.put(own, prefect.StateCrashed)
		w.Run("flow-run", "retry", "ape").Wants(t, 1, "", "ape has no deployment, so Prefect cannot run it again")
	})
}
