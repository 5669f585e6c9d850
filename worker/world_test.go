package worker_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/resources/armresources"

	"github.com/pacific-aci/pacific/aci"
	"github.com/pacific-aci/pacific/azure"
	"github.com/pacific-aci/pacific/emulator/azure"
	"github.com/pacific-aci/pacific/emulator/prefect"
	"github.com/pacific-aci/pacific/jobtemplate"
	"github.com/pacific-aci/pacific/prefect"
	"github.com/pacific-aci/pacific/worker"
)

const (
	worldGroup = "jobs"
	worldPool  = "aci"
)

// A world is a Prefect server and an Azure in one process, in fake time. Flow runs are made by the test, and what their
// containers do is a function of the test's.
type world struct {
	*testing.T
	api        *prefectemulator.Server
	azure      *azureemulator.Server
	prefect    *prefect.Client // the test's own, past all faults
	containers *aci.Client     // the test's own
	flow       prefect.Flow
	deployment prefect.Deployment
	// program is what a container does; nil: flowFor(20 s).
	program func(ctx context.Context, c *container) int
	// apiKey is what workers sign in to Prefect with; empty: they do not.
	apiKey string
	// wrap is laid around the wires of the workers that are made; nil: nothing is.
	wrap func(server string, wired http.RoundTripper) http.RoundTripper

	mu      sync.Mutex
	runs    map[prefect.ID][]*container
	members []*member
}

// A container is one call of the world's engine.
type container struct {
	*world
	id     prefect.ID
	group  string
	env    []string // NAME=value
	output io.Writer
	// began and ended are when it did; ended is zero while it runs. stopped: its end was ordered.
	began, ended time.Time
	stopped      bool
}

// set proposes a state as the process in the container does, and gives the server's.
func (c *container) set(ctx context.Context, state prefect.State) prefect.State {
	got, err := c.prefect.ProposeFlowRunState(ctx, c.id, state)
	if abort, ok := errors.AsType[*prefect.AbortError](err); ok {
		return abort.State
	}
	return got
}

// flowFor is a flow that runs for d and completes, as Prefect's own process does it.
func flowFor(d time.Duration) func(context.Context, *container) int {
	return func(ctx context.Context, c *container) int {
		if c.set(ctx, prefect.State{Type: prefect.StateRunning}).Type != prefect.StateRunning {
			return 0
		}
		select {
		case <-time.After(d):
		case <-ctx.Done():
			return 143
		}
		c.set(ctx, prefect.State{Type: prefect.StateCompleted})
		return 0
	}
}

// exitWith is a container that ends after d without a report.
func exitWith(code int, d time.Duration) func(context.Context, *container) int {
	return func(ctx context.Context, c *container) int {
		fmt.Fprintln(c.output, "about to end")
		select {
		case <-time.After(d):
			return code
		case <-ctx.Done():
			return 143
		}
	}
}

// inWorld runs a test in fake time, in a world whose Azure has the settings.
func inWorld(t *testing.T, settings string, do func(*world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, settings)
		defer w.close()
		do(w)
	})
}

const usualLatency = `{"latency":{"place":"2s","pull":"3s","start":"1s","stop":"2s","delete":"3s"}}`

func newWorld(t *testing.T, settings string) *world {
	t.Helper()
	if settings == "" {
		settings = usualLatency
	}
	w := &world{T: t, runs: map[prefect.ID][]*container{}}
	w.api = must(prefectemulator.NewServer(prefectemulator.Options{}))(t)
	w.azure = must(azureemulator.NewServer(azureemulator.Options{Engine: azureemulator.Func(w.contain), Settings: []byte(settings)}))(t)
	w.prefect = w.prefectVia(w.api.Transport())
	cloud := w.cloud(w.azure.Transport())
	credential := must(cloud.Credential())(t)
	groups := must(armresources.NewResourceGroupsClient(w.azure.Account().SubscriptionID, credential, cloud.ARMOptions()))(t)
	must(groups.CreateOrUpdate(t.Context(), worldGroup, armresources.ResourceGroup{Location: new("westeurope")}, nil))(t)
	w.containers = w.containersVia(cloud)
	template := must(jobtemplate.BaseJobTemplate(jobtemplate.TypeWorker, must(w.prefect.ServerVersion(t.Context()))(t)))(t)
	must(w.prefect.CreateWorkPool(t.Context(), prefect.WorkPoolCreate{Name: worldPool, Type: jobtemplate.TypeWorker, BaseJobTemplate: template}))(t)
	w.flow = must(w.prefect.CreateFlow(t.Context(), prefect.FlowCreate{Name: "etl"}))(t)
	w.deployment = must(w.prefect.CreateDeployment(t.Context(), prefect.DeploymentCreate{Name: "nightly", FlowID: w.flow.ID, WorkPoolName: worldPool, JobVariables: w.variables()}))(t)
	return w
}

