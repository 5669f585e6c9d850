package aci_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/containerinstance/armcontainerinstance/v2"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/resources/armresources"

	"github.com/pacific-aci/pacific/aci"
	"github.com/pacific-aci/pacific/azure"
	"github.com/pacific-aci/pacific/emulator/azure"
)

// A harness is one emulated Azure with one job in it, reached through a transport with faults, and a stranger's group
// that must not be touched. Everything is seen from outside: what the container did, what Azure has, what Run says.
type harness struct {
	t      *testing.T
	server *azureemulator.Server
	wire   *faultTransport
	client *aci.Client // through the faults
	// owner sees and changes Azure without faults, as somebody else with the portal does.
	owner *armcontainerinstance.ContainerGroupsClient

	output  payload
	code    int
	written sync.Mutex
	runs    []*execution
	others  map[string]*execution
	// happened are the things that were done to the job on purpose.
	happened map[string]bool
	// taken is when somebody else made a group of the job's name; zero: nobody did.
	taken time.Time
}

// An execution is one run of a container as it really was.
type execution struct {
	output bytes.Buffer
	// ended: it came to its own end with code; stopped: its context ended first.
	ended, stopped bool
	code           int
}

// A payload is what the job's container writes: chunks, each after a pause.
type payload []chunk

type chunk struct {
	after time.Duration
	data  []byte
}

const (
	harnessJob = "harness-job"
	stranger   = "stranger"
)

func newHarness(t *testing.T, settings string, output payload, code int) *harness {
	t.Helper()
	h := &harness{t: t, output: output, code: code, others: map[string]*execution{}, happened: map[string]bool{}}
	server, err := azureemulator.NewServer(azureemulator.Options{Engine: azureemulator.Func(h.container), Settings: []byte(settings)})
	if err != nil {
		t.Fatal(err)
	}
	h.server = server
	h.wire = newFaultTransport(server.Transport())
	direct := h.cloud(server.Transport())
	credential, err := direct.Credential()
	if err != nil {
		t.Fatal(err)
	}
	subscription := server.Account().SubscriptionID
	groups, err := armresources.NewResourceGroupsClient(subscription, credential, direct.ARMOptions())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := groups.CreateOrUpdate(t.Context(), resourceGroup, armresources.ResourceGroup{Location: new("westeurope")}, nil); err != nil {
		t.Fatal(err)
	}
	if h.owner, err = armcontainerinstance.NewContainerGroupsClient(subscription, credential, direct.ARMOptions()); err != nil {
		t.Fatal(err)
	}
	h.makeStranger(stranger)
	h.client, err = aci.NewClient(aci.Config{Cloud: h.cloud(h.wire), Subscription: subscription, ResourceGroup: resourceGroup, Location: "westeurope"})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func (h *harness) cloud(via http.RoundTripper) *azure.Cloud {
	account := h.server.Account()
	cloud, err := azure.NewCloud(h.t.Context(), azure.Options{Transport: via, Credential: azure.CredentialOptions{
		Method: azure.MethodClientSecret, TenantID: account.TenantID, ClientID: account.ClientID, ClientSecret: account.ClientSecret}})
	if err != nil {
		h.t.Fatal(err)
	}
	return cloud
}

// makeStranger makes a group as somebody else does, who has never heard of Pacific.
func (h *harness) makeStranger(name string) {
	group := armcontainerinstance.ContainerGroup{Location: new("westeurope"), Properties: &armcontainerinstance.ContainerGroupPropertiesProperties{
		OSType:        new(armcontainerinstance.OperatingSystemTypesLinux),
		RestartPolicy: new(armcontainerinstance.ContainerGroupRestartPolicyNever),
		Containers: []*armcontainerinstance.Container{{Name: new("theirs"), Properties: &armcontainerinstance.ContainerProperties{
			Image: new("alpine:3"), Resources: &armcontainerinstance.ResourceRequirements{
				Requests: &armcontainerinstance.ResourceRequests{CPU: new(1.0), MemoryInGB: new(1.0)}}}}}}}
	for tries := 0; ; tries++ { // a group that is being deleted is in the way for a while
		_, err := h.owner.BeginCreateOrUpdate(context.Background(), resourceGroup, name, group, nil)
		if err == nil {
			return
		}
		if tries == 20 {
			h.t.Errorf("the stranger cannot make %s: %v", name, err)
			return
		}
		time.Sleep(15 * time.Second)
	}
}

// container is the engine: the job's container writes its payload, a stranger's runs for ever.
func (h *harness) container(ctx context.Context, c azureemulator.ContainerCall) int {
	run := &execution{}
	h.written.Lock()
	if c.Spec.Name == "theirs" {
		h.others[c.Group.Name] = run
	} else {
		h.runs = append(h.runs, run)
	}
	h.written.Unlock()
	output := h.output
	if c.Spec.Name == "theirs" {
		output = payload{{1000 * time.Hour, nil}}
	}
	for _, part := range output {
		select {
		case <-time.After(part.after):
		case <-ctx.Done():
			h.note(func() { run.stopped, run.code = true, 143 })
			return 143
		}
		n, _ := c.Spec.Output.Write(part.data)
		h.note(func() { run.output.Write(part.data[:n]) })
	}
	h.note(func() { run.ended, run.code = true, h.code })
	return h.code
}

func (h *harness) note(f func()) {
	h.written.Lock()
	defer h.written.Unlock()
	f()
}

// runBound is more than the longest of all patience: faults end within half an hour, and what a client then still
// tries ends with its own limits.
const runBound = 6 * time.Hour

// run runs the job and checks what it says against what was. It gives what is wrong, most important first.
func (h *harness) run(ctx context.Context, out *harnessOutput) []violation {
	type answer struct {
		res *aci.Result
		err error
	}
	done := make(chan answer, 1)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		res, err := h.client.Run(ctx, aci.Job{Name: harnessJob, MainContainer: "main", Command: []string{"x"}, Output: out})
		done <- answer{res, err}
	}()
	select {
	case got := <-done:
		close(h.wire.released)
		// A PUT that was still on its way takes effect now, or never.
		time.Sleep(15 * time.Minute)
		return h.check(got.res, got.err, out)
	case <-time.After(runBound):
		cancel()
		time.Sleep(time.Hour)
		hung := violation{"hangs", fmt.Sprintf("the run has not ended after %v", runBound)}
		select {
		case <-done:
		default:
			hung = violation{"hangs for ever", "the run ends neither by itself nor with its context"}
		}
		close(h.wire.released)
		out.release()
		time.Sleep(time.Hour)
		return []violation{hung}
	}
}

