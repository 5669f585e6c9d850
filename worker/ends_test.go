package worker_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/pacific-aci/pacific/aci"
	"github.com/pacific-aci/pacific/emulator/prefect"
	"github.com/pacific-aci/pacific/prefect"
	"github.com/pacific-aci/pacific/worker"
)

// A container that ends without a report from inside leaves its run in no state that never ends.
func TestEndsWithoutReport(t *testing.T) {
	running := func(code int) func(context.Context, *container) int {
		return func(ctx context.Context, c *container) int {
			c.set(ctx, prefect.State{Type: prefect.StateRunning})
			return exitWith(code, 5*time.Second)(ctx, c)
		}
	}
	for name, test := range map[string]struct {
		program func(context.Context, *container) int
		want    prefect.StateType
		words   string
	}{
		"pending, exit 1":          {exitWith(1, time.Second), prefect.StateCrashed, "exit code 1"},
		"pending, exit 0":          {exitWith(0, time.Second), prefect.StateCrashed, "exit code 0"},
		"pending, before any look": {exitWith(3, 0), prefect.StateCrashed, "exit code 3"},
		"running, out of memory":   {running(137), prefect.StateCrashed, "memory"},
		"running, exit 0":          {running(0), prefect.StateCrashed, "exit code 0"},
		"completed, exit 1": {func(ctx context.Context, c *container) int {
			flowFor(time.Second)(ctx, c)
			return 1
		}, prefect.StateCompleted, ""},
		"failed, exit 1": {func(ctx context.Context, c *container) int {
			c.set(ctx, prefect.State{Type: prefect.StateRunning})
			c.set(ctx, prefect.State{Type: prefect.StateFailed, Message: "by itself"})
			return 1
		}, prefect.StateFailed, "by itself"},
		"suspended": {func(ctx context.Context, c *container) int {
			c.set(ctx, prefect.State{Type: prefect.StateRunning})
			c.set(ctx, prefect.State{Type: prefect.StatePaused, Name: prefect.StateNameSuspended})
			return 0
		}, prefect.StatePaused, ""},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, "", func(t *world) {
				t.program = test.program
				run := t.run()
				m := t.start("one", nil)
				t.until("the flight is over", func() bool { return m.Status().Claimed == 1 && len(m.Status().InFlight) == 0 })
				state := t.stateOf(run.ID)
				if state.Type != test.want || !strings.Contains(state.Message, test.words) {
					t.Errorf("the run is %s with %q, want %s with %q", state.Type, state.Message, test.want, test.words)
				}
				t.untilClean()
				m.join(t)
				if n := len(t.containersOf(run.ID)); n != 1 {
					t.Errorf("got %d containers, want 1", n)
				}
			})
		})
	}
}

func TestCrashKeepsTheLastLines(t *testing.T) {
	inWorld(t, "", func(t *world) {
		t.program = exitWith(1, time.Second)
		run := t.run()
		m := t.start("one", nil)
		t.untilState(run.ID, prefect.StateCrashed)
		t.untilClean()
		m.join(t)
		logs := must(prefect.Collect(t.prefect.Logs(t.Context(), prefect.LogQuery{FlowRunIDs: []prefect.ID{run.ID}})))(t)
		found := false
		for _, log := range logs {
			found = found || strings.Contains(log.Message, "about to end")
		}
		if !found {
			t.Errorf("the container's last line is not among the run's logs: %+v", logs)
		}
	})
}

// logged reports whether a run's logs have a line with the words.
func (w *world) logged(id prefect.ID, words string) bool {
	w.Helper()
	for _, log := range must(prefect.Collect(w.prefect.Logs(w.Context(), prefect.LogQuery{FlowRunIDs: []prefect.ID{id}})))(w) {
		if strings.Contains(log.Message, words) {
			return true
		}
	}
	return false
}

// TestLastLinesOfAFlowsProcess: only the flow's process dies; what started it reports the crash, and the container ends well. What
// the process printed last is among the run's logs.
func TestLastLinesOfAFlowsProcess(t *testing.T) {
	inWorld(t, "", func(t *world) {
		t.program = func(ctx context.Context, c *container) int {
			c.set(ctx, prefect.State{Type: prefect.StateRunning})
			fmt.Fprintln(c.output, "malloc: corrupted top size")
			c.set(ctx, prefect.State{Type: prefect.StateCrashed})
			return 0
		}
		run := t.run()
		m := t.start("one", nil)
		t.untilState(run.ID, prefect.StateCrashed)
		t.untilClean()
		m.join(t)
		if !t.logged(run.ID, "malloc: corrupted top size") {
			t.Error("what the process printed last is not among the run's logs")
		}
	})
}

