package image_test

import (
	"context"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/containerregistry/armcontainerregistry"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/resources/armresources"
	oci "github.com/google/go-containerregistry/pkg/registry"
	"github.com/google/go-containerregistry/pkg/v1/random"

	"github.com/pacific-aci/pacific/access"
	"github.com/pacific-aci/pacific/azure"
	"github.com/pacific-aci/pacific/emulator/azure"
	"github.com/pacific-aci/pacific/image"
	"github.com/pacific-aci/pacific/internal/apispec"
)

// world is an emulated Azure with the registry jobs1.azurecr.io.
type world struct {
	t      *testing.T
	server *azureemulator.Server
	owner  *azure.Cloud
	id     string
}

// inWorld runs a test in fake time.
func inWorld(t *testing.T, settings string, test func(t *testing.T, w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s, err := azureemulator.NewServer(azureemulator.Options{Settings: []byte(settings)})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		a := s.Account()
		w := &world{t: t, server: s}
		w.owner = w.cloud(a.ClientID, a.ClientSecret)
		credential, err := w.owner.Credential()
		if err != nil {
			t.Fatal(err)
		}
		groups, err := armresources.NewResourceGroupsClient(a.SubscriptionID, credential, w.owner.ARMOptions())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := groups.CreateOrUpdate(t.Context(), "g", armresources.ResourceGroup{Location: new("eastus")}, nil); err != nil {
			t.Fatal(err)
		}
		registries, err := armcontainerregistry.NewRegistriesClient(a.SubscriptionID, credential, w.owner.ARMOptions())
		if err != nil {
			t.Fatal(err)
		}
		poller, err := registries.BeginCreate(t.Context(), "g", "jobs1", armcontainerregistry.Registry{
			Location: new("eastus"), SKU: &armcontainerregistry.SKU{Name: new(armcontainerregistry.SKUNameBasic)},
		}, nil)
		if err != nil {
			t.Fatal(err)
		}
		made, err := poller.PollUntilDone(t.Context(), &runtime.PollUntilDoneOptions{Frequency: time.Second})
		if err != nil {
			t.Fatal(err)
		}
		w.id = *made.ID
		test(t, w)
	})
}

func (w *world) cloud(clientID, secret string) *azure.Cloud {
	w.t.Helper()
	c, err := azure.NewCloud(w.t.Context(), azure.Options{Transport: apispec.FromEnv(w.t).Transport(w.t, w.server.Transport()), Credential: azure.CredentialOptions{
		TenantID: w.server.Account().TenantID, ClientID: clientID, ClientSecret: secret,
	}})
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}

// with is the cloud of a new principal with roles on the registry.
func (w *world) with(name string, roles ...access.BuiltIn) *azure.Cloud {
	w.t.Helper()
	ctx := w.t.Context()
	rights, err := access.NewClient(w.owner, access.Options{})
	if err != nil {
		w.t.Fatal(err)
	}
	app, _, err := rights.EnsureApplication(ctx, name)
	if err != nil {
		w.t.Fatal(err)
	}
	principal, _, err := rights.EnsureServicePrincipal(ctx, app.ClientID)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, role := range roles {
		if _, err := rights.Assign(ctx, access.Assignment{Scope: w.id, Role: string(role), Principal: principal.ObjectID}); err != nil {
			w.t.Fatal(err)
		}
	}
	secret, err := rights.ReplaceSecret(ctx, app, "test", time.Hour)
	if err != nil {
		w.t.Fatal(err)
	}
	return w.cloud(app.ClientID, secret.Text)
}

const app = "jobs1.azurecr.io/team/app:1"