// A violation is a promise that was broken.
type violation struct{ kind, detail string }

// check holds the result to what was.
func (h *harness) check(res *aci.Result, err error, out *harnessOutput) []violation {
	h.written.Lock()
	defer h.written.Unlock()
	var found []violation
	add := func(kind, format string, args ...any) {
		detail := fmt.Sprintf(format, args...)
		if res != nil {
			detail += fmt.Sprintf(" [outcome %s, kept %v, gaps %d, %s]", res.Outcome, res.Kept, len(res.Gaps), res.Reason)
		}
		found = append(found, violation{kind, detail})
	}
	h.checkOutcome(res, err, add)
	left := h.stateOf(harnessJob)
	switch {
	case h.happened["recreate"]:
		other := h.others[harnessJob]
		if other != nil && (left == "" || other.stopped) && !h.wire.onlyOnTheWay(h.taken) {
			add("stranger of the job's name touched", "its state is %q", left)
		}
	case left == "":
		if res != nil && res.Kept && !h.happened["delete"] && !h.happened["vanish"] && !h.happened["evict"] {
			add("not kept", "the result says that the group was kept, and it is gone")
		}
	case res == nil || !res.Kept && res.CleanupError == nil:
		add("group left", "the group is %s, error %v", left, err)
	case !res.Kept && !h.wire.hindered():
		add("cleanup given up", "the group is %s: %v", left, res.CleanupError)
	}
	if state := h.stateOf(stranger); state != "Running" || h.others[stranger] == nil || h.others[stranger].stopped {
		add("stranger touched", "its state is %q", state)
	}
	h.checkOutput(res, out, add)
	return found
}

// stateOf is the state of a group as Azure has it, empty if there is none.
func (h *harness) stateOf(name string) string {
	resp, err := h.owner.Get(context.Background(), resourceGroup, name, nil)
	if err != nil {
		return ""
	}
	if view := resp.Properties.InstanceView; view != nil && view.State != nil {
		return *view.State
	}
	return "without a state"
}

