package access_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/resources/armresources"
	"github.com/google/go-cmp/cmp"

	"github.com/pacific-aci/pacific/access"
	"github.com/pacific-aci/pacific/azure"
	"github.com/pacific-aci/pacific/emulator/azure"
)

// roundTrip is a transport that is a function.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// signedIn is a cloud as somebody sees it who signs in with a secret.
func signedIn(t *testing.T, server *azureemulator.Server, transport http.RoundTripper, client, secret string) *azure.Cloud {
	t.Helper()
	cloud, err := azure.NewCloud(t.Context(), azure.Options{Transport: transport, Credential: azure.CredentialOptions{
		Method: azure.MethodClientSecret, TenantID: server.Account().TenantID, ClientID: client, ClientSecret: secret,
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cloud.CloseIdleConnections)
	return cloud
}

// group makes a resource group and gives its id.
func group(t *testing.T, server *azureemulator.Server, name string) string {
	t.Helper()
	account := server.Account()
	cloud := signedIn(t, server, server.Transport(), account.ClientID, account.ClientSecret)
	credential, err := cloud.Credential()
	if err != nil {
		t.Fatal(err)
	}
	groups, err := armresources.NewResourceGroupsClient(account.SubscriptionID, credential, cloud.ARMOptions())
	if err != nil {
		t.Fatal(err)
	}
	made, err := groups.CreateOrUpdate(t.Context(), name, armresources.ResourceGroup{Location: new("westeurope")}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return *made.ID
}

// canSignIn reports whether a secret works.
func canSignIn(t *testing.T, server *azureemulator.Server, client, secret string) bool {
	t.Helper()
	credential, err := signedIn(t, server, server.Transport(), client, secret).Credential()
	if err != nil {
		t.Fatal(err)
	}
	_, err = credential.GetToken(t.Context(), policy.TokenRequestOptions{Scopes: []string{"https://management.azure.com/.default"}})
	return err == nil
}

func request(scope string) access.AccountRequest {
	return access.AccountRequest{Name: "jobs", Tags: []string{"mine"}, Scope: scope, Custom: new(access.JobCreator.At(scope)), SecretName: "jobs", Lifetime: 24 * time.Hour}
}

// TestAccountAfterDeath kills a run at each of its requests, before and after Azure has carried it out: the next run
// finishes it, and nothing is there twice.
func TestAccountAfterDeath(t *testing.T) {
	for _, applied := range []bool{false, true} {
		for n, ended := 1, false; !ended; n++ {
			synctest.Test(t, func(t *testing.T) {
				client, server, subscription := open(t, `{"propagation":{"directory":"20s"}}`, nil)
				scope := group(t, server, "jobs")
				ctx, kill := context.WithCancel(t.Context())
				defer kill()
				sent := 0
				cloud := signedIn(t, server, roundTrip(func(r *http.Request) (*http.Response, error) {
					if sent++; sent != n {
						return server.Transport().RoundTrip(r)
					}
					kill()
					if applied {
						answer, err := server.Transport().RoundTrip(r.WithContext(context.WithoutCancel(r.Context())))
						if err == nil {
							answer.Body.Close()
						}
					}
					return nil, context.Canceled
				}), server.Account().ClientID, server.Account().ClientSecret)
				killed, err := access.NewClient(cloud, access.Options{})
				if err != nil {
					t.Fatal(err)
				}
				_, err = killed.EnsureAccount(ctx, request(scope))
				ended = err == nil
				account, err := client.EnsureAccount(t.Context(), request(scope))
				if err != nil {
					t.Fatalf("killed at request %d: %v", n, err)
				}
				time.Sleep(time.Minute) // the directory shows everything
				apps, err := client.Applications(t.Context(), "jobs")
				if err != nil || len(apps) != 1 || len(apps[0].Secrets) != 1 || !slices.Equal(apps[0].Tags, []string{"mine"}) {
					t.Errorf("killed at request %d: got %+v, %v", n, apps, err)
				}
				if !canSignIn(t, server, account.Application.ClientID, account.Secret.Text) {
					t.Errorf("killed at request %d: the secret does not work", n)
				}
				scopes, err := client.UnassignAll(t.Context(), strings.TrimPrefix(subscription, "/subscriptions/"), account.Principal.ObjectID)
				if err != nil || !slices.Equal(scopes, []string{scope}) {
					t.Errorf("killed at request %d: it had roles at %v, %v", n, scopes, err)
				}
			})
			if t.Failed() || n > 60 {
				t.Fatalf("still not ended at request %d", n)
			}
		}
	}
}

// TestAccountAsksFirst: an application that is there is used only if somebody agrees, also where the directory does not list it yet.
func TestAccountAsksFirst(t *testing.T) {
	for name, settings := range map[string]string{"listed": "", "not listed yet": `{"propagation":{"directory":"1m"}}`} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				client, server, _ := open(t, settings, nil)
				r := request(group(t, server, "jobs"))
				first, err := client.EnsureAccount(t.Context(), r)
				if err != nil {
					t.Fatal(err)
				}
				no := errors.New("no")
				var asked []access.Application
				r.Existing = func(_ context.Context, app access.Application) error {
					asked = append(asked, app)
					return no
				}
				app, _, err := client.EnsureApplication(t.Context(), "jobs")
				if err != nil {
					t.Fatal(err)
				}
				if _, err := client.EnsureAccount(t.Context(), r); !errors.Is(err, no) || len(asked) != 1 || asked[0].ClientID != app.ClientID || !asked[0].HasSecret("jobs") {
					t.Errorf("got %v, asked %+v", err, asked)
				}
				time.Sleep(2 * time.Minute)
				if !canSignIn(t, server, app.ClientID, first.Secret.Text) {
					t.Error("the secret was replaced all the same")
				}
			})
		})
	}
}

