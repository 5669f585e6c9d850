package worker_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/pacific-aci/pacific/aci"
	"github.com/pacific-aci/pacific/prefect"
	"github.com/pacific-aci/pacific/worker"
)

// A historyCase is how a history came about. The world has a run that is due, and no worker.
type historyCase struct {
	about string
	// settings are those of the world's Azure; empty: usualLatency.
	settings string
	// agent: it is the history of an agent.
	agent bool
	// program is what the containers do; nil: flowFor(20 s).
	program func(context.Context, *container) int
	// before happens before the worker starts.
	before func(*historyWorld)
	// fault decides about the requests of the worker whose history it is.
	fault func(w *historyWorld) func(int, *http.Request) fault
	// during happens while the worker runs, which then goes on until nothing is left. Nil: nothing does.
	during func(*historyWorld)
	// stays: something is left at the end on purpose.
	stays bool
}

type historyWorld struct {
	*world
	run    prefect.FlowRun
	worker *member   // nil for an agent
	born   time.Time // when that worker began
}

// once has a fault for the first request of a method whose path ends so, and is about the run.
func once(method, suffix string, f fault) func(*historyWorld) func(int, *http.Request) fault {
	return func(w *historyWorld) func(int, *http.Request) fault {
		done := false
		return func(_ int, r *http.Request) fault {
			about := strings.Contains(r.URL.Path, string(w.run.ID)) && strings.HasSuffix(r.URL.Path, suffix)
			if done || r.Method != method || !about {
				return fault{}
			}
			done = true
			return f
		}
	}
}

// diesAt has a first worker that dies at such a request.
func diesAt(method, suffix string, f fault) func(*historyWorld) {
	return func(w *historyWorld) {
		first := w.world.worker("one", nil)
		first.wire.fault = once(method, suffix, f)(w)
		w.begin(first)
		w.until("the first worker is dead", first.isDead)
		first.stop()
	}
}

// firstKilled has a first worker that is killed when the run is in a state.
func firstKilled(state prefect.StateType) func(*historyWorld) {
	return func(w *historyWorld) {
		first := w.start("one", nil)
		w.untilState(w.run.ID, state)
		time.Sleep(10 * time.Second)
		first.kill()
	}
}

func happens(kind string, after prefect.StateType, later time.Duration) func(*historyWorld) {
	return func(w *historyWorld) {
		w.untilState(w.run.ID, after)
		time.Sleep(later)
		w.happen(kind, w.containersOf(w.run.ID)[0].group)
	}
}