func (w *world) variables() map[string]any {
	return map[string]any{"resource_group_name": worldGroup, "subscription_id": w.azure.Account().SubscriptionID, "image": "example.com/flows:1"}
}

func (w *world) close() {
	for _, m := range w.members {
		m.kill()
		<-m.ended
	}
	_ = w.azure.Close()
	_ = w.api.Close()
}

func (w *world) prefectVia(via http.RoundTripper) *prefect.Client {
	w.Helper()
	return must(prefect.NewClient(prefect.Options{URL: prefectemulator.URL, APIKey: w.apiKey, Transport: via, DisableCSRF: true, Retries: prefect.RetryOptions{Jitter: -1}}))(w)
}

func (w *world) cloud(via http.RoundTripper) *azure.Cloud {
	w.Helper()
	account := w.azure.Account()
	return must(azure.NewCloud(context.Background(), azure.Options{Transport: via, Credential: azure.CredentialOptions{
		Method: azure.MethodClientSecret, TenantID: account.TenantID, ClientID: account.ClientID, ClientSecret: account.ClientSecret}}))(w)
}

func (w *world) containersVia(cloud *azure.Cloud) *aci.Client {
	w.Helper()
	return must(aci.NewClient(aci.Config{Cloud: cloud, Subscription: w.azure.Account().SubscriptionID, ResourceGroup: worldGroup, Location: "westeurope"}))(w)
}

// contain is the engine.
func (w *world) contain(ctx context.Context, call azureemulator.ContainerCall) int {
	c := &container{world: w, group: call.Group.Name, env: call.Spec.Env, output: call.Spec.Output, began: time.Now()}
	for _, pair := range call.Spec.Env {
		if id, ok := strings.CutPrefix(pair, "PREFECT__FLOW_RUN_ID="); ok {
			c.id = prefect.ID(id)
		}
	}
	w.mu.Lock()
	w.runs[c.id] = append(w.runs[c.id], c)
	program := w.program
	w.mu.Unlock()
	if program == nil {
		program = flowFor(20 * time.Second)
	}
	code := program(ctx, c)
	w.mu.Lock()
	defer w.mu.Unlock()
	c.ended, c.stopped = time.Now(), ctx.Err() != nil
	return code
}

// containersOf are the containers that a run has had.
func (w *world) containersOf(id prefect.ID) []*container {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]*container(nil), w.runs[id]...)
}

// run makes a run of the deployment that is due now.
func (w *world) run() prefect.FlowRun {
	w.Helper()
	return must(w.prefect.CreateDeploymentFlowRun(context.Background(), w.deployment.ID, prefect.DeploymentFlowRunCreate{}))(w)
}

func (w *world) stateOf(id prefect.ID) *prefect.State {
	w.Helper()
	run := must(w.prefect.FlowRun(context.Background(), id))(w)
	if run.State == nil {
		w.Fatalf("run %s has no state", id)
	}
	return run.State
}

// groups are the names of the container groups in Azure.
func (w *world) groups() []string {
	w.Helper()
	var names []string
	for _, g := range must(w.containers.List(context.Background(), aci.ListOptions{All: true}))(w) {
		names = append(names, g.Name)
	}
	return names
}

