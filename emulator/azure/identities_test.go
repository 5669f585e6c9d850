package azureemulator_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	azarm "github.com/Azure/azure-sdk-for-go/sdk/azcore/arm"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/authorization/armauthorization/v2"
	aci "github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/containerinstance/armcontainerinstance/v2"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/msi/armmsi"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/resources/armresources"
	"github.com/google/uuid"

	"github.com/pacific-aci/pacific/emulator/azure"
	"github.com/pacific-aci/pacific/internal/apispec"
)

// application is one that was registered through Microsoft Graph, with its principal's object id.
type application struct{ clientID, secret, objectID string }

// register makes an application with a secret and a service principal.
func register(t *testing.T, s *azureemulator.Server, name string) application {
	t.Helper()
	w := onWire(t, s)
	a := s.Account()
	w.token = rawToken(t, a, &http.Client{Transport: s.Transport()}, "https://graph.microsoft.com/.default")
	send := func(path, body string) (object struct{ ID, AppID, SecretText string }) {
		got := w.send("POST", "https://graph.microsoft.com/v1.0/"+path, body)
		if got.StatusCode/100 != 2 {
			t.Fatalf("%s: %d %s", path, got.StatusCode, got.text)
		}
		got.json(t, &object)
		return object
	}
	made := send("applications", `{"displayName":"`+name+`"}`)
	return application{
		clientID: made.AppID, secret: send("applications/"+made.ID+"/addPassword", "").SecretText,
		objectID: send("servicePrincipals", `{"appId":"`+made.AppID+`"}`).ID,
	}
}

// credential signs an application in through the official SDK.
func (a application) credential(t *testing.T, s *azureemulator.Server, o *azarm.ClientOptions) azcore.TokenCredential {
	t.Helper()
	credential, err := azidentity.NewClientSecretCredential(s.Account().TenantID, a.clientID, a.secret, &azidentity.ClientSecretCredentialOptions{ClientOptions: o.ClientOptions})
	if err != nil {
		t.Fatal(err)
	}
	return credential
}

// refusal is an error's code.
func refusal(err error) string {
	if response, ok := err.(*azcore.ResponseError); ok {
		return response.ErrorCode
	}
	if err != nil {
		return err.Error()
	}
	return ""
}

