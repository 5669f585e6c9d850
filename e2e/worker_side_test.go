//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/resources/armresources"

	acicloud "github.com/pacific-aci/pacific/azure"
	"github.com/pacific-aci/pacific/prefect"
)

// workerSide is one local Azure and one real Prefect server, with a work pool for workers of Pacific's.
type workerSide struct {
	*provisioning
	on          server
	ctx         context.Context
	pool        string
	deployments map[string]prefect.ID
}

// newWorkerSide names a pool of its own; the first worker creates it. Containers that are processes find Prefect and uv in
// the PATH.
func newWorkerSide(t *testing.T, on server, flags ...string) *workerSide {
	t.Helper()
	if os.Getenv(on.python) == "" {
		t.Fatalf("%s is not set: run e2e/run", on.python)
	}
	programs := filepath.Dir(os.Getenv(on.python))
	path := "PATH=" + programs + ":" + filepath.Join(programs, "../../tools/bin") + ":" + os.Getenv("PATH")
	ctx, cancel := context.WithTimeout(t.Context(), 15*time.Minute)
	t.Cleanup(cancel)
	s := &workerSide{provisioning: newProvisioningIn(t, on, startAzureIn(t, append(os.Environ(), path), flags...)), on: on, ctx: ctx,
		pool: fmt.Sprintf("e2e-worker-%d", time.Now().UnixNano()), deployments: map[string]prefect.ID{}}
	s.env = append(s.env, path, "PYTHONDONTWRITEBYTECODE=1", "PREFECT_WORKER_QUERY_SECONDS=1", "PREFECT_WORKER_HEARTBEAT_SECONDS=3",
		"PACIFIC_RESOURCE_GROUP="+s.group(), "VIRTUAL_ENV="+filepath.Dir(programs))
	t.Cleanup(func() { _ = s.client.DeleteWorkPool(context.Background(), s.pool) })
	return s
}

// group makes the resource group for the containers.
func (s *workerSide) group() string {
	s.t.Helper()
	const name = "e2e-worker"
	cloud, err := acicloud.NewCloud(s.t.Context(), acicloud.Options{Cloud: s.values["PACIFIC_CLOUD"], Credential: acicloud.CredentialOptions{
		Method: acicloud.MethodClientSecret, TenantID: s.values["AZURE_TENANT_ID"], ClientID: s.values["AZURE_CLIENT_ID"], ClientSecret: s.values["AZURE_CLIENT_SECRET"],
	}})
	if err != nil {
		s.t.Fatal(err)
	}
	credential, err := cloud.Credential()
	if err != nil {
		s.t.Fatal(err)
	}
	groups, err := armresources.NewResourceGroupsClient(s.values["AZURE_SUBSCRIPTION_ID"], credential, cloud.ARMOptions())
	if err != nil {
		s.t.Fatal(err)
	}
	if _, err := groups.CreateOrUpdate(s.t.Context(), name, armresources.ResourceGroup{Location: new("westeurope")}, nil); err != nil {
		s.t.Fatal(err)
	}
	return name
}

// workerProcess is one `pacific worker start` or `pacific agent start`.
type workerProcess struct {
	side *workerSide
	cmd  *exec.Cmd
	out  outputText
	done chan struct{}
}

// outputText is an output that may be read while it is written.
type outputText struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (o *outputText) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

func (o *outputText) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

// start starts a worker of the pool, which ends with the test.
func (s *workerSide) start(flags ...string) *workerProcess {
	s.t.Helper()
	return s.launch(append([]string{"worker", "start", "--pool", s.pool}, flags...)...)
}

// launch starts a worker or an agent, which ends with the test.
func (s *workerSide) launch(args ...string) *workerProcess {
	s.t.Helper()
	w := &workerProcess{side: s, done: make(chan struct{})}
	w.cmd = exec.Command(s.pacific, args...)
	w.cmd.Env = append([]string{"LANG=C.UTF-8"}, s.env...)
	w.cmd.Stdout, w.cmd.Stderr = &w.out, &w.out
	if err := w.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	go func() { _ = w.cmd.Wait(); close(w.done) }()
	s.t.Cleanup(func() {
		select {
		case <-w.done:
		default:
			w.stop()
		}
		if s.t.Failed() {
			s.t.Logf("pacific %v:\n%s", args, w.out.String())
		}
	})
	return w
}

// stop ends the worker as a supervisor does, and wants it to end well.
func (w *workerProcess) stop() {
	w.side.t.Helper()
	w.signal(syscall.SIGTERM)
	if code := w.cmd.ProcessState.ExitCode(); code != 0 {
		w.side.t.Errorf("the worker ended with exit code %d, want 0", code)
	}
}

// signal sends a signal and waits for the worker's end.
func (w *workerProcess) signal(s os.Signal) {
	w.side.t.Helper()
	_ = w.cmd.Process.Signal(s)
	select {
	case <-w.done:
	case <-time.After(time.Minute):
		_ = w.cmd.Process.Kill()
		w.side.t.Errorf("the worker did not end within a minute of signal %v", s)
		<-w.done
	}
}

// retry repeats what a busy server refuses now and then.
func (s *workerSide) retry(what string, do func() error) {
	s.t.Helper()
	for attempt := 1; ; attempt++ {
		err := do()
		if err == nil {
			return
		}
		if attempt == maxRepeats || s.ctx.Err() != nil {
			s.t.Fatalf("%s: %v", what, err)
		}
		tick(s.t, 200*time.Millisecond)
	}
}

