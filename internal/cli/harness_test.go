package cli_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/resources/armresources"
	"github.com/pacific-aci/pacific/azure"
	"github.com/pacific-aci/pacific/emulator/azure"
	"github.com/pacific-aci/pacific/internal/cli"
)

const testGroup = "jobs"

// harness runs command lines in this process, on an Azure of its own.
type harness struct {
	t      *testing.T
	server *azureemulator.Server
	env    map[string]string
	dir    string
	// stdin is what each command line reads.
	stdin string
	// prefect answers what is sent to the host of prefectURL. nil: nobody does.
	prefect http.RoundTripper
	// watch sees each request before it is answered, some at the same time. nil: nobody does.
	watch func(*http.Request)
	// terminal says that every stream is one.
	terminal bool
}

const prefectURL = "http://prefect.local/api"

// newPrefectHarness has a Prefect and no Azure.
func newPrefectHarness(t *testing.T, prefect http.RoundTripper) *harness {
	t.Helper()
	return &harness{t: t, dir: t.TempDir(), prefect: prefect, env: map[string]string{"HOME": t.TempDir(), "PREFECT_API_URL": prefectURL}}
}

// RoundTrip makes a harness the network of its command lines.
func (h *harness) RoundTrip(r *http.Request) (*http.Response, error) {
	if h.watch != nil {
		h.watch(r)
	}
	switch {
	case r.URL.Hostname() == "prefect.local" && h.prefect != nil:
		return h.prefect.RoundTrip(r)
	case h.server != nil:
		return h.server.Transport().RoundTrip(r)
	}
	return nil, fmt.Errorf("nobody answers at %s", r.URL.Host)
}

// result is what a command line did.
type result struct {
	stdout, stderr string
	code           int
}

// newHarness starts an Azure whose containers are calls of job (nil: nothing
// is run), with the resource group and the environment that commands expect.
func newHarness(t *testing.T, job azureemulator.ContainerFunc) *harness {
	t.Helper()
	o := azureemulator.Options{}
	if job != nil {
		o.Engine = azureemulator.Func(job)
	}
	server, err := azureemulator.NewServer(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Errorf("closing the emulator: %v", err)
		}
	})
	account := server.Account()
	h := &harness{t: t, server: server, dir: t.TempDir(), env: map[string]string{
		"HOME":            t.TempDir(),
		"AZURE_TENANT_ID": account.TenantID, "AZURE_CLIENT_ID": account.ClientID, "AZURE_CLIENT_SECRET": account.ClientSecret,
		"AZURE_SUBSCRIPTION_ID": account.SubscriptionID, "PACIFIC_RESOURCE_GROUP": testGroup,
	}}
	h.makeGroup()
	return h
}

func (h *harness) cloud() *azure.Cloud {
	h.t.Helper()
	cloud, err := azure.NewCloud(h.t.Context(), azure.Options{Transport: h.server.Transport(), LookupEnv: h.lookup})
	if err != nil {
		h.t.Fatal(err)
	}
	return cloud
}

func (h *harness) makeGroup() {
	h.t.Helper()
	cloud := h.cloud()
	cred, err := cloud.Credential()
	if err != nil {
		h.t.Fatal(err)
	}
	groups, err := armresources.NewResourceGroupsClient(h.env["AZURE_SUBSCRIPTION_ID"], cred, cloud.ARMOptions())
	if err != nil {
		h.t.Fatal(err)
	}
	if _, err := groups.CreateOrUpdate(h.t.Context(), testGroup, armresources.ResourceGroup{Location: new("westeurope")}, nil); err != nil {
		h.t.Fatal(err)
	}
}

func (h *harness) lookup(name string) (string, bool) {
	value, set := h.env[name]
	return value, set
}

func (h *harness) environ() []string {
	var list []string
	for name, value := range h.env {
		list = append(list, name+"="+value)
	}
	return list
}

// with is the same Azure with other variables; "" removes one.
func (h *harness) with(env map[string]string) *harness {
	other := *h
	other.env = maps.Clone(h.env)
	maps.Copy(other.env, env)
	maps.DeleteFunc(other.env, func(_, value string) bool { return value == "" })
	return &other
}

func (h *harness) world(stdout, stderr io.Writer, args []string) cli.Env {
	w := cli.Env{
		Args: args, Stdin: strings.NewReader(h.stdin), Stdout: stdout, Stderr: stderr,
		LookupEnv: h.lookup, Environ: h.environ, Transport: h, Dir: h.dir,
	}
	if h.terminal {
		w.Terminal = func(any) bool { return true }
	}
	return w
}

// run runs one command line to its end.
func (h *harness) run(args ...string) result {
	h.t.Helper()
	var stdout, stderr bytes.Buffer
	ctx, cancel := context.WithTimeout(h.t.Context(), time.Minute)
	defer cancel()
	code := cli.Main(ctx, h.world(&stdout, &stderr, args))
	return result{stdout.String(), stderr.String(), code}
}

// wants compares what matters of a result.
func (r result) wants(t *testing.T, code int, stdout, stderr string) {
	t.Helper()
	if r.code != code {
		t.Errorf("exit code: got %d, want %d", r.code, code)
	}
	if !strings.Contains(r.stdout, stdout) {
		t.Errorf("stdout: %q is missing", stdout)
	}
	if !strings.Contains(r.stderr, stderr) {
		t.Errorf("stderr: %q is missing", stderr)
	}
	if t.Failed() {
		t.Logf("stdout:\n%s\nstderr:\n%s", r.stdout, r.stderr)
	}
}

// running is a command line that goes on in the background.
type running struct {
	out, err *watched
	signals  chan os.Signal
	code     chan int
}

// start begins a command line whose signals the test sends.
func (h *harness) start(args ...string) *running {
	r := &running{out: newWatched(), err: newWatched(), signals: make(chan os.Signal, 2), code: make(chan int, 1)}
	w := h.world(r.out, r.err, args)
	w.Signals = r.signals
	go func() { r.code <- cli.Main(h.t.Context(), w) }()
	return r
}

// watched is a stream that a test waits on.
type watched struct {
	mu     sync.Mutex
	text   bytes.Buffer
	change chan struct{}
}

func newWatched() *watched { return &watched{change: make(chan struct{}, 1)} }

func (w *watched) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	select {
	case w.change <- struct{}{}:
	default:
	}
	return w.text.Write(p)
}

func (w *watched) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.String()
}

// waitFor returns once the stream has shown the text.
func (w *watched) waitFor(t *testing.T, text string) {
	t.Helper()
	for deadline := time.After(time.Minute); !strings.Contains(w.String(), text); {
		select {
		case <-w.change:
		case <-deadline:
			t.Fatalf("%q did not come; there was:\n%s", text, w)
		}
	}
}

func contains(text, part string) bool { return strings.Contains(text, part) }

// fault makes something go wrong on purpose.
func (h *harness) fault(fault string) {
	h.t.Helper()
	if err := h.server.AddFaults([]byte(fault)); err != nil {
		h.t.Fatal(err)
	}
}
