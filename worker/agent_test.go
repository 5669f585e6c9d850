package worker_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/pacific-aci/pacific/prefect"
	"github.com/pacific-aci/pacific/worker"
)

const agentQueue = "armaci"

// older makes a server of 3.x say that it is of 2.20, which the client then keeps to.
type older struct{ next http.RoundTripper }

func (o older) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := o.next.RoundTrip(r)
	if err == nil && strings.HasSuffix(r.URL.Path, "/admin/version") {
		_ = response.Body.Close()
		body := `"2.20.27"`
		response.Body, response.ContentLength = io.NopCloser(strings.NewReader(body)), int64(len(body))
		response.Header.Del("Content-Length")
	}
	return response, err
}

// inAgentWorld is a world whose deployment is one of Prefect 2: a queue and a block with overrides. It is there once with a
// server that says it is of 2.20, once with one of 3.x.
func inAgentWorld(t *testing.T, do func(w *world, old bool)) {
	for _, old := range []bool{true, false} {
		inWorld(t, "", func(w *world) {
			w.deployForAgents()
			do(w, old)
		})
	}
}

// deployForAgents makes the world's deployment one of Prefect 2.
func (w *world) deployForAgents() {
	w.Helper()
	block := prefect.AzureContainerInstanceJob{ResourceGroupName: worldGroup, SubscriptionID: prefect.SecretStr(w.azure.Account().SubscriptionID),
		Image: "example.com/flows:1", Env: map[string]*string{"LEVEL": new("info")}}
	document := must(w.prefect.SaveBlock(w.Context(), "aci-block", &block, prefect.SaveBlockOptions{}))(w)
	w.deployment = must(w.prefect.CreateDeployment(w.Context(), prefect.DeploymentCreate{Name: "by-agent", FlowID: w.flow.ID, WorkQueueName: agentQueue,
		InfrastructureDocumentID: document.ID, JobVariables: map[string]any{"cpu": 2, "env.LEVEL": "debug"}}))(w)
}

// An agentMember is an agent that runs in the world.
type agentMember struct {
	*worker.Agent
	wire *wire
	stop context.CancelFunc
	done chan error
}

func (w *world) agent(old bool, change func(*worker.AgentConfig)) *agentMember {
	w.Helper()
	line := &wire{}
	var api, toAzure http.RoundTripper = wired{line, w.api.Transport(), "prefect"}, wired{line, w.azure.Transport(), "azure"}
	if w.wrap != nil {
		api, toAzure = w.wrap("prefect", api), w.wrap("azure", toAzure)
	}
	if old {
		api = older{api}
	}
	cfg := worker.AgentConfig{Prefect: w.prefectVia(api), Containers: w.containersVia(w.cloud(toAzure)), Queues: []string{agentQueue}}
	if change != nil {
		change(&cfg)
	}
	m := &agentMember{Agent: must(worker.NewAgent(cfg))(w), wire: line, done: make(chan error, 1)}
	ctx, stop := context.WithCancel(context.Background())
	m.stop = stop
	go func() { m.done <- m.Run(ctx) }()
	return m
}

func (m *agentMember) kill() {
	m.wire.mu.Lock()
	m.wire.dead = true
	m.wire.mu.Unlock()
	m.stop()
}

func (m *agentMember) isDead() bool {
	m.wire.mu.Lock()
	defer m.wire.mu.Unlock()
	return m.wire.dead
}

func (m *agentMember) join(t testing.TB) {
	t.Helper()
	m.stop()
	if err := <-m.done; err != nil {
		t.Errorf("agent %s: %v", m.Name(), err)
	}
}

func TestAgentRunCompletes(t *testing.T) {
	inAgentWorld(t, func(t *world, old bool) {
		run := t.run()
		m := t.agent(old, nil)
		t.until("there is a container", func() bool { return len(t.containersOf(run.ID)) == 1 })
		group := must(t.containers.Get(t.Context(), t.containersOf(run.ID)[0].group))(t)
		if cpu := group.Main().CPU; cpu != 2 || group.Tags[worker.TagQueueID] == "" || group.Tags[worker.TagFlowRun] != string(run.ID) {
			t.Errorf("got %v cores, tags %v", cpu, group.Tags)
		}
		t.untilState(run.ID, prefect.StateCompleted)
		t.untilClean()
		m.join(t)
		if n := len(t.containersOf(run.ID)); n != 1 {
			t.Errorf("got %d containers, want 1", n)
		}
		if s := m.Status(); s.Claimed != 1 || s.Finished["completed"] != 1 {
			t.Errorf("got status %+v", s)
		}
	})
}

