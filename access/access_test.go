package access_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pacific-aci/pacific/access"
	"github.com/pacific-aci/pacific/azure"
	"github.com/pacific-aci/pacific/emulator/azure"
	"github.com/pacific-aci/pacific/internal/apispec"
)

// open starts an emulated Azure and gives a client of it, and the scope of its subscription.
func open(t *testing.T, settings string, waiting func(azure.Wait)) (*access.Client, *azureemulator.Server, string) {
	t.Helper()
	server, err := azureemulator.NewServer(azureemulator.Options{Settings: []byte(settings)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	account := server.Account()
	cloud, err := azure.NewCloud(t.Context(), azure.Options{Transport: apispec.FromEnv(t).Transport(t, server.Transport()), Credential: azure.CredentialOptions{
		TenantID: account.TenantID, ClientID: account.ClientID, ClientSecret: account.ClientSecret,
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cloud.CloseIdleConnections)
	client, err := access.NewClient(cloud, access.Options{Waiting: waiting})
	if err != nil {
		t.Fatal(err)
	}
	return client, server, "/subscriptions/" + account.SubscriptionID
}

func TestApplication(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, _, _ := open(t, "", nil)
		ctx := t.Context()
		const name = "it's an app / with 100% odd, characters"
		app, created, err := client.EnsureApplication(ctx, name)
		if err != nil || !created || app.DisplayName != name || app.ClientID == "" || app.ObjectID == "" {
			t.Fatalf("got %+v, %t, %v", app, created, err)
		}
		again, created, err := client.EnsureApplication(ctx, name)
		if err != nil || created || again.ClientID != app.ClientID {
			t.Errorf("the second time: got %+v, %t, %v", again, created, err)
		}
		if found, err := client.Applications(ctx, strings.ToUpper(name)); err != nil || len(found) != 0 {
			t.Errorf("got %v, %v for the name in capitals, which is another name", found, err)
		}
		if _, err := client.Application(ctx, "00000000-0000-0000-0000-00000000dead"); azure.Explain(err) == nil || azure.Explain(err).Class != azure.ClassNotFound {
			t.Errorf("got %v for an application that is not there", err)
		}
		for range 2 {
			if err := client.DeleteApplication(ctx, app.ObjectID); err != nil {
				t.Error(err)
			}
		}
		if found, err := client.Applications(ctx, name); err != nil || len(found) != 0 {
			t.Errorf("after the delete: %v, %v", found, err)
		}
	})
}

// TestApplicationNotListedYet: the directory's lists lag, and still there is never a second application.
func TestApplicationNotListedYet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, _, _ := open(t, `{"propagation":{"directory":"1m"}}`, nil)
		first, _, err := client.EnsureApplication(t.Context(), "app")
		if err != nil {
			t.Fatal(err)
		}
		second, created, err := client.EnsureApplication(t.Context(), "app")
		if err != nil || created || second.ClientID != first.ClientID {
			t.Errorf("got %+v, %t, %v, want the first one, %+v", second, created, err, first)
		}
	})
}

// TestApplicationOfDeletedName: where Entra keeps the unique name of a deleted application, another one is taken, the same
// one each time.
func TestApplicationOfDeletedName(t *testing.T) {
	for _, answer := range []string{
		`{"status":409,"code":"ObjectConflict","message":"There is such an object."}`,
		`{"status":400,"code":"Request_MultipleObjectsWithSameKeyValue","message":"Another object with the same value for property uniqueName already exists."}`,
		`{"status":400,"code":"Request_BadRequest","message":"The value of uniqueName is in use."}`,
	} {
		synctest.Test(t, func(t *testing.T) {
			client, server, _ := open(t, `{"propagation":{"directory":"1m"}}`, nil)
			for _, deleted := range []string{"pacific:app", "pacific:app:2"} {
				path := "*/applications(uniqueName='" + deleted + "')"
				if err := server.AddFaults(fmt.Appendf(nil, `{"match":{"method":"PATCH","path":%q},"effect":%s}`, path, answer)); err != nil {
					t.Fatal(err)
				}
			}
			first, created, err := client.EnsureApplication(t.Context(), "app", "mine")
			if err != nil || !created || first.DisplayName != "app" || !slices.Equal(first.Tags, []string{"mine"}) {
				t.Fatalf("got %+v, %t, %v", first, created, err)
			}
			again, created, err := client.EnsureApplication(t.Context(), "app", "mine") // not listed yet
			if err != nil || created || again.ClientID != first.ClientID {
				t.Errorf("the second time: got %+v, %t, %v", again, created, err)
			}
		})
	}
	synctest.Test(t, func(t *testing.T) {
		client, server, _ := open(t, "", nil)
		if err := server.AddFaults([]byte(`{"match":{"method":"PATCH"},"effect":{"status":400,"code":"Request_BadRequest","message":"It is odd."}}`)); err != nil {
			t.Fatal(err)
		}
		if _, _, err := client.EnsureApplication(t.Context(), "app"); err == nil || !strings.Contains(err.Error(), "odd") {
			t.Errorf("got %v, want the refusal", err)
		}
		if hits := server.Faults()[0].Hits; hits != 1 {
			t.Errorf("another refusal was asked %d times", hits)
		}
	})
}

