package worker_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pacific-aci/pacific/emulator/azure"
	"github.com/pacific-aci/pacific/emulator/prefect"
	"github.com/pacific-aci/pacific/internal/cli"
	"github.com/pacific-aci/pacific/internal/cli/clitest"
	"github.com/pacific-aci/pacific/prefect"
)

// flow is a container that reports as Prefect's own process does, and runs for as long as its command says: sleep D.
func flow(client func() *prefect.Client) azureemulator.ContainerFunc {
	return func(ctx context.Context, c azureemulator.ContainerCall) int {
		id := prefect.ID(c.Getenv("PREFECT__FLOW_RUN_ID"))
		if _, err := client().ProposeFlowRunState(ctx, id, prefect.State{Type: prefect.StateRunning}); err != nil {
			return 1
		}
		fmt.Fprintln(c.Spec.Output, "hello")
		c.Spec.Command = c.Spec.Command[1:] // without Prefect's entrypoint
		code := clitest.Job(ctx, c)
		if ctx.Err() == nil {
			_, _ = client().ProposeFlowRunState(ctx, id, prefect.State{Type: prefect.StateCompleted})
		}
		return code
	}
}

// served is a harness with a Prefect and an Azure that has such flows.
func served(t *testing.T) (h *clitest.Harness) {
	h = clitest.New(t, flow(func() *prefect.Client { return h.Client() }))
	h.Prefect, h.Vars["PREFECT_API_URL"] = clitest.StartPrefect(t), clitest.PrefectURL
	return h
}

// submit makes a run without a deployment, as flow.submit_to_work_pool does.
func submit(t *testing.T, client *prefect.Client, name, command string) prefect.FlowRun {
	t.Helper()
	made, err := client.CreateFlow(t.Context(), prefect.FlowCreate{Name: "etl"})
	if err != nil {
		t.Fatal(err)
	}
	run, err := client.CreateFlowRun(t.Context(), prefect.FlowRunCreate{
		Name: name, FlowID: made.ID, WorkPoolName: "aci", State: &prefect.State{Type: prefect.StateScheduled},
		JobVariables: map[string]any{"command": command, "image": "example.com/flows:1", "stream_output": true},
	})
	if err != nil {
		t.Fatal(err)
	}
	return run
}

func wantState(t *testing.T, client *prefect.Client, id prefect.ID, want prefect.StateType) {
	t.Helper()
	run, err := client.FlowRun(t.Context(), id)
	if err != nil || run.StateType != want {
		t.Errorf("run %s is %s, want %s; %v", run.Name, run.StateType, want, err)
	}
}

// TestServes: a worker runs what is due, shows what containers print, leaves runs in Azure at a signal, and the next one goes on.
func TestServes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := served(t)
		first := h.Start("worker", "start", "--pool", "aci", "--create-pool-if-not-found", "--output", "json")
		first.Err.WaitFor(t, "worker started")
		quick := submit(t, h.Client(), "quick", "sleep 1m")
		slow := submit(t, h.Client(), "slow", "sleep 2h")
		time.Sleep(time.Hour)
		wantState(t, h.Client(), quick.ID, prefect.StateCompleted)
		wantState(t, h.Client(), slow.ID, prefect.StateRunning)
		first.Signals <- terminate
		first.Ends(t, 0)
		if out := first.Out.String(); !strings.Contains(out, "quick | hello\n") || !strings.Contains(out, "slow | hello\n") {
			t.Errorf("standard output is %q", out)
		}
		last := map[string]any{}
		for line := range strings.Lines(first.Err.String()) {
			clear(last)
			if err := json.Unmarshal([]byte(line), &last); err != nil {
				t.Errorf("standard error has a line that is no JSON: %q", line)
			}
		}
		if says, _ := last["msg"].(string); !strings.Contains(says, "go on in Azure") || last["runs"] != 1.0 {
			t.Errorf("at the end it says %v", last)
		}
		second := h.Start("worker", "start", "--pool", "aci")
		time.Sleep(2 * time.Hour)
		wantState(t, h.Client(), slow.ID, prefect.StateCompleted)
		second.Signals <- os.Interrupt
		second.Ends(t, 0)
		h.WantsJobs(map[string]string{}, "--all")
	})
}

// TestRunOnce runs what is due, and ends.
func TestRunOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := served(t)
		h.Must("work-pool", "create", "aci", "--type", "azure-container-instance")
		run := submit(t, h.Client(), "one", "sleep 10m")
		h.RunLong("worker", "start", "--pool", "aci", "--run-once").Wants(t, 0, "one | hello\n", "worker stopped")
		wantState(t, h.Client(), run.ID, prefect.StateCompleted)
	})
}

// TestLogThatNobodyReads: a worker whose log nobody reads runs what is due all the same, and ends.
func TestLogThatNobodyReads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := served(t)
		h.Must("work-pool", "create", "aci", "--type", "azure-container-instance")
		run := submit(t, h.Client(), "one", "sleep 10m")
		stopped := make(chan struct{})
		defer close(stopped)
		code := make(chan int, 1)
		go func() {
			code <- cli.Main(t.Context(), h.Env(io.Discard, unread(stopped), []string{"worker", "start", "--pool", "aci", "--run-once"}))
		}()
		select {
		case got := <-code:
			if got != 0 {
				t.Errorf("exit code %d", got)
			}
		case <-time.After(time.Hour):
			t.Error("the worker goes on")
		}
		wantState(t, h.Client(), run.ID, prefect.StateCompleted)
	})
}

