package worker_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pacific-aci/pacific/aci"
	"github.com/pacific-aci/pacific/jobtemplate"
	"github.com/pacific-aci/pacific/prefect"
	"github.com/pacific-aci/pacific/worker"
)

func TestNewRefuses(t *testing.T) {
	client := must(prefect.NewClient(prefect.Options{URL: "http://127.0.0.1:1/api"}))(t)
	whole := worker.Config{Prefect: client, Containers: &aci.Client{}, Pool: "aci"}
	for name, change := range map[string]func(*worker.Config){
		"no Prefect":    func(c *worker.Config) { c.Prefect = nil },
		"no Azure":      func(c *worker.Config) { c.Containers = nil },
		"no pool":       func(c *worker.Config) { c.Pool = "" },
		"slash in name": func(c *worker.Config) { c.Name = "a/b" },
		"unknown type":  func(c *worker.Config) { c.Type = "kubernetes" },
		"negative":      func(c *worker.Config) { c.Limit = -1 },
	} {
		t.Run(name, func(t *testing.T) {
			cfg := whole
			change(&cfg)
			if w, err := worker.New(cfg); err == nil {
				t.Errorf("got worker %q, want an error", w.Name())
			}
		})
	}
	w := must(worker.New(whole))(t)
	if !strings.HasPrefix(w.Name(), "pacific-") || w.Status().Ready || w.Status().NotReady == "" {
		t.Errorf("got name %q and status %+v", w.Name(), w.Status())
	}
}

func TestStartUpCreatesThePool(t *testing.T) {
	inWorld(t, "", func(t *world) {
		missing := t.worker("one", func(c *worker.Config) { c.Pool = "new" })
		t.begin(missing)
		if err := <-missing.done; !errors.Is(err, worker.ErrPoolNotFound) {
			t.Errorf("got error %v, want ErrPoolNotFound", err)
		}
		made := t.start("two", func(c *worker.Config) { c.Pool, c.CreatePool, c.Type = "new", true, jobtemplate.TypePush })
		other := t.start("three", func(c *worker.Config) { c.Pool, c.CreatePool, c.Type = "new", true, jobtemplate.TypePush })
		t.until("both are ready", func() bool { return made.Status().Ready && other.Status().Ready })
		made.join(t)
		other.join(t)
		pool := must(t.prefect.WorkPool(t.Context(), "new"))(t)
		if pool.Type != jobtemplate.TypePush || len(pool.BaseJobTemplate) < 10 {
			t.Errorf("got pool %+v", pool)
		}
	})
}

func TestStartUpGivesAnEmptyPoolATemplate(t *testing.T) {
	inWorld(t, "", func(t *world) {
		must(t.prefect.CreateWorkPool(t.Context(), prefect.WorkPoolCreate{Name: "bare", Type: jobtemplate.TypeWorker}))(t)
		m := t.start("one", func(c *worker.Config) { c.Pool = "bare" })
		t.until("it is ready", func() bool { return m.Status().Ready })
		m.join(t)
		var template map[string]json.RawMessage
		pool := must(t.prefect.WorkPool(t.Context(), "bare"))(t)
		if err := json.Unmarshal(pool.BaseJobTemplate, &template); err != nil || template["job_configuration"] == nil {
			t.Errorf("got template %s", pool.BaseJobTemplate)
		}
	})
}

func TestStartUpRefusesAnotherType(t *testing.T) {
	inWorld(t, "", func(t *world) {
		must(t.prefect.CreateWorkPool(t.Context(), prefect.WorkPoolCreate{Name: "k8s", Type: "kubernetes"}))(t)
		for _, change := range []func(*worker.Config){
			func(c *worker.Config) { c.Pool = "k8s" },
			func(c *worker.Config) { c.Type = jobtemplate.TypePush },
		} {
			m := t.start("one", change)
			if _, ok := errors.AsType[*worker.PoolTypeError](<-m.done); !ok {
				t.Errorf("the worker did not refuse the pool's type")
			}
		}
	})
}

// TestStartUpRefusesMissingQueues: a queue that the pool has not ends the worker, which would be refused at every poll.
func TestStartUpRefusesMissingQueues(t *testing.T) {
	inWorld(t, "", func(t *world) {
		m := t.start("one", func(c *worker.Config) { c.Queues = []string{"default", "typo"} })
		missing, ok := errors.AsType[*worker.QueueNotFoundError](<-m.done)
		if !ok || missing.Queue != "typo" || missing.Pool != worldPool {
			t.Errorf("got error %v, want one that names the queue", missing)
		}
	})
}

