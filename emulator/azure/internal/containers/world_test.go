package containers_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/arm"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	aci "github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/containerinstance/armcontainerinstance/v2"

	"github.com/pacific-aci/pacific/emulator/azure"
	"github.com/pacific-aci/pacific/internal/apispec"
)

// A world is an emulated Azure in fake time with one resource group, rg, and the
// official client on it. Every exchange is held against Microsoft's API files.
type world struct {
	t          *testing.T
	server     *azureemulator.Server
	transport  http.RoundTripper
	token      string
	signedIn   time.Time
	groups     *aci.ContainerGroupsClient
	containers *aci.ContainersClient
	location   *aci.LocationClient
	options    *arm.ClientOptions
}

// inWorld runs a test in fake time. engine nil is simulate.
func inWorld(t *testing.T, engine azureemulator.Engine, settings string, test func(t *testing.T, w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		server, err := azureemulator.NewServer(azureemulator.Options{Engine: engine, Settings: []byte(settings)})
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := server.Close(); err != nil {
				t.Error(err)
			}
		}()
		w := &world{t: t, server: server, transport: server.Transport()}
		w.signIn()
		w.options = &arm.ClientOptions{ClientOptions: azcore.ClientOptions{
			Transport: &http.Client{Transport: apispec.FromEnv(t).Transport(t, w.transport)},
			Retry:     policy.RetryOptions{MaxRetries: -1},
		}}
		w.clients()
		w.call(http.MethodPut, "/subscriptions/"+server.Account().SubscriptionID+"/resourcegroups/rg?api-version=2021-04-01", `{"location":"westeurope"}`, 201)
		test(t, w)
	})
}

func (w *world) signIn() {
	account := w.server.Account()
	form := url.Values{
		"grant_type": {"client_credentials"}, "client_id": {account.ClientID}, "client_secret": {account.ClientSecret},
		"scope": {"https://management.core.windows.net//.default"},
	}
	client := &http.Client{Transport: w.transport}
	res, err := client.PostForm("https://login.microsoftonline.com/"+account.TenantID+"/oauth2/v2.0/token", form)
	if err != nil {
		w.t.Fatal(err)
	}
	defer res.Body.Close()
	var token struct {
		AccessToken string `json:"access_token"`
	}
	if err := json.NewDecoder(res.Body).Decode(&token); err != nil || token.AccessToken == "" {
		w.t.Fatalf("signing in: %s, %v", res.Status, err)
	}
	w.token, w.signedIn = token.AccessToken, time.Now()
}

// bearer is a token that is still good.
func (w *world) bearer() string {
	if time.Since(w.signedIn) > 30*time.Minute {
		w.signIn()
	}
	return w.token
}

// GetToken makes the world a credential.
func (w *world) GetToken(context.Context, policy.TokenRequestOptions) (azcore.AccessToken, error) {
	return azcore.AccessToken{Token: w.bearer(), ExpiresOn: time.Now().Add(20 * time.Minute)}, nil
}

func (w *world) clients() {
	factory, err := aci.NewClientFactory(w.server.Account().SubscriptionID, w, w.options)
	if err != nil {
		w.t.Fatal(err)
	}
	w.groups, w.containers, w.location = factory.NewContainerGroupsClient(), factory.NewContainersClient(), factory.NewLocationClient()
}

func (w *world) groupPath(name string) string {
	return "/subscriptions/" + w.server.Account().SubscriptionID + "/resourceGroups/rg/providers/Microsoft.ContainerInstance/containerGroups/" + name
}

// call sends a raw request and returns its reply, which must have the status.
func (w *world) call(method, path, body string, want int) map[string]any {
	w.t.Helper()
	_, reply := w.exchange(method, path, body, want)
	return reply
}

func (w *world) exchange(method, path, body string, want int) (http.Header, map[string]any) {
	w.t.Helper()
	req, err := http.NewRequestWithContext(w.t.Context(), method, "https://management.azure.com"+path, bytes.NewReader([]byte(body)))
	if err != nil {
		w.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+w.bearer())
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	res, err := (&http.Client{Transport: w.transport}).Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	if res.StatusCode != want {
		w.t.Fatalf("%s %s: %s, want %d: %s", method, path, res.Status, want, data)
	}
	var reply map[string]any
	_ = json.Unmarshal(data, &reply)
	return res.Header, reply
}

