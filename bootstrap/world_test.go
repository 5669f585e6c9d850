package bootstrap_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/resources/armresources"
	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azsecrets"

	"github.com/pacific-aci/pacific/access"
	"github.com/pacific-aci/pacific/azure"
	"github.com/pacific-aci/pacific/bootstrap"
	"github.com/pacific-aci/pacific/emulator/azure"
)

// token is a credential of who may do everything with resources.
func (s *site) token() azcore.TokenCredential {
	s.t.Helper()
	credential, err := s.cloud.Credential()
	if err != nil {
		s.t.Fatal(err)
	}
	return credential
}

// get reads any address of Azure Resource Manager as text.
func (s *site) get(path string) string { return s.send(http.MethodGet, path, "") }

// post sends a request without a body.
func (s *site) post(path string) string { return s.send(http.MethodPost, path, "") }

func (s *site) send(method, path, body string) string {
	s.t.Helper()
	token, err := s.token().GetToken(s.t.Context(), policy.TokenRequestOptions{Scopes: []string{s.cloud.Endpoints().Audience + "/.default"}})
	if err != nil {
		s.t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(s.t.Context(), method, "https://management.azure.com"+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token.Token)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	res, err := s.server.Transport().RoundTrip(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return string(text)
}

// inGroup lists what is in the environment's resource group: the last part of each type, and the name.
func (s *site) inGroup() []string {
	s.t.Helper()
	var found struct {
		Value []struct{ Type, Name string }
	}
	text := s.get("/subscriptions/" + s.request.Subscription + "/resourceGroups/aci-rg/resources?api-version=2021-04-01")
	if err := json.Unmarshal([]byte(text), &found); err != nil {
		s.t.Fatalf("%v: %s", err, text)
	}
	var all []string
	for _, r := range found.Value {
		all = append(all, r.Type[strings.LastIndexByte(r.Type, '/')+1:]+" "+r.Name)
	}
	return all
}

// assignments counts the role assignments on a vault itself.
func (s *site) assignments(vault string) (n int) {
	s.t.Helper()
	var found struct {
		Value []struct{ Properties struct{ Scope string } }
	}
	id := "/subscriptions/" + s.request.Subscription + "/resourceGroups/aci-rg/providers/Microsoft.KeyVault/vaults/" + vault
	text := s.get(id + "/providers/Microsoft.Authorization/roleAssignments?api-version=2022-04-01&$filter=atScope()")
	if err := json.Unmarshal([]byte(text), &found); err != nil {
		s.t.Fatalf("%v: %s", err, text)
	}
	for _, a := range found.Value {
		if strings.EqualFold(a.Properties.Scope, id) {
			n++
		}
	}
	return n
}

// secret reads a secret, with a role that the owner gets for it.
func (s *site) secret(vault, name string) string {
	s.t.Helper()
	rights, err := access.NewClient(s.cloud, access.Options{})
	if err != nil {
		s.t.Fatal(err)
	}
	token, err := s.token().GetToken(s.t.Context(), policy.TokenRequestOptions{Scopes: []string{s.cloud.Endpoints().Audience + "/.default"}})
	if err != nil {
		s.t.Fatal(err)
	}
	_, err = rights.Assign(s.t.Context(), access.Assignment{
		Scope: "/subscriptions/" + s.request.Subscription, Role: string(access.KeyVaultSecretsUser), Principal: azure.ReadClaims(token.Token).ObjectID,
	})
	if err != nil {
		s.t.Fatal(err)
	}
	client, err := azsecrets.NewClient("https://"+vault+".vault.azure.net", s.token(), &azsecrets.ClientOptions{ClientOptions: s.cloud.ClientOptions()})
	if err != nil {
		s.t.Fatal(err)
	}
	got, err := client.GetSecret(s.t.Context(), name, "", nil)
	if err != nil {
		s.t.Fatal(err)
	}
	return *got.Value
}

// group makes a resource group by hand.
func (s *site) group(name, location string) {
	s.t.Helper()
	groups, err := armresources.NewResourceGroupsClient(s.request.Subscription, s.token(), s.cloud.ARMOptions())
	if err != nil {
		s.t.Fatal(err)
	}
	if _, err := groups.CreateOrUpdate(s.t.Context(), name, armresources.ResourceGroup{Location: new(location)}, nil); err != nil {
		s.t.Fatal(err)
	}
}

// put makes any resource by hand.
func (s *site) put(id, version, body string) {
	s.t.Helper()
	resources, err := armresources.NewClient(s.request.Subscription, s.token(), s.cloud.ARMOptions())
	if err != nil {
		s.t.Fatal(err)
	}
	var resource armresources.GenericResource
	if err := json.Unmarshal([]byte(body), &resource); err != nil {
		s.t.Fatal(err)
	}
	poller, err := resources.BeginCreateOrUpdateByID(s.t.Context(), strings.TrimPrefix(id, "/"), version, resource, nil)
	if err == nil {
		_, err = poller.PollUntilDone(s.t.Context(), nil)
	}
	if err != nil {
		s.t.Fatal(err)
	}
}

// reads is a worker: it reads its secret by its identity, ends with 1 if it may not, and goes on until it is stopped.
func (s *site) reads(ctx context.Context, call azureemulator.ContainerCall) int {
	client, err := azsecrets.NewClient("https://"+call.Getenv("KV_NAME")+".vault.azure.net", identity{call, s.server.Transport()},
		&azsecrets.ClientOptions{ClientOptions: s.cloud.ClientOptions()})
	if err != nil {
		return 2
	}
	got, err := client.GetSecret(ctx, bootstrap.SecretAPIKey, "", nil)
	if err != nil {
		return 1
	}
	fmt.Fprintf(call.Spec.Output, "the key has %d characters\n", len(*got.Value))
	<-ctx.Done()
	return 0
}

// identity gets tokens as a container does, for the identity that its environment names.
type identity struct {
	call azureemulator.ContainerCall
	wire http.RoundTripper
}

func (i identity) GetToken(ctx context.Context, o policy.TokenRequestOptions) (azcore.AccessToken, error) {
	query := url.Values{"api-version": {"2019-08-01"}, "resource": {o.Scopes[0]}, "client_id": {i.call.Getenv("AZURE_CLIENT_ID")}}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, i.call.Getenv("IDENTITY_ENDPOINT")+"?"+query.Encode(), nil)
	if err != nil {
		return azcore.AccessToken{}, err
	}
	r.Header.Set("X-Identity-Header", i.call.Getenv("IDENTITY_HEADER"))
	res, err := i.wire.RoundTrip(r)
	if err != nil {
		return azcore.AccessToken{}, err
	}
	defer res.Body.Close()
	var token struct {
		AccessToken string `json:"access_token"`
	}
	err = json.NewDecoder(res.Body).Decode(&token)
	return azcore.AccessToken{Token: token.AccessToken, ExpiresOn: time.Now().Add(time.Hour)}, err
}

// remove deletes any resource by hand.
func (s *site) remove(id, version string) {
	s.t.Helper()
	resources, err := armresources.NewClient(s.request.Subscription, s.token(), s.cloud.ARMOptions())
	if err != nil {
		s.t.Fatal(err)
	}
	poller, err := resources.BeginDeleteByID(s.t.Context(), strings.TrimPrefix(id, "/"), version, nil)
	if err == nil {
		_, err = poller.PollUntilDone(s.t.Context(), nil)
	}
	if err != nil {
		s.t.Fatal(err)
	}
}