// TestAgentIsNoWorker: what an agent asks of the server, and says when that is away, is an agent's. It has no heartbeat, and at its end
// there is nothing to deregister.
func TestAgentIsNoWorker(t *testing.T) {
	inAgentWorld(t, func(t *world, old bool) {
		var log bytes.Buffer
		m := t.agent(old, func(c *worker.AgentConfig) { c.Log = slog.New(slog.NewTextHandler(&log, nil)) })
		t.until("it polls", func() bool { return !m.Status().LastPoll.IsZero() })
		m.wire.mu.Lock()
		m.wire.fault = func(int, *http.Request) fault { return fault{drop: true} }
		m.wire.mu.Unlock()
		time.Sleep(10 * time.Minute)
		m.wire.mu.Lock()
		m.wire.fault = nil
		m.wire.mu.Unlock()
		time.Sleep(10 * time.Minute)
		m.join(t)
		for _, request := range m.wire.log {
			if strings.Contains(request, "/workers/") && !strings.HasSuffix(request, "/filter") {
				t.Errorf("the agent asks %s", request)
			}
		}
		for _, word := range []string{"heartbeat", "worker"} {
			if strings.Contains(log.String(), word) {
				t.Errorf("the agent speaks of a %s:\n%s", word, log.String())
			}
		}
		for _, words := range []string{"cannot be read", "can be read again", "a poll for runs failed", "polls succeed again"} {
			if n := strings.Count(log.String(), words); n != 1 {
				t.Errorf("%q is said %d times:\n%s", words, n, log.String())
			}
		}
	})
}

// TestAgentMakesItsQueue: an agent makes the queue that it is to serve, as Prefect's does, and one by prefixes does not.
func TestAgentMakesItsQueue(t *testing.T) {
	inWorld(t, "", func(t *world) {
		m := t.agent(true, func(c *worker.AgentConfig) { c.Queues = []string{"new one"} })
		time.Sleep(time.Minute)
		m.join(t)
		must(t.prefect.AgentQueueByName(t.Context(), "new one"))(t)
		m = t.agent(true, func(c *worker.AgentConfig) { c.Queues, c.Prefixes = nil, []string{"arm"} })
		time.Sleep(time.Minute)
		if s := m.Status(); !s.Ready {
			t.Errorf("not ready: %s", s.NotReady)
		}
		m.join(t)
	})
}

// TestAgentServesPrefix: a queue that is made later is served too.
func TestAgentServesPrefix(t *testing.T) {
	inWorld(t, "", func(w *world) {
		m := w.agent(true, func(c *worker.AgentConfig) { c.Queues, c.Prefixes = nil, []string{"arm"} })
		time.Sleep(time.Minute)
		block := prefect.AzureContainerInstanceJob{ResourceGroupName: worldGroup, SubscriptionID: prefect.SecretStr(w.azure.Account().SubscriptionID), Image: "example.com/flows:1"}
		document := must(w.prefect.SaveBlock(w.Context(), "aci-block", &block, prefect.SaveBlockOptions{}))(w)
		w.deployment = must(w.prefect.CreateDeployment(w.Context(), prefect.DeploymentCreate{Name: "late", FlowID: w.flow.ID, WorkQueueName: agentQueue, InfrastructureDocumentID: document.ID}))(w)
		w.untilState(w.run().ID, prefect.StateCompleted)
		m.join(w)
	})
}

// TestAgentIsReplaced: an agent that was killed leaves its container to the next one, which takes it over at once.
func TestAgentIsReplaced(t *testing.T) {
	inAgentWorld(t, func(t *world, old bool) {
		t.program = func(ctx context.Context, c *container) int {
			fmt.Fprintln(c.output, "it begins")
			return flowFor(10*time.Minute)(ctx, c)
		}
		run := t.withVariables(map[string]any{"stream_output": true})
		m := t.agent(old, nil)
		t.untilState(run.ID, prefect.StateRunning)
		m.kill()
		<-m.done
		var output bytes.Buffer
		next := t.agent(old, func(c *worker.AgentConfig) { c.Output = &output })
		t.until("it is taken over", func() bool { return next.Status().Adopted == 1 })
		t.untilState(run.ID, prefect.StateCompleted)
		t.untilClean()
		next.join(t)
		if want := run.Name + " | it begins\n"; output.String() != want {
			t.Errorf("the second agent printed %q, want %q", output.String(), want)
		}
		if n := len(t.containersOf(run.ID)); n != 1 {
			t.Errorf("got %d containers, want 1", n)
		}
	})
}

// TestAgentWithoutQueues: an agent whose prefix matches no queue leaves the runs of other agents' queues alone.
func TestAgentWithoutQueues(t *testing.T) {
	inAgentWorld(t, func(t *world, old bool) {
		t.program = flowFor(20 * time.Minute)
		run := t.run()
		one := t.agent(old, nil)
		t.untilState(run.ID, prefect.StateRunning)
		other := t.agent(old, func(c *worker.AgentConfig) { c.Queues, c.Prefixes = nil, []string{"elsewhere-"} })
		t.untilState(run.ID, prefect.StateCompleted)
		other.join(t)
		if s := other.Status(); s.Adopted != 0 {
			t.Errorf("an agent without queues took over %d runs", s.Adopted)
		}
		t.untilClean()
		one.join(t)
	})
}

