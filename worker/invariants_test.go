package worker_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/pacific-aci/pacific/emulator/prefect"
	"github.com/pacific-aci/pacific/prefect"
	"github.com/pacific-aci/pacific/worker"
)

// Secrets that the worlds of schedules have: what the worker signs in to Prefect with, the value of a block that a job's
// environment refers to, and the password of its image's registry. A container gets the first two, its group the third.
const (
	plantedKey      = "pnu_planted-api-key-1b7c"
	plantedValue    = "planted-db-value-93aa"
	plantedPassword = "planted-registry-password-f02d"
)

var plantedSecrets = []string{plantedKey, plantedValue, plantedPassword}

// plant puts the secrets where people keep them, and sets the limits of the world "limits".
func (p *playing) plant() {
	p.apiKey = plantedKey
	ctx := context.Background()
	must(p.prefect.SaveBlock(ctx, "db", &prefect.SecretBlock{Value: plantedValue}, prefect.SaveBlockOptions{}))(p)
	must(p.prefect.SaveBlock(ctx, "registry", &prefect.SecretBlock{Value: plantedPassword}, prefect.SaveBlockOptions{}))(p)
	variables := p.variables()
	variables["env"] = map[string]any{"DB_PASSWORD": "{{ prefect.blocks.secret.db }}"}
	variables["image_registry"] = map[string]any{"registry_url": "registry.example.com", "username": "me", "password": "{{ prefect.blocks.secret.registry }}"}
	create := prefect.DeploymentCreate{Name: "with-secrets", FlowID: p.flow.ID, WorkPoolName: worldPool, JobVariables: variables}
	if p.schedule.value("world") == "limits" {
		create.ConcurrencyLimit = new(2)
		if err := p.prefect.UpdateWorkPool(ctx, worldPool, prefect.WorkPoolUpdate{ConcurrencyLimit: prefect.Set(2)}); err != nil {
			p.Fatal(err)
		}
	}
	p.deployment = must(p.prefect.CreateDeployment(ctx, create))(p)
}

// planted makes a worker that signs in with the planted key, and whose log and requests are looked through.
func (p *playing) planted(name string) *member {
	m := p.worker(name, func(c *worker.Config) {
		logs := slog.Handler(slog.NewTextHandler(&p.logged, &slog.HandlerOptions{Level: slog.LevelDebug}))
		if c.Log != nil {
			logs = slog.NewMultiHandler(logs, c.Log.Handler())
		}
		c.Log = slog.New(logs)
	})
	m.wire.inspect = p.inspect
	return m
}

// search looks for secrets.
func (p *playing) search(where string, text []byte) {
	for _, secret := range plantedSecrets {
		if i := bytes.Index(text, []byte(secret)); i >= 0 {
			p.violate("secret visible", "%q in %s: …%s…", secret, where, text[max(0, i-80):i])
		}
	}
}

// inspect looks through what a worker sends to Prefect, and what Resource Manager answers. A secret goes to Resource Manager in
// the two places alone that it never shows again.
func (p *playing) inspect(server string, r *http.Request, body []byte, response *http.Response) {
	what := r.Method + " " + r.URL.Path
	if server == "prefect" {
		p.search("the body of "+what, body)
		return
	}
	if r.Method == http.MethodPut && strings.Contains(r.URL.Path, "/containerGroups/") {
		p.inspectGroup(what, body)
	}
	if strings.Contains(r.URL.Path, "/deployments/") {
		p.violate("secret visible", "%s: a deployment keeps all that is in it", what)
	}
	if response.StatusCode == http.StatusSwitchingProtocols {
		return
	}
	answer, err := io.ReadAll(response.Body)
	response.Body = io.NopCloser(io.MultiReader(bytes.NewReader(answer), iotest.ErrReader(cmp.Or(err, io.EOF))))
	p.search("the answer to "+what, answer)
}

// inspectGroup takes the places for secrets out of a container group's definition and looks through the rest.
func (p *playing) inspectGroup(what string, body []byte) {
	var group any
	if err := json.Unmarshal(body, &group); err != nil {
		p.violate("a body is no JSON", "%s: %v", what, err)
		return
	}
	hidden := map[string]bool{}
	var strip func(v any)
	strip = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			for _, key := range []string{"secureValue", "password"} {
				if text, ok := v[key].(string); ok {
					hidden[text] = true
					delete(v, key)
				}
			}
			for _, inner := range v {
				strip(inner)
			}
		case []any:
			for _, inner := range v {
				strip(inner)
			}
		}
	}
	strip(group)
	rest, _ := json.Marshal(group) // it was JSON
	p.search("the body of "+what, rest)
	for _, secret := range plantedSecrets {
		if !hidden[secret] {
			p.violate("secret missing", "%s has no %q", what, secret)
		}
	}
}