func TestStartUpEndsAtOnceWithoutRights(t *testing.T) {
	for status, want := range map[int]error{http.StatusUnauthorized: prefect.ErrUnauthorised, http.StatusForbidden: prefect.ErrForbidden} {
		inWorld(t, "", func(t *world) {
			m := t.worker("one", nil)
			m.wire.fault = func(int, *http.Request) fault { return fault{status: status} }
			began := time.Now()
			t.begin(m)
			if err := <-m.done; !errors.Is(err, want) {
				t.Errorf("got error %v, want %v", err, want)
			}
			if waited := time.Since(began); waited > time.Second {
				t.Errorf("it ended after %v", waited)
			}
		})
	}
}

func TestStartUpWaitsForTheAPI(t *testing.T) {
	inWorld(t, "", func(t *world) {
		var away atomic.Bool
		away.Store(true)
		m := t.worker("one", nil)
		m.wire.fault = func(int, *http.Request) fault { return fault{drop: away.Load()} }
		t.begin(m)
		run := t.run()
		time.Sleep(10 * time.Minute)
		if s := m.Status(); s.Ready || s.NotReady == "" {
			t.Errorf("got status %+v while the API is away", s)
		}
		away.Store(false)
		t.untilState(run.ID, prefect.StateCompleted)
		if s := m.Status(); !s.Ready {
			t.Errorf("got status %+v after the API came back", s)
		}
		t.untilClean()
		m.join(t)
	})
}

func TestStopWhileTheAPIIsAway(t *testing.T) {
	inWorld(t, "", func(t *world) {
		m := t.worker("one", nil)
		m.wire.fault = func(int, *http.Request) fault { return fault{drop: true} }
		t.begin(m)
		time.Sleep(time.Minute)
		m.join(t)
	})
}

func TestServerAwayInTheMiddle(t *testing.T) {
	inWorld(t, "", func(t *world) {
		t.program = flowFor(5 * time.Minute)
		var away atomic.Bool
		m := t.worker("one", nil)
		m.wire.fault = func(_ int, r *http.Request) fault {
			return fault{drop: away.Load() && strings.HasPrefix(r.URL.Path, "/api/")}
		}
		t.begin(m)
		run := t.run()
		t.untilState(run.ID, prefect.StateRunning)
		away.Store(true)
		time.Sleep(20 * time.Minute)
		if m.Status().Ready {
			t.Error("the worker says that it is ready while the API is away")
		}
		if state := t.stateOf(run.ID); state.Type != prefect.StateCompleted {
			t.Errorf("the run is %s", state.Name)
		}
		away.Store(false)
		t.untilClean()
		t.until("it is ready again", func() bool { return m.Status().Ready })
		m.join(t)
	})
}

func TestPausedPoolAndQueues(t *testing.T) {
	inWorld(t, "", func(t *world) {
		update := func(paused bool) {
			if err := t.prefect.UpdateWorkPool(t.Context(), worldPool, prefect.WorkPoolUpdate{IsPaused: prefect.Set(paused)}); err != nil {
				t.Fatal(err)
			}
		}
		update(true)
		run := t.run()
		m := t.start("one", nil)
		time.Sleep(5 * time.Minute)
		if s := m.Status(); !s.Ready || !s.Paused || s.Claimed != 0 {
			t.Errorf("got status %+v of a paused pool", s)
		}
		update(false)
		t.untilState(run.ID, prefect.StateCompleted)
		t.untilClean()
		m.join(t)
	})
}

func TestLimitAndPriority(t *testing.T) {
	inWorld(t, "", func(t *world) {
		must(t.prefect.CreateWorkQueue(t.Context(), worldPool, prefect.WorkQueueCreate{Name: "first", Priority: 1}))(t)
		var low []prefect.FlowRun
		for range 3 {
			low = append(low, t.run())
		}
		high := must(t.prefect.CreateDeploymentFlowRun(t.Context(), t.deployment.ID, prefect.DeploymentFlowRunCreate{WorkQueueName: "first"}))(t)
		m := t.start("one", func(c *worker.Config) { c.Limit = 1 })
		most := 0
		t.until("all have ended", func() bool {
			total := 0
			for _, n := range m.Status().InFlight {
				total += n
			}
			most = max(most, total)
			return m.Status().Finished["completed"] == 4
		})
		m.join(t)
		if most != 1 {
			t.Errorf("%d runs were in flight at once, want 1", most)
		}
		for _, run := range low {
			if !t.containersOf(high.ID)[0].began.Before(t.containersOf(run.ID)[0].began) {
				t.Errorf("a run of the queue with priority 1 began after one of a queue with less")
			}
		}
	})
}