// unread is a stream that takes nothing until it is closed.
type unread chan struct{}

func (u unread) Write(p []byte) (int, error) {
	<-u
	return len(p), nil
}

// TestWrongType: a pool of another type ends the worker with what to do.
func TestWrongType(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := served(t)
		h.Must("work-pool", "create", "aci", "--type", "docker")
		r := h.Run("worker", "start", "--pool", "aci")
		r.Wants(t, 1, "", "of type docker")
		r.Wants(t, 1, "", "pacific work-pool create --help")
		h.Must("work-pool", "create", "agents", "--type", "prefect-agent")
		h.Run("worker", "start", "--pool", "agents").Wants(t, 1, "", "pacific: hint: an agent serves it: pacific agent start --pool agents\n")
		h.Must("work-pool", "create", "push", "--type", "azure-container-instance:push")
		h.Run("worker", "start", "--pool", "push", "--type", "azure-container-instance").Wants(t, 1, "", "leave --type out")
	})
}

// TestPoolsAccount: where the pool's template says where, and as whom, the worker needs no settings of its own.
func TestPoolsAccount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := served(t)
		h.Stdin = h.Vars["AZURE_CLIENT_SECRET"]
		h.Must("block", "create", "azure-container-instance-credentials", "sp", "--tenant-id", h.Vars["AZURE_TENANT_ID"],
			"--client-id", h.Vars["AZURE_CLIENT_ID"], "--client-secret-stdin")
		h.Must("work-pool", "create", "aci", "--type", "azure-container-instance:push", "--credentials", "sp",
			"--subscription", h.Vars["AZURE_SUBSCRIPTION_ID"], "--resource-group", clitest.Group)
		bare := h.With(map[string]string{"AZURE_TENANT_ID": "", "AZURE_CLIENT_ID": "", "AZURE_CLIENT_SECRET": "", "AZURE_SUBSCRIPTION_ID": "", "PACIFIC_RESOURCE_GROUP": ""})
		run := submit(t, h.Client(), "one", "sleep 10s")
		bare.RunLong("worker", "start", "--pool", "aci", "--run-once").Wants(t, 0, "one | hello\n", "")
		wantState(t, h.Client(), run.ID, prefect.StateCompleted)
	})
}

// TestNoPlace: without a place in the pool or in the settings, the worker says what to give.
func TestNoPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := served(t)
		h.Must("work-pool", "create", "aci", "--type", "azure-container-instance")
		bare := h.With(map[string]string{"PACIFIC_RESOURCE_GROUP": ""})
		bare.Run("worker", "start", "--pool", "aci").Wants(t, 1, "", "no resource group is set, and the work pool has no default for it")
	})
}

// TestLocalPlatform is a server, a worker with an Azure of its own, and an ordinary process as the container: all for real.
func TestLocalPlatform(t *testing.T) {
	server, err := prefectemulator.Start(t.Context(), prefectemulator.StartOptions{Listen: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	client, err := prefect.NewClient(prefect.Options{URL: server.URL()})
	if err != nil {
		t.Fatal(err)
	}
	h := clitest.NewBare(t)
	h.Vars["PREFECT_API_URL"], h.Vars["PATH"] = server.URL(), os.Getenv("PATH")
	w := h.StartReal("worker", "start", "--pool", "aci", "--local", "--create-pool-if-not-found", "--poll", "100ms", "--metrics", "127.0.0.1:0")
	w.Err.WaitFor(t, "worker started")
	run := submit(t, client, "one", "sh -c 'echo hello $PREFECT__FLOW_RUN_ID'")
	w.Err.WaitFor(t, "run started")
	w.Out.WaitFor(t, "one | hello "+string(run.ID)+"\n")
	w.Err.WaitFor(t, "run finished")
	url := regexp.MustCompile(`http://[0-9.:]+/metrics`).FindString(w.Err.String())
	for want, path := range map[string]string{
		"pacific_worker_runs_started_total 1\n": "/metrics",
		"ok\n":                                  "/readyz",
		// What has not happened yet is there too, so that a rate sees the first run that fails.
		"pacific_worker_runs_finished_total{outcome=\"failed\"} 0\n":                 "/metrics",
		"pacific_worker_runs_finished_total{outcome=\"left to another worker\"} 0\n": "/metrics",
	} {
		if got := get(t, strings.Replace(url, "/metrics", path, 1)); strings.Count(got, want) != 1 {
			t.Errorf("%s does not have %q once:\n%s", path, want, got)
		}
	}
	w.Signals <- terminate
	w.Ends(t, 0)
	wantState(t, client, run.ID, prefect.StateCrashed) // sh reports nothing
}

func get(t *testing.T, url string) string {
	t.Helper()
	answer, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