// TestForwardedOutputOutlivesAKill: a worker is killed right after it has deleted a container group. All that the container printed
// is among the run's logs.
func TestForwardedOutputOutlivesAKill(t *testing.T) {
	inWorld(t, "", func(t *world) {
		t.program = func(ctx context.Context, c *container) int {
			code := flowFor(30*time.Second)(ctx, c)
			fmt.Fprintln(c.output, "the very last line")
			return code
		}
		run := t.run()
		m := t.worker("one", func(c *worker.Config) { c.ForwardOutput = true })
		m.wire.fault = func(_ int, r *http.Request) fault { return fault{after: remove(r)} }
		t.begin(m)
		t.untilState(run.ID, prefect.StateCompleted)
		t.untilClean()
		if !m.isDead() || !t.logged(run.ID, "the very last line") {
			t.Errorf("killed: %v; the last line is not among the run's logs", m.isDead())
		}
	})
}

// TestCrashDoesNotWaitForLogs: the server takes no log lines for now, as when another run's output keeps it busy. A crash is reported
// all the same, though the lines of its run are forwarded too.
func TestCrashDoesNotWaitForLogs(t *testing.T) {
	inWorld(t, "", func(t *world) {
		t.program = exitWith(9, 30*time.Second)
		run := t.run()
		logs := func(r *http.Request) bool {
			return r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/logs/")
		}
		m, _ := t.refusing("one", logs, fault{status: http.StatusServiceUnavailable}, func(c *worker.Config) { c.ForwardOutput = true })
		t.begin(m)
		t.untilState(run.ID, prefect.StateCrashed)
		if took := t.stateOf(run.ID).Timestamp.Sub(t.containersOf(run.ID)[0].ended); took > 45*time.Second {
			t.Errorf("the crash was reported after %v", took)
		}
		m.join(t)
	})
}

// A suspended run that is resumed, and one that is scheduled again, get a new container under a new name.
func TestResumedRunGetsANewContainer(t *testing.T) {
	inWorld(t, "", func(t *world) {
		t.program = func(ctx context.Context, c *container) int {
			if len(c.containersOf(c.id)) > 1 {
				return flowFor(time.Second)(ctx, c)
			}
			c.set(ctx, prefect.State{Type: prefect.StateRunning})
			c.set(ctx, prefect.State{Type: prefect.StatePaused, Name: prefect.StateNameSuspended})
			return 0
		}
		run := t.run()
		m := t.start("one", nil)
		t.untilState(run.ID, prefect.StatePaused)
		t.untilClean()
		if _, err := t.prefect.ForceFlowRunState(t.Context(), run.ID, prefect.State{Type: prefect.StateScheduled, Name: prefect.StateNameResuming}); err != nil {
			t.Fatal(err)
		}
		t.untilState(run.ID, prefect.StateCompleted)
		t.untilClean()
		m.join(t)
		got := t.containersOf(run.ID)
		if len(got) != 2 || got[0].group == got[1].group {
			t.Errorf("got containers %+v, want two with names of their own", got)
		}
	})
}

func TestRetriesByClass(t *testing.T) {
	type ending struct {
		state    prefect.StateType
		attempts int
		words    string
	}
	for name, test := range map[string]struct {
		fault, event string
		latency      string
		want         ending
	}{
		"no capacity, twice": {fault: `{"match":{"operation":"ContainerGroups_CreateOrUpdate"},"times":2,"effect":{"provisioningState":"Failed"}}`,
			want: ending{prefect.StateCompleted, 3, ""}},
		"policy forbids": {fault: `{"match":{"operation":"ContainerGroups_CreateOrUpdate"},"times":0,"effect":{"status":403,"code":"RequestDisallowedByPolicy","message":"not in this region"}}`,
			want: ending{prefect.StateCrashed, 0, "not in this region"}},
		"throttled": {fault: `{"match":{"operation":"ContainerGroups_CreateOrUpdate"},"times":5,"effect":{"status":429,"code":"TooManyRequests","retryAfter":"20s"}}`,
			want: ending{prefect.StateCompleted, 1, ""}},
		"ambiguous 503": {fault: `{"match":{"operation":"ContainerGroups_CreateOrUpdate"},"times":1,"effect":{"status":503,"code":"ServiceUnavailable","applyFirst":true}}`,
			want: ending{prefect.StateCompleted, 1, ""}},
		"lost answer": {fault: `{"match":{"operation":"ContainerGroups_CreateOrUpdate"},"times":1,"effect":{"drop":true,"applyFirst":true}}`,
			want: ending{prefect.StateCompleted, 1, ""}},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, test.latency, func(t *world) {
				t.faultAzure("%s", test.fault)
				t.program = func(ctx context.Context, c *container) int {
					select {
					case <-time.After(30 * time.Second): // Python starts
					case <-ctx.Done():
						return 143
					}
					return flowFor(time.Second)(ctx, c)
				}
				run := t.run()
				m := t.start("one", nil)
				t.untilState(run.ID, test.want.state)
				t.untilClean()
				m.join(t)
				if n := len(t.containersOf(run.ID)); n > max(test.want.attempts, 1) {
					t.Errorf("got %d containers", n)
				}
				if state := t.stateOf(run.ID); !strings.Contains(state.Message, test.want.words) {
					t.Errorf("the run is %s: %q", state.Name, state.Message)
				}
				if s := m.Status(); test.want.attempts > 0 && s.Retries != test.want.attempts-1 {
					t.Errorf("got %d retries, want %d", s.Retries, test.want.attempts-1)
				}
			})
		})
	}
}