// historyCases has one for each kind of fault that was mended.
var historyCases = map[string]historyCase{
	"completes": {about: "Nothing goes wrong."},
	"claim-whose-worker-died": {
		about:  "A worker dies right after its claim. The next one knows it by the claim's message, and starts the run.",
		before: diesAt(http.MethodPost, "/set_state", fault{after: true}),
	},
	"group-whose-worker-died": {
		about:  "A worker dies right after Azure made the container group. The next one takes the group over and makes no second.",
		before: diesAt(http.MethodPut, "", fault{after: true}),
	},
	"running-run-whose-worker-was-killed": {
		about:   "A worker is killed while the flow runs. The next one watches the same container to its end.",
		program: flowFor(3 * time.Minute), before: firstKilled(prefect.StateRunning),
	},
	"ended-while-nobody-watched": {
		about:  "A container ends while no worker lives. The next one deletes the group and leaves the reported end alone.",
		before: func(w *historyWorld) { firstKilled(prefect.StateRunning)(w); time.Sleep(2 * time.Minute) },
	},
	"creation-that-was-done-and-failed": {
		about: "Azure makes the group and answers 503. The worker finds the group and does not fail the run.",
		fault: once(http.MethodPut, "", fault{status: http.StatusServiceUnavailable, applied: true}),
	},
	"proposal-that-was-done-and-lost": {
		about: "The claim is carried out and its answer is lost. The worker still starts the run, once.",
		fault: once(http.MethodPost, "/set_state", fault{drop: true, applied: true}),
	},
	"throttled-while-it-runs": {
		about:   "Azure answers 429 to every read for a minute. The worker deletes nothing and reports nothing.",
		program: flowFor(3 * time.Minute),
		fault: func(w *historyWorld) func(int, *http.Request) fault {
			return func(_ int, r *http.Request) fault {
				since := time.Since(w.born)
				if r.Method == http.MethodGet && strings.Contains(r.URL.Path, "/containerGroups/") && since > time.Minute && since < 2*time.Minute {
					return fault{status: http.StatusTooManyRequests}
				}
				return fault{}
			}
		},
	},
	"restarted-after-its-end": {
		about: "The platform starts a container again whose flow had reported its end. The run gets its end back.",
		program: func(ctx context.Context, c *container) int {
			c.set(context.WithoutCancel(ctx), prefect.State{Type: prefect.StateRunning})
			if len(c.containersOf(c.id)) == 1 {
				c.set(ctx, prefect.State{Type: prefect.StateCompleted, Message: "by the flow"})
			}
			<-ctx.Done()
			return 143
		},
		during: happens("restart", prefect.StateCompleted, 30*time.Second),
	},
	"evicted-before-the-flow-began": {
		about: "Azure evicts a container before its flow began. The second attempt is written down before the first group is deleted.",
		program: func(ctx context.Context, c *container) int {
			if len(c.containersOf(c.id)) > 1 {
				return flowFor(20*time.Second)(ctx, c)
			}
			<-ctx.Done()
			return 143
		},
		during: func(w *historyWorld) {
			w.until("there is a container", func() bool { return len(w.containersOf(w.run.ID)) == 1 })
			time.Sleep(5 * time.Second)
			w.happen("evict", w.containersOf(w.run.ID)[0].group)
		},
	},
	"retried-by-a-process-that-died": {
		about:   "A flow waits for a retry in its own process, and the container ends. The worker hands the run back, and it is run again.",
		program: failOnce(2*time.Minute, exitWith(137, 0)),
		before:  func(w *historyWorld) { w.retries(w.run, 1, 5*time.Minute) },
	},
	"ended-without-a-report": {
		about: "A container ends with exit code 3 and its flow has reported nothing. The run is Crashed with the reason.",
		program: func(ctx context.Context, c *container) int {
			c.set(ctx, prefect.State{Type: prefect.StateRunning})
			return exitWith(3, 20*time.Second)(ctx, c)
		},
	},
	"waits-for-room": {
		about:    "There is room for one container group, and somebody else's is there. The run waits, says so, and starts when that is gone.",
		settings: strings.Replace(fullAt2, `"containerGroups":2`, `"containerGroups":1`, 1),
		before:   func(w *historyWorld) { must(w.containers.Create(w.Context(), handMade()))(w) },
		during: func(w *historyWorld) {
			w.until("the run says that it waits", func() bool { return w.stateOf(w.run.ID).Name == worker.StateNameAwaitingQuota })
			time.Sleep(3 * time.Minute)
			if err := w.containers.Kill(w.Context(), handMade().Name, aci.KillOptions{}); err != nil && !errors.Is(err, aci.ErrAlreadyEnded) {
				w.Fatal(err)
			}
		},
	},
	"refused-credentials-that-count-again": {
		about: "Azure refuses the worker's credentials for 20 minutes. The run waits in its first attempt, and then starts.",
		fault: func(w *historyWorld) func(int, *http.Request) fault {
			return func(_ int, r *http.Request) fault {
				if toAzure(r) && time.Since(w.born) < 20*time.Minute {
					return fault{status: http.StatusUnauthorized}
				}
				return fault{}
			}
		},
	},
	"agent-completes": {about: "Nothing goes wrong.", agent: true},
	"agent-takes-over": {
		about: "An agent is killed while the flow runs. The next one watches the same container to its end, and deletes it.",
		agent: true, program: flowFor(10 * time.Minute),
		before: func(w *historyWorld) {
			first := w.agent(true, nil)
			w.untilState(w.run.ID, prefect.StateRunning)
			first.kill()
		},
	},
	"another-workers-run": {
		about:   "Another worker has the run, and lives: its run is left alone. Then that worker is killed, and its run is taken over.",
		program: flowFor(20 * time.Minute),
		before: func(w *historyWorld) {
			w.start("one", nil)
			w.untilState(w.run.ID, prefect.StateRunning)
		},
		during: func(w *historyWorld) {
			time.Sleep(6 * time.Minute)
			w.members[0].kill()
		},
	},
	"cancelled-while-it-runs": {
		about:   "Somebody cancels a run. Its container is stopped with grace, its group deleted, and only then is it Cancelled.",
		program: flowFor(time.Hour),
		during: func(w *historyWorld) {
			w.untilState(w.run.ID, prefect.StateRunning)
			time.Sleep(10 * time.Second)
			must(w.prefect.ForceFlowRunState(w.Context(), w.run.ID, prefect.State{Type: prefect.StateCancelling}))(w)
		},
	},
	"deleted-while-it-runs": {
		about:   "Somebody deletes a run. Its group is deleted, and nothing is reported about it.",
		program: flowFor(time.Hour),
		during: func(w *historyWorld) {
			w.untilState(w.run.ID, prefect.StateRunning)
			time.Sleep(10 * time.Second)
			if err := w.prefect.DeleteFlowRun(w.Context(), w.run.ID); err != nil {
				w.Fatal(err)
			}
			w.run.ID = ""
		},
	},
	"stopped-while-it-runs": {
		about:   "The worker is told to stop. The container goes on, and nothing is changed in Azure or about the run.",
		program: flowFor(time.Hour), stays: true,
		during: func(w *historyWorld) {
			w.untilState(w.run.ID, prefect.StateRunning)
			time.Sleep(time.Minute)
		},
	},
}
