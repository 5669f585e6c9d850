package bootstrap_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pacific-aci/pacific/azure"
	"github.com/pacific-aci/pacific/bootstrap"
	"github.com/pacific-aci/pacific/emulator/azure"
	"github.com/pacific-aci/pacific/internal/steps"
)

// settled checks that everything is there once, and that nothing else is.
func (s *site) settled() {
	s.t.Helper()
	result := s.must()
	got := s.inGroup()
	slices.Sort(got)
	want := []string{
		"containerGroups prefect-worker", "natGateways prefect-nat", "publicIPAddresses prefect-nat-address",
		"userAssignedIdentities prefect-identity", "vaults " + result.KeyVault, "virtualNetworks prefect-network",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		s.t.Errorf("in the resource group: -want +got:\n%s", diff)
	}
	if n := s.assignments(result.KeyVault); n != 1 {
		s.t.Errorf("%d role assignments on the vault, want 1", n)
	}
	s.unchanged()
}

// TestResourceFails: whichever resource fails in the middle, Azure's own words for it are in the error, and a rerun makes
// the rest.
func TestResourceFails(t *testing.T) {
	for operation, named := range map[string]string{
		"PublicIPAddresses_CreateOrUpdate": "public IP address prefect-nat-address", "NatGateways_CreateOrUpdate": "NAT gateway prefect-nat",
		"VirtualNetworks_CreateOrUpdate": "virtual network prefect-network", "Subnets_CreateOrUpdate": "subnet ", "UserAssignedIdentities_CreateOrUpdate": "managed identity prefect-identity",
		"Vaults_CreateOrUpdate": "key vault prefect-", "Secrets_CreateOrUpdate": "secret prefect-", "RoleAssignments_Create": "deployment prefect-rights",
		"ContainerGroups_CreateOrUpdate": "container group prefect-worker",
	} {
		t.Run(operation, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSite(t, nil)
				s.fault(`{"match":{"operation":"` + operation + `"},"times":1,"effect":{"status":409,"code":"QuotaExceeded","message":"There is no room today."}}`)
				_, err := s.bootstrapper().Bootstrap(t.Context())
				if e := azure.Explain(err); e == nil || !e.Has("QuotaExceeded") || !strings.Contains(err.Error(), "deployment pacific-bootstrap-prefect: "+named) || !strings.Contains(err.Error(), ": quota: There is no room today") {
					t.Errorf("got %v", err)
				}
				if e, ok := errors.AsType[*steps.Error](err); !ok || e.Step != string(bootstrap.KindDeployment) {
					t.Errorf("the step that failed: %v", err)
				}
				s.settled()
			})
		})
	}
}

// TestClientDies ends the client at each of its requests, before and after that took effect, and runs it again.
func TestClientDies(t *testing.T) {
	total := 0
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, nil)
		s.watch = func(*http.Request) error { total++; return nil }
		s.must()
	})
	if total < 20 {
		t.Fatalf("only %d requests", total)
	}
	for at := 1; at <= total; at++ {
		synctest.Test(t, func(t *testing.T) {
			s := newSite(t, nil)
			s.wire = s.server.Transport() // the requests are those of the other tests, which hold them against the files
			ctx, cancel := context.WithCancel(t.Context())
			seen := 0
			s.watch = func(r *http.Request) error {
				if seen++; seen < at {
					return nil
				}
				if at%2 == 0 && seen == at { // this time the request takes effect, and its answer is lost
					if res, err := s.wire.RoundTrip(r.Clone(context.WithoutCancel(r.Context()))); err == nil {
						res.Body.Close()
					}
				}
				cancel()
				return context.Canceled
			}
			if _, err := s.bootstrapper().Bootstrap(ctx); err == nil {
				if seen < at {
					return // how often it asks for what Azure is doing differs from run to run
				}
				t.Fatalf("request %d of %d was lost, and nothing was said", at, total)
			}
			s.mu.Lock()
			s.watch = nil
			s.mu.Unlock()
			s.settled()
		})
	}
}