// A machine that is taken away before the flow began is replaced; after that the flow's own retries decide.
func TestTakenAway(t *testing.T) {
	for name, test := range map[string]struct {
		kind    string
		begun   bool
		retries int
		want    prefect.StateType
	}{
		"evicted before the flow began": {"evict", false, 0, prefect.StateCompleted},
		"vanished before it began":      {"vanish", false, 0, prefect.StateCompleted},
		"evicted, no retries":           {"evict", true, 0, prefect.StateCrashed},
		"evicted, a retry left":         {"evict", true, 1, prefect.StateCompleted},
		"vanished":                      {"vanish", true, 0, prefect.StateCrashed},
		"restarted, no retries":         {"restart", true, 0, prefect.StateCrashed},
		"restarted, a retry left":       {"restart", true, 1, prefect.StateCompleted},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, "", func(t *world) {
				t.program = func(ctx context.Context, c *container) int {
					all := c.containersOf(c.id)
					if len(all) > 1 && c.group != all[0].group {
						return flowFor(10*time.Second)(ctx, c)
					}
					if test.begun && len(all) == 1 { // Azure's second start of a container is stopped before its flow begins
						c.set(ctx, prefect.State{Type: prefect.StateRunning})
					}
					<-ctx.Done()
					return 137
				}
				run := t.run()
				if test.retries > 0 {
					policy := prefect.RunPolicy{Retries: &test.retries}
					if err := t.prefect.UpdateFlowRun(t.Context(), run.ID, prefect.FlowRunUpdate{EmpiricalPolicy: prefect.Set(policy)}); err != nil {
						t.Fatal(err)
					}
				}
				m := t.start("one", nil)
				t.until("the container runs", func() bool { return len(t.containersOf(run.ID)) == 1 })
				time.Sleep(20 * time.Second)
				t.happen(test.kind, t.containersOf(run.ID)[0].group)
				t.untilState(run.ID, test.want)
				t.untilClean()
				m.join(t)
				if state := t.stateOf(run.ID); strings.Contains(state.Message, "memory") {
					t.Errorf("the run's message blames the container: %q", state.Message)
				}
			})
		})
	}
}

// What a run belongs to may be deleted at any time: the container goes, the worker lives.
func TestDeletedInTheMiddle(t *testing.T) {
	for name, remove := range map[string]func(t *world, run prefect.FlowRun) error{
		"run": func(t *world, run prefect.FlowRun) error { return t.prefect.DeleteFlowRun(t.Context(), run.ID) },
		// With a flow, the server deletes its runs and deployments.
		"flow": func(t *world, run prefect.FlowRun) error {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodDelete, prefectemulator.URL+"/flows/"+string(run.FlowID), nil)
			w := httptest.NewRecorder()
			if t.api.ServeHTTP(w, r); w.Code != http.StatusNoContent {
				return fmt.Errorf("status %d: %s", w.Code, w.Body)
			}
			t.flow = must(t.prefect.CreateFlow(t.Context(), prefect.FlowCreate{Name: "next"}))(t)
			t.deployment = must(t.prefect.CreateDeployment(t.Context(), prefect.DeploymentCreate{Name: "next", FlowID: t.flow.ID, WorkPoolName: worldPool, JobVariables: t.variables()}))(t)
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, "", func(t *world) {
				t.program = flowFor(time.Hour)
				run := t.run()
				m := t.start("one", nil)
				t.untilState(run.ID, prefect.StateRunning)
				if err := remove(t, run); err != nil {
					t.Fatal(err)
				}
				t.untilClean()
				if stopped := t.containersOf(run.ID)[0].stopped; !stopped {
					t.Error("the container was not stopped")
				}
				t.program = nil
				next := t.run()
				t.untilState(next.ID, prefect.StateCompleted)
				t.untilClean()
				m.join(t)
			})
		})
	}
}

