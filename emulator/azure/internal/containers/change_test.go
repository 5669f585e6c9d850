package containers_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"context"

	aci "github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/containerinstance/armcontainerinstance/v2"
	"github.com/google/go-cmp/cmp"

	"github.com/pacific-aci/pacific/emulator/azure"
)

// forever is a container that prints its environment and runs until it is stopped.
func forever() azureemulator.Engine {
	return azureemulator.Func(func(ctx context.Context, c azureemulator.ContainerCall) int {
		fmt.Fprintln(c.Spec.Output, strings.Join(c.Spec.Env, " "))
		<-ctx.Done()
		return 0
	})
}

func TestUpdate(t *testing.T) {
	inWorld(t, forever(), "{}", func(t *testing.T, w *world) {
		path := w.groupPath("job") + "?api-version=2023-05-01"
		w.mustCreate("job", job("main", env("A", "1")))

		started := func() time.Time {
			return *w.get("job").Properties.Containers[0].Properties.InstanceView.CurrentState.StartTime
		}
		first := started()
		time.Sleep(time.Second)
		w.mustCreate("job", job("main", env("A", "1")))
		if second := started(); !second.After(first) {
			t.Errorf("a PUT of what is there already restarts the containers: started %v, want later than %v", second, first)
		}

		g := job("main", env("A", "1"))
		g.Tags = map[string]*string{"owner": new("me")}
		if got := w.mustCreate("job", g); *got.Tags["owner"] != "me" {
			t.Errorf("tags %v", got.Tags)
		}
		w.wantState("job", "Succeeded/Running main=Running")
		if got, want := w.logs(t, nil), "A=1\n"; got != want {
			t.Errorf("after a change of tags: got %q, want %q", got, want)
		}

		w.mustCreate("job", job("main", env("A", "2")))
		if got, want := w.logs(t, nil), "A=2\n"; got != want {
			t.Errorf("after a change of the environment: got %q, want %q", got, want)
		}
		w.wantState("job", "Succeeded/Running main=Running")

		for name, change := range map[string]func(*aci.ContainerGroup){
			"restart policy": restart(aci.ContainerGroupRestartPolicyAlways),
			"cpu":            func(g *aci.ContainerGroup) { g.Properties.Containers[0].Properties.Resources.Requests.CPU = new(2.0) },
			"another name":   func(g *aci.ContainerGroup) { g.Properties.Containers[0].Name = new("other") },
			"subnet":         func(g *aci.ContainerGroup) { g.Properties.SubnetIDs = []*aci.ContainerGroupSubnetID{{ID: new("/s")}} },
		} {
			_, err := w.create("job", job("main", change))
			if err == nil {
				t.Errorf("%s: a running group takes no such change", name)
				continue
			}
			w.wantCode(err, 400, "InvalidContainerGroupUpdate")
		}
		_, err := w.create("job", job("main", func(g *aci.ContainerGroup) { g.Location = new("eastus") }))
		w.wantCode(err, 409, "InvalidResourceLocation")

		if _, err := w.groups.Stop(t.Context(), "rg", "job", nil); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		body := strings.Replace(minimal, `"cpu":1`, `"cpu":2`, 1)
		w.call("PUT", path, body, 200) // a stopped group is deployed as new
		w.wantState("job", "Succeeded/Running main=Running")
	})
}

func TestBusyGroupsRefuse(t *testing.T) {
	inWorld(t, forever(), `{"latency":{"pull":"1m"}}`, func(t *testing.T, w *world) {
		path := w.groupPath("job")
		w.call("PUT", path+"?api-version=2023-05-01", minimal, 201)
		for _, call := range []string{"PUT ", "POST /start"} {
			method, operation, _ := strings.Cut(call, " ")
			body := ""
			if method == "PUT" {
				body = minimal
			}
			header, reply := w.exchange(method, path+operation+"?api-version=2023-05-01", body, 409)
			e := reply["error"].(map[string]any)
			if got, want := e["code"], "ContainerGroupTransitioning"; got != want {
				t.Errorf("%s: got %v, want %s", call, got, want)
			}
			if got, want := e["message"], "The container group 'job' is still transitioning, please retry later."; got != want {
				t.Errorf("%s: got %v, want %s (%v)", call, got, want, header)
			}
		}
		w.call("DELETE", path+"?api-version=2023-05-01", "", 200) // of a group that is being provisioned
		w.call("GET", path+"?api-version=2023-05-01", "", 404)
	})
}

