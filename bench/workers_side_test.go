//go:build linux

package bench

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/pacific-aci/pacific/jobtemplate"
	"github.com/pacific-aci/pacific/prefect"
)

// sideNames are ours and theirs, in the order of all figures.
var sideNames = [2]string{"pacific", upstream}

// side is one worker with an emulator, a pool and a deployment of its own.
type side struct {
	*workers
	t          *testing.T
	name       string
	emulator   *local
	api        string
	client     *prefect.Client
	scheduler  *prefect.Client // repeats nothing, so that the time at which a run is due is that of the request that made it
	pool       string
	deployment prefect.ID
	process    *process
	traffic    *traffic
	due        map[string]time.Time // by run
}

type sideOptions struct {
	name     string // one of sideNames
	engine   string // of the emulator; empty: simulate
	settings string // of the emulator, as JSON; empty: room for any number of groups
}

// roomy is an Azure with a quota that a thousand runs fit into.
const roomy = `{"quota":{"containerGroups":5000,"standardCores":5000,"createsPerHour":50000,"createsPer5Minutes":50000,"deletesPerHour":50000,"deletesPer5Minutes":50000}}`

// bothSides starts both workers.
func bothSides(t *testing.T, w *workers, o sideOptions) [2]*side {
	t.Helper()
	var sides [2]*side
	for n, name := range sideNames {
		o.name = name
		sides[n] = newSide(t, w, o)
		sides[n].start()
	}
	return sides
}