// TestTwoAgentsRunNothingTwice: two agents on one queue, ten runs, one of which crashes.
func TestTwoAgentsRunNothingTwice(t *testing.T) {
	inAgentWorld(t, func(t *world, old bool) {
		var runs []prefect.FlowRun
		for range 10 {
			runs = append(runs, t.run())
		}
		t.program = func(ctx context.Context, c *container) int {
			if c.id == runs[0].ID {
				c.set(ctx, prefect.State{Type: prefect.StateRunning})
				return 137
			}
			return flowFor(7*time.Minute)(ctx, c)
		}
		one, two := t.agent(old, nil), t.agent(old, nil)
		t.untilState(runs[0].ID, prefect.StateCrashed)
		for _, run := range runs[1:] {
			t.untilState(run.ID, prefect.StateCompleted)
		}
		t.untilClean()
		one.join(t)
		two.join(t)
		for _, run := range runs {
			if n := len(t.containersOf(run.ID)); n != 1 {
				t.Errorf("run %s had %d containers", run.ID, n)
			}
		}
	})
}

// TestAgentCancels: a run that is cancelled is stopped, and reported.
func TestAgentCancels(t *testing.T) {
	inAgentWorld(t, func(t *world, old bool) {
		t.program = flowFor(time.Hour)
		run := t.run()
		m := t.agent(old, nil)
		t.untilState(run.ID, prefect.StateRunning)
		must(t.prefect.ForceFlowRunState(t.Context(), run.ID, prefect.State{Type: prefect.StateCancelling}))(t)
		t.untilState(run.ID, prefect.StateCancelled)
		t.untilClean()
		m.join(t)
	})
}

// TestAgentWithoutBlock: a run that no agent of Pacific can start crashes with the reason.
func TestAgentWithoutBlock(t *testing.T) {
	inWorld(t, "", func(t *world) {
		t.deployment = must(t.prefect.CreateDeployment(t.Context(), prefect.DeploymentCreate{Name: "bare", FlowID: t.flow.ID, WorkQueueName: agentQueue}))(t)
		run := t.run()
		m := t.agent(true, nil)
		t.untilState(run.ID, prefect.StateCrashed)
		if state := t.stateOf(run.ID); !strings.Contains(state.Message, "names no infrastructure block") {
			t.Errorf("message %q", state.Message)
		}
		m.join(t)
	})
}

// without is a server that does not know one object.
type without struct {
	next http.RoundTripper
	path string
}

func (s without) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := s.next.RoundTrip(r)
	if err == nil && strings.HasSuffix(r.URL.Path, s.path) {
		_ = response.Body.Close()
		body := `{"detail":"Block document not found"}`
		response.StatusCode, response.Status = http.StatusNotFound, "404 Not Found"
		response.Body, response.ContentLength = io.NopCloser(strings.NewReader(body)), int64(len(body))
		response.Header.Del("Content-Length")
	}
	return response, err
}

// TestAgentBlockThatDoesNotExist: a run whose infrastructure block is gone crashes with the reason; it is not taken for deleted.
func TestAgentBlockThatDoesNotExist(t *testing.T) {
	inAgentWorld(t, func(t *world, old bool) {
		run := t.run()
		m := t.agent(old, func(c *worker.AgentConfig) {
			var api http.RoundTripper = without{t.api.Transport(), "/block_documents/" + string(t.deployment.InfrastructureDocumentID)}
			if old {
				api = older{api}
			}
			c.Prefect = t.prefectVia(api)
		})
		t.untilState(run.ID, prefect.StateCrashed)
		if state := t.stateOf(run.ID); !strings.Contains(state.Message, "its infrastructure block does not exist") || !strings.Contains(state.Message, "Give the deployment a block") {
			t.Errorf("message %q", state.Message)
		}
		m.join(t)
	})
}

// TestAgentOverrideOfAnotherKind: the message names the value that the block cannot take, and not what it is.
func TestAgentOverrideOfAnotherKind(t *testing.T) {
	inAgentWorld(t, func(t *world, old bool) {
		run := must(t.prefect.CreateDeploymentFlowRun(t.Context(), t.deployment.ID, prefect.DeploymentFlowRunCreate{
			JobVariables: map[string]any{"command": "python hunter2"}}))(t)
		m := t.agent(old, nil)
		t.untilState(run.ID, prefect.StateCrashed)
		if state := t.stateOf(run.ID); !strings.Contains(state.Message, "command must be") || strings.Contains(state.Message, "hunter2") {
			t.Errorf("message %q", state.Message)
		}
		m.join(t)
	})
}

func TestNewAgentRefuses(t *testing.T) {
	for name, cfg := range map[string]worker.AgentConfig{
		"nothing to serve": {},
		"both":             {Queues: []string{"a"}, Prefixes: []string{"b"}},
		"an empty name":    {Queues: []string{""}},
	} {
		if _, err := worker.NewAgent(cfg); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