// TestReadRole reads the forms of a role definition that files have.
func TestReadRole(t *testing.T) {
	actions := []access.Action{{Name: "A/b/read"}, {Name: "A/b/write"}}
	for name, test := range map[string]struct {
		text string
		want access.Role
		err  string
	}{
		"az":       {`{"Name": "r", "IsCustom": true, "Description": "d", "Actions": ["A/b/read", "A/b/write"], "NotActions": [], "AssignableScopes": ["/subscriptions/x"]}`, access.Role{Name: "r", Description: "d", Actions: actions}, ""},
		"arm":      {`{"name": "00000000-0000-0000-0000-000000000001", "properties": {"roleName": "r", "permissions": [{"actions": ["A/b/read"]}, {"actions": ["A/b/write"], "notActions": []}]}}`, access.Role{Name: "r", Actions: actions}, ""},
		"excepted": {`{"name": "r", "actions": ["A/*"], "notActions": ["A/c/*"]}`, access.Role{Name: "r", Permissions: []access.Permission{{Actions: []string{"A/*"}, NotActions: []string{"A/c/*"}}}}, ""},
		"nothing":  {`{"name": "r"}`, access.Role{}, "allows nothing"},
		"nameless": {`{"actions": ["A/b/read"]}`, access.Role{}, "no name"},
		"no JSON":  {`name: r`, access.Role{}, "reading the role definition"},
	} {
		got, err := access.ReadRole([]byte(test.text))
		if test.err != "" {
			if err == nil || !strings.Contains(err.Error(), test.err) {
				t.Errorf("%s: got %v, want %q", name, err, test.err)
			}
			continue
		}
		if diff := cmp.Diff(test.want, got); diff != "" || err != nil {
			t.Errorf("%s: %v %s", name, err, diff)
		}
	}
}

// TestRoleDefinitionIsRead: what az takes is what ReadRole reads.
func TestRoleDefinitionIsRead(t *testing.T) {
	for _, role := range []access.Role{access.JobCreator, access.Worker} {
		text, err := role.Definition("/subscriptions/x")
		if err != nil {
			t.Fatal(err)
		}
		got, err := access.ReadRole(text)
		if err != nil || got.Name != role.Name || !slices.Equal(got.Names(), role.Names()) || !strings.Contains(string(text), `"AssignableScopes":["/subscriptions/x"]`) {
			t.Errorf("got %+v, %v of %s", got, err, text)
		}
	}
}