// within asks in fake time until something is so, at most for as long as limit, and reports whether it was: every second at
// first, then ever more rarely, as each question costs real time.
func within(limit time.Duration, is func() bool) bool {
	for began := time.Now(); time.Since(began) < limit; {
		if is() {
			return true
		}
		time.Sleep(min(max(time.Since(began)/20, time.Second), 10*time.Second))
	}
	return false
}

// until waits in fake time until something is so.
func (w *world) until(what string, is func() bool) {
	w.Helper()
	if !within(4000*time.Second, is) {
		w.Fatalf("it never came that %s", what)
	}
}

// untilState waits until a run is in a state of the type.
func (w *world) untilState(id prefect.ID, want prefect.StateType) {
	w.Helper()
	if !within(4000*time.Second, func() bool { return w.stateOf(id).Type == want }) {
		w.Fatalf("run %s never became %s; it is %+v", id, want, *w.stateOf(id))
	}
}

// untilClean waits until Azure has no container group.
func (w *world) untilClean() {
	w.Helper()
	if !within(2000*time.Second, func() bool { return len(w.groups()) == 0 }) {
		w.Errorf("container groups are left: %v", w.groups())
	}
}

// A member is a worker that runs in the world.
type member struct {
	*worker.Worker
	wire *wire
	stop context.CancelFunc
	// done has the worker's error; ended is closed.
	done  chan error
	ended chan struct{}
}

// A wire is between one worker and both servers.
type wire struct {
	mu sync.Mutex
	// dead: nothing arrives any more, as if the worker had been killed. It is set before or after request number kill of
	// those counted.
	dead bool
	// fault decides about one request; nil: nothing happens.
	fault func(n int, r *http.Request) fault
	// inspect is shown each request that a server has answered; nil: nobody is.
	inspect func(server string, r *http.Request, body []byte, response *http.Response)
	n       int
	log     []string
}

// A fault is what becomes of one request.
type fault struct {
	before, after bool // the worker dies right before, or right after the server did it
	status        int  // the answer instead of the server's; 0: none
	applied       bool // with status or drop: the server has done it all the same
	drop          bool
	page          bool // with status: the answer is a proxy's web page
}

var errDead = &deadError{}

type deadError struct{}

func (*deadError) Error() string { return "the worker is dead" }
func (*deadError) Unwrap() error { return syscall.ECONNREFUSED }

type wired struct {
	*wire
	inner http.RoundTripper
	name  string
}

func (v wired) RoundTrip(r *http.Request) (*http.Response, error) {
	v.mu.Lock()
	if v.dead {
		v.mu.Unlock()
		return nil, errDead
	}
	var f fault
	if v.fault != nil {
		f = v.fault(v.n, r)
	}
	v.n++
	v.log = append(v.log, v.name+" "+r.Method+" "+r.URL.Path)
	if f.before {
		v.dead = true
	}
	v.mu.Unlock()
	if f.before {
		return nil, errDead
	}
	if (f.status != 0 || f.drop) && !f.applied {
		return v.instead(r, f)
	}
	// The Azure SDK rewinds a body for its next try while the transport may still be sending it.
	var body []byte
	if r.Body != nil && r.Body != http.NoBody {
		var err error
		body, err = io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		_ = r.Body.Close()
		r = r.Clone(r.Context())
		r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
		r.Body, _ = r.GetBody()
	}
	response, err := v.inner.RoundTrip(r)
	if err == nil && v.inspect != nil {
		v.inspect(v.name, r, body, response)
	}
	if f.after {
		v.mu.Lock()
		v.dead = true
		v.mu.Unlock()
	}
	v.mu.Lock()
	dead := v.dead
	v.mu.Unlock()
	if err == nil && (dead || f.applied) {
		_ = response.Body.Close()
		if dead {
			return nil, errDead
		}
		return v.instead(r, f)
	}
	return response, err
}