func TestQueuesAndPrefetch(t *testing.T) {
	inWorld(t, "", func(t *world) {
		must(t.prefect.CreateWorkQueue(t.Context(), worldPool, prefect.WorkQueueCreate{Name: "mine"}))(t)
		other := t.run()
		due := time.Now().Add(time.Hour)
		mine := must(t.prefect.CreateDeploymentFlowRun(t.Context(), t.deployment.ID, prefect.DeploymentFlowRunCreate{WorkQueueName: "mine",
			State: &prefect.State{Type: prefect.StateScheduled, Details: prefect.StateDetails{ScheduledTime: prefect.At(due)}}}))(t)
		m := t.start("one", func(c *worker.Config) { c.Queues, c.Prefetch = []string{"mine"}, time.Minute })
		t.until("the container has begun", func() bool { return len(t.containersOf(mine.ID)) == 1 })
		if early := due.Sub(t.containersOf(mine.ID)[0].began); early < 30*time.Second || early > time.Minute {
			t.Errorf("the container began %v before its run was due", early)
		}
		t.untilState(mine.ID, prefect.StateCompleted)
		t.untilClean()
		m.join(t)
		if state := t.stateOf(other.ID); state.Type != prefect.StateScheduled {
			t.Errorf("a run of another queue is %s", state.Name)
		}
	})
}

func TestRunOnce(t *testing.T) {
	inWorld(t, "", func(t *world) {
		run := t.run()
		m := t.start("one", func(c *worker.Config) { c.RunOnce = true })
		if err := <-m.done; err != nil {
			t.Fatal(err)
		}
		if state := t.stateOf(run.ID); state.Type != prefect.StateCompleted {
			t.Errorf("the run is %s", state.Name)
		}
		if left := t.groups(); len(left) > 0 {
			t.Errorf("groups are left: %v", left)
		}
	})
}

// TestRunOnceWithALimit: what is due at the start is run, as many at a time as the limit allows. What falls due meanwhile is left.
func TestRunOnceWithALimit(t *testing.T) {
	inWorld(t, "", func(t *world) {
		var due []prefect.ID
		for range 7 {
			due = append(due, t.run().ID)
		}
		time.Sleep(time.Second)
		m := t.worker("one", func(c *worker.Config) { c.RunOnce, c.Limit = true, 2 })
		t.begin(m)
		time.Sleep(20 * time.Second)
		later := t.run()
		if n := len(m.Status().InFlight); n > 2 {
			t.Errorf("%d runs are in flight", n)
		}
		if err := <-m.done; err != nil {
			t.Fatal(err)
		}
		for _, id := range due {
			if state := t.stateOf(id); state.Type != prefect.StateCompleted {
				t.Errorf("a run that was due is %s", state.Name)
			}
		}
		if state := t.stateOf(later.ID); state.Type != prefect.StateScheduled {
			t.Errorf("a run that fell due later is %s", state.Name)
		}
		if left := t.groups(); len(left) > 0 {
			t.Errorf("groups are left: %v", left)
		}
	})
}

func TestRunOne(t *testing.T) {
	inWorld(t, "", func(t *world) {
		run := t.run()
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		outcome, err := t.worker("one", nil).RunOne(ctx, run.ID)
		if err != nil || outcome.Run.StateType != prefect.StateCompleted || outcome.Attempts != 1 || !outcome.Result.Success() {
			t.Errorf("got %+v, %v", outcome, err)
		}
		_, err = t.worker("two", nil).RunOne(ctx, run.ID)
		if _, ok := errors.AsType[*worker.NotStartedError](err); !ok {
			t.Errorf("a run that had ended gave %v, want a NotStartedError", err)
		}
		if left := t.groups(); len(left) > 0 {
			t.Errorf("groups are left: %v", left)
		}
	})
}
