package aci_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/pacific-aci/pacific/aci"
	"github.com/pacific-aci/pacific/azure"
)

// mortal lets so many requests pass. The next one finds the process dead, as kill -9 leaves it: nothing is sent any
// more, and whatever was open is cut.
type mortal struct {
	http.RoundTripper
	life context.CancelFunc

	mu   sync.Mutex
	left int
	dead bool
}

var errDead = errors.New("this process is dead")

func (m *mortal) RoundTrip(r *http.Request) (*http.Response, error) {
	m.mu.Lock()
	if m.left == 0 {
		m.dead = true
		m.life()
	}
	m.left--
	dead := m.dead
	m.mu.Unlock()
	if dead {
		return nil, errDead
	}
	return m.RoundTripper.RoundTrip(r)
}

func (m *mortal) died() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.dead
}

// through makes a client with a sign-in and connections of its own, as another process has.
func (w *world) through(via func(http.RoundTripper) http.RoundTripper) *aci.Client {
	w.t.Helper()
	account := w.server.Account()
	cloud, err := azure.NewCloud(w.t.Context(), azure.Options{
		Transport: via(w.server.Transport()),
		Credential: azure.CredentialOptions{
			Method: azure.MethodClientSecret, TenantID: account.TenantID, ClientID: account.ClientID, ClientSecret: account.ClientSecret,
		},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	client, err := aci.NewClient(aci.Config{Cloud: cloud, Subscription: account.SubscriptionID, ResourceGroup: resourceGroup, Location: "westeurope"})
	if err != nil {
		w.t.Fatal(err)
	}
	return client
}

// TestKilledBetweenAnyTwoRequests kills a client after its first request, its second, and so on, until it lives to the
// end. What it leaves in Azure each time another client must find by each way of Reap, and delete.
func TestKilledBetweenAnyTwoRequests(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, settings, faults string
		engine                 [2]int // seconds and exit code
		interrupt              time.Duration
		job                    aci.Job
	}{
		{name: "a job's whole life", settings: `{"latency":{"place":"1s","pull":"2s","delete":"8s"}}`, engine: [2]int{20, 0}},
		{name: "a job that fails, to be kept", settings: `{"latency":{"stop":"3s"}}`, engine: [2]int{5, 1}, job: aci.Job{Keep: aci.KeepOnFailure}},
		{name: "an answer was lost", settings: `{}`, engine: [2]int{10, 0},
			faults: `{"match":{"operation":"ContainerGroups_CreateOrUpdate"},"times":1,"effect":{"status":503,"applyFirst":true}}`},
		{name: "Azure could not bring it up", settings: `{"latency":{"pull":"30s","delete":"5s"}}`, engine: [2]int{10, 0},
			faults: `{"match":{"operation":"ContainerGroups_CreateOrUpdate"},"times":1,"effect":{"code":"RegistryErrorResponse","provisioningState":"Failed"}}`},
		{name: "cleaning up after an interrupt", settings: `{"latency":{"delete":"20s","stop":"4s"}}`, engine: [2]int{300, 0}, interrupt: 7 * time.Second},
		{name: "cleaning up after a lost start", settings: `{"latency":{"pull":"10m","delete":"20s"}}`, engine: [2]int{10, 0}, job: aci.Job{StartTimeout: time.Minute}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			left, done := 0, false
			for k := 0; !done; k++ {
				if k > 200 {
					t.Fatal("no end of requests")
				}
				bubble(t, tt.settings, container(tt.engine[0], tt.engine[1]), func(t *testing.T, w *world) {
					if tt.faults != "" {
						w.fault("%s", tt.faults)
					}
					tt.job.Name, tt.job.Command, tt.job.Output, tt.job.Timeout = "job-1", []string{"x"}, &buffer{}, 2*time.Hour
					n := w.killed(k, tt.interrupt, tt.job)
					done = n < 0
					left += max(n, 0)
					w.reapAll(k, fmt.Sprintf("dead after %d requests", k))
				})
			}
			if left < 3 {
				t.Errorf("it left something behind %d times; this proves little", left)
			}
		})
	}
}

// killed runs a job with a client that dies after k requests. It says how many groups are left then; -1: it lived.
func (w *world) killed(k int, interrupt time.Duration, job aci.Job) int {
	w.t.Helper()
	life, kill := context.WithCancel(w.t.Context())
	defer kill()
	m := &mortal{life: kill, left: k}
	client := w.through(func(rt http.RoundTripper) http.RoundTripper { m.RoundTripper = rt; return m })
	ctx, stop := context.WithCancel(life)
	defer stop()
	if interrupt > 0 {
		time.AfterFunc(interrupt, stop)
	}
	// It goes on for minutes after its death, but nobody hears it.
	_, _ = client.Run(ctx, job)
	groups, err := w.client.List(w.t.Context(), aci.ListOptions{All: true})
	if err != nil {
		w.t.Fatal(err)
	}
	if !m.died() {
		return -1
	}
	return len(groups)
}

// reapAll finds all that is there by each way, and deletes it by one of them.
func (w *world) reapAll(turn int, when string) {
	w.t.Helper()
	ctx := w.t.Context()
	list := func() []aci.Group {
		w.t.Helper()
		groups, err := w.client.List(ctx, aci.ListOptions{All: true})
		if err != nil {
			w.t.Fatal(err)
		}
		return groups
	}
	before := list()
	for _, g := range before {
		if !g.Managed || g.Created.IsZero() || g.Deadline.IsZero() {
			w.t.Errorf("%s: group %s has no complete tags: %v", when, g.Name, g.Tags)
		}
	}
	find := func(opts aci.ReapOptions, want int) {
		w.t.Helper()
		if found, err := w.client.Reap(ctx, opts); err != nil || len(found) != want {
			w.t.Errorf("%s: %+v found %d of %d groups: %v", when, opts, len(found), want, err)
		}
	}
	kept := 0
	for _, g := range before {
		if g.Keep != "" {
			kept++ // that it has ended is no reason to delete it
		}
	}
	time.Sleep(40 * time.Minute) // what was watched has its lease until then
	find(aci.ReapOptions{}, 0)
	find(aci.ReapOptions{Ended: true, Delete: turn%3 == 0}, len(before)-kept)
	before = list()
	find(aci.ReapOptions{OlderThan: 20 * time.Minute, Delete: turn%3 == 1}, len(before))
	before = list()
	time.Sleep(2 * time.Hour)
	find(aci.ReapOptions{Delete: true}, len(before))
	if after := list(); len(after) > 0 {
		w.t.Errorf("%s: left after all: %+v", when, after)
	}
}