func TestDeletedDeployment(t *testing.T) {
	inWorld(t, "", func(t *world) {
		run, late := t.run(), t.run()
		t.program = flowFor(5 * time.Minute)
		m := t.start("one", func(c *worker.Config) { c.Limit = 1 })
		t.until("one runs", func() bool { return m.Status().InFlight[worker.PhaseRunning] == 1 })
		if err := t.prefect.DeleteDeployment(t.Context(), t.deployment.ID); err != nil {
			t.Fatal(err)
		}
		ended := func(id prefect.ID) bool { // the server may delete the runs too
			found, err := t.prefect.FlowRun(t.Context(), id)
			return err != nil || found.StateType.Terminal()
		}
		t.until("what had begun has ended", func() bool { return ended(run.ID) || ended(late.ID) })
		time.Sleep(time.Minute)
		t.untilClean()
		if s := m.Status(); !s.Ready {
			t.Errorf("got status %+v", s)
		}
		m.join(t)
	})
}

func TestDeletedPool(t *testing.T) {
	inWorld(t, "", func(t *world) {
		t.program = flowFor(2 * time.Minute)
		run := t.run()
		m := t.start("one", nil)
		t.untilState(run.ID, prefect.StateRunning)
		if err := t.prefect.DeleteWorkPool(t.Context(), worldPool); err != nil {
			t.Fatal(err)
		}
		t.untilState(run.ID, prefect.StateCompleted)
		t.untilClean()
		if s := m.Status(); s.Ready || !strings.Contains(s.NotReady, "no such work pool") {
			t.Errorf("got status %+v of a deleted pool", s)
		}
		select {
		case err := <-m.done:
			t.Errorf("the worker ended with %v", err)
		default:
		}
		m.join(t)
	})
}

func TestRunWithoutDeployment(t *testing.T) {
	inWorld(t, "", func(t *world) {
		variables := t.variables()
		variables["command"] = "prefect flow-run execute"
		run := must(t.prefect.CreateFlowRun(t.Context(), prefect.FlowRunCreate{FlowID: t.flow.ID, WorkPoolName: worldPool, JobVariables: variables}))(t)
		m := t.start("one", nil)
		time.Sleep(time.Minute)
		if n := len(t.containersOf(run.ID)); n != 0 {
			t.Errorf("a run that is Pending got %d containers", n)
		}
		if _, err := t.prefect.SetFlowRunState(t.Context(), run.ID, prefect.State{Type: prefect.StateScheduled}); err != nil {
			t.Fatal(err)
		}
		t.untilState(run.ID, prefect.StateCompleted)
		t.untilClean()
		m.join(t)
	})
}

func TestKeepContainerGroup(t *testing.T) {
	inWorld(t, "", func(t *world) {
		run := t.withVariables(map[string]any{"keep_container_group": true})
		m := t.start("one", nil)
		t.untilState(run.ID, prefect.StateCompleted)
		time.Sleep(5 * time.Minute)
		m.join(t)
		if left := must(t.containers.List(t.Context(), aci.ListOptions{}))(t); len(left) != 1 {
			t.Errorf("got %d groups, want the kept one", len(left))
		}
	})
}

// Runs wait for room in Azure instead of failing, and are given back if the worker ends meanwhile.
func TestQuota(t *testing.T) {
	inWorld(t, `{"latency":{"start":"1s","delete":"2s"},"quota":{"containerGroups":2,"enforced":true}}`, func(t *world) {
		var runs []prefect.FlowRun
		for range 5 {
			runs = append(runs, t.run())
		}
		t.program = flowFor(time.Minute)
		m := t.start("one", nil)
		t.until("some wait", func() bool { return len(m.Status().Waiting) > 0 })
		for _, run := range runs {
			t.untilState(run.ID, prefect.StateCompleted)
		}
		t.untilClean()
		if s := m.Status(); s.QuotaWaits == 0 || s.Retries != 0 {
			t.Errorf("got status %+v", s)
		}
		m.join(t)
	})
}

func TestQuotaGivesBackWhenDraining(t *testing.T) {
	inWorld(t, `{"latency":{"start":"1s","delete":"2s"},"quota":{"containerGroups":1,"enforced":true}}`, func(t *world) {
		t.run()
		t.run()
		t.program = flowFor(time.Hour)
		m := t.start("one", nil)
		t.until("one waits", func() bool { return len(m.Status().Waiting) == 1 && m.Status().InFlight[worker.PhaseRunning] == 1 })
		m.join(t)
		if n := m.Status().Finished["released"]; n != 1 {
			t.Errorf("%d runs were given back, want 1", n)
		}
		scheduled := 0
		for run, err := range t.prefect.FlowRuns(t.Context(), prefect.Query{}) {
			if err != nil {
				t.Fatal(err)
			}
			if run.StateType == prefect.StateScheduled {
				scheduled++
			}
		}
		if scheduled != 1 {
			t.Errorf("%d runs are scheduled, want the one that was given back", scheduled)
		}
	})
}