// TestRunningDeploymentIsWaitedFor: a client that was killed leaves its deployment running; the next one starts no second.
func TestRunningDeploymentIsWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, nil)
		s.settings(`{"latency":{"operation":"30s"}}`)
		starts := 0
		s.watch = func(r *http.Request) error {
			if r.Method == http.MethodPut && strings.Contains(r.URL.Path, "/deployments/") {
				starts++
			}
			return nil
		}
		ctx, cancel := context.WithTimeout(t.Context(), 45*time.Second)
		defer cancel()
		if _, err := s.bootstrapper().Bootstrap(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatal(err)
		}
		if starts != 1 {
			t.Fatalf("the first run started %d deployments", starts)
		}
		plan, err := s.bootstrapper().Plan(t.Context())
		if err != nil || !slices.Contains(rows(plan), "wait deployment pacific-bootstrap-prefect, it is running") {
			t.Errorf("the plan does not say that it waits: %v %v", rows(plan), err)
		}
		for i := range s.request.Secrets {
			s.request.Secrets[i].IfAbsent = true
		}
		s.must()
		if starts != 1 {
			t.Errorf("%d deployments were started", starts)
		}
		s.settled()
	})
}

// TestTwoAtATime: of two runs at the same time, the second waits for the first one's deployment.
func TestTwoAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, nil)
		s.settings(`{"latency":{"operation":"10s"}}`)
		first, second := s.bootstrapper(), s.bootstrapper()
		errs := make(chan error, 2)
		for _, b := range []*bootstrap.Bootstrapper{first, second} {
			go func() {
				_, err := b.Bootstrap(t.Context())
				errs <- err
			}()
		}
		for range 2 {
			if err := <-errs; err != nil {
				t.Error(err)
			}
		}
		s.settled()
	})
}

// TestMadeMeanwhile: another run makes everything, the group too, between the looks of this one at the vault and at its name. The
// name is then taken by the environment's own vault, and by no other.
func TestMadeMeanwhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, nil)
		others := 0
		s.watch = func(r *http.Request) error {
			if !strings.HasSuffix(r.URL.Path, "/checkNameAvailability") {
				return nil
			}
			s.mu.Lock()
			s.watch = nil
			s.mu.Unlock()
			others++
			if _, err := s.bootstrapper().Bootstrap(r.Context()); err != nil {
				t.Errorf("the other run: %v", err)
			}
			return nil
		}
		s.must()
		if others != 1 {
			t.Errorf("%d other runs", others)
		}
		s.settled()
	})
}

// TestRightsTakeTime: the worker ends until its role counts, Azure starts it again, and bootstrap waits until it stays up.
func TestRightsTakeTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s *site
		s = newSite(t, func(ctx context.Context, call azureemulator.ContainerCall) int { return s.reads(ctx, call) })
		s.settings(`{"propagation":{"roleAssignment":"5m","directory":"1m"}}`)
		began := time.Now()
		s.must()
		if took := time.Since(began); took < 5*time.Minute || took > 12*time.Minute {
			t.Errorf("it took %s", took)
		}
		said := slices.ContainsFunc(s.events, func(e steps.Event) bool {
			return e.Kind == steps.Noted && strings.Contains(e.Text, "it ended with exit code 1 and was started again")
		})
		if !said {
			t.Error("nothing was said about the worker that ends")
		}
		s.settled()
	})
}

// TestWorkerNeverStays: a program that ends again and again is an error with its exit code in the end, and one that cannot be
// run at once.
func TestWorkerNeverStays(t *testing.T) {
	for code, test := range map[int]struct {
		want        string
		least, most time.Duration
	}{1: {"exit code 1", 15 * time.Minute, 20 * time.Minute}, 127: {"the image has no such program", 0, 2 * time.Minute}} {
		t.Run(test.want, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSite(t, func(_ context.Context, call azureemulator.ContainerCall) int {
					fmt.Fprint(call.Spec.Output, "it begins\n\x1b[31mno key\x1b[0m is there\n")
					return code
				})
				began := time.Now()
				_, err := s.bootstrapper().Bootstrap(t.Context())
				e, ok := errors.AsType[*bootstrap.WorkerError](err)
				if said := slices.ContainsFunc(s.events, func(e steps.Event) bool {
					return e.Kind == steps.Noted && strings.Contains(e.Text, "started again") && strings.Contains(e.Text, "; it says: ") && strings.HasSuffix(e.Text, "is there")
				}); said != (code == 1) {
					t.Errorf("what the worker printed last was said while it was waited for: %v", said)
				}
				if !ok || !strings.Contains(e.Problem, test.want) || e.Name != "prefect-worker" {
					t.Errorf("got %v", err)
				}
				if took := time.Since(began); took < test.least || took > test.most {
					t.Errorf("it took %s", took)
				}
				const line = "[31mno key[0m is there"
				if ok && (!strings.Contains(e.Output, "it begins\n"+line) || strings.Contains(e.Output, "\x1b")) {
					t.Errorf("its output is %q", e.Output)
				}
				said := slices.ContainsFunc(s.events, func(e steps.Event) bool { return e.Kind == steps.Noted && strings.HasSuffix(e.Text, ": "+line) })
				if said != (code == 1) {
					t.Errorf("its last line is said while it is waited for: %v", said)
				}
			})
		})
	}
}