// must fails the test for an error.
func must[T any](v T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// azureWorld are the SDK's clients of the account.
type azureWorld struct {
	*testing.T
	server      *azureemulator.Server
	options     *azarm.ClientOptions
	scope       string
	identities  *armmsi.UserAssignedIdentitiesClient
	assignments *armauthorization.RoleAssignmentsClient
	definitions *armauthorization.RoleDefinitionsClient
}

// inAzure starts an emulator with a resource group g.
func inAzure(t *testing.T, o azureemulator.Options) *azureWorld {
	t.Helper()
	s := start(t, o)
	credential, options := sdk(t, s)
	sub := s.Account().SubscriptionID
	w := &azureWorld{T: t, server: s, options: options, scope: "/subscriptions/" + sub + "/resourceGroups/g"}
	w.identities = must(armmsi.NewUserAssignedIdentitiesClient(sub, credential, options))(t)
	w.assignments = must(armauthorization.NewRoleAssignmentsClient(sub, credential, options))(t)
	w.definitions = must(armauthorization.NewRoleDefinitionsClient(credential, options))(t)
	groups := must(armresources.NewResourceGroupsClient(sub, credential, options))(t)
	must(groups.CreateOrUpdate(t.Context(), "g", armresources.ResourceGroup{Location: new("westeurope")}, nil))(t)
	return w
}

// role finds a role by its name, as a client does that knows no ids.
func (w *azureWorld) role(name string) string {
	w.Helper()
	pages := w.definitions.NewListPager(w.scope, &armauthorization.RoleDefinitionsClientListOptions{Filter: new("roleName eq '" + name + "'")})
	page := must(pages.NextPage(w.Context()))(w.T)
	if len(page.Value) != 1 {
		w.Fatalf("%d roles are named %s", len(page.Value), name)
	}
	return *page.Value[0].ID
}

// assign gives a principal a role.
func (w *azureWorld) assign(role, principal, scope string) {
	w.Helper()
	must(w.assignments.Create(w.Context(), scope, uuid.NewString(), armauthorization.RoleAssignmentCreateParameters{
		Properties: &armauthorization.RoleAssignmentProperties{RoleDefinitionID: new(w.role(role)), PrincipalID: &principal},
	}, nil))(w.T)
}

// create makes a container group as an application.
func (w *azureWorld) create(as application, name string, identity *aci.ContainerGroupIdentity) (aci.ContainerGroup, error) {
	w.Helper()
	groups := must(aci.NewContainerGroupsClient(w.server.Account().SubscriptionID, as.credential(w.T, w.server, w.options), w.options))(w.T)
	poller, err := groups.BeginCreateOrUpdate(w.Context(), "g", name, aci.ContainerGroup{Location: new("westeurope"), Identity: identity,
		Properties: &aci.ContainerGroupPropertiesProperties{OSType: new(aci.OperatingSystemTypesLinux), RestartPolicy: new(aci.ContainerGroupRestartPolicyNever),
			Containers: []*aci.Container{{Name: new("c"), Properties: &aci.ContainerProperties{
				Image: new("x"), Command: []*string{new("y")}, Resources: &aci.ResourceRequirements{Requests: &aci.ResourceRequests{CPU: new(1.0), MemoryInGB: new(1.0)}},
			}}}}}, nil)
	if err != nil {
		return aci.ContainerGroup{}, err
	}
	done, err := poller.PollUntilDone(w.Context(), nil)
	return done.ContainerGroup, err
}

// The SDK manages identities, in the versions that az sends too.
func TestUserAssignedIdentities(t *testing.T) {
	w := inAzure(t, azureemulator.Options{})
	for range 2 { // the second time with new ids
		made := must(w.identities.CreateOrUpdate(t.Context(), "g", "me-too", armmsi.Identity{Location: new("westeurope"), Tags: map[string]*string{"a": new("b")}}, nil))(t)
		read := must(w.identities.Get(t.Context(), "g", "ME-TOO", nil))(t)
		if *made.ID != w.scope+"/providers/Microsoft.ManagedIdentity/userAssignedIdentities/me-too" || *made.Properties.PrincipalID != *read.Properties.PrincipalID ||
			*made.Properties.ClientID != *read.Properties.ClientID || *made.Properties.TenantID != w.server.Account().TenantID || *read.Tags["a"] != "b" {
			t.Errorf("made %+v, read %+v", made, read)
		}
		changed := must(w.identities.Update(t.Context(), "g", "me-too", armmsi.IdentityUpdate{Tags: map[string]*string{"c": new("d")}}, nil))(t)
		if *changed.Tags["c"] != "d" || changed.Tags["a"] != nil {
			t.Errorf("changed %+v", changed.Tags)
		}
		for name, next := range map[string]func() (int, error){
			"group": func() (int, error) {
				page, err := w.identities.NewListByResourceGroupPager("g", nil).NextPage(t.Context())
				return len(page.Value), err
			},
			"subscription": func() (int, error) {
				page, err := w.identities.NewListBySubscriptionPager(nil).NextPage(t.Context())
				return len(page.Value), err
			},
		} {
			if n, err := next(); n != 1 || err != nil {
				t.Errorf("in the %s: %d, %v", name, n, err)
			}
		}
		must(w.identities.Delete(t.Context(), "g", "me-too", nil))(t)
		must(w.identities.Delete(t.Context(), "g", "me-too", nil))(t)
		if _, err := w.identities.Get(t.Context(), "g", "me-too", nil); refusal(err) != "ResourceNotFound" {
			t.Errorf("after the delete: %v", err)
		}
		again := must(w.identities.CreateOrUpdate(t.Context(), "g", "me-too", armmsi.Identity{Location: new("westeurope")}, nil))(t)
		if *again.Properties.PrincipalID == *made.Properties.PrincipalID {
			t.Error("an identity that was made anew has the principal of the old one")
		}
		must(w.identities.Delete(t.Context(), "g", "me-too", nil))(t)
	}
	wire := onWire(t, w.server)
	wire.specs = apispec.FromEnv(t)
	path := strings.TrimPrefix(w.scope, "/subscriptions/"+w.server.Account().SubscriptionID+"/") + "/providers/Microsoft.ManagedIdentity/userAssignedIdentities/"
	for _, version := range []string{"2022-01-31-preview", "2023-01-31", "2024-11-30", "2025-05-31-preview"} {
		if got := wire.arm("PUT", path+"versions?api-version="+version, `{"location":"westeurope"}`); got.StatusCode/100 != 2 || !strings.Contains(got.text, `"tags":{}`) {
			t.Errorf("%s: %d %s", version, got.StatusCode, got.text)
		}
	}
	for body, want := range map[string]string{`{"location":"eastus"}`: "InvalidResourceLocation", `{}`: "LocationRequired", `{"location":"moon"}`: "LocationNotAvailableForResourceType"} {
		if got := wire.arm("PUT", path+"versions?api-version=2023-01-31", body); got.code() != want {
			t.Errorf("%s: %d %s", body, got.StatusCode, got.text)
		}
	}
	for _, name := range []string{"ab", "-abc", "a.b", strings.Repeat("x", 129)} {
		if got := wire.arm("PUT", path+name+"?api-version=2023-01-31", `{"location":"westeurope"}`); got.code() != "InvalidResourceName" {
			t.Errorf("%s: %d %s", name, got.StatusCode, got.text)
		}
	}
}

// What a worker's least role needs: to write container groups, and to assign the identities that they have.
func TestLinkedIdentity(t *testing.T) {
	w := inAzure(t, azureemulator.Options{})
	identity := must(w.identities.CreateOrUpdate(t.Context(), "g", "puller", armmsi.Identity{Location: new("westeurope")}, nil))(t)
	app := register(t, w.server, "worker")
	if _, err := w.create(app, "job", nil); refusal(err) != "AuthorizationFailed" {
		t.Errorf("without a role: %v", err)
	}
	must(w.definitions.CreateOrUpdate(t.Context(), w.scope, uuid.NewString(), armauthorization.RoleDefinition{Properties: &armauthorization.RoleDefinitionProperties{
		RoleName: new("container groups"), AssignableScopes: []*string{&w.scope},
		Permissions: []*armauthorization.Permission{{Actions: []*string{new("Microsoft.ContainerInstance/containerGroups/*")}}},
	}}, nil))(t)
	w.assign("container groups", app.objectID, w.scope)
	if _, err := w.create(app, "job", nil); err != nil {
		t.Errorf("without an identity: %v", err)
	}
	with := &aci.ContainerGroupIdentity{Type: new(aci.ResourceIdentityTypeUserAssigned), UserAssignedIdentities: map[string]*aci.UserAssignedIdentities{*identity.ID: {}}}
	_, err := w.create(app, "job-2", with)
	if refusal(err) != "LinkedAuthorizationFailed" || !strings.Contains(err.Error(), "Microsoft.ManagedIdentity/userAssignedIdentities/assign/action") || !strings.Contains(err.Error(), *identity.ID) {
		t.Errorf("with an identity of another's: %v", err)
	}
	wire := onWire(t, w.server)
	account := w.server.Account()
	account.ClientID, account.ClientSecret = app.clientID, app.secret
	wire.token = rawToken(t, account, &http.Client{Transport: w.server.Transport()}, "https://management.azure.com/.default")
	got := wire.arm("PUT", w.scope+"/providers/Microsoft.ContainerInstance/containerGroups/job-3?api-version=2023-05-01",
		`{"location":"westeurope","properties":{"osType":"Linux","containers":[],"subnetIds":[{"id":"`+w.scope+`/providers/Microsoft.Network/virtualNetworks/v/subnets/s"}]}}`)
	if got.code() != "LinkedAuthorizationFailed" || !strings.Contains(got.text, "Microsoft.Network/virtualNetworks/subnets/join/action") || !strings.Contains(got.text, "/subnets/s'") {
		t.Errorf("with a subnet of another's: %d %s", got.StatusCode, got.text)
	}
	w.assign("Managed Identity Operator", app.objectID, *identity.ID)
	group, err := w.create(app, "job-2", with)
	if err != nil {
		t.Fatal(err)
	}
	if got := group.Identity.UserAssignedIdentities[*identity.ID]; got == nil || *got.PrincipalID != *identity.Properties.PrincipalID || *got.ClientID != *identity.Properties.ClientID {
		t.Errorf("the group shows %+v", got)
	}
}

// A container gets tokens for its group's identities alone, and what these may do.
func TestContainersIdentities(t *testing.T) {
	answers := make(chan string, 10)
	var w *azureWorld
	ask := func(c azureemulator.ContainerCall, query string) string {
		request, err := http.NewRequest("GET", c.Getenv("IDENTITY_ENDPOINT")+"?api-version=2019-08-01&resource=https://management.azure.com"+query, nil)
		if err != nil {
			return err.Error()
		}
		request.Header.Set("X-Identity-Header", c.Getenv("IDENTITY_HEADER"))
		response, err := (&http.Client{Transport: w.server.Transport()}).Do(request)
		if err != nil {
			return err.Error()
		}
		defer response.Body.Close()
		body, _ := io.ReadAll(response.Body)
		var token struct {
			AccessToken string `json:"access_token"`
		}
		if json.Unmarshal(body, &token) != nil || token.AccessToken == "" {
			return string(body)
		}
		request, _ = http.NewRequest("GET", "https://management.azure.com"+w.scope+"?api-version=2021-04-01", nil)
		request.Header.Set("Authorization", "Bearer "+token.AccessToken)
		if response, err = (&http.Client{Transport: w.server.Transport()}).Do(request); err != nil {
			return err.Error()
		}
		response.Body.Close()
		return response.Status
	}
	var other, disabled string
	w = inAzure(t, azureemulator.Options{Engine: azureemulator.Func(func(_ context.Context, c azureemulator.ContainerCall) int {
		answers <- ask(c, "")
		answers <- ask(c, "&mi_res_id="+w.scope+"/providers/microsoft.managedidentity/userassignedidentities/MINE")
		answers <- ask(c, "&client_id="+other)
		answers <- ask(c, "&client_id="+disabled)
		return 0
	})})
	mine := must(w.identities.CreateOrUpdate(t.Context(), "g", "mine", armmsi.Identity{Location: new("westeurope")}, nil))(t)
	other = *must(w.identities.CreateOrUpdate(t.Context(), "g", "other", armmsi.Identity{Location: new("westeurope")}, nil))(t).Properties.ClientID
	w.assign("Reader", *mine.Properties.PrincipalID, w.scope)
	account := w.server.Account()
	wire := onWire(t, w.server)
	off := must(w.identities.CreateOrUpdate(t.Context(), "g", "disabled", armmsi.Identity{Location: new("westeurope")}, nil))(t)
	disabled = *off.Properties.ClientID
	managementToken := wire.token
	wire.token = rawToken(t, account, &http.Client{Transport: w.server.Transport()}, "https://graph.microsoft.com/.default")
	if got := wire.send("PATCH", "https://graph.microsoft.com/v1.0/servicePrincipals/"+*off.Properties.PrincipalID, `{"accountEnabled":false}`); got.StatusCode != 204 {
		t.Fatalf("disabling an identity: %d %s", got.StatusCode, got.text)
	}
	wire.token = managementToken
	group, err := w.create(application{clientID: account.ClientID, secret: account.ClientSecret}, "job", &aci.ContainerGroupIdentity{
		Type: new(aci.ResourceIdentityTypeSystemAssignedUserAssigned), UserAssignedIdentities: map[string]*aci.UserAssignedIdentities{*mine.ID: {}, *off.ID: {}},
	})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"403 Forbidden", "200 OK", "No User Assigned or Delegated Managed Identity found", "Identity not found"} {
		if got := <-answers; !strings.Contains(got, want) {
			t.Errorf("answer %d: %q, want %q", i, got, want)
		}
	}
	if got := wire.arm("GET", *group.ID+"/providers/Microsoft.ManagedIdentity/identities/default?api-version=2023-01-31", ""); !strings.Contains(got.text, *group.Identity.PrincipalID) {
		t.Errorf("the group's own identity %s: %d %s", *group.Identity.PrincipalID, got.StatusCode, got.text)
	}
	w.assign("Reader", *group.Identity.PrincipalID, w.scope)
	if got := wire.arm("DELETE", *group.ID+"?api-version=2023-05-01", ""); got.StatusCode/100 != 2 {
		t.Fatalf("delete: %d %s", got.StatusCode, got.text)
	}
	wire.token = rawToken(t, account, &http.Client{Transport: w.server.Transport()}, "https://graph.microsoft.com/.default")
	if got := wire.send("GET", "https://graph.microsoft.com/v1.0/servicePrincipals/"+*group.Identity.PrincipalID, ""); got.StatusCode != 404 {
		t.Errorf("the principal of a deleted group: %d %s", got.StatusCode, got.text)
	}
}