// checkOutcome holds the outcome to the executions and to what happened to them.
func (h *harness) checkOutcome(res *aci.Result, err error, add func(kind, format string, args ...any)) {
	happened := func(kinds ...string) bool {
		return slices.ContainsFunc(kinds, func(kind string) bool { return h.happened[kind] })
	}
	ended := func(code int, stopped bool) bool {
		return slices.ContainsFunc(h.runs, func(e *execution) bool { return e.code == code && (e.ended || stopped && e.stopped) })
	}
	interfered := happened("stop", "restart", "api-restart", "evict", "vanish", "delete", "recreate", "interrupt")
	if !interfered && slices.ContainsFunc(h.runs, func(e *execution) bool { return e.stopped }) {
		add("healthy job killed", "error %v", err)
	}
	if !interfered && len(h.runs) > 1 {
		add("ran twice", "%d executions", len(h.runs))
	}
	if res == nil {
		// Of a job whose name is a stranger's by the time Azure answers, nothing can be known.
		if err == nil || len(h.runs) > 0 && !happened("recreate") {
			add("no result", "error %v after %d executions", err, len(h.runs))
		}
		return
	}
	wrong := false
	switch res.Outcome {
	case aci.OutcomeSucceeded:
		wrong = !ended(0, false)
	case aci.OutcomeFailed:
		wrong = res.ExitCode == nil || !ended(*res.ExitCode, interfered)
	case aci.OutcomeStartFailed, aci.OutcomeStartTimeout:
		wrong = len(h.runs) > 0 && !interfered
	case aci.OutcomeInterrupted:
		wrong = !happened("interrupt")
	case aci.OutcomeStopped:
		wrong = !happened("stop")
	case aci.OutcomeRestarted:
		wrong = !happened("restart", "api-restart")
	case aci.OutcomeEvicted:
		wrong = !happened("evict")
	case aci.OutcomeVanished:
		wrong = !happened("vanish", "delete", "recreate", "evict")
	case aci.OutcomeReplaced:
		wrong = !happened("recreate")
	case aci.OutcomeUnknown:
		wrong = !res.Kept
	default:
		wrong = true
	}
	if wrong {
		add("false outcome "+string(res.Outcome), "%s, error %v", h.truth(), err)
	}
}

// truth says what the executions were.
func (h *harness) truth() string {
	var list []string
	for _, e := range h.runs {
		list = append(list, fmt.Sprintf("{ended %v, stopped %v, code %d, %d bytes}", e.ended, e.stopped, e.code, e.output.Len()))
	}
	return fmt.Sprintf("%d executions %s", len(list), strings.Join(list, " "))
}

// checkOutput: complete, or with a gap that says so; and nothing twice.
func (h *harness) checkOutput(res *aci.Result, out *harnessOutput, add func(kind, format string, args ...any)) {
	if len(h.runs) == 0 {
		return
	}
	var want []byte
	for _, e := range h.runs {
		want = append(want, e.output.Bytes()...)
	}
	got := out.bytes()
	counts := map[string]int{}
	for line := range strings.Lines(string(want)) {
		counts[line]++
	}
	for line := range strings.Lines(string(got)) {
		if counts[line]--; counts[line] == -1 && strings.HasPrefix(line, "line ") &&
			bytes.Contains(want, []byte(line)) && bytes.Count(got, []byte(line)) > bytes.Count(want, []byte(line)) {
			add("line printed twice", "%.60q", line)
			break
		}
	}
	if res == nil || res.Outcome == aci.OutcomeUnknown || len(res.Gaps) > 0 || res.OutputError != nil {
		return
	}
	// A second execution is ended by us, and what it wrote until then need not be there.
	if !bytes.Equal(got, want) && (len(h.runs) == 1 || !bytes.HasPrefix(got, h.runs[0].output.Bytes()) || !bytes.HasPrefix(want, got)) {
		at := 0
		for at < min(len(got), len(want)) && got[at] == want[at] {
			at++
		}
		add("silent loss", "got %d bytes, written %d, they part at %d: got %.40q, written %.40q", len(got), len(want), at, got[at:], want[at:])
	}
}

// harnessOutput is the job's Output; it may be slow.
type harnessOutput struct {
	// pause is waited before each write, and at long before the write after so many bytes.
	pause    time.Duration
	long     time.Duration
	after    int
	released chan struct{}

	mu sync.Mutex
	b  bytes.Buffer
}

func newHarnessOutput() *harnessOutput { return &harnessOutput{released: make(chan struct{})} }

func (o *harnessOutput) Write(p []byte) (int, error) {
	wait := o.pause
	o.mu.Lock()
	if o.long > 0 && o.b.Len() >= o.after {
		wait, o.long = o.long, 0
	}
	o.mu.Unlock()
	if wait > 0 {
		select {
		case <-time.After(wait):
		case <-o.released:
		}
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

func (o *harnessOutput) release() { close(o.released) }

func (o *harnessOutput) bytes() []byte {
	o.mu.Lock()
	defer o.mu.Unlock()
	return bytes.Clone(o.b.Bytes())
}