// awaitPool waits until the worker has made the pool.
func (s *workerSide) awaitPool() prefect.WorkPool {
	s.t.Helper()
	var pool prefect.WorkPool
	s.until("the pool exists", func() bool {
		var err error
		pool, err = s.client.WorkPool(s.ctx, s.pool)
		return err == nil
	})
	return pool
}

// until waits for something that happens elsewhere.
func (s *workerSide) until(what string, done func() bool) {
	s.t.Helper()
	for !done() {
		if s.ctx.Err() != nil {
			s.t.Fatalf("waiting until %s: %v", what, s.ctx.Err())
		}
		tick(s.t, 200*time.Millisecond)
	}
}

// deploy deploys flows of testdata/worker to the pool, where they lie.
func (s *workerSide) deploy(flows ...string) {
	s.t.Helper()
	for _, name := range flows {
		s.deployWith(name, prefect.DeploymentCreate{WorkPoolName: s.pool, PullSteps: workingDirectory(s.flowsFolder())})
	}
}

// flowsFolder is where flows.py lies.
func (s *workerSide) flowsFolder() string {
	s.t.Helper()
	folder, err := filepath.Abs("testdata/worker")
	if err != nil {
		s.t.Fatal(err)
	}
	return folder
}

// workingDirectory are the pull steps of flows that are there already, in a folder.
func workingDirectory(folder string) []map[string]any {
	return []map[string]any{{"prefect.deployments.steps.set_working_directory": map[string]any{"directory": folder}}}
}

// deployWith deploys a flow of flows.py in a way that the caller says.
func (s *workerSide) deployWith(name string, create prefect.DeploymentCreate) {
	s.t.Helper()
	s.retry("deploying "+name, func() error {
		flow, err := s.client.CreateFlow(s.ctx, prefect.FlowCreate{Name: name})
		if err != nil {
			return err
		}
		create.Name, create.FlowID, create.Entrypoint = name+"-"+s.pool, flow.ID, "flows.py:"+name
		made, err := s.client.CreateDeployment(s.ctx, create)
		s.deployments[name] = made.ID
		return err
	})
}

// run asks for a run of a deployed flow.
func (s *workerSide) run(flow string, create prefect.DeploymentFlowRunCreate) prefect.ID {
	s.t.Helper()
	var run prefect.FlowRun
	s.retry("running "+flow, func() (err error) {
		run, err = s.client.CreateDeploymentFlowRun(s.ctx, s.deployments[flow], create)
		return err
	})
	return run.ID
}

// cancel asks for the end of a run.
func (s *workerSide) cancel(run prefect.ID) {
	s.t.Helper()
	s.retry("cancelling", func() error {
		_, err := s.client.SetFlowRunState(s.ctx, run, prefect.State{Type: prefect.StateCancelling})
		return err
	})
}

// state is that of a run now.
func (s *workerSide) state(run prefect.ID) prefect.State {
	s.t.Helper()
	var state prefect.State
	s.retry("reading a run", func() error {
		read, err := s.client.FlowRun(s.ctx, run)
		if err == nil && read.State != nil {
			state = *read.State
		}
		return err
	})
	return state
}

// await waits until a run has come to a state, and fails the test if it ends in another.
func (s *workerSide) await(run prefect.ID, name string) prefect.State {
	s.t.Helper()
	for {
		state := s.state(run)
		if state.Name == name {
			return state
		}
		if state.Type.Terminal() || s.ctx.Err() != nil {
			s.t.Errorf("run %s is %s (%s), want %s", run, state.Name, state.Message, name)
			return state
		}
		tick(s.t, 200*time.Millisecond)
	}
}

// logs are the messages of a run's logs.
func (s *workerSide) logs(run prefect.ID) []string {
	s.t.Helper()
	var messages []string
	s.retry("reading logs", func() error {
		logs, err := prefect.Collect(s.client.Logs(s.ctx, prefect.LogQuery{FlowRunIDs: []prefect.ID{run}}))
		messages = nil
		for _, log := range logs {
			messages = append(messages, log.Message)
		}
		return err
	})
	return messages
}

// awaitLog waits for a line of a run's logs, and wants it there once.
func (s *workerSide) awaitLog(run prefect.ID, message string) {
	s.t.Helper()
	s.until("the log line "+message, func() bool { return slices.Contains(s.logs(run), message) })
	n := 0
	for _, m := range s.logs(run) {
		if m == message {
			n++
		}
	}
	if n != 1 {
		s.t.Errorf("the log line %q is there %d times", message, n)
	}
}

// groups are the names of the container groups in Azure.
func (s *workerSide) groups() []string {
	s.t.Helper()
	var listed []struct{ Name string }
	text := s.do(0, s.pacific, "ps", "--all", "--output", "json").stdout
	if err := json.Unmarshal([]byte(text), &listed); err != nil {
		s.t.Fatalf("%v in %q", err, text)
	}
	var names []string
	for _, g := range listed {
		names = append(names, g.Name)
	}
	return names
}

// awaitNoGroups waits until nothing is left in Azure.
func (s *workerSide) awaitNoGroups() {
	s.t.Helper()
	var left []string
	deadline := time.Now().Add(time.Minute)
	for time.Now().Before(deadline) {
		if left = s.groups(); len(left) == 0 {
			return
		}
		tick(s.t, 500*time.Millisecond)
	}
	s.t.Errorf("container groups that the worker left: %v", left)
}