func TestSecret(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, _, _ := open(t, "", nil)
		ctx := t.Context()
		app, _, err := client.EnsureApplication(ctx, "app")
		if err != nil {
			t.Fatal(err)
		}
		other, err := client.ReplaceSecret(ctx, app, "other", 0)
		if err != nil {
			t.Fatal(err)
		}
		if got := time.Until(other.End); got < 729*24*time.Hour || got > 732*24*time.Hour {
			t.Errorf("a secret without a lifetime is valid for %v, want two years", got)
		}
		first, err := client.ReplaceSecret(ctx, app, "pool", 24*time.Hour)
		if err != nil || first.Text == "" || !strings.HasPrefix(first.Text, first.Hint) {
			t.Fatalf("got %v, %v", first, err)
		}
		if got := time.Until(first.End).Round(time.Minute); got != 24*time.Hour {
			t.Errorf("it is valid for %v, want a day", got)
		}
		second, err := client.ReplaceSecret(ctx, app, "pool", 0)
		if err != nil {
			t.Fatal(err)
		}
		app, err = client.Application(ctx, app.ClientID)
		if err != nil {
			t.Fatal(err)
		}
		var ids []string
		for _, s := range app.Secrets {
			ids = append(ids, s.KeyID)
		}
		if want := []string{other.KeyID, second.KeyID}; !slices.Equal(ids, want) {
			t.Errorf("the application has the secrets %v, want %v", ids, want)
		}
		for range 2 {
			if err := client.RemoveSecret(ctx, app, second.KeyID); err != nil {
				t.Error(err)
			}
		}
	})
}

// TestSecretIsNotPrinted prints, logs and encodes a secret in every way that may happen by mistake.
func TestSecretIsNotPrinted(t *testing.T) {
	secret := access.Secret{SecretInfo: access.SecretInfo{DisplayName: "pool", KeyID: "id"}, Text: "hunter2"}
	encoded, err := json.Marshal(map[string]any{"secret": secret, "pointer": &secret})
	if err != nil {
		t.Fatal(err)
	}
	shown := fmt.Sprintf("%v %+v %#v %s %s %v", secret, secret, secret, secret, encoded, secret.LogValue())
	if strings.Contains(shown, "hunter2") {
		t.Errorf("it shows the secret: %s", shown)
	}
}

func TestServicePrincipal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, _, _ := open(t, "", nil)
		ctx := t.Context()
		app, _, err := client.EnsureApplication(ctx, "app")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := client.ServicePrincipal(ctx, app.ClientID); azure.Explain(err) == nil || azure.Explain(err).Class != azure.ClassNotFound {
			t.Errorf("got %v before there is one", err)
		}
		made, created, err := client.EnsureServicePrincipal(ctx, app.ClientID)
		if err != nil || !created || !made.Enabled || made.ClientID != app.ClientID {
			t.Fatalf("got %+v, %t, %v", made, created, err)
		}
		again, created, err := client.EnsureServicePrincipal(ctx, app.ClientID)
		if err != nil || created || again.ObjectID != made.ObjectID {
			t.Errorf("the second time: %+v, %t, %v", again, created, err)
		}
	})
}