func (v wired) instead(r *http.Request, f fault) (*http.Response, error) {
	if f.drop {
		return nil, syscall.ECONNRESET
	}
	if r.Body != nil {
		_, _ = io.Copy(io.Discard, r.Body)
	}
	body := fmt.Sprintf(`{"error":{"code":%q,"message":"a fault of the test"},"detail":"a fault of the test"}`, strings.ReplaceAll(http.StatusText(f.status), " ", ""))
	if f.page {
		body = "<html><title>Blocked</title></html>"
	}
	return &http.Response{StatusCode: f.status, Status: http.StatusText(f.status), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{"Content-Type": {"application/json"}, "Retry-After": {"2"}}, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
}

// kill ends a member as kill -9 does: nothing that it still does arrives.
func (m *member) kill() {
	m.wire.mu.Lock()
	m.wire.dead = true
	m.wire.mu.Unlock()
	m.stop()
}

func (m *member) isDead() bool {
	m.wire.mu.Lock()
	defer m.wire.mu.Unlock()
	return m.wire.dead
}

// requests is how many requests the member has sent.
func (m *member) requests() int {
	m.wire.mu.Lock()
	defer m.wire.mu.Unlock()
	return m.wire.n
}

// join waits for the end of a member and checks its error.
func (m *member) join(t testing.TB) {
	t.Helper()
	m.stop()
	<-m.ended
	select {
	case err := <-m.done:
		if err != nil {
			t.Errorf("worker %s: %v", m.Name(), err)
		}
	default: // it was looked at before
	}
}

// logOf is what a worker logs to: nil, unless somebody wants to see it.
func logOf(name string) *slog.Logger {
	if os.Getenv("PACIFIC_WORKER_LOG") == "" {
		return nil
	}
	began := time.Now()
	return slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelDebug, ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Duration("at", a.Value.Time().Sub(began))
		}
		return a
	}})).With("worker", name)
}

// worker makes a worker and does not start it.
func (w *world) worker(name string, change func(*worker.Config)) *member {
	w.Helper()
	line := &wire{}
	var toPrefect, toAzure http.RoundTripper = wired{line, w.api.Transport(), "prefect"}, wired{line, w.azure.Transport(), "azure"}
	if w.wrap != nil {
		toPrefect, toAzure = w.wrap("prefect", toPrefect), w.wrap("azure", toAzure)
	}
	cfg := worker.Config{
		Prefect:    w.prefectVia(toPrefect),
		Containers: w.containersVia(w.cloud(toAzure)),
		Pool:       worldPool, Name: name,
	}
	cfg.Log = logOf(name)
	if change != nil {
		change(&cfg)
	}
	return &member{Worker: must(worker.New(cfg))(w), wire: line}
}

// start starts a worker that serves the pool.
func (w *world) start(name string, change func(*worker.Config)) *member {
	w.Helper()
	m := w.worker(name, change)
	w.begin(m)
	return m
}

func (w *world) begin(m *member) {
	ctx, stop := context.WithCancel(context.Background())
	m.stop, m.done, m.ended = stop, make(chan error, 1), make(chan struct{})
	w.members = append(w.members, m)
	go func() {
		defer close(m.ended)
		m.done <- m.Run(ctx)
	}()
}

// faultAzure adds a fault in the contract's JSON.
func (w *world) faultAzure(format string, args ...any) {
	w.Helper()
	if err := w.azure.AddFaults(fmt.Appendf(nil, format, args...)); err != nil {
		w.Fatal(err)
	}
}

// happen makes something happen to a run's group.
func (w *world) happen(kind, group string) {
	w.Helper()
	if err := w.azure.Event(context.Background(), kind, w.groupID(group)); err != nil {
		w.Fatal(err)
	}
}

func (w *world) groupID(group string) string {
	return "/subscriptions/" + w.azure.Account().SubscriptionID + "/resourceGroups/" + worldGroup + "/providers/Microsoft.ContainerInstance/containerGroups/" + group
}

// withVariables lays job variables over the deployment's.
func (w *world) withVariables(more map[string]any) prefect.FlowRun {
	w.Helper()
	variables := w.variables()
	maps.Copy(variables, more)
	return must(w.prefect.CreateDeploymentFlowRun(context.Background(), w.deployment.ID, prefect.DeploymentFlowRunCreate{JobVariables: variables}))(w)
}
