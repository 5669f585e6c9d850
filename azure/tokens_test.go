package azure_test

import (
	"errors"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/pacific-aci/pacific/azure"
)

func TestOneTokenForAllClients(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakeAzure{
			arm: func(w http.ResponseWriter, r *http.Request) { reply(w, 200, subscriptionsBody()) },
			token: func(w http.ResponseWriter, r *http.Request) {
				time.Sleep(time.Second) // all the others come meanwhile
				reply(w, 200, map[string]any{"token_type": "Bearer", "expires_in": 3600, "access_token": "a"})
			},
		}
		c := newCloud(t, f)
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() {
				if _, err := c.Subscriptions(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if n := f.count("/token"); n != 1 {
			t.Errorf("%d token requests for 20 clients, want 1", n)
		}
		time.Sleep(54 * time.Minute)
		c.Subscriptions(t.Context())
		if n := f.count("/token"); n != 1 {
			t.Errorf("after 54 minutes %d, want 1", n)
		}
		time.Sleep(2 * time.Minute)
		c.Subscriptions(t.Context())
		if n := f.count("/token"); n != 2 {
			t.Errorf("five minutes before the end %d, want 2", n)
		}
	})
}

func TestSignInWithoutNetwork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		down := false
		f := &fakeAzure{}
		inner := handlerTransport(f)
		rt := roundTripper(func(r *http.Request) (*http.Response, error) {
			if down {
				return nil, syscall.ECONNRESET
			}
			return inner.RoundTrip(r)
		})
		c, err := azure.NewCloud(t.Context(), azure.Options{Transport: rt, Credential: secretCredential()})
		if err != nil {
			t.Fatal(err)
		}
		if got, err := token(t, c); got != "a-token" || err != nil {
			t.Fatalf("got %q, %v", got, err)
		}
		down = true
		time.Sleep(57 * time.Minute)
		if got, err := token(t, c); got != "a-token" || err != nil {
			t.Errorf("got %q, %v; want the old token while it still counts", got, err)
		}
		time.Sleep(5 * time.Minute)
		_, err = token(t, c)
		e := azure.Explain(err)
		if e == nil || e.Class != azure.ClassUnavailable || !e.Lost() || !strings.HasPrefix(e.Message, "signing in to Azure: no answer from login.microsoftonline.com: connection reset") || !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("got %v, want a lost view", err)
		}
	})
}

func TestAChallengeGetsANewToken(t *testing.T) {
	f := &fakeAzure{}
	c := newCloud(t, f)
	cred, err := c.Credential()
	if err != nil {
		t.Fatal(err)
	}
	ask := policy.TokenRequestOptions{Scopes: []string{"s/.default"}}
	for range 2 {
		if _, err := cred.GetToken(t.Context(), ask); err != nil {
			t.Fatal(err)
		}
	}
	ask.Claims = `{"access_token":{}}`
	if _, err := cred.GetToken(t.Context(), ask); err != nil {
		t.Fatal(err)
	}
	if n := f.count("/token"); n != 2 {
		t.Errorf("%d token requests, want 2: one, and one for the challenge", n)
	}
	again, err := c.Credential()
	if again != cred || err != nil {
		t.Error("a Cloud made two credentials")
	}
}