func TestPushAndPull(t *testing.T) {
	inWorld(t, "{}", func(t *testing.T, w *world) {
		made, err := random.Image(5<<20, 2)
		if err != nil {
			t.Fatal(err)
		}
		want, err := made.Digest()
		if err != nil {
			t.Fatal(err)
		}
		digest, err := image.NewClient(image.Options{Cloud: w.with("pusher", access.AcrPush)}).Push(t.Context(), app, made)
		if err != nil || digest != want.String() {
			t.Fatalf("%s, %v", digest, err)
		}
		puller := image.NewClient(image.Options{Cloud: w.with("puller", access.AcrPull)})
		for _, name := range []string{app, "jobs1.azurecr.io/team/app@" + digest} {
			got, err := puller.Pull(t.Context(), name)
			if err != nil {
				t.Fatal(err)
			}
			layers, err := got.Layers()
			if err != nil || len(layers) != 2 {
				t.Fatal(err)
			}
			for _, l := range layers {
				content, err := l.Compressed()
				if err != nil {
					t.Fatal(err)
				}
				if n, err := io.Copy(io.Discard, content); err != nil || n < 5<<20 {
					t.Errorf("a layer of %d bytes, %v", n, err)
				}
			}
		}

		_, err = puller.Push(t.Context(), "jobs1.azurecr.io/team/app:2", made)
		refused, ok := errors.AsType[*image.DeniedError](err)
		if !ok || refused.Server != "jobs1.azurecr.io" || !strings.Contains(refused.Hint(), "AcrPush") {
			t.Errorf("push without the right: %v", err)
		}
		_, err = puller.Pull(t.Context(), "jobs1.azurecr.io/team/app:2")
		if absent, ok := errors.AsType[*image.NotFoundError](err); !ok || absent.Image != "jobs1.azurecr.io/team/app:2" {
			t.Errorf("pull of what is not there: %v", err)
		}
		_, err = image.NewClient(image.Options{Cloud: w.with("nobody")}).Pull(t.Context(), app)
		if refused, ok := errors.AsType[*image.DeniedError](err); !ok || refused.Doing != "sign in" {
			t.Errorf("pull without a right: %v", err)
		}
		if _, err := puller.Pull(t.Context(), "jobs1.azurecr.io/UPPER"); err == nil {
			t.Error("a name with capitals is pulled")
		}
	})
}

// What is lost is asked for again; the end of ctx is its cause.
func TestSignInRepeats(t *testing.T) {
	inWorld(t, "{}", func(t *testing.T, w *world) {
		fault := `{"match":{"operation":"Authentication_ExchangeAadAccessTokenForAcrRefreshToken"},"times":2,"effect":{"status":503}}`
		if err := w.server.AddFaults([]byte(fault)); err != nil {
			t.Fatal(err)
		}
		if got, err := image.SignIn(t.Context(), w.owner, "jobs1.azurecr.io"); err != nil || got.Token == "" || got.Username != image.TokenUser {
			t.Errorf("%s, %v", got, err)
		}
		if err := w.server.AddFaults([]byte(strings.Replace(fault, `"times":2,`, "", 1))); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if _, err := image.SignIn(ctx, w.owner, "jobs1.azurecr.io"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v", err)
		}
	})
}

// roundTripper is a function as a transport.
type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// The Entra token goes to registries of the cloud alone: neither to a host that is none, nor where one redirects to.
func TestTokenGoesNowhereElse(t *testing.T) {
	inWorld(t, "{}", func(t *testing.T, w *world) {
		var seen []string
		redirect := false
		cloud, err := azure.NewCloud(t.Context(), azure.Options{Credential: azure.CredentialOptions{
			TenantID: w.server.Account().TenantID, ClientID: w.server.Account().ClientID, ClientSecret: w.server.Account().ClientSecret,
		}, Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
			if strings.HasPrefix(r.URL.Host, "login.") {
				return w.server.Transport().RoundTrip(r)
			}
			seen = append(seen, r.URL.Host)
			answer := httptest.NewRecorder()
			if redirect {
				answer.Header().Set("Location", "https://evil.example/oauth2/exchange")
				answer.WriteHeader(http.StatusTemporaryRedirect)
			} else {
				_, _ = io.WriteString(answer, `{"access_token":"x"}`)
			}
			return answer.Result(), nil
		})})
		if err != nil {
			t.Fatal(err)
		}
		for _, host := range []string{"evil.example", "azurecr.io", ".azurecr.io", "jobs1.azurecr.io.evil.example", "jobs1.azurecr.io:444", "evil.example/jobs1.azurecr.io",
			"evil.example#.azurecr.io", "u@jobs1.azurecr.io", "evilazurecr.io", "", "jobs1.azurecr.cn"} {
			if _, err := image.SignIn(t.Context(), cloud, host); err == nil || len(seen) > 0 {
				t.Errorf("%s: %v, asked %v", host, err, seen)
			}
		}
		if _, err := image.SignIn(t.Context(), cloud, "jobs1.azurecr.io"); err == nil || !strings.Contains(err.Error(), "refresh_token") {
			t.Errorf("an answer without a token: %v", err)
		}
		redirect = true
		if _, err := image.SignIn(t.Context(), cloud, "jobs1.azurecr.io"); err == nil {
			t.Error("a redirect is followed")
		}
		for _, host := range seen {
			if host != "jobs1.azurecr.io" {
				t.Errorf("asked %s", host)
			}
		}
	})
}