// job is a group of one container that runs once.
func job(name string, change ...func(*aci.ContainerGroup)) aci.ContainerGroup {
	g := aci.ContainerGroup{
		Location: new("westeurope"),
		Properties: &aci.ContainerGroupPropertiesProperties{
			OSType: new(aci.OperatingSystemTypesLinux), RestartPolicy: new(aci.ContainerGroupRestartPolicyNever),
			Containers: []*aci.Container{{Name: &name, Properties: &aci.ContainerProperties{
				Image:     new("alpine:3"),
				Resources: &aci.ResourceRequirements{Requests: &aci.ResourceRequests{CPU: new(1.0), MemoryInGB: new(1.0)}},
			}}},
		},
	}
	for _, f := range change {
		f(&g)
	}
	return g
}

func env(name, value string) func(*aci.ContainerGroup) {
	return func(g *aci.ContainerGroup) {
		p := g.Properties.Containers[0].Properties
		p.EnvironmentVariables = append(p.EnvironmentVariables, &aci.EnvironmentVariable{Name: &name, Value: &value})
	}
}

func restart(p aci.ContainerGroupRestartPolicy) func(*aci.ContainerGroup) {
	return func(g *aci.ContainerGroup) { g.Properties.RestartPolicy = &p }
}

// create puts a group and waits for the end of its provisioning.
func (w *world) create(name string, g aci.ContainerGroup) (aci.ContainerGroup, error) {
	w.t.Helper()
	poller, err := w.groups.BeginCreateOrUpdate(w.t.Context(), "rg", name, g, nil)
	if err != nil {
		return aci.ContainerGroup{}, err
	}
	res, err := poller.PollUntilDone(w.t.Context(), &runtime.PollUntilDoneOptions{Frequency: time.Second})
	return res.ContainerGroup, err
}

func (w *world) mustCreate(name string, g aci.ContainerGroup) aci.ContainerGroup {
	w.t.Helper()
	got, err := w.create(name, g)
	if err != nil {
		w.t.Fatal(err)
	}
	return got
}

func (w *world) get(name string) aci.ContainerGroup {
	w.t.Helper()
	res, err := w.groups.Get(w.t.Context(), "rg", name, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	return res.ContainerGroup
}

// state is what an observer sees of a group: its provisioning, itself, and each container.
func state(g aci.ContainerGroup) string {
	parts := []string{*g.Properties.ProvisioningState + "/" + *g.Properties.InstanceView.State}
	for _, c := range g.Properties.InitContainers {
		parts = append(parts, *c.Name+"="+containerState(c.Properties.InstanceView.CurrentState, c.Properties.InstanceView.RestartCount))
	}
	for _, c := range g.Properties.Containers {
		if view := c.Properties.InstanceView; view == nil {
			parts = append(parts, *c.Name+"=-")
		} else {
			parts = append(parts, *c.Name+"="+containerState(view.CurrentState, view.RestartCount))
		}
	}
	return strings.Join(parts, " ")
}

func containerState(c *aci.ContainerState, restarts *int32) string {
	s := *c.State
	if c.ExitCode != nil {
		s += fmt.Sprintf("(%d)", *c.ExitCode)
	}
	if *restarts > 0 {
		s += fmt.Sprintf("x%d", *restarts)
	}
	return s
}

func (w *world) wantState(name, want string) {
	w.t.Helper()
	synctest.Wait()
	g := w.get(name)
	if got := state(g); got != want {
		w.t.Errorf("%s is %q, want %q", name, got, want)
	}
	if got, want := w.listedState(name), *g.Properties.ProvisioningState; got != want {
		w.t.Errorf("%s is %q in the list of all resources, want %q", name, got, want)
	}
}

// listedState is a group's provisioning state in the list of resources of all types.
func (w *world) listedState(name string) string {
	w.t.Helper()
	query := url.Values{"$filter": {"name eq '" + name + "'"}, "$expand": {"provisioningState"}, "api-version": {"2021-04-01"}}
	list, _ := w.call("GET", "/subscriptions/"+w.server.Account().SubscriptionID+"/resources?"+query.Encode(), "", 200)["value"].([]any)
	if len(list) != 1 {
		w.t.Fatalf("%d resources have the name %s", len(list), name)
	}
	state, _ := list[0].(map[string]any)["provisioningState"].(string)
	return state
}

// events are a container's events as "Name×Count".
func events(list []*aci.Event) []string {
	var names []string
	for _, e := range list {
		names = append(names, fmt.Sprintf("%s×%d", *e.Name, *e.Count))
	}
	return names
}

// wantCode checks an error's code and status.
func (w *world) wantCode(err error, status int, code string) {
	w.t.Helper()
	res, ok := err.(*azcore.ResponseError)
	if !ok {
		w.t.Errorf("got %v, want the error %s", err, code)
		return
	}
	if res.ErrorCode != code || res.StatusCode != status {
		w.t.Errorf("got %d %s, want %d %s", res.StatusCode, res.ErrorCode, status, code)
	}
}
