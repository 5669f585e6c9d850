package worker_test

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pacific-aci/pacific/aci"
	"github.com/pacific-aci/pacific/azure"
	"github.com/pacific-aci/pacific/emulator/prefect"
	"github.com/pacific-aci/pacific/prefect"
	"github.com/pacific-aci/pacific/worker"
)

// update records histories anew: all, or those whose names contain the text. Read the difference before you commit it: a
// change that is missing or new is a change of what the worker does.
var update = flag.String("update", "", "record the worker's histories whose names contain this again; . for all")

const historiesFolder = "testdata/histories"

// recordHistory plays a case and writes down what its worker does.
func recordHistory(t *testing.T, c historyCase) *history {
	h := &history{About: c.about, Worker: "two", Agent: c.agent}
	inWorld(t, c.settings, func(w *world) {
		began := time.Now()
		w.smallTemplate()
		w.program = c.program
		if c.agent {
			w.deployForAgents()
		}
		hw := &historyWorld{world: w, run: w.run()}
		if c.before != nil {
			c.before(hw)
		}
		h.Start, h.Account = time.Since(began).String(), w.azure.Account().SubscriptionID
		made := &recording{began: began, last: map[string]recorded{}, state: func() string { return hw.story() }}
		w.wrap = func(server string, wired http.RoundTripper) http.RoundTripper { return recorder{wired, server, made} }
		hw.born = time.Now()
		join := hw.startRecorded(h, c)
		if c.during != nil {
			c.during(hw)
		}
		if !c.stays {
			w.until("the run has ended", func() bool { return hw.run.ID == "" || w.stateOf(hw.run.ID).Type.Terminal() })
			w.untilClean()
			time.Sleep(time.Minute)
		}
		h.Stop = time.Since(began).String()
		join(t)
		h.Calls = made.calls
	})
	return h
}

// startRecorded starts the worker, or the agent, whose history it is, and gives what waits for its end.
func (w *historyWorld) startRecorded(h *history, c historyCase) (join func(testing.TB)) {
	if c.agent {
		m := w.agent(true, nil)
		h.Worker = m.Name()
		return m.join
	}
	w.worker = w.world.worker(h.Worker, nil)
	if c.fault != nil {
		w.worker.wire.fault = c.fault(w)
	}
	w.begin(w.worker)
	return w.worker.join
}

// story is how the run and the groups are.
func (w *historyWorld) story() string {
	parts := []string{"run: gone"}
	if run, err := w.prefect.FlowRun(context.Background(), w.run.ID); err == nil {
		parts[0] = fmt.Sprintf("run: %s %s", run.StateType, run.StateName)
	}
	for _, g := range must(w.containers.List(context.Background(), aci.ListOptions{All: true}))(w) {
		parts = append(parts, fmt.Sprintf("group: %s", g.Name))
	}
	return strings.Join(parts, "; ")
}

// smallTemplate leaves out of the pool's template what is for people, so that histories can be read.
func (w *world) smallTemplate() {
	w.Helper()
	pool := must(w.prefect.WorkPool(w.Context(), worldPool))(w)
	var template any
	if err := json.Unmarshal(pool.BaseJobTemplate, &template); err != nil {
		w.Fatal(err)
	}
	var strip func(any)
	strip = func(v any) {
		if list, ok := v.([]any); ok {
			for _, inner := range list {
				strip(inner)
			}
		}
		fields, ok := v.(map[string]any)
		if !ok {
			return
		}
		for key, inner := range fields {
			if _, text := inner.(string); text && (key == "description" || key == "title") {
				delete(fields, key)
			}
			strip(inner)
		}
	}
	strip(template)
	if err := w.prefect.UpdateWorkPool(w.Context(), worldPool, prefect.WorkPoolUpdate{BaseJobTemplate: prefect.Set(json.RawMessage(must(json.Marshal(template))(w)))}); err != nil {
		w.Fatal(err)
	}
}