// newSide starts an emulator and makes a pool whose template names it, and a deployment. The template is Pacific's, which
// both workers take.
func newSide(t *testing.T, w *workers, o sideOptions) *side {
	t.Helper()
	s := &side{workers: w, t: t, name: o.name, api: w.api, pool: fmt.Sprintf("bench-%s-%d", o.name, time.Now().UnixNano()), due: map[string]time.Time{}}
	if o.settings == "" {
		o.settings = roomy
	}
	if o.engine == "" {
		o.engine = "simulate"
	}
	file := filepath.Join(t.TempDir(), "settings.json")
	if err := os.WriteFile(file, []byte(o.settings), 0o600); err != nil {
		t.Fatal(err)
	}
	flags := []string{"--engine", o.engine, "--settings", file}
	if s.api == "" {
		flags = append(flags, "--with-prefect", "--prefect-listen", "127.0.0.1:0")
	}
	s.emulator = startEmulator(t, w.pacific, flags...)
	s.traffic = newTraffic(s.emulator)
	if s.api == "" {
		s.api = s.emulator.env["PREFECT_API_URL"]
	}
	var err error
	if s.client, err = prefect.NewClient(prefect.Options{URL: s.api}); err != nil {
		t.Fatal(err)
	}
	if s.scheduler, err = prefect.NewClient(prefect.Options{URL: s.api, Retries: prefect.RetryOptions{Max: -1}}); err != nil {
		t.Fatal(err)
	}
	if err := s.deploy(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}

// deploy makes the pool, with a credentials block of its own, and a deployment.
func (s *side) deploy(ctx context.Context) error {
	account := s.emulator.account()
	block, err := s.client.SaveBlock(ctx, s.pool, &prefect.AzureContainerInstanceCredentials{ClientID: account.ClientID, TenantID: account.TenantID,
		ClientSecret: prefect.SecretStr(account.ClientSecret)}, prefect.SaveBlockOptions{})
	if err != nil {
		return err
	}
	version, err := s.client.ServerVersion(ctx)
	if err != nil {
		return err
	}
	raw, err := jobtemplate.BaseJobTemplate(jobtemplate.TypeWorker, version)
	if err != nil {
		return err
	}
	template, err := jobtemplate.ReadTemplate(raw)
	if err != nil {
		return err
	}
	err = errors.Join(template.SetBlock("aci_credentials", block.ID), template.SetDefault("subscription_id", account.SubscriptionID),
		template.SetDefault("resource_group_name", s.emulator.env["PACIFIC_RESOURCE_GROUP"]), template.SetDefault("image", "alpine:3"))
	if err != nil {
		return err
	}
	if raw, err = template.MarshalJSON(); err != nil {
		return err
	}
	if _, err = s.client.CreateWorkPool(ctx, prefect.WorkPoolCreate{Name: s.pool, Type: jobtemplate.TypeWorker, BaseJobTemplate: raw}); err != nil {
		return err
	}
	flow, err := s.client.CreateFlow(ctx, prefect.FlowCreate{Name: "bench"})
	if err != nil {
		return err
	}
	deployment, err := s.client.CreateDeployment(ctx, prefect.DeploymentCreate{Name: s.pool, FlowID: flow.ID, WorkPoolName: s.pool, Entrypoint: "bench.py:bench"})
	s.deployment = deployment.ID
	return err
}

// start starts the worker, with the settings that both have by themselves, and waits until the server knows it.
func (s *side) start() {
	s.t.Helper()
	home := s.t.TempDir()
	env := []string{"PATH=" + os.Getenv("PATH"), "HOME=" + home, "LANG=C.UTF-8", "DO_NOT_TRACK=1", "PREFECT_API_URL=" + s.api, "GORACE=" + os.Getenv("GORACE")}
	pass := func(names ...string) {
		for _, name := range names {
			env = append(env, name+"="+s.emulator.env[name])
		}
	}
	if s.name == upstream {
		pass("HTTPS_PROXY", "NO_PROXY", "REQUESTS_CA_BUNDLE")
		env = append(env, "PREFECT_HOME="+home)
		s.process = startProcess(s.t, s.name, env, filepath.Join(filepath.Dir(s.python), "prefect"), "worker", "start", "--pool", s.pool,
			"--type", jobtemplate.TypeWorker, "--name", s.name)
	} else {
		pass("PACIFIC_CLOUD", "PACIFIC_RESOURCE_GROUP", "AZURE_SUBSCRIPTION_ID", "AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET")
		args := []string{"worker", "start", "--pool", s.pool, "--name", s.name}
		if !s.full {
			args = append(args, "--poll", "1s")
		}
		s.process = startProcess(s.t, s.name, env, s.pacific, args...)
	}
	if _, port, err := net.SplitHostPort(s.emulator.address()); err == nil {
		var n int
		_, _ = fmt.Sscan(port, &n)
		s.process.port = fmt.Sprintf("%04X", n)
	}
	online := s.until(5*time.Minute, func(*traffic) bool {
		workers, err := prefect.Collect(s.client.Workers(s.t.Context(), s.pool))
		return err == nil && len(workers) > 0
	})
	if !online {
		s.t.Fatalf("the worker of %s does not appear on the server", s.name)
	}
}

// schedule makes runs that are due now, a few at a time, and gives their ids.
func (s *side) schedule(runs int, variables map[string]any) []string {
	s.t.Helper()
	ids, due := make([]string, runs), make([]time.Time, runs)
	inParallel(s.t, min(runs, 4), runs, func(i int) error {
		create := prefect.DeploymentFlowRunCreate{JobVariables: variables, IdempotencyKey: rand.Text()}
		for try := 1; ; try++ {
			now := time.Now()
			create.State = &prefect.State{Type: prefect.StateScheduled, Details: prefect.StateDetails{ScheduledTime: prefect.At(now)}}
			run, err := s.scheduler.CreateDeploymentFlowRun(s.t.Context(), s.deployment, create)
			ids[i], due[i] = string(run.ID), now
			if !errors.Is(err, prefect.ErrUnavailable) || try == 20 {
				return err
			}
			time.Sleep(time.Second) // SQLite is locked; of a busy server that is nothing special
		}
	})
	for i, id := range ids {
		s.due[id] = due[i]
	}
	return ids
}

// until reads the request log twice a second until what is asked for is true, and reports whether it became so in time. It
// gives up when the worker has ended.
func (s *side) until(within time.Duration, is func(*traffic) bool) bool {
	s.t.Helper()
	for deadline := time.Now().Add(within); ; {
		if err := s.traffic.read(); err != nil {
			s.t.Fatal(err)
		}
		s.process.sample()
		if is(s.traffic) {
			return true
		}
		select {
		case <-s.process.done:
			s.t.Errorf("the worker of %s ended", s.name)
			return false
		case <-time.After(500 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			return false
		}
	}
}

// states counts the runs by the type of their state.
func (s *side) states(runs []string) map[string]int {
	s.t.Helper()
	n := map[string]int{}
	query := prefect.Query{FlowRuns: prefect.FlowRunFilter{ID: prefect.Match{Any: runs}}}
	for run, err := range s.client.FlowRuns(s.t.Context(), query) {
		if err != nil {
			s.t.Fatal(err)
		}
		n[string(run.StateType)]++
	}
	return n
}

// stop ends worker and emulator, so that the next side has the machine for itself. kill does not wait for the runs.
func (s *side) stop() { s.process.end(syscall.SIGTERM, 20*time.Second); s.emulator.stop() }
func (s *side) kill() { s.process.end(syscall.SIGKILL, 0); s.emulator.stop() }

// startPrefect starts a Prefect server with a database of its own, which ends with the test, and gives its API's address.
func startPrefect(t *testing.T, python string) string {
	t.Helper()
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := free.Addr().(*net.TCPAddr)
	if err := free.Close(); err != nil {
		t.Fatal(err)
	}
	api, home := fmt.Sprintf("http://%s/api", address), t.TempDir()
	env := []string{"PATH=" + os.Getenv("PATH"), "HOME=" + home, "PREFECT_HOME=" + home, "LANG=C.UTF-8", "DO_NOT_TRACK=1",
		"PREFECT_SERVER_ANALYTICS_ENABLED=false", "PREFECT_API_DATABASE_CONNECTION_URL=sqlite+aiosqlite:///" + filepath.Join(home, "prefect.db")}
	server := startProcess(t, "the Prefect server", env, filepath.Join(filepath.Dir(python), "prefect"), "server", "start",
		"--host", "127.0.0.1", "--port", fmt.Sprint(address.Port))
	for range 600 {
		if answer, err := http.Get(api + "/health"); err == nil {
			_, _ = io.Copy(io.Discard, answer.Body)
			if answer.Body.Close(); answer.StatusCode == http.StatusOK {
				return api
			}
		}
		select {
		case <-server.done:
			t.Fatal("the Prefect server ended")
		case <-time.After(200 * time.Millisecond):
		}
	}
	t.Fatal("the Prefect server does not answer")
	return ""
}