// Only a registry that says so has no such image: a 404 to a push, or a gateway's, is an error of its own.
func TestNotThere(t *testing.T) {
	made, err := random.Image(10, 1)
	if err != nil {
		t.Fatal(err)
	}
	for body, absent := range map[string]bool{
		`{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]}`: true,
		`{"errors":[{"code":"NAME_UNKNOWN","message":"no such repository"}]}`:   true,
		`<html>nothing here</html>`: false,
		``:                          false,
	} {
		cloud, err := azure.NewCloud(t.Context(), azure.Options{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
			answer := httptest.NewRecorder()
			if r.URL.Path != "/v2/" {
				answer.WriteHeader(http.StatusNotFound)
				_, _ = io.WriteString(answer, body)
			}
			result := answer.Result()
			result.Request = r
			return result, nil
		})})
		if err != nil {
			t.Fatal(err)
		}
		client := image.NewClient(image.Options{Cloud: cloud})
		_, err = client.Pull(t.Context(), "registry.example/app:1")
		if _, ok := errors.AsType[*image.NotFoundError](err); err == nil || ok != absent || !strings.Contains(err.Error(), "registry.example/app:1") {
			t.Errorf("pull answered with %q: %T: %v", body, err, err)
		}
		_, err = client.Push(t.Context(), "registry.example/app:1", made)
		if _, ok := errors.AsType[*image.NotFoundError](err); err == nil || ok || !strings.Contains(err.Error(), "push registry.example/app:1: ") || !strings.Contains(err.Error(), "404") && !strings.Contains(err.Error(), "UNKNOWN") {
			t.Errorf("push answered with %q: %T: %v", body, err, err)
		}
	}
}

// At another registry docker's credentials count.
func TestOtherRegistry(t *testing.T) {
	helpers(t)
	images := oci.New(oci.Logger(log.New(io.Discard, "", 0)))
	guarded := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if user, password, _ := r.BasicAuth(); user != "me" || password != "secret" {
			w.Header().Set("Www-Authenticate", `Basic realm="x"`)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		images.ServeHTTP(w, r)
	})
	cloud, err := azure.NewCloud(t.Context(), azure.Options{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
		if r.URL.Host != "registry.example" {
			t.Errorf("asked %s", r.URL.Host)
		}
		served := r.Clone(r.Context())
		if served.Body == nil {
			served.Body = http.NoBody
		}
		answer := httptest.NewRecorder()
		guarded.ServeHTTP(answer, served)
		result := answer.Result()
		result.Request = r
		return result, nil
	})})
	if err != nil {
		t.Fatal(err)
	}
	made, err := random.Image(10, 1)
	if err != nil {
		t.Fatal(err)
	}
	docker := configFile(t, `{"auths":{"registry.example":{"auth":"bWU6c2VjcmV0"}}}`)
	client := image.NewClient(image.Options{Cloud: cloud, Docker: docker})
	if _, err := client.Push(t.Context(), "registry.example/app:1", made); err != nil {
		t.Fatal(err)
	}
	if _, err := client.Pull(t.Context(), "registry.example/app:1"); err != nil {
		t.Error(err)
	}
	_, err = image.NewClient(image.Options{Cloud: cloud}).Pull(t.Context(), "registry.example/app:1")
	if _, ok := errors.AsType[*image.DeniedError](err); !ok {
		t.Errorf("without credentials: %v", err)
	}
}