// TestRoleWithExceptions: a permission that a file has with exceptions is written whole, and once.
func TestRoleWithExceptions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, _, scope := open(t, "", nil)
		role := access.Role{Name: "r", Permissions: []access.Permission{{Actions: []string{"A/*", "B/*"}, NotActions: []string{"A/c/*"}}}}
		id, changed, err := client.EnsureRole(t.Context(), scope, role)
		if err != nil || !changed {
			t.Fatalf("got %q, %t, %v", id, changed, err)
		}
		role.Permissions = []access.Permission{{Actions: []string{"b/*", "a/*"}, NotActions: []string{"A/c/*"}}}
		if again, changed, err := client.EnsureRole(t.Context(), scope, role); err != nil || changed || again != id {
			t.Errorf("the second time: got %q, %t, %v", again, changed, err)
		}
		role.Permissions[0].NotActions = nil
		if again, changed, err := client.EnsureRole(t.Context(), scope, role); err != nil || !changed || again != id {
			t.Errorf("without the exception: got %q, %t, %v", again, changed, err)
		}
	})
}

// TestDeliver: an earlier secret goes only when somebody has the new one, and a new one that nobody got is removed, with one
// whose answer was lost.
func TestDeliver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server, _ := open(t, "", nil)
		r := request(group(t, server, "jobs"))
		ctx, cancel := context.WithCancel(t.Context())
		var refused access.Secret
		no := errors.New("no")
		refuse := func(a *access.Account) error {
			refused = a.Secret
			cancel() // what must be undone is, after Ctrl-C too
			return no
		}
		secrets := func() []access.SecretInfo {
			t.Helper()
			apps, err := client.Applications(t.Context(), r.Name)
			if err != nil || len(apps) != 1 {
				t.Fatalf("got %+v, %v", apps, err)
			}
			return apps[0].Secrets
		}
		wants := func(err error, earlier bool) {
			t.Helper()
			if e, ok := errors.AsType[*access.UndeliveredError](err); !ok || !errors.Is(err, no) || e.Left != "" || e.EarlierWorks != earlier {
				t.Errorf("got %#v: %v", err, err)
			}
		}
		r.Deliver = refuse
		_, err := client.EnsureAccount(ctx, r)
		if wants(err, false); len(secrets()) != 0 || refused.Text == "" {
			t.Errorf("it has %v after %v was refused", secrets(), refused)
		}

		r.Deliver = func(*access.Account) error { return nil }
		first, err := client.EnsureAccount(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		lost := false
		cloud := signedIn(t, server, roundTrip(func(request *http.Request) (*http.Response, error) {
			answer, err := server.Transport().RoundTrip(request)
			if err == nil && !lost && strings.HasSuffix(request.URL.Path, "/addPassword") {
				lost = true
				answer.Body.Close()
				return nil, errors.New("connection reset")
			}
			return answer, err
		}), server.Account().ClientID, server.Account().ClientSecret)
		lossy, err := access.NewClient(cloud, access.Options{})
		if err != nil {
			t.Fatal(err)
		}
		r.Deliver = func(a *access.Account) error {
			if !canSignIn(t, server, a.Application.ClientID, first.Secret.Text) || !canSignIn(t, server, a.Application.ClientID, a.Secret.Text) {
				t.Error("one of the two secrets does not work")
			}
			return no
		}
		_, err = lossy.EnsureAccount(t.Context(), r)
		if wants(err, true); !lost || len(secrets()) != 1 || secrets()[0].KeyID != first.Secret.KeyID {
			t.Errorf("it has %v, want %v", secrets(), first.Secret)
		}

		r.Deliver = func(*access.Account) error { return nil }
		second, err := client.EnsureAccount(t.Context(), r)
		if err != nil || len(secrets()) != 1 || secrets()[0].KeyID != second.Secret.KeyID {
			t.Errorf("it has %v, %v", secrets(), err)
		}
	})
}

// TestDeliverWithoutRoom: where Entra takes no second secret, the earlier one goes first.
func TestDeliverWithoutRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server, _ := open(t, "", nil)
		r := request(group(t, server, "jobs"))
		if _, err := client.EnsureAccount(t.Context(), r); err != nil {
			t.Fatal(err)
		}
		if err := server.AddFaults([]byte(`{"match":{"path":"*/addPassword"},"times":1,"effect":{"status":400,"code":"PasswordCredentialsLimitExceeded","message":"no"}}`)); err != nil {
			t.Fatal(err)
		}
		r.Deliver = func(*access.Account) error { return errors.New("no") }
		_, err := client.EnsureAccount(t.Context(), r)
		if e, ok := errors.AsType[*access.UndeliveredError](err); !ok || e.EarlierWorks {
			t.Errorf("got %v", err)
		}
	})
}
