package bootstrap_test

import (
	"net/http"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pacific-aci/pacific/access"
	"github.com/pacific-aci/pacific/azure"
	"github.com/pacific-aci/pacific/bootstrap"
	"github.com/pacific-aci/pacific/internal/cli/clitest"
)

// interceptor is a function as a transport.
type interceptor func(*http.Request) (*http.Response, error)

func (f interceptor) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// TestInterrupted: a signal says what it has interrupted, and that the same command goes on from there.
func TestInterrupted(t *testing.T) {
	const stays = "what was made stays; run the same command again to make the rest"
	for name, test := range map[string]struct {
		method, path string // the request that is on its way when the signal comes
		signal       os.Signal
		code         int
		wants        []string
	}{
		"the plan":       {"GET", "/resourcegroups/aci-rg", os.Interrupt, 130, []string{"bootstrapping resource group aci-rg: interrupt received", "nothing was changed"}},
		"the group":      {"PUT", "/resourcegroups/aci-rg", syscall.SIGTERM, 143, []string{"SIGTERM received while making the resource group", stays}},
		"the deployment": {"PUT", "/deployments/", os.Interrupt, 130, []string{"interrupt received while making the deployment", stays, "the next run waits for it"}},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHarness(t)
			sent := make(chan struct{})
			var once sync.Once
			run := h.StartOver(interceptor(func(r *http.Request) (*http.Response, error) {
				if r.Method != test.method || !strings.Contains(strings.ToLower(r.URL.Path), test.path) {
					return h.RoundTrip(r)
				}
				once.Do(func() { close(sent) })
				<-r.Context().Done()
				return nil, r.Context().Err()
			}), "bootstrap", "--no-worker", "--yes")
			<-sent
			run.Signals <- test.signal
			run.Ends(t, test.code)
			said := run.Err.String()
			for _, want := range test.wants {
				if strings.Count(said, want) != 1 {
					t.Errorf("got %q, want %q once", said, want)
				}
			}
			h.Must("bootstrap", "--no-worker", "--yes")
		})
	}
}

// TestRightsAreMissing: who may not assign roles is told so before anything is made, and whom to ask.
func TestRightsAreMissing(t *testing.T) {
	for _, scope := range []string{"", "/resourceGroups/aci-rg"} {
		t.Run("a contributor of the subscription"+scope, func(t *testing.T) { missesRights(t, scope) })
	}
}

// missesRights: a contributor at a scope in the subscription makes nothing.
func missesRights(t *testing.T, scope string) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t)
		h.Must("group", "create", "aci-rg", "--location", "westeurope")
		somebody := signUp(t, h, string(access.Contributor), scope)
		r := h.With(somebody).RunLong("bootstrap", "--no-worker", "--yes")
		r.Wants(t, 1, "", "has no role that allows Microsoft.Authorization/roleAssignments/write at /subscriptions/"+h.Server.Account().SubscriptionID+"/resourceGroups/aci-rg")
		r.Wants(t, 1, "", "hint: ask an Owner or User Access Administrator of the subscription to give this account the role Owner there")
		var left answer
		h.JSON(h.RunLong("bootstrap", "--no-worker", "--plan", "--output", "json"), &left)
		for _, one := range left.Plan.Resources {
			if one.Kind != bootstrap.KindGroup && one.Action != bootstrap.ActionCreate {
				t.Errorf("%s %s was made", one.Kind, one.Name)
			}
		}
		if len(left.Plan.Resources) < 2 {
			t.Errorf("got %+v", left.Plan)
		}
	})
}

// TestVaultNameIsTaken: the hint names the flag that gives another.
func TestVaultNameIsTaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t)
		h.RunLong("bootstrap", "--no-worker", "--yes", "--resource-group", "other", "--keyvault-name", "kv-taken").Wants(t, 0, "export KV_NAME=kv-taken", "")
		h.RunLong("bootstrap", "--no-worker", "--yes", "--keyvault-name", "kv-taken").Wants(t, 1, "", "hint: give another name with --keyvault-name")
		h.RunLong("bootstrap", "--destroy", "--yes", "--resource-group", "other").Wants(t, 0, "", "the next run recovers it")
		h.RunLong("bootstrap", "--no-worker", "--yes", "--keyvault-name", "kv-taken").Wants(t, 1, "", "hint: pacific bootstrap --resource-group other --name-prefix prefect --destroy --purge deletes it for good; or give another name with --keyvault-name")
		h.RunLong("bootstrap", "--destroy", "--purge", "--yes", "--resource-group", "other").Wants(t, 0, "", "key vault kv-taken purged")
		h.RunLong("bootstrap", "--no-worker", "--yes", "--keyvault-name", "kv-taken").Wants(t, 0, "export KV_NAME=kv-taken", "")
	})
}

// signUp makes somebody who has a role at a scope in the subscription: how to sign in.
func signUp(t *testing.T, h *clitest.Harness, role, scope string) map[string]string {
	t.Helper()
	account := h.Server.Account()
	owner, err := azure.NewCloud(t.Context(), azure.Options{Transport: h.Server.Transport(), Credential: azure.CredentialOptions{
		TenantID: account.TenantID, ClientID: account.ClientID, ClientSecret: account.ClientSecret,
	}})
	if err != nil {
		t.Fatal(err)
	}
	rights, err := access.NewClient(owner, access.Options{})
	if err != nil {
		t.Fatal(err)
	}
	app, _, err := rights.EnsureApplication(t.Context(), "somebody")
	if err != nil {
		t.Fatal(err)
	}
	principal, _, err := rights.EnsureServicePrincipal(t.Context(), app.ClientID)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := rights.ReplaceSecret(t.Context(), app, "s", 0)
	if err != nil {
		t.Fatal(err)
	}
	_, err = rights.Assign(t.Context(), access.Assignment{Scope: "/subscriptions/" + account.SubscriptionID + scope, Role: role, Principal: principal.ObjectID})
	if err != nil {
		t.Fatal(err)
	}
	time.Sleep(time.Hour)
	return map[string]string{"AZURE_CLIENT_ID": app.ClientID, "AZURE_CLIENT_SECRET": secret.Text}
}