// TestAssignWaits gives a right to a principal that Azure does not know yet.
func TestAssignWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var waits []azure.Wait
		client, _, scope := open(t, `{"propagation":{"directory":"30s"}}`, func(w azure.Wait) { waits = append(waits, w) })
		ctx := t.Context()
		app, _, err := client.EnsureApplication(ctx, "app")
		if err != nil {
			t.Fatal(err)
		}
		principal, _, err := client.EnsureServicePrincipal(ctx, app.ClientID)
		if err != nil {
			t.Fatal(err)
		}
		a := access.Assignment{Scope: scope, Role: string(access.Reader), Principal: principal.ObjectID}
		created, err := client.Assign(ctx, a)
		if err != nil || !created {
			t.Fatalf("got %t, %v", created, err)
		}
		if len(waits) == 0 {
			t.Error("nobody was told of a wait")
		}
		created, err = client.Assign(ctx, a)
		if err != nil || created {
			t.Errorf("the second time: %t, %v", created, err)
		}
		for range 2 {
			if err := client.Unassign(ctx, a); err != nil {
				t.Error(err)
			}
		}
		gone := a
		gone.Scope += "/resourceGroups/gone"
		if err := client.Unassign(ctx, gone); err != nil {
			t.Errorf("at a scope that is not there: %v", err)
		}
		if has, err := client.Assigned(ctx, a); err != nil || has {
			t.Errorf("after it was taken away: %t, %v", has, err)
		}
	})
}

func TestRole(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, _, scope := open(t, "", nil)
		ctx := t.Context()
		id, changed, err := client.EnsureRole(ctx, scope, access.JobRunner)
		if err != nil || !changed {
			t.Fatalf("got %q, %t, %v", id, changed, err)
		}
		again, changed, err := client.EnsureRole(ctx, scope, access.JobRunner)
		if err != nil || changed || again != id {
			t.Errorf("the second time: %q, %t, %v", again, changed, err)
		}
		more := access.JobRunner.With(access.AssignIdentity)
		if _, complete, err := client.FindRole(ctx, scope, more); err != nil || complete {
			t.Errorf("a role with one more action counts as complete: %v", err)
		}
		again, changed, err = client.EnsureRole(ctx, scope, more)
		if err != nil || !changed || again != id {
			t.Errorf("with one more action: %q, %t, %v", again, changed, err)
		}
		// The first set is now a part of it, and nothing is taken away.
		if _, changed, err := client.EnsureRole(ctx, scope, access.JobRunner); err != nil || changed {
			t.Errorf("with one less: %t, %v", changed, err)
		}
		for range 2 {
			if err := client.DeleteRole(ctx, scope, id); err != nil {
				t.Error(err)
			}
		}
	})
}

// TestMissingInGroup: an account that has its roles in one resource group alone, and may not read those of the subscription,
// is told what it lacks there too.
func TestMissingInGroup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server, subscription := open(t, "", nil)
		scope := group(t, server, "jobs")
		account, err := client.EnsureAccount(t.Context(), access.AccountRequest{Name: "app", Scope: scope, Role: access.Contributor, SecretName: "s"})
		if err != nil {
			t.Fatal(err)
		}
		own, err := access.NewClient(signedIn(t, server, server.Transport(), account.Application.ClientID, account.Secret.Text), access.Options{})
		if err != nil {
			t.Fatal(err)
		}
		need := []string{"Microsoft.Authorization/roleAssignments/write", "Microsoft.Network/virtualNetworks/write"}
		principal, missing, err := own.Missing(t.Context(), scope, need)
		if err != nil || principal != account.Principal.ObjectID || !slices.Equal(missing, need[:1]) {
			t.Errorf("got %s, %v, %v", principal, missing, err)
		}
		for _, elsewhere := range []string{subscription, subscription + "/resourceGroups/none"} {
			if _, _, err := own.Missing(t.Context(), elsewhere, need); azure.Explain(err) == nil || azure.Explain(err).Class != azure.ClassAuthorisation {
				t.Errorf("%s: got %v, want Azure's refusal", elsewhere, err)
			}
		}
	})
}