// check holds one run to what was.
func (p *playing) check(run prefect.FlowRun) {
	name := p.names[run.ID]
	containers := p.containersOf(run.ID)
	disturbed := false
	for i, c := range containers {
		disturbed = disturbed || p.happened[c.group] != ""
		if c.ended.IsZero() {
			p.violate("a container still runs", "run %s: container %d of %d still runs", name, i+1, len(containers))
		}
		if i > 0 && containers[i-1].ended.After(c.began) {
			p.violate("two containers at once", "run %s: two containers ran at once", name)
		}
		for _, want := range []string{"PREFECT_API_KEY=" + plantedKey, "DB_PASSWORD=" + plantedValue} {
			if !slices.Contains(c.env, want) {
				p.violate("secret missing", "run %s: a container has no %s", name, want)
			}
		}
	}
	if len(containers) > 1 && !disturbed {
		p.violate("a needless container", "run %s: %d containers, and nothing was done to any:\n\t%s", name, len(containers), p.story(run))
	}
	if ends := p.endsOf(run.ID); ends != 1 {
		p.violate("not one end", "run %s ended %d times:\n\t%s", name, ends, p.story(run))
	}
	state := p.stateOf(run.ID)
	switch {
	case p.reported[run.ID] && state.Type != prefect.StateCompleted:
		p.violate("an end that was reported is lost", "run %s had completed and is %s: %s", name, state.Name, state.Message)
	case !p.asked[run.ID] && state.Type == prefect.StateCompleted:
		p.violate("an end that nobody reported", "run %s is Completed, and no container said so", name)
	case state.Type == prefect.StateCrashed && !disturbed && !p.crashing[run.ID]:
		p.violate("a crash without a cause", "run %s is Crashed: %s", name, state.Message)
	case state.Type == prefect.StateFailed:
		p.violate("a failure without a cause", "run %s is Failed: %s", name, state.Message)
	}
}

// story is the run's states and containers with their times since the schedule began.
func (p *playing) story(run prefect.FlowRun) string {
	var lines []string
	for _, state := range must(p.prefect.FlowRunStates(context.Background(), run.ID))(p) {
		lines = append(lines, fmt.Sprintf("%v %s %s", state.Timestamp.Sub(p.began), state.Name, state.Message))
	}
	for _, c := range p.containersOf(run.ID) {
		lines = append(lines, fmt.Sprintf("%s from %v to %v, stopped: %v", c.group, c.began.Sub(p.began), c.ended.Sub(p.began), c.stopped))
	}
	return strings.Join(lines, "\n\t")
}

// checkServer looks through all that Prefect shows of the runs, and for slots that are still taken.
func (p *playing) checkServer() {
	p.search("a worker's log", p.logged.text.Bytes())
	for _, run := range p.runs {
		p.search("the states of a run", p.ask("GET", "/flow_run_states/?flow_run_id="+string(run.ID), nil))
	}
	for _, path := range []string{"/flow_runs/filter", "/logs/filter", "/deployments/filter", "/work_pools/filter", "/block_documents/filter"} {
		p.search(path, p.ask("POST", path, map[string]any{}))
	}
	events := p.ask("POST", "/events/filter", map[string]any{"filter": map[string]any{}, "limit": 50})
	p.search("/events/filter", events)
	if !bytes.Contains(events, []byte("prefect.flow-run")) {
		p.violate("no events", "the feed has none of the runs: %s", events)
	}
	var limits []struct {
		Name        string  `json:"name"`
		ActiveSlots float64 `json:"active_slots"`
	}
	if err := json.Unmarshal(p.ask("POST", "/v2/concurrency_limits/filter", map[string]any{}), &limits); err != nil {
		p.Fatal(err)
	}
	for _, limit := range limits {
		if limit.ActiveSlots != 0 {
			p.violate("slot on the server", "limit %s has %v slots taken", limit.Name, limit.ActiveSlots)
		}
	}
	if limited := p.schedule.value("world") == "limits"; limited != (len(limits) == 1) {
		p.Errorf("got limits %+v", limits)
	}
}

// ask sends a request to the Prefect server past the client, and gives the body of the answer.
func (p *playing) ask(method, path string, body any) []byte {
	p.Helper()
	encoded := must(json.Marshal(body))(p)
	request := must(http.NewRequest(method, prefectemulator.URL+path, bytes.NewReader(encoded)))(p)
	request.Header.Set("Content-Type", "application/json")
	response := must(p.api.Transport().RoundTrip(request))(p)
	defer func() { _ = response.Body.Close() }()
	answer := must(io.ReadAll(response.Body))(p)
	if response.StatusCode != http.StatusOK {
		p.Fatalf("%s %s: %s: %s", method, path, response.Status, answer)
	}
	return answer
}

// checkReads holds the workers to a budget of reads from Resource Manager, which Azure limits for a whole subscription. Logs are
// not counted: they are read for those who ask for them.
//
//	3 a worker's life    at the start it lists the groups, and reads usages when the first run wants room
//	1 a minute of it     a list when somebody is gone, every 5 minutes and for the reaper; usages while runs wait in line
//	8 a watched group    its start is followed closely, and its end and its deletion are looked at
//	1 in 30 s that it ran
//	1 a fault            what failed is asked again, or for safety looked for with a list
//
// Of 170 seeds, the worst came to 0.7 of it, and half of them to less than 0.42.
func (p *playing) checkReads() {
	synctest.Wait() // all lives are noted
	var alive, ran time.Duration
	for _, life := range p.lives {
		alive += life
	}
	for _, run := range p.runs {
		for _, c := range p.containersOf(run.ID) {
			ran += c.ended.Sub(c.began)
		}
	}
	watched := 0
	for _, m := range p.members {
		status := m.Status()
		watched += status.Adopted + status.Started
	}
	budget := 3*len(p.lives) + int(alive.Minutes()) + 8*watched + int(ran/(30*time.Second)) + p.spoilt
	if p.reads > budget {
		p.violate("too many reads", "%d reads of Resource Manager, and the budget is %d: %d lives of %v, %d watched groups that ran %v, %d faults",
			p.reads, budget, len(p.lives), alive, watched, ran, p.spoilt)
	}
}