// replayHistory gives a worker the answers of a history, and gives what it did otherwise.
func replayHistory(t *testing.T, h *history) (wrong []string) {
	synctest.Test(t, func(t *testing.T) {
		p := must(newReplaying(h))(t)
		start, stop := must(time.ParseDuration(h.Start))(t), must(time.ParseDuration(h.Stop))(t)
		time.Sleep(start)
		cloud := must(azure.NewCloud(t.Context(), azure.Options{Transport: replayer{"azure", p}, Credential: azure.CredentialOptions{
			Method: azure.MethodClientSecret, TenantID: h.Account, ClientID: h.Account, ClientSecret: "of-a-history"}}))(t)
		var api http.RoundTripper = replayer{"prefect", p}
		if h.Agent {
			api = older{api}
		}
		client := must(prefect.NewClient(prefect.Options{URL: prefectemulator.URL, Transport: api, DisableCSRF: true, Retries: prefect.RetryOptions{Jitter: -1}}))(t)
		containers := must(aci.NewClient(aci.Config{Cloud: cloud, Subscription: h.Account, ResourceGroup: worldGroup, Location: "westeurope"}))(t)
		var w interface {
			Name() string
			Run(context.Context) error
		} = must(worker.New(worker.Config{Prefect: client, Containers: containers, Pool: worldPool, Name: h.Worker, Log: logOf(h.Worker)}))(t)
		if h.Agent {
			w = must(worker.NewAgent(worker.AgentConfig{Prefect: client, Containers: containers, Queues: []string{agentQueue}, Log: logOf(h.Worker)}))(t)
			p.recorded, p.tokens = strings.NewReplacer(w.Name(), h.Worker), []string{h.Worker, w.Name()}
		}
		ctx, end := context.WithCancel(t.Context())
		defer end()
		time.AfterFunc(stop-start, end)
		if err := w.Run(ctx); err != nil {
			wrong = append(wrong, err.Error())
		}
		wrong = append(append(wrong, p.wrong...), p.unmade()...)
	})
	return wrong
}

// TestHistories gives a worker the answers of each history. It must make the same changes in the same order; how often it reads,
// and when exactly, is its own affair.
func TestHistories(t *testing.T) {
	for name, c := range historyCases {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(historiesFolder, name+".json")
			if *update != "" && strings.Contains("."+name, *update) {
				writeHistory(t, file, recordHistory(t, c))
			}
			if wrong := replayHistory(t, readHistory(t, file)); len(wrong) > 0 {
				t.Errorf("%d calls are otherwise than in %s; the first:\n\t%s", len(wrong), file, strings.Join(wrong[:min(len(wrong), 5)], "\n\t"))
			}
		})
	}
	for _, file := range must(filepath.Glob(historiesFolder + "/*"))(t) {
		name, isJSON := strings.CutSuffix(filepath.Base(file), ".json")
		if _, known := historyCases[name]; !known || !isJSON {
			t.Errorf("%s is no history of historyCases", file)
		}
	}
}

// Ids are replaced by numbered ones, so that a history that is recorded again differs where the worker does.
func writeHistory(t *testing.T, file string, h *history) {
	t.Helper()
	text := h.encode()
	names := map[string]string{h.Account: h.Account} // its digest is in a label
	if h.Agent {
		text = bytes.ReplaceAll(text, []byte(h.Worker), []byte("an-agent"))
	}
	text = uuidInPath.ReplaceAllFunc(text, func(id []byte) []byte {
		if names[string(id)] == "" {
			names[string(id)] = fmt.Sprintf("00000000-0000-4000-8000-%012d", len(names))
		}
		return []byte(names[string(id)])
	})
	if err := os.MkdirAll(historiesFolder, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, append(text, '\n'), 0o644); err != nil {
		t.Fatal(err)
	}
}

// encode writes a history with one line for each call.
func (h *history) encode() []byte {
	line := func(v any) string {
		var b bytes.Buffer
		encoder := json.NewEncoder(&b)
		encoder.SetEscapeHTML(false)
		_ = encoder.Encode(v) // a buffer takes all
		return strings.TrimSpace(b.String())
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "{\"about\": %s,\n", line(h.About))
	if h.Agent {
		b.WriteString(" \"agent\": true,\n")
	}
	fmt.Fprintf(&b, " \"worker\": %q, \"start\": %q, \"stop\": %q, \"subscription\": %q,\n \"calls\": [\n", h.Worker, h.Start, h.Stop, h.Account)
	for i, c := range h.Calls {
		b.WriteString(line(c))
		if i < len(h.Calls)-1 {
			b.WriteByte(',')
		}
		b.WriteByte('\n')
	}
	b.WriteString("]}")
	return b.Bytes()
}

func readHistory(t *testing.T, file string) *history {
	t.Helper()
	var h history
	if err := json.Unmarshal(must(os.ReadFile(file))(t), &h); err != nil {
		t.Fatal(err)
	}
	return &h
}

// TestHistoriesNotice: a replay notices a change that the worker does not make, makes otherwise, or makes though the history
// does not have it.
func TestHistoriesNotice(t *testing.T) {
	of := func() *history { return readHistory(t, filepath.Join(historiesFolder, "completes.json")) }
	changes := func(h *history) (at []int) {
		for i, c := range h.Calls {
			if c.Changes != "" {
				at = append(at, i)
			}
		}
		return at
	}
	all := changes(of())
	if len(all) < 5 {
		t.Fatalf("the history of a run that completes has %d changes", len(all))
	}
	for n, i := range all {
		h := of()
		h.Calls = slices.Delete(h.Calls, i, i+1)
		if len(replayHistory(t, h)) == 0 {
			t.Errorf("without change %d, nothing is wrong", n)
		}
		h = of()
		h.Calls[i].Changes += " and more"
		if len(replayHistory(t, h)) == 0 {
			t.Errorf("with another change %d, nothing is wrong", n)
		}
	}
}