func TestPatchReplacesTags(t *testing.T) {
	inWorld(t, forever(), "{}", func(t *testing.T, w *world) {
		g := job("main")
		g.Tags = map[string]*string{"a": new("1"), "b": new("2")}
		w.mustCreate("job", g)
		res, err := w.groups.Update(t.Context(), "rg", "job", aci.Resource{Tags: map[string]*string{"c": new("3")}}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if len(res.Tags) != 1 || *res.Tags["c"] != "3" {
			t.Errorf("tags %v, want c alone", res.Tags)
		}
		if _, err := w.groups.Update(t.Context(), "rg", "job", aci.Resource{}, nil); err != nil {
			t.Fatal(err)
		}
		if got := w.get("job").Tags; len(got) != 1 {
			t.Errorf("a patch without tags changes none: got %v", got)
		}
		w.call("PATCH", w.groupPath("job")+"?api-version=2023-05-01", `{"tags":{"a<b":"c"}}`, 400)
		w.call("PATCH", w.groupPath("none")+"?api-version=2023-05-01", `{"tags":{}}`, 404)
	})
}

// TestPatchTouchesNoContainer: what runs runs on, and what was stopped stays stopped.
func TestPatchTouchesNoContainer(t *testing.T) {
	inWorld(t, forever(), "{}", func(t *testing.T, w *world) {
		path := w.groupPath("job") + "?api-version=2023-05-01"
		w.mustCreate("job", job("main"))
		time.Sleep(time.Minute)
		patched := func(tag string) {
			t.Helper()
			before := w.call("GET", path, "", 200)
			reply := w.call("PATCH", path, `{"tags":{"`+tag+`":"1"}}`, 200)
			after := w.call("GET", path, "", 200)
			if diff := cmp.Diff(before["properties"], after["properties"]); diff != "" {
				t.Errorf("a patch changes more than tags (-before +after):\n%s", diff)
			}
			if diff := cmp.Diff(after, reply); diff != "" {
				t.Errorf("the answer is not the group (-group +answer):\n%s", diff)
			}
		}
		patched("running")
		w.call("POST", w.groupPath("job")+"/stop?api-version=2023-05-01", "", 204)
		synctest.Wait()
		patched("stopped")
	})
}

func TestSecretsAreNeverShown(t *testing.T) {
	const secret = "s3cr3t-v4lue"
	encoded := base64.StdEncoding.EncodeToString([]byte(secret))
	body := `{"location":"westeurope","properties":{"osType":"Linux","restartPolicy":"Never",
		"containers":[{"name":"main","properties":{"image":"a","environmentVariables":[{"name":"S","secureValue":"` + secret + `"},{"name":"P","value":"plain"}],
		  "volumeMounts":[{"name":"hidden","mountPath":"/h"}],"resources":{"requests":{"cpu":1,"memoryInGB":1}}}}],
		"volumes":[{"name":"hidden","secret":{"` + secret + `.txt":"` + encoded + `"}}],
		"diagnostics":{"logAnalytics":{"workspaceId":"w","workspaceKey":"` + secret + `"}},
		"imageRegistryCredentials":[{"server":"r.example.com","username":"u","password":"` + secret + `"}]}}`
	var seen []string
	engine := azureemulator.Func(func(ctx context.Context, c azureemulator.ContainerCall) int {
		seen = append(seen, c.Getenv("S"), string(c.Group.Volumes[0].Files[secret+".txt"]))
		<-ctx.Done()
		return 0
	})
	inWorld(t, engine, "{}", func(t *testing.T, w *world) {
		path, version := w.groupPath("job"), "?api-version=2023-05-01"
		replies := []map[string]any{w.call("PUT", path+version, body, 201)}
		synctest.Wait()
		replies = append(replies,
			w.call("GET", path+version, "", 200),
			w.call("GET", strings.TrimSuffix(path, "/job")+version, "", 200),
			w.call("PATCH", path+version, `{"tags":{"a":"b"}}`, 200),
			w.call("GET", "/subscriptions/"+w.server.Account().SubscriptionID+"/resources?api-version=2021-04-01", "", 200),
			w.call("DELETE", path+version, "", 200))
		for i, reply := range replies {
			text, _ := json.Marshal(reply)
			if strings.Contains(string(text), secret) || strings.Contains(string(text), encoded) {
				t.Errorf("reply %d shows a secret: %s", i, text)
			}
		}
		if diff := cmp.Diff([]string{secret, secret}, seen); diff != "" {
			t.Errorf("the container must see the secrets (-want +got):\n%s", diff)
		}
		text, _ := json.Marshal(replies[1])
		for _, want := range []string{`{"name":"S"}`, `{"name":"P","value":"plain"}`, `"secret":{}`, `"username":"u"`} {
			if !strings.Contains(string(text), want) {
				t.Errorf("the group lacks %s: %s", want, text)
			}
		}
	})
}

func TestListsHaveNoInstanceViews(t *testing.T) {
	inWorld(t, forever(), "{}", func(t *testing.T, w *world) {
		for _, name := range []string{"b", "a"} {
			w.mustCreate(name, job("main"))
		}
		var names []string
		for pager := w.groups.NewListPager(nil); pager.More(); {
			page, err := pager.NextPage(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for _, g := range page.Value {
				names = append(names, *g.Name)
				if g.Properties.InstanceView != nil || g.Properties.Containers[0].Properties.InstanceView != nil {
					t.Errorf("%s has an instance view in the list", *g.Name)
				}
			}
		}
		if diff := cmp.Diff([]string{"a", "b"}, names); diff != "" {
			t.Error(diff)
		}
		pager := w.groups.NewListByResourceGroupPager("rg", nil)
		page, err := pager.NextPage(t.Context())
		if err != nil || len(page.Value) != 2 {
			t.Errorf("in the group: %d, %v; want 2", len(page.Value), err)
		}
		first := w.call("GET", strings.TrimSuffix(w.groupPath(""), "/")+"?api-version=2023-05-01&$top=1", "", 200)
		if len(first["value"].([]any)) != 1 || first["nextLink"] == nil {
			t.Errorf("a page of one: %v", first)
		}
	})
}

func TestIdentities(t *testing.T) {
	inWorld(t, forever(), "{}", func(t *testing.T, w *world) {
		user := "/subscriptions/" + w.server.Account().SubscriptionID + "/resourceGroups/rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/me-too"
		body := `{"location":"westeurope","identity":{"type":"UserAssigned","userAssignedIdentities":{"` + user + `":{}}},` + minimal[strings.Index(minimal, `"properties"`):]
		if got := w.call("PUT", w.groupPath("early")+"?api-version=2023-05-01", body, 400); got["error"].(map[string]any)["code"] != "FailedIdentityOperation" {
			t.Errorf("with an identity that is not there: %v", got)
		}
		w.call("PUT", user+"?api-version=2023-01-31", `{"location":"westeurope"}`, 201)
		g := w.mustCreate("job", job("main", env("IDENTITY_ENDPOINT", "mine"), func(g *aci.ContainerGroup) {
			g.Identity = &aci.ContainerGroupIdentity{
				Type:                   new(aci.ResourceIdentityTypeSystemAssignedUserAssigned),
				UserAssignedIdentities: map[string]*aci.UserAssignedIdentities{user: {}},
			}
		}))
		id := g.Identity
		if id.PrincipalID == nil || *id.TenantID != w.server.Account().TenantID || *id.Type != "SystemAssigned, UserAssigned" {
			t.Errorf("identity %+v", id)
		}
		mine := id.UserAssignedIdentities[user]
		if mine == nil || mine.PrincipalID == nil || mine.ClientID == nil || *mine.PrincipalID == *mine.ClientID || *mine.PrincipalID == *id.PrincipalID {
			t.Errorf("user-assigned identity %+v", mine)
		}
		environment := strings.Fields(w.logs(t, nil))
		if !slices.Contains(environment, "IDENTITY_ENDPOINT=mine") || slices.Contains(environment, "IDENTITY_ENDPOINT=http://localhost/msi/token") {
			t.Errorf("the container's own variable must win: %v", environment)
		}
		header := value(environment, "IDENTITY_HEADER")
		if header == "" || value(environment, "AZURE_POD_IDENTITY_AUTHORITY_HOST") != "http://localhost/msi/"+header {
			t.Errorf("identity variables: %v", environment)
		}
	})
}

func value(environment []string, name string) string {
	for _, v := range environment {
		if rest, ok := strings.CutPrefix(v, name+"="); ok {
			return rest
		}
	}
	return ""
}

func TestPutAnswersBeforeItIsDone(t *testing.T) {
	inWorld(t, forever(), "{}", func(t *testing.T, w *world) {
		header, reply := w.exchange("PUT", w.groupPath("job")+"?api-version=2024-05-01-preview", minimal, 201)
		if got := header.Get("Azure-AsyncOperation"); !strings.Contains(got, "/providers/Microsoft.ContainerInstance/locations/westeurope/operations/") || !strings.HasSuffix(got, "api-version=2018-06-01") {
			t.Errorf("Azure-AsyncOperation %q", got)
		}
		properties := reply["properties"].(map[string]any)
		if properties["provisioningState"] != "Pending" || properties["sku"] != "Standard" || reply["name"] != "job" {
			t.Errorf("body %v", reply)
		}
		time.Sleep(time.Second)
		poll := w.call("GET", strings.TrimPrefix(header.Get("Azure-AsyncOperation"), "https://management.azure.com"), "", 200)
		if poll["status"] != "Succeeded" {
			t.Errorf("operation %v", poll)
		}
	})
}