// TestProvidersAreRegistered: a subscription that has not used a service yet gets it registered first.
func TestProvidersAreRegistered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, nil)
		s.post("/subscriptions/" + s.request.Subscription + "/providers/Microsoft.KeyVault/unregister?api-version=2021-04-01")
		time.Sleep(10 * time.Minute)
		plan, err := s.bootstrapper().Plan(t.Context())
		if want := "update resource providers Microsoft.KeyVault, is registered"; err != nil || !slices.Contains(rows(plan), want) {
			t.Errorf("the plan lacks %q: %q, %v", want, rows(plan), err)
		}
		if result := s.must(); !slices.Contains(result.Changed, bootstrap.KindProviders) {
			t.Errorf("changed %v", result.Changed)
		}
		s.settled()
	})
}

// TestDeletedVaultIsRecovered: the environment's own deleted vault is recovered with its secrets.
func TestDeletedVaultIsRecovered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, nil)
		vault := s.must().KeyVault
		if _, err := s.bootstrapper().Destroy(t.Context(), bootstrap.DestroyOptions{}); err != nil {
			t.Fatal(err)
		}
		for i := range s.request.Secrets {
			s.request.Secrets[i].IfAbsent, s.request.Secrets[i].Value = true, "another value"
		}
		plan, err := s.bootstrapper().Plan(t.Context())
		got := rows(plan)
		if want := "recover key vault VAULT, with its secrets"; err != nil || !slices.Contains(got, want) || slices.Contains(got, "create key vault VAULT") {
			t.Errorf("the plan is not to recover the key vault: %q %v", got, err)
		}
		if want := "create secret own, unless the recovered key vault has it"; !slices.Contains(got, want) {
			t.Errorf("the plan lacks %q: %q", want, got)
		}
		s.settled()
		if value := s.secret(vault, "own"); value != "of the user" {
			t.Errorf("the secret is %q", value)
		}
	})
}

// TestVaultNameIsTaken: a name that something elsewhere holds is refused in words, before anything is made.
func TestVaultNameIsTaken(t *testing.T) {
	vault := `{"location":"northeurope","properties":{"tenantId":"TENANT","sku":{"family":"A","name":"standard"},"enableRbacAuthorization":true}}`
	for name, test := range map[string]struct {
		deleted bool
		want    string
	}{
		"by a deleted vault": {true, "a deleted key vault of resource group other still has it"},
		"by a vault":         {false, "another key vault somewhere in Azure has it"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSite(t, nil)
				s.group("other", "northeurope")
				s.put("/subscriptions/"+s.request.Subscription+"/resourceGroups/other/providers/Microsoft.KeyVault/vaults/taken-1", "2023-07-01", strings.ReplaceAll(vault, "TENANT", s.request.Tenant))
				if test.deleted {
					s.remove("/subscriptions/"+s.request.Subscription+"/resourceGroups/other/providers/Microsoft.KeyVault/vaults/taken-1", "2023-07-01")
				}
				s.request.KeyVault = "taken-1"
				_, err := s.bootstrapper().Bootstrap(t.Context())
				e, ok := errors.AsType[*bootstrap.VaultNameError](err)
				if !ok || e.Reason != test.want || e.Deleted != test.deleted || e.Hint() == "" {
					t.Errorf("got %v", err)
				}
				if text := s.get("/subscriptions/" + s.request.Subscription + "/resourceGroups/aci-rg?api-version=2021-04-01"); !strings.Contains(text, "ResourceGroupNotFound") {
					t.Errorf("something was made: %s", text)
				}
			})
		})
	}
}
